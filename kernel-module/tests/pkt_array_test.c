// SPDX-License-Identifier: GPL-2.0
#include "../pure/pkt_array.h"
#include "check.h"

#include <stdint.h>

#define FRAME_MAX	1518
#define BITS_64		UINT64_MAX
#define BITS_32		UINT32_MAX

static int write_verdict(__u64 base, __u32 capacity, __u32 length, __u64 highest)
{
	struct netslice_pkt pkt = { .base = base, .capacity = capacity, .length = length };

	return nsl_pkt_check_write(&pkt, highest, FRAME_MAX);
}

static int read_verdict(__u64 base, __u32 capacity, __u64 highest)
{
	struct netslice_pkt pkt = { .base = base, .capacity = capacity, .length = 0xFFFFFFFF };

	return nsl_pkt_check_read(&pkt, highest);
}

static void nsl_call_length__is_bounded(void)
{
	CHECK_EQUAL(nsl_call_length(0), 0);
	CHECK_EQUAL(nsl_call_length(1), 1);
	CHECK_EQUAL(nsl_call_length(NETSLICE_CALL_MAX), NETSLICE_CALL_MAX);
	CHECK_EQUAL(nsl_call_length(NETSLICE_CALL_MAX + 1), NETSLICE_CALL_MAX);
	CHECK_EQUAL(nsl_call_length(SIZE_MAX), NETSLICE_CALL_MAX);
}

static void nsl_call_length__keeps_the_high_bits_of_a_size(void)
{
	if (sizeof(size_t) > 4)
		CHECK_EQUAL(nsl_call_length((size_t)1 << 32), NETSLICE_CALL_MAX);
}

static void nsl_chunk_length__covers_a_call_exactly(void)
{
	__u32 total, done, chunk;

	for (total = 0; total <= 3 * NSL_CHUNK; total++) {
		for (done = 0; done < total; done += chunk) {
			chunk = nsl_chunk_length(total, done);
			CHECK(chunk >= 1 && chunk <= NSL_CHUNK);
		}
		CHECK_EQUAL(done, total);
		CHECK_EQUAL(nsl_chunk_length(total, done), 0);
	}
}

static void nsl_pkt_check_read__accepts_no_capacity(void)
{
	CHECK_EQUAL(read_verdict(0x1000, 0, BITS_64), 0);
	CHECK_EQUAL(read_verdict(0, 0, BITS_64), 0);
}

static void nsl_pkt_check_read__refuses_a_range_that_wraps(void)
{
	CHECK_EQUAL(read_verdict(UINT64_MAX, 1, BITS_64), -EFAULT);
	CHECK_EQUAL(read_verdict(UINT64_MAX - 10, 0xFFFFFFFF, BITS_64), -EFAULT);
	CHECK_EQUAL(read_verdict(UINT64_MAX - 10, 10, BITS_64), 0);
}

static void nsl_pkt_check_read__refuses_what_a_short_pointer_would_cut(void)
{
	CHECK_EQUAL(read_verdict(0x100001000, 64, BITS_32), -EFAULT);
	CHECK_EQUAL(read_verdict(0xFFFFFFF0, 0x10, BITS_32), -EFAULT);
	CHECK_EQUAL(read_verdict(0xFFFFFFF0, 0x0F, BITS_32), 0);
}

static void nsl_pkt_check_write__accepts_the_shortest_and_the_longest(void)
{
	CHECK_EQUAL(write_verdict(0x1000, NSL_FRAME_MIN, NSL_FRAME_MIN, BITS_64), 0);
	CHECK_EQUAL(write_verdict(0x1000, 2048, FRAME_MAX, BITS_64), 0);
}

static void nsl_pkt_check_write__refuses_more_than_the_capacity(void)
{
	CHECK_EQUAL(write_verdict(0x1000, 63, 64, BITS_64), -EINVAL);
	CHECK_EQUAL(write_verdict(0x1000, 0, 0xFFFFFFFF, BITS_64), -EINVAL);
}

static void nsl_pkt_check_write__refuses_less_than_a_header(void)
{
	CHECK_EQUAL(write_verdict(0x1000, 64, 0, BITS_64), -EINVAL);
	CHECK_EQUAL(write_verdict(0x1000, 64, NSL_FRAME_MIN - 1, BITS_64), -EINVAL);
}

static void nsl_pkt_check_write__refuses_what_the_port_does_not_take(void)
{
	CHECK_EQUAL(write_verdict(0x1000, 2048, FRAME_MAX + 1, BITS_64), -EMSGSIZE);
	CHECK_EQUAL(write_verdict(0x1000, 0xFFFFFFFF, 0xFFFFFFFF, BITS_64), -EMSGSIZE);
}

static void nsl_pkt_check_write__refuses_a_range_that_wraps(void)
{
	CHECK_EQUAL(write_verdict(UINT64_MAX - 20, 64, 64, BITS_64), -EFAULT);
}

const struct test pkt_array_tests[] = {
	TEST(nsl_call_length__is_bounded),
	TEST(nsl_call_length__keeps_the_high_bits_of_a_size),
	TEST(nsl_chunk_length__covers_a_call_exactly),
	TEST(nsl_pkt_check_read__accepts_no_capacity),
	TEST(nsl_pkt_check_read__refuses_a_range_that_wraps),
	TEST(nsl_pkt_check_read__refuses_what_a_short_pointer_would_cut),
	TEST(nsl_pkt_check_write__accepts_the_shortest_and_the_longest),
	TEST(nsl_pkt_check_write__refuses_more_than_the_capacity),
	TEST(nsl_pkt_check_write__refuses_less_than_a_header),
	TEST(nsl_pkt_check_write__refuses_what_the_port_does_not_take),
	TEST(nsl_pkt_check_write__refuses_a_range_that_wraps),
	TESTS_END,
};
