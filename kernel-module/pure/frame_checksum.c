// SPDX-License-Identifier: GPL-2.0
/*
 * Checksums of a frame whose bytes come from user space: every length in it is
 * hostile until it was compared with what is there. A frame that contradicts
 * itself is left as it is.
 */
#include "frame_checksum.h"
#include <linux/netslice.h>

#define ETHER_HEADER		14
#define ETHER_TYPE_AT		12
#define VLAN_TAG		4
#define VLAN_TAGS_MAX		2

#define TYPE_IPV4		0x0800
#define TYPE_IPV6		0x86DD
#define TYPE_VLAN		0x8100
#define TYPE_QINQ		0x88A8

#define IPV4_HEADER_MIN		20
#define IPV4_LENGTH_AT		2
#define IPV4_FRAGMENT_AT	6
#define IPV4_FRAGMENT_BITS	0x3FFF	/* more fragments, and the offset */
#define IPV4_PROTOCOL_AT	9
#define IPV4_CHECKSUM_AT	10
#define IPV4_ADDRESSES_AT	12
#define IPV4_ADDRESSES		8

#define IPV6_HEADER		40
#define IPV6_LENGTH_AT		4
#define IPV6_NEXT_AT		6
#define IPV6_ADDRESSES_AT	8
#define IPV6_ADDRESSES		32

#define PROTOCOL_TCP		6
#define TCP_HEADER_MIN		20
#define TCP_CHECKSUM_AT		16
#define PROTOCOL_UDP		17
#define UDP_HEADER		8
#define UDP_LENGTH_AT		4
#define UDP_CHECKSUM_AT		6

static __u16 get16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

static void put16(__u8 *at, __u16 value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

/* Adds @length bytes to @sum as 16-bit words in network order. */
static __u64 sum_bytes(__u64 sum, const __u8 *at, size_t length)
{
	for (; length > 1; at += 2, length -= 2)
		sum += get16(at);
	if (length)
		sum += (__u64)at[0] << 8;
	return sum;
}

static __u16 fold(__u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (__u16)~sum;
}

/**
 * transport_checksum - compute TCP's or UDP's checksum
 * @segment: the transport header
 * @length: bytes from there to the end of the IP packet
 * @protocol: its number in the IP header
 * @addresses: source and destination address, adjacent as in both IP headers
 * @addresses_length: bytes of both
 *
 * Return: true when it was written
 */
static bool transport_checksum(__u8 *segment, size_t length, __u8 protocol,
			       const __u8 *addresses, size_t addresses_length)
{
	size_t checksum_at;
	__u16 checksum;
	__u64 sum;

	if (protocol == PROTOCOL_TCP) {
		if (length < TCP_HEADER_MIN)
			return false;
		checksum_at = TCP_CHECKSUM_AT;
	} else if (protocol == PROTOCOL_UDP) {
		if (length < UDP_HEADER)
			return false;
		/* UDP says its own length; IP may carry more behind it. */
		if (get16(segment + UDP_LENGTH_AT) < UDP_HEADER ||
		    get16(segment + UDP_LENGTH_AT) > length)
			return false;
		length = get16(segment + UDP_LENGTH_AT);
		checksum_at = UDP_CHECKSUM_AT;
	} else {
		return false;
	}

	put16(segment + checksum_at, 0);
	sum = sum_bytes(0, addresses, addresses_length);
	sum += protocol;
	sum += length;
	checksum = fold(sum_bytes(sum, segment, length));
	/* In UDP a zero means that there is no checksum. */
	if (protocol == PROTOCOL_UDP && !checksum)
		checksum = 0xFFFF;
	put16(segment + checksum_at, checksum);
	return true;
}

static unsigned int ipv4_checksum(__u8 *packet, size_t length, __u32 mode)
{
	unsigned int wrote = NSL_WROTE_IP;
	size_t header, total;

	if (length < IPV4_HEADER_MIN || packet[0] >> 4 != 4)
		return 0;
	header = (size_t)(packet[0] & 0x0F) * 4;
	total = get16(packet + IPV4_LENGTH_AT);
	if (header < IPV4_HEADER_MIN || header > total || total > length)
		return 0;

	put16(packet + IPV4_CHECKSUM_AT, 0);
	put16(packet + IPV4_CHECKSUM_AT, fold(sum_bytes(0, packet, header)));

	if (mode != NETSLICE_CHECKSUM_TRANSPORT ||
	    get16(packet + IPV4_FRAGMENT_AT) & IPV4_FRAGMENT_BITS)
		return wrote;
	if (transport_checksum(packet + header, total - header, packet[IPV4_PROTOCOL_AT],
			       packet + IPV4_ADDRESSES_AT, IPV4_ADDRESSES))
		wrote |= NSL_WROTE_TRANSPORT;
	return wrote;
}

static unsigned int ipv6_checksum(__u8 *packet, size_t length, __u32 mode)
{
	size_t payload;

	if (mode != NETSLICE_CHECKSUM_TRANSPORT)
		return 0;
	if (length < IPV6_HEADER || packet[0] >> 4 != 6)
		return 0;
	payload = get16(packet + IPV6_LENGTH_AT);
	if (payload > length - IPV6_HEADER)
		return 0;
	if (!transport_checksum(packet + IPV6_HEADER, payload, packet[IPV6_NEXT_AT],
				packet + IPV6_ADDRESSES_AT, IPV6_ADDRESSES))
		return 0;
	return NSL_WROTE_TRANSPORT;
}

/**
 * nsl_frame_checksum - write the checksums that a mode asks for
 * @frame: the frame, from its destination address on
 * @length: bytes of it
 * @mode: one of enum netslice_checksum_mode
 *
 * Return: NSL_WROTE_IP and NSL_WROTE_TRANSPORT, as far as they were written
 */
unsigned int nsl_frame_checksum(__u8 *frame, size_t length, __u32 mode)
{
	size_t at = ETHER_HEADER;
	unsigned int tags;
	__u16 type;

	if (mode == NETSLICE_CHECKSUM_NONE || length < ETHER_HEADER)
		return 0;
	type = get16(frame + ETHER_TYPE_AT);
	for (tags = 0; type == TYPE_VLAN || type == TYPE_QINQ; tags++) {
		if (tags == VLAN_TAGS_MAX || length - at < VLAN_TAG)
			return 0;
		type = get16(frame + at + 2);
		at += VLAN_TAG;
	}
	if (type == TYPE_IPV4)
		return ipv4_checksum(frame + at, length - at, mode);
	if (type == TYPE_IPV6)
		return ipv6_checksum(frame + at, length - at, mode);
	return 0;
}
