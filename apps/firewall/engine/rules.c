// SPDX-License-Identifier: MIT OR Apache-2.0
#include "rules.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* A file that is wrong throughout is something else; more errors help nobody. */
#define ERRORS_MAX	20

#define CONNECTIONS_DEFAULT	65536
#define CONNECTIONS_MAX		16777216

/* After the timeouts of Linux' own connection tracking, but an hour for what is open. */
static const struct {
	const char *name;
	uint32_t seconds;
} timeouts[FW_TIMEOUTS] = {
	[FW_TCP_OPENING] = { "tcp-opening", 60 },
	[FW_TCP_OPEN] = { "tcp", 3600 },
	[FW_TCP_CLOSING] = { "tcp-closing", 30 },
	[FW_UDP_ONE_WAY] = { "udp-one-way", 30 },
	[FW_UDP_BOTH_WAYS] = { "udp", 120 },
	[FW_ICMP_ECHO] = { "icmp", 30 },
	[FW_OTHER_PROTOCOL] = { "other", 600 },
};

/**
 * struct reader - a file that is being read
 * @words: its present line
 * @rules: what it has said so far
 * @in: name of a port, or NULL
 * @out: likewise
 */
struct reader {
	struct fw_words words;
	struct fw_rules *rules;
	const char *in;
	const char *out;
};

static bool read_from(struct reader *reader, struct fw_rule *rule)
{
	struct fw_words *words = &reader->words;

	if (!*words->word)
		return fw_words_wrong(words, "`on` needs a port",
				      "write `on in`, `on out`, or the name of an interface");
	if (fw_words_is(words, "in") || (reader->in && fw_words_is(words, reader->in)))
		rule->from = FW_IN;
	else if (fw_words_is(words, "out") || (reader->out && fw_words_is(words, reader->out)))
		rule->from = FW_OUT;
	else
		rule->from = FW_ELSEWHERE;
	fw_words_next(words);
	return true;
}

static bool read_protocol(struct fw_words *words, struct fw_rule *rule)
{
	static const struct {
		const char *name;
		uint8_t kind;
		int16_t protocol;
	} names[] = {
		{ "ip", FW_KIND_IP4, FW_ANY_PROTOCOL }, { "ip6", FW_KIND_IP6, FW_ANY_PROTOCOL },
		{ "tcp", 0, FW_TCP }, { "udp", 0, FW_UDP },
		{ "icmp", FW_KIND_IP4, FW_ICMP }, { "icmp6", FW_KIND_IP6, FW_ICMP6 },
	};
	uint32_t number;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fw_words_take(words, names[i].name)) {
			rule->kind = names[i].kind;
			rule->protocol = names[i].protocol;
			return true;
		}
	if (fw_words_take(words, "protocol")) {
		if (!fw_number(words->word, 0, 255, &number))
			return fw_words_wrong(words, "no number of a protocol",
					      "write a number from 0 to 255");
		rule->protocol = (int16_t)number;
		fw_words_next(words);
	}
	return true;
}

/* Addresses of one packet are of one kind. */
static bool is_of_kind(struct fw_words *words, struct fw_rule *rule, uint8_t kind)
{
	if (rule->kind && rule->kind != kind)
		return fw_words_wrong(words, "an address of the other kind",
				      "IPv4 and IPv6 do not stand in one rule; write two");
	rule->kind = kind;
	return true;
}

static bool read_address(struct fw_words *words, struct fw_rule *rule, struct fw_prefix *prefix)
{
	const char *wrong;
	uint8_t kind;

	if (fw_words_take(words, "any"))
		return true;
	wrong = fw_read_prefix(words->word, prefix, &kind);
	if (wrong)
		return fw_words_wrong(words, wrong,
				      "write `any`, 10.0.0.0/8, 192.0.2.1, or fd00::/8");
	if (!is_of_kind(words, rule, kind))
		return false;
	fw_words_next(words);
	return true;
}

static bool read_ports(struct fw_words *words, const struct fw_rule *rule, struct fw_ports *ports)
{
	const char *wrong;

	if (!fw_words_is(words, "port"))
		return true;
	if (rule->protocol != FW_TCP && rule->protocol != FW_UDP)
		return fw_words_wrong(words, "only TCP and UDP have ports",
				      "write `tcp` or `udp` before `from` and `to`");
	fw_words_next(words);
	wrong = fw_read_ports(words->word, ports);
	if (wrong)
		return fw_words_wrong(words, wrong, "write 80, 8000-8080, or 80,443,8000-8080");
	fw_words_next(words);
	return true;
}

static bool read_end(struct fw_words *words, struct fw_rule *rule, const char *name,
		     struct fw_prefix *prefix, struct fw_ports *ports)
{
	if (!fw_words_take(words, name))
		return true;
	return read_address(words, rule, prefix) && read_ports(words, rule, ports);
}

static bool read_type(struct fw_words *words, struct fw_rule *rule)
{
	uint32_t type;

	if (!fw_words_is(words, "type"))
		return true;
	if (rule->protocol != FW_ICMP && rule->protocol != FW_ICMP6)
		return fw_words_wrong(words, "only ICMP has types",
				      "write `icmp` or `icmp6` before it");
	fw_words_next(words);
	if (!fw_number(words->word, 0, 255, &type))
		return fw_words_wrong(words, "no type of ICMP", "write a number from 0 to 255");
	rule->icmp_type = (int16_t)type;
	fw_words_next(words);
	return true;
}

static bool read_keep(struct fw_words *words, struct fw_rule *rule)
{
	if (!fw_words_is(words, "keep"))
		return true;
	if (!rule->accept)
		return fw_words_wrong(words, "a rule that drops keeps no connection",
				      "leave `keep` out, or write `accept`");
	fw_words_next(words);
	rule->keep = true;
	return true;
}

static bool read_rule(struct reader *reader, struct fw_rule *rule)
{
	struct fw_words *words = &reader->words;

	if (fw_words_take(words, "on") && !read_from(reader, rule))
		return false;
	return read_protocol(words, rule) &&
	       read_end(words, rule, "from", &rule->source, &rule->source_ports) &&
	       read_end(words, rule, "to", &rule->destination, &rule->destination_ports) &&
	       read_type(words, rule) && read_keep(words, rule);
}

static bool add(struct fw_words *words, struct fw_rules *rules, const struct fw_rule *rule)
{
	uint32_t room = rules->room ? rules->room * 2 : 64;
	struct fw_rule *more;

	if (rules->count == FW_RULES_MAX)
		return fw_words_wrong(words, "more than 1,000,000 rules", "leave some out");
	if (rules->count == rules->room) {
		more = realloc(rules->rules, room * sizeof(*more));
		if (!more)
			return fw_words_wrong(words, "no memory for so many rules",
					      "leave some out");
		rules->rules = more;
		rules->room = room;
	}
	rules->rules[rules->count++] = *rule;
	rules->keeps |= rule->keep;
	return true;
}

static bool read_policy(struct fw_words *words, bool *accept)
{
	*accept = fw_words_is(words, "accept");
	if (!*accept && !fw_words_is(words, "drop"))
		return fw_words_wrong(words, "no verdict", "write `accept` or `drop`");
	fw_words_next(words);
	return true;
}

static bool read_timeout(struct fw_words *words, struct fw_rules *rules)
{
	static const char hint[] = "write `timeout NAME SECONDS`; there are tcp-opening, tcp, "
				   "tcp-closing, udp-one-way, udp, icmp, other";
	int i;

	for (i = 0; i < FW_TIMEOUTS; i++)
		if (fw_words_take(words, timeouts[i].name)) {
			if (!fw_number(words->word, 1, 1000000, &rules->timeout_s[i]))
				return fw_words_wrong(words, "no number of seconds", hint);
			fw_words_next(words);
			return true;
		}
	return fw_words_wrong(words, "no timeout", hint);
}

static bool read_connections(struct fw_words *words, struct fw_rules *rules)
{
	if (!fw_number(words->word, 1, CONNECTIONS_MAX, &rules->connections))
		return fw_words_wrong(words, "no number of connections",
				      "write a number from 1 to 16777216");
	fw_words_next(words);
	return true;
}

static bool read_statement(struct reader *reader)
{
	struct fw_words *words = &reader->words;
	struct fw_rule rule = { .line = words->line, .from = FW_EITHER,
				.protocol = FW_ANY_PROTOCOL, .icmp_type = FW_ANY_TYPE };

	if (fw_words_take(words, "default"))
		return read_policy(words, &reader->rules->accept_rest);
	if (fw_words_take(words, "non-ip"))
		return read_policy(words, &reader->rules->accept_other);
	if (fw_words_take(words, "connections"))
		return read_connections(words, reader->rules);
	if (fw_words_take(words, "timeout"))
		return read_timeout(words, reader->rules);
	rule.accept = fw_words_is(words, "accept");
	if (!rule.accept && !fw_words_is(words, "drop"))
		return fw_words_wrong(words, "no rule", "a line begins with accept, drop, default, "
				      "non-ip, connections or timeout");
	fw_words_next(words);
	if (!read_rule(reader, &rule))
		return false;
	if (*words->word)
		return fw_words_wrong(words, "nothing of a rule, or not here",
				      "the order is: accept|drop [on PORT] [PROTOCOL] "
				      "[from ADDRESS [port PORTS]] [to ADDRESS [port PORTS]] "
				      "[type N] [keep]");
	return add(words, reader->rules, &rule);
}

/* One line; a blank one says nothing. */
static bool read_line(struct reader *reader)
{
	struct fw_words *words = &reader->words;

	if (memchr(words->start, '\0', (size_t)(words->end - words->start))) {
		words->column = 1;
		words->word[0] = '\0';
		return fw_words_wrong(words, "a NUL byte before", "is this a text file?");
	}
	fw_words_next(words);
	if (!*words->word)
		return true;
	if (!read_statement(reader))
		return false;
	if (!*words->word)
		return true;
	return fw_words_wrong(words, "nothing may follow", "write one statement a line");
}

static void set_defaults(struct fw_rules *rules)
{
	int i;

	memset(rules, 0, sizeof(*rules));
	rules->accept_other = true;
	rules->connections = CONNECTIONS_DEFAULT;
	for (i = 0; i < FW_TIMEOUTS; i++)
		rules->timeout_s[i] = timeouts[i].seconds;
}

bool fw_rules_read(struct fw_rules *rules, const char *text, size_t length, const char *name,
		   const char *in, const char *out, FILE *errors)
{
	struct reader reader = { .rules = rules, .in = in, .out = out };
	struct fw_words *words = &reader.words;
	const char *end = text + length;
	uint32_t line = 0;
	int wrong = 0;

	set_defaults(rules);
	words->name = name;
	words->errors = errors;
	while (text < end && wrong < ERRORS_MAX) {
		words->line = ++line;
		words->start = text;
		words->at = text;
		words->end = memchr(text, '\n', (size_t)(end - text));
		if (!words->end)
			words->end = end;
		text = words->end < end ? words->end + 1 : end;
		if (!read_line(&reader))
			wrong++;
	}
	if (wrong == ERRORS_MAX)
		fprintf(errors, "%s: and perhaps more\n", name);
	return !wrong;
}

void fw_rules_free(struct fw_rules *rules)
{
	free(rules->rules);
	rules->rules = NULL;
	rules->count = 0;
	rules->room = 0;
}
