/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a frame says of itself, read once and within its bounds. Must not know of
 * rules: whatever a frame holds, the answer is a struct fw_packet.
 */
#ifndef FW_PACKET_H
#define FW_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Protocol numbers of IP. */
#define FW_ICMP		1
#define FW_TCP		6
#define FW_UDP		17
#define FW_ICMP6	58

/* Flags of a TCP header, as they stand in it. */
#define FW_TCP_FIN	0x01
#define FW_TCP_SYN	0x02
#define FW_TCP_RST	0x04
#define FW_TCP_ACK	0x10

/* Headers of a packet end within these bytes, or the packet is malformed. */
#define FW_HEADERS	256

/* What a frame is. */
enum fw_kind {
	FW_KIND_MALFORMED,
	FW_KIND_OTHER,
	FW_KIND_IP4,
	FW_KIND_IP6,
};

/**
 * struct fw_address - an address, its first bit the highest of @high
 * @high: the first eight bytes; of an IPv4 address the upper half, and nothing else
 * @low: the last eight
 */
struct fw_address {
	uint64_t high;
	uint64_t low;
};

/**
 * struct fw_flow - who talks to whom
 * @source: address
 * @destination: address
 * @source_port: of TCP and UDP; of an ICMP echo its identifier, else 0
 * @destination_port: of TCP and UDP; of ICMP as @source_port
 * @protocol: of IP
 * @kind: FW_KIND_IP4 or FW_KIND_IP6
 */
struct fw_flow {
	struct fw_address source;
	struct fw_address destination;
	uint16_t source_port;
	uint16_t destination_port;
	uint8_t protocol;
	uint8_t kind;
};

/**
 * struct fw_packet - a frame, understood
 * @flow: as it says; of a malformed or other frame all zero
 * @inner: the flow whose packet an ICMP error quotes, as it was sent
 * @kind: what the frame is
 * @has_ports: @flow has ports, or an ICMP type
 * @is_fragment: a part of a packet, the first or a later one
 * @has_inner: @inner is set
 * @is_echo: an ICMP echo, request or reply
 * @tcp_flags: of a TCP segment
 * @icmp_type: of an ICMP message
 */
struct fw_packet {
	struct fw_flow flow;
	struct fw_flow inner;
	enum fw_kind kind;
	bool has_ports;
	bool is_fragment;
	bool has_inner;
	bool is_echo;
	uint8_t tcp_flags;
	uint8_t icmp_type;
};

/**
 * fw_packet_parse - understand a frame
 * @packet: filled, whatever the frame is
 * @bytes: its first bytes
 * @here: how many of them there are to read
 * @length: how many the frame has on the wire, not fewer than @here
 */
void fw_packet_parse(struct fw_packet *packet, const unsigned char *bytes, size_t here,
		     size_t length);

#endif /* FW_PACKET_H */
