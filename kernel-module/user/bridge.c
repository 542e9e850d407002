// SPDX-License-Identifier: GPL-2.0
/*
 * netslice-bridge: forwards one line in both directions. This file is the story:
 * understand the command line, attach, say so, wait for signals, report.
 */
#define _GNU_SOURCE
#include "direction.h"
#include "options.h"
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define VERSION	"0.1.0"

/* Both directions, buffers and all: nothing is allocated while frames flow. */
static struct direction directions[2];

static void report(const struct options *options)
{
	struct account forward, reverse;

	direction_account(&directions[FORWARD], &forward);
	direction_account(&directions[REVERSE], &reverse);
	report_print(stdout, options->in, options->out, &forward, &reverse);
	fflush(stdout);
}

static void explain(const struct direction *direction)
{
	if (direction->error == ENODEV)
		fprintf(stderr, "netslice-bridge: interface `%s` or `%s` is gone\n",
			direction->from, direction->to);
	else if (direction->error)
		fprintf(stderr, "netslice-bridge: %s from `%s` to `%s` failed: %s\n",
			direction->failed, direction->from, direction->to,
			strerror(direction->error));
}

/* Returns true when the program is to end well, false when a direction failed. */
static bool wait_for_end(const struct options *options, const sigset_t *signals)
{
	siginfo_t info;
	int signal;

	for (;;) {
		signal = sigwaitinfo(signals, &info);
		if (signal == SIGINT || signal == SIGTERM)
			return true;
		if (signal == SIGNAL_DIRECTION_ENDED)
			return false;
		if (signal == SIGUSR1)
			report(options);
	}
}

static void block_signals(sigset_t *signals)
{
	/* Inherited by the threads: none of these ends or interrupts one. */
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGUSR1);
	sigaddset(signals, SIGNAL_DIRECTION_ENDED);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	/* A reader of our output that went away is no reason to stop forwarding. */
	signal(SIGPIPE, SIG_IGN);
}

static void describe(struct direction *direction, const char *from, const char *to,
		     const struct options *options, int index)
{
	direction->from = from;
	direction->to = to;
	direction->slice = -1;
	direction->batch = options->batch;
	direction->touch = options->touch;
	direction->cpu = options->cpu[index];
}

static bool start(const struct options *options)
{
	int i;

	describe(&directions[FORWARD], options->in, options->out, options, FORWARD);
	describe(&directions[REVERSE], options->out, options->in, options, REVERSE);
	for (i = FORWARD; i <= REVERSE; i++)
		if (direction_attach(&directions[i], options->kernel_cpu[i]))
			return false;
	for (i = FORWARD; i <= REVERSE; i++)
		if (direction_start(&directions[i]))
			return false;
	return true;
}

static int bridge(const struct options *options)
{
	sigset_t signals;
	bool well;

	block_signals(&signals);
	direction_prepare_signals();
	if (!start(options)) {
		direction_stop(&directions[FORWARD]);
		direction_stop(&directions[REVERSE]);
		return 1;
	}
	printf("netslice-bridge: forwarding %s <-> %s\n", options->in, options->out);
	fflush(stdout);

	well = wait_for_end(options, &signals);
	direction_stop(&directions[FORWARD]);
	direction_stop(&directions[REVERSE]);
	if (!well)
		explain(&directions[directions[FORWARD].error ? FORWARD : REVERSE]);
	report(options);
	return well ? 0 : 1;
}

int main(int argc, char *argv[])
{
	struct options options;

	switch (options_parse(&options, argc, argv)) {
	case REQUEST_HELP:
		fputs(usage, stdout);
		return 0;
	case REQUEST_VERSION:
		puts("netslice-bridge " VERSION);
		return 0;
	case REQUEST_BRIDGE:
		return bridge(&options);
	default:
		fprintf(stderr, "netslice-bridge: %s\nhint: see `netslice-bridge --help`\n",
			options.error);
		return 2;
	}
}
