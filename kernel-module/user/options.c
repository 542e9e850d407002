// SPDX-License-Identifier: GPL-2.0
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char usage[] =
"usage: netslice-bridge --in IF --out IF [OPTION...]\n"
"\n"
"Forwards frames between two ports, in both directions, through two slices of\n"
"the kernel module netslice: what arrives on one port leaves on the other. How\n"
"they are moved is the module's mode: by read() and write(), or through rings.\n"
"\n"
"  --in IF                 one port of the line\n"
"  --out IF                the other port\n"
"  --batch N               frames moved by a system call at most, 1 to 1024 (64)\n"
"  --touch headers|all     read the headers of each frame, or every byte (headers)\n"
"  --cpu-forward N         run the thread of --in to --out on CPU N\n"
"  --cpu-reverse N         run the thread of --out to --in on CPU N\n"
"  --kernel-cpu-forward N  take only what CPU N receives on --in (any)\n"
"  --kernel-cpu-reverse N  take only what CPU N receives on --out (any)\n"
"  --help                  print this\n"
"  --version               print the version\n"
"\n"
"Prints `netslice-bridge: forwarding IN <-> OUT` once both slices are attached.\n"
"SIGUSR1 prints a line of counters as JSON. SIGINT and SIGTERM print it and end\n"
"the program. Exit status: 0 ended by a signal, 1 failed, 2 bad arguments.\n";

enum {
	OPTION_IN = 1,
	OPTION_OUT,
	OPTION_BATCH,
	OPTION_TOUCH,
	OPTION_CPU_FORWARD,
	OPTION_CPU_REVERSE,
	OPTION_KERNEL_CPU_FORWARD,
	OPTION_KERNEL_CPU_REVERSE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "in", required_argument, NULL, OPTION_IN },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "batch", required_argument, NULL, OPTION_BATCH },
	{ "touch", required_argument, NULL, OPTION_TOUCH },
	{ "cpu-forward", required_argument, NULL, OPTION_CPU_FORWARD },
	{ "cpu-reverse", required_argument, NULL, OPTION_CPU_REVERSE },
	{ "kernel-cpu-forward", required_argument, NULL, OPTION_KERNEL_CPU_FORWARD },
	{ "kernel-cpu-reverse", required_argument, NULL, OPTION_KERNEL_CPU_REVERSE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 2, 3)))
static bool wrong(struct options *options, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(options->error, sizeof(options->error), format, arguments);
	va_end(arguments);
	return false;
}

/* A whole decimal number, and nothing else. */
static bool number(struct options *options, const char *name, const char *text, long lowest,
		   long highest, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || *value < lowest || *value > highest)
		return wrong(options, "`%s` takes a number from %ld to %ld, not `%s`", name,
			     lowest, highest, text);
	return true;
}

static bool cpu(struct options *options, const char *name, const char *text, int *value)
{
	long parsed;

	if (!number(options, name, text, 0, INT_MAX, &parsed))
		return false;
	*value = (int)parsed;
	return true;
}

static bool interface(struct options *options, const char *name, const char *text,
		      const char **value)
{
	if (!text[0] || strlen(text) >= IF_NAMESIZE)
		return wrong(options, "`%s` takes the name of an interface, not `%s`", name, text);
	*value = text;
	return true;
}

static bool touch(struct options *options, const char *name, const char *text)
{
	if (!strcmp(text, "headers"))
		options->touch = TOUCH_ONLY_HEADERS;
	else if (!strcmp(text, "all"))
		options->touch = TOUCH_ALL;
	else
		return wrong(options, "`%s` takes `headers` or `all`, not `%s`", name, text);
	return true;
}

static bool apply(struct options *options, int option, const char *name, const char *text)
{
	long batch;

	switch (option) {
	case OPTION_IN:
		return interface(options, name, text, &options->in);
	case OPTION_OUT:
		return interface(options, name, text, &options->out);
	case OPTION_BATCH:
		if (!number(options, name, text, 1, BATCH_MAX, &batch))
			return false;
		options->batch = (unsigned int)batch;
		return true;
	case OPTION_TOUCH:
		return touch(options, name, text);
	case OPTION_CPU_FORWARD:
		return cpu(options, name, text, &options->cpu[FORWARD]);
	case OPTION_CPU_REVERSE:
		return cpu(options, name, text, &options->cpu[REVERSE]);
	case OPTION_KERNEL_CPU_FORWARD:
		return cpu(options, name, text, &options->kernel_cpu[FORWARD]);
	default:
		return cpu(options, name, text, &options->kernel_cpu[REVERSE]);
	}
}

static bool complete(struct options *options)
{
	if (!options->in)
		return wrong(options, "`--in` is missing");
	if (!options->out)
		return wrong(options, "`--out` is missing");
	if (!strcmp(options->in, options->out))
		return wrong(options, "`--in` and `--out` are both `%s`", options->in);
	return true;
}

static void defaults(struct options *options)
{
	memset(options, 0, sizeof(*options));
	options->batch = BATCH_DEFAULT;
	options->cpu[FORWARD] = -1;
	options->cpu[REVERSE] = -1;
	options->kernel_cpu[FORWARD] = -1;
	options->kernel_cpu[REVERSE] = -1;
}

enum request options_parse(struct options *options, int argc, char *const argv[])
{
	char name[64];
	int index = 0;
	int option;

	defaults(options);
	opterr = 0;
	optind = 0;	/* start anew, whatever was parsed before */
	while ((option = getopt_long(argc, argv, "+:", long_options, &index)) != -1) {
		if (option == OPTION_HELP)
			return REQUEST_HELP;
		if (option == OPTION_VERSION)
			return REQUEST_VERSION;
		if (option == ':') {
			wrong(options, "`%s` needs a value", argv[optind - 1]);
			return REQUEST_ERROR;
		}
		if (option == '?') {
			wrong(options, "unknown option `%s`", argv[optind - 1]);
			return REQUEST_ERROR;
		}
		snprintf(name, sizeof(name), "--%s", long_options[index].name);
		if (!apply(options, option, name, optarg))
			return REQUEST_ERROR;
	}
	if (optind < argc) {
		wrong(options, "unexpected argument `%s`", argv[optind]);
		return REQUEST_ERROR;
	}
	return complete(options) ? REQUEST_BRIDGE : REQUEST_ERROR;
}
