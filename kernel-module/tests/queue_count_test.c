// SPDX-License-Identifier: GPL-2.0
#include "../pure/queue_count.h"
#include "check.h"

static void nsl_queue_len_valid__accepts_its_bounds(void)
{
	CHECK(nsl_queue_len_valid(NSL_QUEUE_LEN_MIN));
	CHECK(nsl_queue_len_valid(4096));
	CHECK(nsl_queue_len_valid(NSL_QUEUE_LEN_MAX));
}

static void nsl_queue_len_valid__refuses_what_is_outside(void)
{
	CHECK(!nsl_queue_len_valid(0));
	CHECK(!nsl_queue_len_valid(NSL_QUEUE_LEN_MIN - 1));
	CHECK(!nsl_queue_len_valid(NSL_QUEUE_LEN_MAX + 1));
	CHECK(!nsl_queue_len_valid(0xFFFFFFFF));
}

static void nsl_queue_admits__exactly_its_limit(void)
{
	struct nsl_queue_count count = { .limit = 64 };
	unsigned int admitted;

	for (admitted = 0; nsl_queue_admits(&count); admitted++)
		nsl_queue_add(&count, 60);
	CHECK_EQUAL(admitted, 64);
	nsl_queue_remove(&count, 60);
	CHECK(nsl_queue_admits(&count));
}

static void nsl_queue_count__returns_to_nothing(void)
{
	static const __u32 lengths[] = { 60, 1514, 14, 65535, 9018 };
	struct nsl_queue_count count = { .limit = 64 };
	size_t i;

	for (i = 0; i < 5; i++)
		nsl_queue_add(&count, lengths[i]);
	CHECK_EQUAL(count.packets, 5);
	CHECK_EQUAL(count.bytes, 60 + 1514 + 14 + 65535 + 9018);
	for (i = 0; i < 5; i++)
		nsl_queue_remove(&count, lengths[i]);
	CHECK_EQUAL(count.packets, 0);
	CHECK_EQUAL(count.bytes, 0);
}

static void nsl_queue_count__bytes_do_not_wrap_at_32_bits(void)
{
	struct nsl_queue_count count = { .limit = NSL_QUEUE_LEN_MAX };

	while (nsl_queue_admits(&count))
		nsl_queue_add(&count, 0xFFFF);
	CHECK_EQUAL(count.bytes, (long long)NSL_QUEUE_LEN_MAX * 0xFFFF);
}

static void nsl_queue_put_back__goes_above_the_limit_and_admits_nothing_then(void)
{
	struct nsl_queue_count count = { .limit = 64 };

	while (nsl_queue_admits(&count))
		nsl_queue_add(&count, 100);
	nsl_queue_put_back(&count, 3, 300);
	CHECK_EQUAL(count.packets, 67);
	CHECK_EQUAL(count.bytes, 6700);
	CHECK(!nsl_queue_admits(&count));
	while (count.packets >= count.limit)
		nsl_queue_remove(&count, 100);
	CHECK(nsl_queue_admits(&count));
}

static void nsl_queue_remove_many__is_as_many_single_ones(void)
{
	struct nsl_queue_count count = { .packets = 7, .limit = 64, .bytes = 420 };

	nsl_queue_remove_many(&count, 5, 300);
	CHECK_EQUAL(count.packets, 2);
	CHECK_EQUAL(count.bytes, 120);
	nsl_queue_remove_many(&count, 0, 0);
	nsl_queue_remove_many(&count, 2, 120);
	CHECK_EQUAL(count.packets, 0);
	CHECK_EQUAL(count.bytes, 0);
}

static void nsl_queue_put_back__of_nothing_changes_nothing(void)
{
	struct nsl_queue_count count = { .packets = 7, .limit = 64, .bytes = 420 };

	nsl_queue_put_back(&count, 0, 0);
	CHECK_EQUAL(count.packets, 7);
	CHECK_EQUAL(count.bytes, 420);
}

const struct test queue_count_tests[] = {
	TEST(nsl_queue_len_valid__accepts_its_bounds),
	TEST(nsl_queue_len_valid__refuses_what_is_outside),
	TEST(nsl_queue_admits__exactly_its_limit),
	TEST(nsl_queue_count__returns_to_nothing),
	TEST(nsl_queue_count__bytes_do_not_wrap_at_32_bits),
	TEST(nsl_queue_put_back__goes_above_the_limit_and_admits_nothing_then),
	TEST(nsl_queue_remove_many__is_as_many_single_ones),
	TEST(nsl_queue_put_back__of_nothing_changes_nothing),
	TESTS_END,
};
