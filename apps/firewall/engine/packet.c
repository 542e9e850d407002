// SPDX-License-Identifier: MIT OR Apache-2.0
#include "packet.h"

#include <string.h>

#define ETHERNET_HEADER	14
#define TYPE_IP4	0x0800
#define TYPE_IP6	0x86DD
#define TYPE_VLAN	0x8100
#define TYPE_PROVIDER	0x88A8

/* A line carries one tag of its own and one of a provider's; more hide something. */
#define TAGS_MAX	2

/* No sender needs more extension headers; what goes on for longer is there to cost time. */
#define EXTENSIONS_MAX	16

/* Extension headers of IPv6, by their numbers. Authentication is a protocol, as with IPv4. */
#define NEXT_HOP_BY_HOP	0
#define NEXT_ROUTING	43
#define NEXT_FRAGMENT	44
#define NEXT_DESTINATION	60

/**
 * struct bytes - what is left of a frame
 * @at: the next byte
 * @here: bytes that can be read
 * @length: bytes on the wire
 */
struct bytes {
	const unsigned char *at;
	size_t here;
	size_t length;
};

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static bool skip(struct bytes *bytes, size_t count)
{
	if (bytes->here < count)
		return false;
	bytes->at += count;
	bytes->here -= count;
	bytes->length -= count;
	return true;
}

/* What stands behind a packet, an Ethernet frame's padding, is not the packet's. */
static bool shorten(struct bytes *bytes, size_t length)
{
	if (length > bytes->length)
		return false;
	bytes->length = length;
	if (bytes->here > length)
		bytes->here = length;
	return true;
}

static bool parse_ip(struct fw_packet *packet, struct bytes bytes, uint8_t kind, bool quoted);

/* The packet that an ICMP error quotes: as much of it as there is, which may be 8 bytes of TCP. */
static void parse_quoted(struct fw_packet *packet, struct bytes bytes, uint8_t kind)
{
	struct fw_packet quoted;

	memset(&quoted, 0, sizeof(quoted));
	if (!skip(&bytes, 8) || !parse_ip(&quoted, bytes, kind, true) || !quoted.has_ports)
		return;
	packet->inner = quoted.flow;
	packet->has_inner = true;
}

static bool is_error(uint8_t protocol, uint8_t type)
{
	if (protocol == FW_ICMP)
		return type == 3 || type == 4 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

static bool parse_icmp(struct fw_packet *packet, const struct bytes *bytes, bool quoted)
{
	uint8_t protocol = packet->flow.protocol;
	uint8_t request = protocol == FW_ICMP ? 8 : 128;
	uint8_t reply = protocol == FW_ICMP ? 0 : 129;

	if (bytes->here < 8)
		return false;
	packet->icmp_type = bytes->at[0];
	packet->has_ports = true;
	packet->is_echo = packet->icmp_type == request || packet->icmp_type == reply;
	if (packet->is_echo) {
		packet->flow.source_port = get16(bytes->at + 4);
		packet->flow.destination_port = packet->flow.source_port;
	}
	/* An error is not sent about an error, so that this ends here. */
	if (!quoted && is_error(protocol, packet->icmp_type))
		parse_quoted(packet, *bytes, packet->flow.kind);
	return true;
}

static bool parse_tcp(struct fw_packet *packet, const struct bytes *bytes, bool quoted)
{
	size_t header;

	if (!quoted) {
		if (bytes->here < 20)
			return false;
		header = (size_t)(bytes->at[12] >> 4) * 4;
		if (header < 20 || header > bytes->length)
			return false;
		packet->tcp_flags = bytes->at[13];
	}
	packet->flow.source_port = get16(bytes->at);
	packet->flow.destination_port = get16(bytes->at + 2);
	packet->has_ports = true;
	return true;
}

static bool parse_udp(struct fw_packet *packet, const struct bytes *bytes, bool quoted)
{
	size_t length = get16(bytes->at + 4);

	if (!quoted && (length < 8 || (!packet->is_fragment && length > bytes->length)))
		return false;
	packet->flow.source_port = get16(bytes->at);
	packet->flow.destination_port = get16(bytes->at + 2);
	packet->has_ports = true;
	return true;
}

/* A first fragment too short for its ports is how a rule about ports is got around (RFC 1858). */
static bool parse_transport(struct fw_packet *packet, const struct bytes *bytes, bool quoted)
{
	uint8_t protocol = packet->flow.protocol;
	bool is_icmp = packet->kind == FW_KIND_IP4 ? protocol == FW_ICMP : protocol == FW_ICMP6;

	if (is_icmp)
		return parse_icmp(packet, bytes, quoted);
	if (protocol != FW_TCP && protocol != FW_UDP)
		return true;
	if (bytes->here < 8)
		return false;
	return protocol == FW_TCP ? parse_tcp(packet, bytes, quoted) :
				    parse_udp(packet, bytes, quoted);
}

static bool parse_ip4(struct fw_packet *packet, struct bytes bytes, bool quoted)
{
	const unsigned char *header = bytes.at;
	size_t header_length, total;
	uint16_t fragment;

	if (bytes.here < 20 || header[0] >> 4 != 4)
		return false;
	header_length = (size_t)(header[0] & 15) * 4;
	total = get16(header + 2);
	if (header_length < 20 || total < header_length)
		return false;
	/* A quoted packet was longer than what is quoted of it. */
	if (!shorten(&bytes, total) && !quoted)
		return false;
	fragment = get16(header + 6);
	packet->is_fragment = fragment & 0x3FFF;
	packet->flow.protocol = header[9];
	packet->flow.source.high = get64(header + 12) & 0xFFFFFFFF00000000;
	packet->flow.destination.high = get64(header + 12) << 32;
	if (!skip(&bytes, header_length))
		return false;
	/* One that begins within a TCP header would write over its flags (RFC 3128). */
	if ((fragment & 0x1FFF) == 1 && packet->flow.protocol == FW_TCP)
		return false;
	return fragment & 0x1FFF ? true : parse_transport(packet, &bytes, quoted);
}

static bool is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION;
}

/* Walks the extension headers; @later is set at a fragment that is not the first. */
static bool skip_extensions(struct fw_packet *packet, struct bytes *bytes, bool *later)
{
	uint8_t next = packet->flow.protocol;
	size_t length;
	int count;

	for (count = 0; is_extension(next); count++) {
		if (count == EXTENSIONS_MAX || bytes->here < 8)
			return false;
		length = ((size_t)bytes->at[1] + 1) * 8;
		if (next == NEXT_FRAGMENT) {
			length = 8;
			packet->is_fragment = get16(bytes->at + 2) & 0xFFF9;
			*later = get16(bytes->at + 2) & 0xFFF8;
		}
		next = bytes->at[0];
		packet->flow.protocol = next;
		if (!skip(bytes, length))
			return false;
		if (*later)
			return true;
	}
	return true;
}

static bool parse_ip6(struct fw_packet *packet, struct bytes bytes, bool quoted)
{
	const unsigned char *header = bytes.at;
	bool later = false;

	if (bytes.here < 40 || header[0] >> 4 != 6)
		return false;
	packet->flow.protocol = header[6];
	packet->flow.source.high = get64(header + 8);
	packet->flow.source.low = get64(header + 16);
	packet->flow.destination.high = get64(header + 24);
	packet->flow.destination.low = get64(header + 32);
	skip(&bytes, 40);
	if (!shorten(&bytes, get16(header + 4)) && !quoted)
		return false;
	if (!skip_extensions(packet, &bytes, &later))
		return false;
	return later ? true : parse_transport(packet, &bytes, quoted);
}

static bool parse_ip(struct fw_packet *packet, struct bytes bytes, uint8_t kind, bool quoted)
{
	packet->kind = kind;
	packet->flow.kind = kind;
	return kind == FW_KIND_IP4 ? parse_ip4(packet, bytes, quoted) :
				     parse_ip6(packet, bytes, quoted);
}

/* Behind addresses and tags; 0 where there is no such place. */
static uint16_t skip_ethernet(struct bytes *bytes)
{
	uint16_t type;
	int tags;

	if (bytes->here < ETHERNET_HEADER)
		return 0;
	type = get16(bytes->at + 12);
	skip(bytes, ETHERNET_HEADER);
	for (tags = 0; type == TYPE_VLAN || type == TYPE_PROVIDER; tags++) {
		if (tags == TAGS_MAX || bytes->here < 4)
			return 0;
		type = get16(bytes->at + 2);
		skip(bytes, 4);
	}
	/* A length of 0 is none that a frame without a type can have. */
	return type;
}

void fw_packet_parse(struct fw_packet *packet, const unsigned char *bytes, size_t here,
		     size_t length)
{
	struct bytes left = { .at = bytes, .here = here, .length = length };
	uint16_t type;

	memset(packet, 0, sizeof(*packet));
	type = skip_ethernet(&left);
	if (type != TYPE_IP4 && type != TYPE_IP6) {
		packet->kind = type ? FW_KIND_OTHER : FW_KIND_MALFORMED;
		return;
	}
	if (parse_ip(packet, left, type == TYPE_IP4 ? FW_KIND_IP4 : FW_KIND_IP6, false))
		return;
	memset(packet, 0, sizeof(*packet));
}
