// SPDX-License-Identifier: GPL-2.0
#include "check.h"
#include "touch.h"

#include <stdlib.h>
#include <string.h>

/* In memory of exactly that size, so that a sanitizer sees one byte too many. */
static void touch_bytes__reads_every_byte_and_none_beyond(void)
{
	static const size_t lengths[] = { 0, 1, 7, 8, 31, 32, 33, 60, 128, 1514 };
	size_t i, at;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned char *frame = malloc(lengths[i] ? lengths[i] : 1);
		uint64_t sum;

		CHECK(frame != NULL);
		memset(frame, 0x5A, lengths[i] ? lengths[i] : 1);
		sum = touch_bytes(frame, lengths[i]);
		for (at = 0; at < lengths[i]; at++) {
			frame[at] ^= 1;
			CHECK(touch_bytes(frame, lengths[i]) != sum);
			frame[at] ^= 1;
		}
		CHECK(touch_bytes(frame, lengths[i]) == sum);
		free(frame);
	}
}

static void touch_bytes__takes_any_alignment(void)
{
	unsigned char frame[200];
	size_t at;

	for (at = 0; at < sizeof(frame); at++)
		frame[at] = (unsigned char)(at / 16);
	for (at = 0; at < 16; at++) {
		unsigned char copy[100];

		memcpy(copy, frame + at, sizeof(copy));
		CHECK(touch_bytes(frame + at, sizeof(copy)) == touch_bytes(copy, sizeof(copy)));
	}
}

const struct test touch_tests[] = {
	TEST(touch_bytes__reads_every_byte_and_none_beyond),
	TEST(touch_bytes__takes_any_alignment),
	TESTS_END,
};
