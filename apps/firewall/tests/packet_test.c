// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"

#include <string.h>

/* Headers that frames are put together from; lengths are filled in afterwards. */
static const unsigned char ethernet[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
static const unsigned char ip4[] = { 0x45, 0, 0, 0, 0, 7, 0, 0, 64, 6, 0, 0,
				     10, 0, 0, 1, 192, 0, 2, 1 };
static const unsigned char ip6[] = { 0x60, 0, 0, 0, 0, 0, 6, 64,
				     0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
				     0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 };
static const unsigned char tcp[] = { 4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0,
				     0, 0, 0, 0 };
static const unsigned char udp[] = { 4, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4 };
static const unsigned char echo[] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 };
static const unsigned char unreachable[] = { 3, 3, 0, 0, 0, 0, 0, 0 };
static const unsigned char tag[] = { 0x81, 0, 0, 5 };
static const unsigned char fragment6[] = { 6, 0, 0, 1, 0, 0, 0, 9 };
static const unsigned char hop_by_hop[] = { 60, 0, 1, 4, 0, 0, 0, 0 };
static const unsigned char destination[] = { 6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const unsigned char authentication[] = { 6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 };

/** struct builder - a frame that is being put together */
struct builder {
	unsigned char *at;
	size_t length;
};

#define PUT(builder, bytes) put(builder, bytes, sizeof(bytes))

static size_t put(struct builder *builder, const unsigned char *bytes, size_t count)
{
	size_t at = builder->length;

	memcpy(builder->at + at, bytes, count);
	builder->length += count;
	return at;
}

static void type(struct builder *builder, unsigned int number)
{
	unsigned char bytes[2] = { (unsigned char)(number >> 8), (unsigned char)number };

	PUT(builder, bytes);
}

static size_t begin4(struct builder *builder, unsigned char protocol)
{
	size_t at;

	type(builder, 0x0800);
	at = PUT(builder, ip4);
	builder->at[at + 9] = protocol;
	return at;
}

static size_t begin6(struct builder *builder, unsigned char next)
{
	size_t at;

	type(builder, 0x86DD);
	at = PUT(builder, ip6);
	builder->at[at + 6] = next;
	return at;
}

static void end4(struct builder *builder, size_t at)
{
	builder->at[at + 3] = (unsigned char)(builder->length - at);
}

static void end6(struct builder *builder, size_t at)
{
	builder->at[at + 5] = (unsigned char)(builder->length - at - 40);
}

static size_t make4(struct builder *builder, unsigned int kind)
{
	static const unsigned char options[] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	size_t at = begin4(builder, kind == 1 ? FW_UDP : kind == 2 || kind == 5 ? FW_ICMP : FW_TCP);

	switch (kind) {
	case 1:
		PUT(builder, udp);
		break;
	case 2:
		PUT(builder, echo);
		break;
	case 3:
		/* With options. */
		PUT(builder, options);
		builder->at[at] = 0x47;
		PUT(builder, tcp);
		break;
	case 4:
		/* A later fragment. */
		builder->at[at + 7] = 0x10;
		PUT(builder, tcp);
		break;
	case 5:
		PUT(builder, unreachable);
		PUT(builder, ip4);
		builder->at[builder->length - 17] = 40;
		put(builder, tcp, 8);
		break;
	case 6:
		/* A first fragment. */
		builder->at[at + 6] = 0x20;
		PUT(builder, tcp);
		break;
	default:
		PUT(builder, tcp);
	}
	end4(builder, at);
	return builder->length;
}

static size_t make6(struct builder *builder, unsigned int kind)
{
	static const unsigned char nexts[] = { FW_TCP, FW_UDP, FW_ICMP6, 44, 0, 51, 44 };
	static const unsigned char echo6[] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1 };
	size_t at = begin6(builder, nexts[kind]);

	switch (kind) {
	case 1:
		PUT(builder, udp);
		break;
	case 2:
		PUT(builder, echo6);
		break;
	case 3:
		PUT(builder, fragment6);
		PUT(builder, tcp);
		break;
	case 4:
		PUT(builder, hop_by_hop);
		PUT(builder, destination);
		PUT(builder, tcp);
		break;
	case 5:
		PUT(builder, authentication);
		PUT(builder, tcp);
		break;
	case 6:
		PUT(builder, fragment6);
		builder->at[builder->length - 5] = 0x08;
		PUT(builder, tcp);
		break;
	default:
		PUT(builder, tcp);
	}
	end6(builder, at);
	return builder->length;
}

size_t make_frame(unsigned char *frame, unsigned int kind)
{
	static const unsigned char arp[46] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct builder builder = { .at = frame };

	PUT(&builder, ethernet);
	if (kind < 7)
		return make4(&builder, kind);
	if (kind < 14)
		return make6(&builder, kind - 7);
	if (kind == 14) {
		PUT(&builder, tag);
		PUT(&builder, tag);
		return make4(&builder, 0);
	}
	type(&builder, 0x0806);
	PUT(&builder, arp);
	return builder.length;
}

static struct fw_packet parse_kind(unsigned int kind)
{
	unsigned char frame[FRAME_ROOM];
	size_t length = make_frame(frame, kind);
	struct fw_packet packet;

	fw_packet_parse(&packet, frame, length, length);
	return packet;
}

static void packets_are_understood(void)
{
	static const unsigned char protocols[] = { FW_TCP, FW_UDP, FW_ICMP, FW_TCP, FW_TCP, FW_ICMP,
						   FW_TCP, FW_TCP, FW_UDP, FW_ICMP6, FW_TCP,
						   FW_TCP, FW_TCP, FW_TCP, FW_TCP };
	struct fw_packet packet;
	unsigned int kind;

	check_test("packet__of_every_kind_is_understood");
	for (kind = 0; kind < 15; kind++) {
		packet = parse_kind(kind);
		CHECK(packet.kind == (kind < 7 || kind == 14 ? FW_KIND_IP4 : FW_KIND_IP6));
		CHECK(packet.flow.protocol == protocols[kind]);
		CHECK(packet.has_ports == (kind != 4 && kind != 13));
		CHECK(packet.is_fragment == (kind == 4 || kind == 6 || kind == 10 || kind == 13));
		if (packet.has_ports && packet.flow.protocol == FW_TCP)
			CHECK(packet.flow.source_port == 1024 &&
			      packet.flow.destination_port == 80 &&
			      packet.tcp_flags == FW_TCP_SYN);
	}
	packet = parse_kind(0);
	CHECK(packet.flow.source.high == 0x0A00000100000000 && !packet.flow.source.low);
	CHECK(packet.flow.destination.high == 0xC000020100000000);
	packet = parse_kind(7);
	CHECK(packet.flow.source.high == 0xFD00000000000000 && packet.flow.source.low == 1);
	CHECK(packet.flow.destination.low == 2);
	CHECK(parse_kind(15).kind == FW_KIND_OTHER);
}

static void icmp_is_understood(void)
{
	struct fw_packet packet = parse_kind(2);

	check_test("packet__of_icmp_has_type_identifier_and_what_it_quotes");
	CHECK(packet.is_echo && packet.icmp_type == 8 && packet.flow.source_port == 0x1234);
	packet = parse_kind(5);
	CHECK(!packet.is_echo && packet.icmp_type == 3 && packet.has_inner);
	CHECK(packet.inner.protocol == FW_TCP && packet.inner.destination_port == 80);
	CHECK(packet.inner.source.high == 0x0A00000100000000);
}

/* What is wrong with a frame that was well-formed: the offset, and what is put there. */
static void the_malformed_is_told(void)
{
	static const struct {
		unsigned int kind;
		size_t at;
		unsigned char value;
	} cases[] = {
		{ 0, 14, 0x55 }, { 0, 14, 0x44 }, { 0, 14, 0x4F }, { 0, 17, 19 }, { 0, 17, 41 },
		{ 0, 46, 0x40 }, { 0, 46, 0x60 }, { 0, 21, 1 }, { 1, 39, 7 }, { 1, 39, 13 },
		{ 7, 14, 0x40 }, { 7, 19, 21 }, { 7, 66, 0x40 }, { 11, 55, 9 }, { 12, 55, 80 },
	};
	unsigned char frame[FRAME_ROOM];
	struct fw_packet packet;
	size_t i, length;

	check_test("packet__that_is_malformed_is_told");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		length = make_frame(frame, cases[i].kind);
		frame[cases[i].at] = cases[i].value;
		fw_packet_parse(&packet, frame, length, length);
		if (!CHECK(packet.kind == FW_KIND_MALFORMED))
			printf("case %zu\n", i);
		CHECK(!packet.flow.protocol && !packet.has_ports);
	}
}

static void the_truncated_is_malformed(void)
{
	unsigned char frame[FRAME_ROOM];
	struct fw_packet packet;
	size_t length, here;
	unsigned int kind;

	check_test("packet__that_is_truncated_is_malformed_at_every_length");
	for (kind = 0; kind < 15; kind++) {
		length = make_frame(frame, kind);
		for (here = 0; here < length; here++) {
			fw_packet_parse(&packet, frame, here, here);
			if (!CHECK(packet.kind == FW_KIND_MALFORMED))
				printf("kind %u, %zu bytes\n", kind, here);
		}
		/* Padding is no part of it. */
		fw_packet_parse(&packet, frame, length + 9, length + 9);
		CHECK(packet.kind != FW_KIND_MALFORMED);
		/* Enough of a longer frame to see its headers. */
		here = length;
		fw_packet_parse(&packet, frame, here, length + 1000);
		CHECK(packet.kind != FW_KIND_MALFORMED);
	}
}

static void headers_without_end_are_malformed(void)
{
	unsigned char frame[FRAME_ROOM];
	struct builder builder = { .at = frame };
	struct fw_packet packet;
	size_t at;
	int i;

	check_test("packet__of_extension_headers_without_end_is_malformed");
	PUT(&builder, ethernet);
	at = begin6(&builder, 60);
	for (i = 0; i < 17; i++)
		PUT(&builder, hop_by_hop);
	PUT(&builder, destination);
	PUT(&builder, tcp);
	end6(&builder, at);
	fw_packet_parse(&packet, frame, builder.length, builder.length);
	CHECK(packet.kind == FW_KIND_MALFORMED);
	/* Three tags hide something. */
	builder.length = 12;
	for (i = 0; i < 3; i++)
		PUT(&builder, tag);
	make4(&builder, 0);
	fw_packet_parse(&packet, frame, builder.length, builder.length);
	CHECK(packet.kind == FW_KIND_MALFORMED);
}

void packet_tests(void)
{
	packets_are_understood();
	icmp_is_understood();
	the_malformed_is_told();
	the_truncated_is_malformed();
	headers_without_end_are_malformed();
}
