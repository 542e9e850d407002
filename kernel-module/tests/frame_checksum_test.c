// SPDX-License-Identifier: GPL-2.0
/*
 * Every frame lies in a heap block of exactly its length, so that a byte read or
 * written behind it is caught.
 */
#include "../pure/frame_checksum.h"
#include "check.h"

#include <linux/netslice.h>
#include <stdlib.h>
#include <string.h>

#define IP		NETSLICE_CHECKSUM_IP
#define TRANSPORT	NETSLICE_CHECKSUM_TRANSPORT
#define WROTE_BOTH	(NSL_WROTE_IP | NSL_WROTE_TRANSPORT)

/* A UDP datagram over IPv4; both checksums are wrong. */
static const __u8 udp4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0x00, 0x00, 0x21, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xDE, 0xAD,
	0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00, 0xC7,
	0x04, 0xD2, 0x00, 0x35, 0x00, 0x0D, 0xDE, 0xAD, 'h', 'e', 'l', 'l', 'o',
};

/* A TCP segment without data over IPv6. */
static const __u8 tcp6[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xDD,
	0x60, 0, 0, 0, 0x00, 0x14, 0x06, 0x40,
	0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01,
	0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02,
	0x10, 0x00, 0x00, 0x50, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0,
	0x50, 0x02, 0xFF, 0xFF, 0xDE, 0xAD, 0x00, 0x00,
};

enum {
	IP4_AT = 14, IP4_CHECKSUM_AT = IP4_AT + 10, UDP4_AT = IP4_AT + 20,
	UDP4_CHECKSUM_AT = UDP4_AT + 6, IP6_AT = 14, TCP6_AT = IP6_AT + 40,
	TCP6_CHECKSUM_AT = TCP6_AT + 16,
};

static __u8 *copy(const __u8 *frame, size_t length)
{
	__u8 *block = malloc(length ? length : 1);

	CHECK(block != NULL);
	memcpy(block, frame, length);
	return block;
}

static __u8 *copy_udp4(void)
{
	return copy(udp4, sizeof(udp4));
}

/* With @tags VLAN tags put in. */
static __u8 *copy_tagged(const __u8 *frame, size_t length, size_t tags)
{
	__u8 *block = malloc(length + 4 * tags);
	size_t i;

	CHECK(block != NULL);
	memcpy(block, frame, 12);
	for (i = 0; i < tags; i++) {
		block[12 + 4 * i] = i + 1 < tags ? 0x88 : 0x81;
		block[13 + 4 * i] = i + 1 < tags ? 0xA8 : 0x00;
		block[14 + 4 * i] = 0;
		block[15 + 4 * i] = 7;
	}
	memcpy(block + 12 + 4 * tags, frame + 12, length - 12);
	return block;
}

static unsigned int get16(const __u8 *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* The receiver's view, by another way than the code under test: a running 16-bit sum. */
static unsigned int ones_sum(unsigned int sum, const __u8 *at, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		sum += i % 2 ? at[i] : (unsigned int)at[i] << 8;
		if (sum > 0xFFFF)
			sum -= 0xFFFF;
	}
	return sum;
}

/* Runs and expects that not a byte changes. */
static void check_untouched(__u8 *frame, size_t length, __u32 mode)
{
	__u8 *before = copy(frame, length);

	CHECK_EQUAL(nsl_frame_checksum(frame, length, mode), 0);
	CHECK(!memcmp(frame, before, length));
	free(before);
	free(frame);
}

static void nsl_frame_checksum__none_leaves_the_frame(void)
{
	check_untouched(copy_udp4(), sizeof(udp4), NETSLICE_CHECKSUM_NONE);
}

static void nsl_frame_checksum__ip_writes_the_header_only(void)
{
	__u8 *frame = copy_udp4();

	CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4), IP), NSL_WROTE_IP);
	CHECK_EQUAL(ones_sum(0, frame + IP4_AT, 20), 0xFFFF);
	CHECK_EQUAL(get16(frame + UDP4_CHECKSUM_AT), 0xDEAD);
	free(frame);
}

/* The worked example that textbooks share: 4500 0073 … gives b861. */
static void nsl_frame_checksum__ip_agrees_with_a_known_header(void)
{
	__u8 *frame = malloc(14 + 0x73);

	CHECK(frame != NULL);
	memset(frame, 0, 14 + 0x73);
	memcpy(frame, udp4, sizeof(udp4));
	frame[IP4_AT + 3] = 0x73;
	nsl_frame_checksum(frame, 14 + 0x73, IP);
	CHECK_EQUAL(get16(frame + IP4_CHECKSUM_AT), 0xB861);
	free(frame);
}

static void nsl_frame_checksum__transport_satisfies_a_udp_receiver(void)
{
	__u8 *frame = copy_udp4();
	unsigned int sum;

	CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4), TRANSPORT), WROTE_BOTH);
	sum = ones_sum(17 + 13, frame + IP4_AT + 12, 8);
	CHECK_EQUAL(ones_sum(sum, frame + UDP4_AT, 13), 0xFFFF);
	free(frame);
}

static void nsl_frame_checksum__transport_satisfies_a_tcp_receiver_over_ipv6(void)
{
	__u8 *frame = copy(tcp6, sizeof(tcp6));
	unsigned int sum;

	CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(tcp6), TRANSPORT), NSL_WROTE_TRANSPORT);
	sum = ones_sum(6 + 20, frame + IP6_AT + 8, 32);
	CHECK_EQUAL(ones_sum(sum, frame + TCP6_AT, 20), 0xFFFF);
	free(frame);
}

static void nsl_frame_checksum__ip_has_nothing_to_write_in_ipv6(void)
{
	check_untouched(copy(tcp6, sizeof(tcp6)), sizeof(tcp6), IP);
}

static void nsl_frame_checksum__looks_through_two_tags(void)
{
	size_t tags;
	__u8 *frame;

	for (tags = 1; tags <= 2; tags++) {
		frame = copy_tagged(udp4, sizeof(udp4), tags);
		CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4) + 4 * tags, TRANSPORT),
			    WROTE_BOTH);
		CHECK_EQUAL(ones_sum(0, frame + 4 * tags + IP4_AT, 20), 0xFFFF);
		free(frame);
	}
}

static void nsl_frame_checksum__leaves_three_tags_alone(void)
{
	check_untouched(copy_tagged(udp4, sizeof(udp4), 3), sizeof(udp4) + 12, TRANSPORT);
}

static void nsl_frame_checksum__survives_every_truncation(void)
{
	size_t length;

	for (length = 0; length < sizeof(udp4); length++)
		check_untouched(copy(udp4, length), length, TRANSPORT);
	for (length = 0; length < sizeof(tcp6); length++)
		check_untouched(copy(tcp6, length), length, TRANSPORT);
}

static void nsl_frame_checksum__survives_truncation_inside_tags(void)
{
	size_t length;
	__u8 *whole;

	for (length = 0; length < sizeof(udp4) + 8; length++) {
		whole = copy_tagged(udp4, sizeof(udp4), 2);
		check_untouched(copy(whole, length), length, TRANSPORT);
		free(whole);
	}
}

static void nsl_frame_checksum__refuses_bad_header_lengths(void)
{
	unsigned int words;
	__u8 *frame;

	for (words = 0; words < 5; words++) {
		frame = copy_udp4();
		frame[IP4_AT] = (__u8)(0x40 | words);
		check_untouched(frame, sizeof(udp4), TRANSPORT);
	}
	/* 60 bytes of header in a packet of 33. */
	frame = copy_udp4();
	frame[IP4_AT] = 0x4F;
	check_untouched(frame, sizeof(udp4), TRANSPORT);
}

static void nsl_frame_checksum__refuses_bad_ip_lengths(void)
{
	static const unsigned int lengths[] = { 0, 19, 34, 0xFFFF };
	__u8 *frame;
	size_t i;

	for (i = 0; i < 4; i++) {
		frame = copy_udp4();
		frame[IP4_AT + 2] = (__u8)(lengths[i] >> 8);
		frame[IP4_AT + 3] = (__u8)lengths[i];
		check_untouched(frame, sizeof(udp4), TRANSPORT);
	}
	frame = copy(tcp6, sizeof(tcp6));
	frame[IP6_AT + 4] = 0xFF;
	check_untouched(frame, sizeof(tcp6), TRANSPORT);
}

static void nsl_frame_checksum__refuses_a_version_that_is_not_the_types(void)
{
	__u8 *frame = copy_udp4();

	frame[IP4_AT] = 0x65;
	check_untouched(frame, sizeof(udp4), TRANSPORT);
	frame = copy(tcp6, sizeof(tcp6));
	frame[IP6_AT] = 0x45;
	check_untouched(frame, sizeof(tcp6), TRANSPORT);
}

static void nsl_frame_checksum__refuses_bad_udp_lengths(void)
{
	static const unsigned int lengths[] = { 0, 7, 14, 0xFFFF };
	__u8 *frame;
	size_t i;

	for (i = 0; i < 4; i++) {
		frame = copy_udp4();
		frame[UDP4_AT + 4] = (__u8)(lengths[i] >> 8);
		frame[UDP4_AT + 5] = (__u8)lengths[i];
		CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4), TRANSPORT), NSL_WROTE_IP);
		CHECK_EQUAL(get16(frame + UDP4_CHECKSUM_AT), 0xDEAD);
		free(frame);
	}
}

static void nsl_frame_checksum__sums_only_what_udp_says_it_has(void)
{
	__u8 *frame = copy_udp4();
	unsigned int sum;

	frame[UDP4_AT + 5] = 9;
	CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4), TRANSPORT), WROTE_BOTH);
	sum = ones_sum(17 + 9, frame + IP4_AT + 12, 8);
	CHECK_EQUAL(ones_sum(sum, frame + UDP4_AT, 9), 0xFFFF);
	free(frame);
}

static void nsl_frame_checksum__never_writes_a_udp_checksum_of_zero(void)
{
	unsigned int value, zeros = 0;
	__u8 *frame;

	/* Two bytes of payload take all values, so one of them sums to zero. */
	for (value = 0; value <= 0xFFFF; value++) {
		frame = copy_udp4();
		frame[UDP4_AT + 8] = (__u8)(value >> 8);
		frame[UDP4_AT + 9] = (__u8)value;
		nsl_frame_checksum(frame, sizeof(udp4), TRANSPORT);
		CHECK(get16(frame + UDP4_CHECKSUM_AT) != 0);
		zeros += get16(frame + UDP4_CHECKSUM_AT) == 0xFFFF;
		free(frame);
	}
	CHECK(zeros >= 1);
}

static void nsl_frame_checksum__leaves_the_transport_of_fragments(void)
{
	__u8 *first = copy_udp4();
	__u8 *later = copy_udp4();

	first[IP4_AT + 6] = 0x20;
	CHECK_EQUAL(nsl_frame_checksum(first, sizeof(udp4), TRANSPORT), NSL_WROTE_IP);
	later[IP4_AT + 7] = 0x01;
	CHECK_EQUAL(nsl_frame_checksum(later, sizeof(udp4), TRANSPORT), NSL_WROTE_IP);
	free(first);
	free(later);
}

static void nsl_frame_checksum__leaves_a_tcp_header_that_is_cut(void)
{
	__u8 *frame = copy(tcp6, sizeof(tcp6) - 1);

	frame[IP6_AT + 5] = 0x13;
	check_untouched(frame, sizeof(tcp6) - 1, TRANSPORT);
}

static void nsl_frame_checksum__leaves_other_protocols(void)
{
	__u8 *frame = copy_udp4();

	frame[IP4_AT + 9] = 1;
	CHECK_EQUAL(nsl_frame_checksum(frame, sizeof(udp4), TRANSPORT), NSL_WROTE_IP);
	CHECK_EQUAL(get16(frame + UDP4_CHECKSUM_AT), 0xDEAD);
	free(frame);
	frame = copy_udp4();
	frame[12] = 0x08;
	frame[13] = 0x06;
	check_untouched(frame, sizeof(udp4), TRANSPORT);
}

const struct test frame_checksum_tests[] = {
	TEST(nsl_frame_checksum__none_leaves_the_frame),
	TEST(nsl_frame_checksum__ip_writes_the_header_only),
	TEST(nsl_frame_checksum__ip_agrees_with_a_known_header),
	TEST(nsl_frame_checksum__transport_satisfies_a_udp_receiver),
	TEST(nsl_frame_checksum__transport_satisfies_a_tcp_receiver_over_ipv6),
	TEST(nsl_frame_checksum__ip_has_nothing_to_write_in_ipv6),
	TEST(nsl_frame_checksum__looks_through_two_tags),
	TEST(nsl_frame_checksum__leaves_three_tags_alone),
	TEST(nsl_frame_checksum__survives_every_truncation),
	TEST(nsl_frame_checksum__survives_truncation_inside_tags),
	TEST(nsl_frame_checksum__refuses_bad_header_lengths),
	TEST(nsl_frame_checksum__refuses_bad_ip_lengths),
	TEST(nsl_frame_checksum__refuses_a_version_that_is_not_the_types),
	TEST(nsl_frame_checksum__refuses_bad_udp_lengths),
	TEST(nsl_frame_checksum__sums_only_what_udp_says_it_has),
	TEST(nsl_frame_checksum__never_writes_a_udp_checksum_of_zero),
	TEST(nsl_frame_checksum__leaves_the_transport_of_fragments),
	TEST(nsl_frame_checksum__leaves_a_tcp_header_that_is_cut),
	TEST(nsl_frame_checksum__leaves_other_protocols),
	TESTS_END,
};
