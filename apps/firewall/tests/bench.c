// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What a lookup takes: by looking at every rule, in all tuples, and in those that
 * the sets of prefixes leave. A table for people; the fastest of some rounds.
 */
#include "check.h"
#include "classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PACKETS	4096
#define ROUNDS	7

static struct fw_packet packets[PACKETS];
static uint8_t sides[PACKETS];

/* The rules and what looks them up. */
static struct fw_rules rules;
static struct fw_classifier *classifier;

static uint32_t every(const struct fw_packet *packet, uint8_t from)
{
	uint32_t i;

	for (i = 0; i < rules.count; i++)
		if (fw_rule_matches(&rules.rules[i], packet, from))
			return i;
	return FW_NO_RULE;
}

static uint32_t unpruned(const struct fw_packet *packet, uint8_t from)
{
	return fw_classify_unpruned(classifier, packet, from);
}

static uint32_t pruned(const struct fw_packet *packet, uint8_t from)
{
	return fw_classify(classifier, packet, from);
}

static double nanoseconds(uint32_t (*look)(const struct fw_packet *, uint8_t), uint32_t count)
{
	struct timespec begin, end;
	volatile uint32_t sum = 0;
	double taken, best = 1e12;
	uint32_t i, round;

	for (round = 0; round < ROUNDS; round++) {
		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (i = 0; i < count; i++)
			sum += look(&packets[i], sides[i]);
		clock_gettime(CLOCK_MONOTONIC, &end);
		taken = (double)(end.tv_sec - begin.tv_sec) * 1e9 +
			(double)(end.tv_nsec - begin.tv_nsec);
		if (taken < best)
			best = taken;
	}
	return best / count;
}

bool check_that(bool claim, const char *text, const char *file, int line)
{
	if (!claim)
		fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
	return claim;
}

static void measure(uint32_t count)
{
	char *text = random_rules(count, 42);
	double linear, all, left;
	uint64_t state = 9;
	const char *wrong;
	uint32_t i;

	if (!CHECK(fw_rules_read(&rules, text, strlen(text), "random", NULL, NULL, stderr)))
		exit(1);
	classifier = fw_classifier_new(&rules, &wrong);
	if (!CHECK(classifier))
		exit(1);
	for (i = 0; i < PACKETS; i++)
		random_packet(&packets[i], &rules, &state, &sides[i]);
	linear = nanoseconds(every, count > 1000 ? PACKETS / 8 : PACKETS);
	all = nanoseconds(unpruned, PACKETS);
	left = nanoseconds(pruned, PACKETS);
	printf("%6u %7u %12.0f %12.0f %12.0f %9.1f\n", count, fw_classifier_tuples(classifier),
	       linear, all, left, linear / left);
	fw_classifier_free(classifier);
	fw_rules_free(&rules);
	free(text);
}

int main(int argc, char *argv[])
{
	static const uint32_t counts[] = { 10, 100, 1000, 10000, 100000 };
	char *text;
	size_t i;

	/* The same rules for another program to measure. */
	if (argc == 3 && !strcmp(argv[1], "--rules")) {
		text = random_rules((uint32_t)strtoul(argv[2], NULL, 10), 42);
		fputs(text, stdout);
		free(text);
		return 0;
	}
	printf("%6s %7s %12s %12s %12s %9s\n", "rules", "tuples", "every rule", "all tuples",
	       "some tuples", "ratio");
	printf("%6s %7s %12s %12s %12s\n", "", "", "ns", "ns", "ns");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		measure(counts[i]);
	return 0;
}
