// SPDX-License-Identifier: MIT OR Apache-2.0
#include "control.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static sigset_t signals;

void fw_control_block(void)
{
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, FW_SIGNAL_ENDED);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	/* A reader of our output that went away is no reason to stop forwarding. */
	signal(SIGPIPE, SIG_IGN);
}

static void tell_rules(const struct fw_engine *engine)
{
	uint32_t generation;
	uint32_t count = fw_engine_rules(engine, &generation);

	printf("firewall: rules: %u, generation %u\n", count, generation);
	fflush(stdout);
}

static void reload(struct fw_engine *engine)
{
	if (!fw_engine_reload(engine, stderr))
		fputs("firewall: the rules stay as they were\n", stderr);
	fflush(stderr);
	tell_rules(engine);
}

/* Written aside and moved, so that a reader finds all of it. */
static void write_counters(struct fw_engine *engine, const char *path)
{
	char aside[PATH_MAX];
	FILE *file;
	bool well;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside)) {
		fprintf(stderr, "firewall: the path `%s` is too long\n", path);
		return;
	}
	file = fopen(aside, "we");
	well = file;
	if (file) {
		fw_engine_report_rules(engine, file);
		well = !ferror(file);
		well = !fclose(file) && well;
	}
	if (!well || rename(aside, path))
		fprintf(stderr, "firewall: could not write the counters `%s`: %s\n", path,
			strerror(errno));
}

void fw_control_report(struct fw_engine *engine, fw_counters counters)
{
	putchar('{');
	fw_engine_report(engine, stdout);
	if (counters) {
		fputs(",\"framework\":", stdout);
		counters(stdout);
	}
	puts("}");
	fflush(stdout);
}

static void answer(struct fw_engine *engine, const struct fw_options *options,
		   fw_counters counters)
{
	if (options->counters)
		write_counters(engine, options->counters);
	fw_control_report(engine, counters);
}

bool fw_control_run(struct fw_engine *engine, const struct fw_options *options,
		    fw_counters counters)
{
	int number;

	tell_rules(engine);
	printf("firewall: forwarding %s <-> %s\n", options->in, options->out);
	fflush(stdout);
	for (;;) {
		if (sigwait(&signals, &number))
			continue;
		if (number == SIGHUP)
			reload(engine);
		else if (number == SIGUSR1)
			answer(engine, options, counters);
		else
			return number != FW_SIGNAL_ENDED;
	}
}
