// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"
#include "classify.h"

#include <stdlib.h>
#include <string.h>

/* The definition: the first rule, by looking at each. */
static uint32_t first_match(const struct fw_rules *rules, const struct fw_packet *packet,
			    uint8_t from)
{
	uint32_t i;

	for (i = 0; i < rules->count; i++)
		if (fw_rule_matches(&rules->rules[i], packet, from))
			return i;
	return FW_NO_RULE;
}

static void compare(const char *text, uint32_t packets, uint64_t seed)
{
	struct fw_classifier *classifier;
	uint32_t i, expected, matched = 0;
	struct fw_packet packet;
	struct fw_rules rules;
	const char *wrong;
	uint8_t from;

	if (!CHECK(fw_rules_read(&rules, text, strlen(text), "random", NULL, NULL, stdout)))
		return;
	classifier = fw_classifier_new(&rules, &wrong);
	if (CHECK(classifier))
		for (i = 0; i < packets; i++) {
			random_packet(&packet, &rules, &seed, &from);
			expected = first_match(&rules, &packet, from);
			matched += expected != FW_NO_RULE;
			if (!CHECK(fw_classify(classifier, &packet, from) == expected) ||
			    !CHECK(fw_classify_unpruned(classifier, &packet, from) == expected))
				break;
		}
	/* Neither all nor none: else nothing would have been compared. */
	CHECK(matched > packets / 4);
	CHECK(matched < packets);
	fw_classifier_free(classifier);
	fw_rules_free(&rules);
}

static void agrees_with_the_definition(void)
{
	static const uint32_t counts[] = { 1, 10, 100, 1000, 10000 };
	uint64_t seed;
	char *text;
	size_t i;

	check_test("classify__agrees_with_looking_at_every_rule");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (seed = 1; seed <= (counts[i] < 1000 ? 20u : 2u); seed++) {
			text = random_rules(counts[i], seed);
			compare(text, counts[i] < 1000 ? 2000 : 1000, seed + 1000);
			free(text);
		}
}

/* Ranges are cut into prefixes: each port, at each end, by itself. */
static void ranges_are_cut_rightly(void)
{
	static const char text[] = "accept tcp from any to any port 1-65534\n"
				   "accept udp from any port 1000-2999 to any port 7,9-10\n"
				   "drop udp from any port 0-65535 to any\n";
	struct fw_packet packet = { .kind = FW_KIND_IP4, .has_ports = true };
	struct fw_classifier *classifier;
	struct fw_rules rules;
	const char *wrong;
	uint32_t port;

	check_test("classify__cuts_ranges_of_ports_rightly");
	CHECK(fw_rules_read(&rules, text, sizeof(text) - 1, "ranges", NULL, NULL, stdout));
	classifier = fw_classifier_new(&rules, &wrong);
	for (port = 0; CHECK(classifier) && port < 65536; port++) {
		packet.flow = (struct fw_flow){ .protocol = FW_TCP, .kind = FW_KIND_IP4,
						.destination_port = (uint16_t)port };
		if (!CHECK(fw_classify(classifier, &packet, FW_IN) ==
			   first_match(&rules, &packet, FW_IN)))
			break;
		packet.flow.protocol = FW_UDP;
		packet.flow.source_port = (uint16_t)port;
		packet.flow.destination_port = 9;
		if (!CHECK(fw_classify(classifier, &packet, FW_IN) ==
			   first_match(&rules, &packet, FW_IN)))
			break;
	}
	packet.has_ports = false;
	CHECK(fw_classify(classifier, &packet, FW_IN) == FW_NO_RULE);
	fw_classifier_free(classifier);
	fw_rules_free(&rules);
}

/* More lengths than there are classes for: the last ones share one. */
static void every_length_of_a_prefix_works(void)
{
	struct fw_classifier *classifier;
	struct fw_packet packet;
	struct fw_rules rules;
	const char *wrong;
	char *text = NULL;
	size_t length = 0;
	uint64_t state = 7;
	FILE *file = open_memstream(&text, &length);
	uint8_t from;
	int i;

	check_test("classify__takes_prefixes_of_every_length");
	for (i = 128; i >= 0; i--)
		fprintf(file, "accept from ::/%d to ::/%d\n", i, (i * 7) % 129);
	fclose(file);
	CHECK(fw_rules_read(&rules, text, length, "lengths", NULL, NULL, stdout));
	classifier = fw_classifier_new(&rules, &wrong);
	for (i = 0; CHECK(classifier) && i < 20000; i++) {
		random_packet(&packet, &rules, &state, &from);
		if (!CHECK(fw_classify(classifier, &packet, from) ==
			   first_match(&rules, &packet, from)))
			break;
	}
	fw_classifier_free(classifier);
	fw_rules_free(&rules);
	free(text);
}

void classify_tests(void)
{
	agrees_with_the_definition();
	ranges_are_cut_rightly();
	every_length_of_a_prefix_works();
}
