// SPDX-License-Identifier: GPL-2.0
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any test takes under sanitizers on a busy machine. */
#define TEST_SECONDS	60

static const struct test *const lists[] = {
	abi_check_tests, frame_checksum_tests, options_tests,
	pkt_array_tests, queue_count_tests, report_tests,
	ring_index_tests, ring_layout_tests, touch_tests,
};

void check_that(bool holds, const char *text, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
	exit(1);
}

void check_equal(long long got, long long wanted, const char *text, const char *file, int line)
{
	if (got == wanted)
		return;
	fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, text, got, wanted);
	exit(1);
}

void check_contains(const char *text, const char *part, const char *file, int line)
{
	if (strstr(text, part))
		return;
	fprintf(stderr, "%s:%d: `%s` is not in `%s`\n", file, line, part, text);
	exit(1);
}

static bool passes(const struct test *test)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child < 0) {
		perror("fork");
		exit(2);
	}
	if (!child) {
		alarm(TEST_SECONDS);
		test->run();
		exit(0);
	}
	if (waitpid(child, &status, 0) != child) {
		perror("waitpid");
		exit(2);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
	unsigned int passed = 0, failed = 0;
	const struct test *test;
	bool good;
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (test = lists[i]; test->name; test++) {
			good = passes(test);
			printf("%s %s\n", good ? "ok    " : "FAILED", test->name);
			if (good)
				passed++;
			else
				failed++;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed ? 1 : 0;
}
