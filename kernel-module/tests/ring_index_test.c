// SPDX-License-Identifier: GPL-2.0
#include "../pure/ring_index.h"
#include "check.h"

#define ENTRIES	64U

/* Starting points of a ring's life, the wrap of its indices among them. */
static const __u32 starts[] = { 0, 1, 63, 0x7FFFFFF0, 0x80000000, 0xFFFFFFC0, 0xFFFFFFFF };
#define STARTS	(sizeof(starts) / sizeof(starts[0]))

static void nsl_ring_position__is_within_the_ring(void)
{
	CHECK_EQUAL(nsl_ring_position(0, ENTRIES), 0);
	CHECK_EQUAL(nsl_ring_position(63, ENTRIES), 63);
	CHECK_EQUAL(nsl_ring_position(64, ENTRIES), 0);
	CHECK_EQUAL(nsl_ring_position(0xFFFFFFFF, ENTRIES), 63);
	CHECK_EQUAL(nsl_ring_position(0xFFFFFFFF, 1), 0);
}

static void nsl_ring_holds__exactly_what_is_between(void)
{
	size_t s;
	__u32 i;

	for (s = 0; s < STARTS; s++) {
		__u32 from = starts[s];

		for (i = 0; i < 10; i++)
			CHECK(nsl_ring_holds(from + i, from, from + 10));
		CHECK(!nsl_ring_holds(from + 10, from, from + 10));
		CHECK(!nsl_ring_holds(from - 1, from, from + 10));
		CHECK(!nsl_ring_holds(from + 0x80000000, from, from + 10));
		CHECK(!nsl_ring_holds(from, from, from));
	}
}

static void nsl_ring_check_consumer__goes_forward_and_not_past_the_producer(void)
{
	size_t s;

	for (s = 0; s < STARTS; s++) {
		__u32 at = starts[s];

		CHECK_EQUAL(nsl_ring_check_consumer(at, at, at), 0);
		CHECK_EQUAL(nsl_ring_check_consumer(at, at, at + 10), 0);
		CHECK_EQUAL(nsl_ring_check_consumer(at + 10, at, at + 10), 0);
		CHECK_EQUAL(nsl_ring_check_consumer(at + 11, at, at + 10), -EINVAL);
		CHECK_EQUAL(nsl_ring_check_consumer(at - 1, at, at + 10), -EINVAL);
		CHECK_EQUAL(nsl_ring_check_consumer(at + 1, at, at), -EINVAL);
		CHECK_EQUAL(nsl_ring_check_consumer(at + 0x80000000, at, at + 10), -EINVAL);
	}
}

static void nsl_ring_check_producer__is_ahead_by_a_ring_at_most(void)
{
	size_t s;

	for (s = 0; s < STARTS; s++) {
		__u32 at = starts[s];

		CHECK_EQUAL(nsl_ring_check_producer(at, at, ENTRIES), 0);
		CHECK_EQUAL(nsl_ring_check_producer(at + ENTRIES, at, ENTRIES), 0);
		CHECK_EQUAL(nsl_ring_check_producer(at + ENTRIES + 1, at, ENTRIES), -EINVAL);
		CHECK_EQUAL(nsl_ring_check_producer(at - 1, at, ENTRIES), -EINVAL);
		CHECK_EQUAL(nsl_ring_check_producer(at + 0x80000000, at, ENTRIES), -EINVAL);
	}
}

static int change(__u32 offset, __u32 length, __u32 copied)
{
	struct netslice_tx_desc order = {
		.op = NETSLICE_TX_FORWARD, .offset = offset, .length = length,
	};

	return nsl_ring_check_change(&order, copied);
}

static void nsl_ring_check_change__stays_within_what_was_copied(void)
{
	CHECK_EQUAL(change(0, 60, 60), 0);
	CHECK_EQUAL(change(59, 1, 60), 0);
	CHECK_EQUAL(change(60, 0, 60), 0);
	CHECK_EQUAL(change(0, 61, 60), -EINVAL);
	CHECK_EQUAL(change(60, 1, 60), -EINVAL);
	CHECK_EQUAL(change(61, 0, 60), -EINVAL);
	/* Sums that wrap. */
	CHECK_EQUAL(change(1, 0xFFFFFFFF, 60), -EINVAL);
	CHECK_EQUAL(change(0xFFFFFFFF, 1, 60), -EINVAL);
	CHECK_EQUAL(change(0xFFFFFFFF, 0xFFFFFFFF, 60), -EINVAL);
	CHECK_EQUAL(change(0, 0, 0), 0);
}

static int fresh(__u32 frame, __u32 offset, __u32 length)
{
	struct netslice_tx_desc order = {
		.op = NETSLICE_TX_NEW, .frame = frame, .offset = offset, .length = length,
	};

	return nsl_ring_check_new(&order, 2048, 1518);
}

static void nsl_ring_check_new__is_a_frame_that_fits_room_and_port(void)
{
	CHECK_EQUAL(fresh(0, 0, NSL_FRAME_MIN), 0);
	CHECK_EQUAL(fresh(0, 0, 1518), 0);
	CHECK_EQUAL(fresh(0, 0, 1519), -EMSGSIZE);
	CHECK_EQUAL(fresh(0, 0, 2048), -EMSGSIZE);
	CHECK_EQUAL(fresh(0, 0, 2049), -EINVAL);
	CHECK_EQUAL(fresh(0, 0, NSL_FRAME_MIN - 1), -EINVAL);
	CHECK_EQUAL(fresh(0, 0, 0), -EINVAL);
	CHECK_EQUAL(fresh(0, 0, 0xFFFFFFFF), -EINVAL);
	CHECK_EQUAL(fresh(1, 0, 60), -EINVAL);
	CHECK_EQUAL(fresh(0, 1, 60), -EINVAL);
}

static void nsl_ring_check_new__has_no_room_where_none_was_asked_for(void)
{
	struct netslice_tx_desc order = { .op = NETSLICE_TX_NEW, .length = 60 };

	CHECK_EQUAL(nsl_ring_check_new(&order, 0, 1518), -EINVAL);
}

/* A hostile program stores any index; whatever passes the checks stays within the ring. */
static void nsl_ring__any_index_that_passes_stays_within_the_ring(void)
{
	__u32 tail = 0xFFFFFF00, head = tail, state = 1;
	unsigned int i, passed = 0;

	for (i = 0; i < 2000000; i++) {
		__u32 said;

		state = state * 1664525 + 1013904223;
		/* Half of them near the truth. */
		said = i % 2 ? state : tail + (state >> 25);
		if (head - tail < ENTRIES && state >> 31)
			head++;
		if (nsl_ring_check_consumer(said, tail, head))
			continue;
		passed++;
		tail = said;
		CHECK(head - tail <= ENTRIES);
	}
	CHECK(passed > 1000);
}

const struct test ring_index_tests[] = {
	TEST(nsl_ring_position__is_within_the_ring),
	TEST(nsl_ring_holds__exactly_what_is_between),
	TEST(nsl_ring_check_consumer__goes_forward_and_not_past_the_producer),
	TEST(nsl_ring_check_producer__is_ahead_by_a_ring_at_most),
	TEST(nsl_ring_check_change__stays_within_what_was_copied),
	TEST(nsl_ring_check_new__is_a_frame_that_fits_room_and_port),
	TEST(nsl_ring_check_new__has_no_room_where_none_was_asked_for),
	TEST(nsl_ring__any_index_that_passes_stays_within_the_ring),
	TESTS_END,
};
