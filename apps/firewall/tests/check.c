// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"

#include <stdio.h>

static unsigned int passed, failed;
static bool well = true;
static const char *current;

static void finish(void)
{
	if (!current)
		return;
	if (well)
		passed++;
	else
		failed++;
	printf("%s %s\n", well ? "ok" : "FAILED", current);
}

void check_test(const char *name)
{
	finish();
	current = name;
	well = true;
}

bool check_that(bool claim, const char *text, const char *file, int line)
{
	if (!claim) {
		printf("%s:%d: %s: not so: %s\n", file, line, current, text);
		well = false;
	}
	return claim;
}

int main(void)
{
	packet_tests();
	rules_tests();
	classify_tests();
	connections_tests();
	engine_tests();
	fuzz_tests();
	check_test(NULL);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
