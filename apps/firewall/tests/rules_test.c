// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* What the file's errors are, all of them; "" where there are none. */
static char *errors_of(const char *text, struct fw_rules *rules)
{
	char *errors = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&errors, &length);
	bool well = fw_rules_read(rules, text, strlen(text), "f", "eth1", "eth2", file);

	fclose(file);
	CHECK(well == !*errors);
	return errors;
}

static void a_rule_is_understood(void)
{
	static const char text[] =
		"# comment\n\ndefault accept\nnon-ip drop # why not\nconnections 77\n"
		"timeout udp 5\naccept on eth2 tcp from 10.1.0.0/16 port 1024-65535 "
		"to 192.0.2.1 port 80,443 keep\r\ndrop icmp6 from any to fd00::/8 type 128\n"
		"drop on eth9 protocol 47\naccept";
	struct fw_rules rules;
	const struct fw_rule *rule;
	char *errors;

	check_test("rules__are_understood");
	errors = errors_of(text, &rules);
	CHECK(!*errors);
	free(errors);
	CHECK(rules.accept_rest && !rules.accept_other && rules.keeps);
	CHECK(rules.connections == 77 && rules.timeout_s[FW_UDP_BOTH_WAYS] == 5);
	if (!CHECK(rules.count == 4))
		return;
	rule = &rules.rules[0];
	CHECK(rule->line == 7 && rule->accept && rule->keep && rule->from == FW_OUT);
	CHECK(rule->kind == FW_KIND_IP4 && rule->protocol == FW_TCP);
	CHECK(rule->source.address.high == 0x0A01000000000000 && rule->source.length == 16);
	CHECK(rule->destination.address.high == 0xC000020100000000);
	CHECK(rule->destination.length == 32);
	CHECK(rule->source_ports.count == 1 && rule->source_ports.ranges[0].first == 1024);
	CHECK(rule->destination_ports.count == 2);
	CHECK(rule->destination_ports.ranges[1].last == 443);
	rule = &rules.rules[1];
	CHECK(!rule->accept && rule->kind == FW_KIND_IP6 && rule->icmp_type == 128);
	CHECK(rule->destination.address.high == 0xFD00000000000000);
	CHECK(rules.rules[2].from == FW_ELSEWHERE && rules.rules[2].protocol == 47);
	CHECK(rules.rules[3].accept && rules.rules[3].line == 10);
	fw_rules_free(&rules);
}

static void errors_have_a_place(void)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{ "acept tcp", "f:1:1: no rule: `acept`" },
		{ "\n\naccept tcp from 10.0.0.1/8", "f:3:17: the address has bits beyond" },
		{ "accept tcp from 10.0.0.0/33", "f:1:17: no length of a prefix: `10.0.0.0/33`" },
		{ "accept tcp from here", "f:1:17: no address: `here`" },
		{ "accept tcp from 10.0.0.0/", "f:1:17: no length" },
		{ "accept tcp from", "f:1:16: no address: the end of the line" },
		{ "accept to any port 80", "f:1:15: only TCP and UDP have ports" },
		{ "accept tcp to any port 90-80", "f:1:24: no port" },
		{ "accept tcp to any port 65536", "f:1:24: no port" },
		{ "accept tcp to any port 80,", "f:1:24: no port" },
		{ "accept tcp to any port 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
		  "f:1:24: more than 16 ranges" },
		{ "accept udp type 8", "f:1:12: only ICMP has types" },
		{ "accept icmp type 256", "f:1:18: no type of ICMP" },
		{ "drop tcp keep", "f:1:10: a rule that drops keeps no connection" },
		{ "accept icmp to fd00::1", "f:1:16: an address of the other kind" },
		{ "accept from 10.0.0.1 to fd00::1", "f:1:25: an address of the other kind" },
		{ "accept to any from any", "f:1:15: nothing of a rule, or not here: `from`" },
		{ "accept on", "f:1:10: `on` needs a port" },
		{ "accept protocol gre", "f:1:17: no number of a protocol" },
		{ "default deny", "f:1:9: no verdict: `deny`" },
		{ "default drop drop", "f:1:14: nothing may follow" },
		{ "timeout tpc 5", "f:1:9: no timeout: `tpc`" },
		{ "timeout tcp 0", "f:1:13: no number of seconds" },
		{ "connections 0", "f:1:13: no number of connections" },
		{ "\x01\xff", "f:1:1: no rule: `\\x01\\xff`" },
	};
	struct fw_rules rules;
	char *errors;
	size_t i;

	check_test("rules__have_errors_with_line_column_and_hint");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		errors = errors_of(cases[i].text, &rules);
		if (!CHECK(!strncmp(errors, cases[i].error, strlen(cases[i].error))) ||
		    !CHECK(strstr(errors, "\nhint: ")))
			printf("`%s` gave: %s", cases[i].text, errors);
		free(errors);
		fw_rules_free(&rules);
	}
}

static void all_errors_are_told(void)
{
	struct fw_rules rules;
	char text[4096] = "";
	char *errors;
	int i;

	check_test("rules__have_all_errors_told_up_to_twenty");
	errors = errors_of("foo\naccept\nbar\n", &rules);
	CHECK(strstr(errors, "f:1:1:") && strstr(errors, "f:3:1:"));
	free(errors);
	fw_rules_free(&rules);
	for (i = 0; i < 100; i++)
		strcat(text, "foo\n");
	errors = errors_of(text, &rules);
	CHECK(strstr(errors, "f:20:1:") && !strstr(errors, "f:21:1:"));
	CHECK(strstr(errors, "perhaps more"));
	free(errors);
	fw_rules_free(&rules);
}

/* A long word is never taken for its beginning. */
static void what_is_too_long_is_refused(void)
{
	char text[600] = "accept tcp to any port 80";
	FILE *nowhere;
	struct fw_rules rules;
	char *errors;

	check_test("rules__take_no_word_for_its_beginning");
	memset(text + 23, '0', 300);
	strcpy(text + 323, "80");
	errors = errors_of(text, &rules);
	CHECK(strstr(errors, "f:1:24: no port"));
	free(errors);
	fw_rules_free(&rules);
	nowhere = fopen("/dev/null", "w");
	CHECK(!fw_rules_read(&rules, "accept\0", 7, "f", NULL, NULL, nowhere));
	fclose(nowhere);
	fw_rules_free(&rules);
}

/* Rules with some bytes changed, cut somewhere: no look beyond, and no crash. */
static void nonsense_harms_nobody(void)
{
	FILE *nowhere = fopen("/dev/null", "w");
	uint64_t state = 5;
	struct fw_rules rules;
	char *text, *copy;
	size_t length;
	int i, j;

	check_test("rules__of_nonsense_harm_nobody");
	text = random_rules(20, 3);
	length = strlen(text);
	for (i = 0; i < 20000; i++) {
		copy = malloc(length);
		memcpy(copy, text, length);
		for (j = 0; j < 1 + i % 40; j++)
			copy[chance(&state) % length] = (char)chance(&state);
		fw_rules_read(&rules, copy, chance(&state) % (length + 1), "f", NULL, NULL,
			      nowhere);
		fw_rules_free(&rules);
		free(copy);
	}
	CHECK(i == 20000);
	free(text);
	fclose(nowhere);
}

void rules_tests(void)
{
	a_rule_is_understood();
	errors_have_a_place();
	all_errors_are_told();
	what_is_too_long_is_refused();
	nonsense_harms_nobody();
}
