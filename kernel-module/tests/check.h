/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A runner for tests of the pure parts. Every test runs in a process of its own,
 * so that what a sanitizer ends is one failed test and not the end of all.
 */
#ifndef NSL_CHECK_H
#define NSL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct test - one test
 * @name: function__case, as the C function is called
 * @run: does it, and returns if it passes
 */
struct test {
	const char *name;
	void (*run)(void);
};

#define TEST(function)	{ #function, function }
#define TESTS_END	{ NULL, NULL }

/* Each test file has one such list. */
extern const struct test abi_check_tests[];
extern const struct test frame_checksum_tests[];
extern const struct test options_tests[];
extern const struct test pkt_array_tests[];
extern const struct test queue_count_tests[];
extern const struct test report_tests[];
extern const struct test ring_index_tests[];
extern const struct test ring_layout_tests[];
extern const struct test touch_tests[];

/* Ends the test as failed when @holds is false. */
#define CHECK(holds)	check_that((holds), #holds, __FILE__, __LINE__)

/* Ends the test as failed when two integers differ, and shows both. */
#define CHECK_EQUAL(got, wanted) \
	check_equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)

/* Ends the test as failed when @text does not contain @part. */
#define CHECK_CONTAINS(text, part) \
	check_contains((text), (part), __FILE__, __LINE__)

void check_that(bool holds, const char *text, const char *file, int line);
void check_equal(long long got, long long wanted, const char *text, const char *file, int line);
void check_contains(const char *text, const char *part, const char *file, int line);

#endif /* NSL_CHECK_H */
