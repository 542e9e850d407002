// SPDX-License-Identifier: GPL-2.0
#include "check.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

static char *print(const char *in, const char *out, const struct account *forward,
		   const struct account *reverse)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	CHECK(stream != NULL);
	report_print(stream, in, out, forward, reverse);
	CHECK_EQUAL(fclose(stream), 0);
	return text;
}

static void report_print__is_one_line(void)
{
	static const struct account nothing;
	char *text = print("a", "b", &nothing, &nothing);

	CHECK_EQUAL(strchr(text, '\n') - text, (long)strlen(text) - 1);
	CHECK_CONTAINS(text, "{\"in\":\"a\",\"out\":\"b\",\"forward\":{");
	free(text);
}

static void report_print__closes_what_it_opens(void)
{
	static const struct account nothing;
	char *text = print("a", "b", &nothing, &nothing);
	int depth = 0;
	char *at;

	for (at = text; *at; at++) {
		depth += *at == '{';
		depth -= *at == '}';
		CHECK(depth >= 0);
		CHECK(depth > 0 || *at == '}' || *at == '\n');
	}
	CHECK_EQUAL(depth, 0);
	free(text);
}

static void report_print__keeps_the_directions_apart(void)
{
	static const struct account forward = { .tally.packets = 11, .stats.rx_wakeups = 22 };
	static const struct account reverse = { .tally.packets = 33, .stats.rx_wakeups = 44 };
	char *text = print("a", "b", &forward, &reverse);
	const char *middle = strstr(text, "\"reverse\"");

	CHECK(middle != NULL);
	CHECK(strstr(text, "\"packets\":11") < middle);
	CHECK(strstr(text, "\"rx_wakeups\":22") < middle);
	CHECK_CONTAINS(middle, "\"packets\":33");
	CHECK_CONTAINS(middle, "\"rx_wakeups\":44");
	free(text);
}

static void report_print__writes_counts_of_64_bits(void)
{
	static const struct account full = { .tally.bytes = UINT64_MAX };
	char *text = print("a", "b", &full, &full);

	CHECK_CONTAINS(text, "\"bytes\":18446744073709551615,");
	free(text);
}

static void report_print__escapes_names(void)
{
	static const struct account nothing;
	char *text = print("a\"\\", "b\x01\xff", &nothing, &nothing);

	CHECK_CONTAINS(text, "\"in\":\"a\\\"\\\\\",\"out\":\"b\\u0001\\u00ff\"");
	free(text);
}

const struct test report_tests[] = {
	TEST(report_print__is_one_line),
	TEST(report_print__closes_what_it_opens),
	TEST(report_print__keeps_the_directions_apart),
	TEST(report_print__writes_counts_of_64_bits),
	TEST(report_print__escapes_names),
	TESTS_END,
};
