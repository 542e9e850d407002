// SPDX-License-Identifier: MIT OR Apache-2.0
#include "options.h"
#include "engine.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
" --in PORT --out PORT --rules FILE [OPTION...]\n"
"\n"
"Forwards frames between two ports, in both directions, and drops what the rules\n"
"say. docs/firewall.md of nsbench describes the rules.\n"
"\n"
"  --in PORT          one port of the line\n"
"  --out PORT         the other port\n"
"  --rules FILE       the rules\n"
"  --name-in NAME     what rules call the port --in, where that is no interface\n"
"  --name-out NAME    likewise of --out\n"
"  --check            read the rules, tell what is wrong with them, and end\n"
"  --counters FILE    where SIGUSR1 has the counters of every rule written\n"
"  --batch N          frames moved at a time at most, 1 to 1024 (64)\n"
"  --cpu-forward N    run the thread of --in to --out on CPU N\n"
"  --cpu-reverse N    run the thread of --out to --in on CPU N\n"
"  --mtu N            bytes of a packet at most, on DPDK only: 68 to 9216 (1500)\n"
"  --help             print this\n"
"\n"
"firewall-dpdk takes DPDK's own options before these, with `--` in between, and\n"
"its ports are PCI slots and names of virtual devices. It uses one thread for\n"
"both directions where --cpu-forward is given and --cpu-reverse is not.\n"
"\n"
"Prints `firewall: forwarding IN <-> OUT` when it does. SIGHUP reads the rules\n"
"again, and the old ones stay if the file is broken. SIGUSR1 prints all counters\n"
"as one line of JSON. SIGINT and SIGTERM print them and end the program. Exit\n"
"status: 0 ended by a signal, 1 failed, 2 bad arguments.\n";

enum {
	OPTION_IN = 1,
	OPTION_OUT,
	OPTION_RULES,
	OPTION_NAME_IN,
	OPTION_NAME_OUT,
	OPTION_CHECK,
	OPTION_COUNTERS,
	OPTION_BATCH,
	OPTION_CPU_FORWARD,
	OPTION_CPU_REVERSE,
	OPTION_MTU,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{ "in", required_argument, NULL, OPTION_IN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "rules", required_argument, NULL, OPTION_RULES },
	{ "name-in", required_argument, NULL, OPTION_NAME_IN },
	{ "name-out", required_argument, NULL, OPTION_NAME_OUT },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "counters", required_argument, NULL, OPTION_COUNTERS },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "cpu-forward", required_argument, NULL, OPTION_CPU_FORWARD },
	{ "cpu-reverse", required_argument, NULL, OPTION_CPU_REVERSE },
	{ "mtu", required_argument, NULL, OPTION_MTU },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static enum fw_request wrong(const char *program, const char *what, const char *which)
{
	fprintf(stderr, "%s: %s `%s`\nhint: see `%s --help`\n", program, what, which, program);
	return FW_REQUEST_ERROR;
}

/* A whole decimal number, and nothing else. */
static bool number(const char *text, long lowest, long highest, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && !*end && !errno && *value >= lowest &&
	       *value <= highest;
}

static bool apply_number(struct fw_options *options, int option, const char *text)
{
	long value;

	switch (option) {
	case OPTION_BATCH:
		if (!number(text, 1, FW_BATCH_MAX, &value))
			return false;
		options->batch = (unsigned int)value;
		return true;
	case OPTION_MTU:
		if (!number(text, 68, 9216, &value))
			return false;
		options->mtu = (unsigned int)value;
		return true;
	default:
		if (!number(text, 0, 4095, &value))
			return false;
		options->cpu[option == OPTION_CPU_REVERSE] = (int)value;
		return true;
	}
}

static bool apply(struct fw_options *options, int option, const char *text)
{
	switch (option) {
	case OPTION_IN:
		options->in = text;
		return *text;
	case OPTION_OUT:
		options->out = text;
		return *text;
	case OPTION_RULES:
		options->rules = text;
		return *text;
	case OPTION_COUNTERS:
		options->counters = text;
		return *text;
	case OPTION_NAME_IN:
	case OPTION_NAME_OUT:
		options->names[option == OPTION_NAME_OUT] = text;
		return *text;
	default:
		return apply_number(options, option, text);
	}
}

static enum fw_request complete(const struct fw_options *options, const char *program, bool check)
{
	if (!options->rules)
		return wrong(program, "there is no", "--rules");
	if (check)
		return FW_REQUEST_CHECK;
	if (!options->in)
		return wrong(program, "there is no", "--in");
	if (!options->out)
		return wrong(program, "there is no", "--out");
	if (!strcmp(options->in, options->out))
		return wrong(program, "`--in` and `--out` are both", options->in);
	return FW_REQUEST_FORWARD;
}

enum fw_request fw_options_parse(struct fw_options *options, const char *program, int argc,
				 char *const argv[])
{
	bool check = false;
	int option;

	*options = (struct fw_options){ .batch = 64, .cpu = { -1, -1 }, .mtu = 1500 };
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			printf("usage: %s%s", program, usage);
			return FW_REQUEST_HELP;
		}
		if (option == OPTION_CHECK)
			check = true;
		else if (option == ':')
			return wrong(program, "a value is missing behind", argv[optind - 1]);
		else if (option == '?')
			return wrong(program, "there is no option", argv[optind - 1]);
		else if (!apply(options, option, optarg))
			return wrong(program, "an option cannot be", optarg);
	}
	if (optind < argc)
		return wrong(program, "unexpected argument", argv[optind]);
	return complete(options, program, check);
}

struct fw_engine *fw_front_engine(const struct fw_options *options)
{
	const char *in = options->names[FW_IN] ? options->names[FW_IN] : options->in;
	const char *out = options->names[FW_OUT] ? options->names[FW_OUT] : options->out;

	return fw_engine_new(options->rules, in, out, stderr);
}

int fw_check_only(const struct fw_options *options)
{
	struct fw_engine *engine = fw_front_engine(options);
	uint32_t generation;

	if (!engine)
		return 1;
	printf("firewall: rules: %u\n", fw_engine_rules(engine, &generation));
	fw_engine_free(engine);
	return 0;
}

int fw_front(const char *program, int argc, char *argv[],
	     int (*forward)(const struct fw_options *options))
{
	struct fw_options options;

	switch (fw_options_parse(&options, program, argc, argv)) {
	case FW_REQUEST_HELP:
		return 0;
	case FW_REQUEST_CHECK:
		return fw_check_only(&options);
	case FW_REQUEST_FORWARD:
		return forward(&options);
	default:
		return 2;
	}
}
