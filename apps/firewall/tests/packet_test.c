// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"

#include <string.h>

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
						   FW_TCP, 51, FW_TCP, FW_TCP };
	struct fw_packet packet;
	unsigned int kind;

	check_test("packet__of_every_kind_is_understood");
	for (kind = 0; kind < 15; kind++) {
		packet = parse_kind(kind);
		CHECK(packet.kind == (kind < 7 || kind == 14 ? FW_KIND_IP4 : FW_KIND_IP6));
		CHECK(packet.flow.protocol == protocols[kind]);
		CHECK(packet.has_ports == (kind != 4 && kind != 12 && kind != 13));
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
		{ 7, 14, 0x40 }, { 7, 19, 21 }, { 7, 66, 0x40 }, { 11, 55, 9 },
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
		for (here = 0; here < length && kind != 12; here++) {
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
	struct fw_packet packet;
	size_t length;

	check_test("packet__of_headers_and_tags_without_end_is_malformed");
	length = make_long_frame(frame, 17);
	fw_packet_parse(&packet, frame, length, length);
	CHECK(packet.kind == FW_KIND_MALFORMED);
	length = make_long_frame(frame, 14);
	fw_packet_parse(&packet, frame, length, length);
	CHECK(packet.kind == FW_KIND_IP6 && packet.flow.protocol == FW_TCP);
	/* Three tags hide something. */
	length = make_frame(frame, 14);
	memmove(frame + 16, frame + 12, length - 12);
	fw_packet_parse(&packet, frame, length + 4, length + 4);
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
