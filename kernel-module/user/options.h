/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of netslice-bridge. Pure: prints nothing, ends nothing.
 */
#ifndef NSL_OPTIONS_H
#define NSL_OPTIONS_H

#include <stddef.h>

#define BATCH_DEFAULT	64
#define BATCH_MAX	1024

/* What the command line asks for. */
enum request {
	REQUEST_BRIDGE,
	REQUEST_HELP,
	REQUEST_VERSION,
	REQUEST_ERROR,
};

/* What the bridge reads of each frame, beyond forwarding it. */
enum touch {
	TOUCH_ONLY_HEADERS,
	TOUCH_ALL,
};

/**
 * struct options - a command line, understood
 * @in: one port's name
 * @out: the other's
 * @batch: frames moved by a system call at most
 * @touch: what is read of each frame
 * @cpu: CPU of the thread of each direction, or -1
 * @kernel_cpu: CPU whose softirq feeds each direction, or -1
 * @error: what is wrong, when something is
 */
struct options {
	const char *in;
	const char *out;
	unsigned int batch;
	enum touch touch;
	int cpu[2];
	int kernel_cpu[2];
	char error[256];
};

/* Indices of the directions. */
#define FORWARD	0
#define REVERSE	1

extern const char usage[];

/**
 * options_parse - understand a command line
 * @options: where to store it
 * @argc: as main() has it
 * @argv: as main() has it; names in @options point into it
 *
 * Return: what is asked for; after REQUEST_ERROR only options.error counts
 */
enum request options_parse(struct options *options, int argc, char *const argv[]);

#endif /* NSL_OPTIONS_H */
