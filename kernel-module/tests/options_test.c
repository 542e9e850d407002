// SPDX-License-Identifier: GPL-2.0
#include "check.h"
#include "options.h"

#include <string.h>

#define ARGUMENTS_MAX	16

static enum request parse(struct options *options, char *const arguments[])
{
	int count = 0;

	while (arguments[count])
		count++;
	CHECK(count < ARGUMENTS_MAX);
	return options_parse(options, count, arguments);
}

#define PARSE(options, ...) \
	parse(options, (char *[ARGUMENTS_MAX]){ "netslice-bridge", __VA_ARGS__, NULL })

static void options_parse__takes_two_ports(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--in", "eth6", "--out", "eth7"), REQUEST_BRIDGE);
	CHECK(!strcmp(options.in, "eth6"));
	CHECK(!strcmp(options.out, "eth7"));
	CHECK_EQUAL(options.batch, BATCH_DEFAULT);
	CHECK_EQUAL(options.cpu[FORWARD], -1);
	CHECK_EQUAL(options.cpu[REVERSE], -1);
	CHECK_EQUAL(options.kernel_cpu[FORWARD], -1);
	CHECK_EQUAL(options.kernel_cpu[REVERSE], -1);
}

static void options_parse__tells_the_directions_apart(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--in=a", "--out=b", "--cpu-forward=1", "--cpu-reverse=2",
			  "--kernel-cpu-forward=3", "--kernel-cpu-reverse=4", "--batch=1024"),
		    REQUEST_BRIDGE);
	CHECK_EQUAL(options.cpu[FORWARD], 1);
	CHECK_EQUAL(options.cpu[REVERSE], 2);
	CHECK_EQUAL(options.kernel_cpu[FORWARD], 3);
	CHECK_EQUAL(options.kernel_cpu[REVERSE], 4);
	CHECK_EQUAL(options.batch, BATCH_MAX);
}

static void options_parse__refuses_a_port_missing_or_twice(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--out", "b"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "`--in` is missing");
	CHECK_EQUAL(PARSE(&options, "--in", "a"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "`--out` is missing");
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "a"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "both `a`");
}

static void options_parse__refuses_names_no_interface_has(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--in", "", "--out", "b"), REQUEST_ERROR);
	CHECK_EQUAL(PARSE(&options, "--in", "0123456789abcdef", "--out", "b"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "0123456789abcdef");
}

static void options_parse__refuses_what_is_not_a_number_in_range(void)
{
	static char *const wrong[] = {
		"", "0", "-1", "1025", "64x", " 64", "0x40", "6 4", "99999999999999999999",
	};
	struct options options;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--batch", wrong[i]),
			    REQUEST_ERROR);
		CHECK_CONTAINS(options.error, "`--batch`");
		CHECK_CONTAINS(options.error, wrong[i]);
	}
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--cpu-forward", "-1"),
		    REQUEST_ERROR);
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--kernel-cpu-reverse",
			  "4294967296"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "`--kernel-cpu-reverse`");
}

static void options_parse__names_what_it_does_not_know(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--bogus"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "--bogus");
	CHECK_EQUAL(PARSE(&options, "--in"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "`--in` needs a value");
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "eth8"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "eth8");
}

static void options_parse__cuts_a_long_error_short(void)
{
	static char name[1024];
	struct options options;

	memset(name, 'x', sizeof(name) - 1);
	CHECK_EQUAL(PARSE(&options, name), REQUEST_ERROR);
	CHECK(strlen(options.error) < sizeof(options.error));
}

static void options_parse__takes_what_is_to_be_read(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b"), REQUEST_BRIDGE);
	CHECK_EQUAL(options.touch, TOUCH_ONLY_HEADERS);
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--touch", "all"), REQUEST_BRIDGE);
	CHECK_EQUAL(options.touch, TOUCH_ALL);
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--touch=headers"), REQUEST_BRIDGE);
	CHECK_EQUAL(options.touch, TOUCH_ONLY_HEADERS);
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--out", "b", "--touch", "some"), REQUEST_ERROR);
	CHECK_CONTAINS(options.error, "`headers` or `all`, not `some`");
}

static void options_parse__finds_help_and_version_first(void)
{
	struct options options;

	CHECK_EQUAL(PARSE(&options, "--help"), REQUEST_HELP);
	CHECK_EQUAL(PARSE(&options, "--in", "a", "--version"), REQUEST_VERSION);
}

static void usage__names_every_option(void)
{
	CHECK_CONTAINS(usage, "--in IF");
	CHECK_CONTAINS(usage, "--out IF");
	CHECK_CONTAINS(usage, "--batch");
	CHECK_CONTAINS(usage, "--touch");
	CHECK_CONTAINS(usage, "--cpu-forward");
	CHECK_CONTAINS(usage, "--cpu-reverse");
	CHECK_CONTAINS(usage, "--kernel-cpu-forward");
	CHECK_CONTAINS(usage, "--kernel-cpu-reverse");
}

const struct test options_tests[] = {
	TEST(options_parse__takes_two_ports),
	TEST(options_parse__tells_the_directions_apart),
	TEST(options_parse__refuses_a_port_missing_or_twice),
	TEST(options_parse__refuses_names_no_interface_has),
	TEST(options_parse__refuses_what_is_not_a_number_in_range),
	TEST(options_parse__names_what_it_does_not_know),
	TEST(options_parse__cuts_a_long_error_short),
	TEST(options_parse__takes_what_is_to_be_read),
	TEST(options_parse__finds_help_and_version_first),
	TEST(usage__names_every_option),
	TESTS_END,
};
