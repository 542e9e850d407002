// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "direction.h"
#include "libnetslice.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Wakes a thread out of a system call; does nothing else. */
#define SIGNAL_WAKE	SIGUSR2

/* Between two tries to wake a thread that is to stop. */
static const struct timespec wake_interval = { .tv_nsec = 10 * 1000 * 1000 };

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void *direction_main(void *argument)
{
	struct direction *direction = argument;

	if (direction->ring)
		direction_forward_rings(direction);
	else
		direction_forward_pkts(direction);
	atomic_store(&direction->done, true);
	if (direction->error)
		kill(getpid(), SIGNAL_DIRECTION_ENDED);
	return NULL;
}

static bool mode_is(int slice, const char *mode)
{
	struct netslice_info info;

	return nsl_get_info(slice, &info) == 0 && !strcmp(info.mode, mode);
}

int direction_attach(struct direction *direction, int kernel_cpu)
{
	int error;

	direction->slice = nsl_open(0);
	if (direction->slice < 0) {
		error = errno;
		fprintf(stderr, "netslice-bridge: could not open `%s`: %s\n", NETSLICE_DEVICE,
			strerror(error));
		if (error == ENOENT)
			fputs("hint: load the module: `modprobe netslice`\n", stderr);
		else if (error == EACCES || error == EPERM)
			fputs("hint: run as root\n", stderr);
		return error;
	}
	direction->ring = mode_is(direction->slice, "ring");
	if (direction->ring) {
		error = direction_open_rings(direction);
		if (error)
			return error;
	}
	if (nsl_attach(direction->slice, direction->from, direction->to, kernel_cpu,
		       direction->cpu) < 0) {
		error = errno;
		fprintf(stderr, "netslice-bridge: could not attach `%s` to `%s`: %s\n",
			direction->from, direction->to, strerror(error));
		if (error == EBUSY)
			fprintf(stderr, "hint: another slice receives from `%s` on that CPU; "
				"see `fuser -v %s`\n", direction->from, NETSLICE_DEVICE);
		return error;
	}
	return 0;
}

static int pin(pthread_attr_t *attributes, int cpu)
{
	cpu_set_t cpus;

	if (cpu >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return pthread_attr_setaffinity_np(attributes, sizeof(cpus), &cpus);
}

int direction_start(struct direction *direction)
{
	pthread_attr_t attributes;
	unsigned int i;
	int error;

	for (i = 0; i < direction->batch; i++)
		nsl_packet(&direction->pkts[i], direction->frames[i], FRAME_ROOM);

	error = pthread_attr_init(&attributes);
	if (!error) {
		if (direction->cpu >= 0)
			error = pin(&attributes, direction->cpu);
		if (!error)
			error = pthread_create(&direction->thread, &attributes, direction_main,
					       direction);
		pthread_attr_destroy(&attributes);
	}
	if (error) {
		fprintf(stderr, "netslice-bridge: could not start the thread of `%s`: %s\n",
			direction->from, strerror(error));
		if (direction->cpu >= 0)
			fprintf(stderr, "hint: is CPU %d online?\n", direction->cpu);
		return error;
	}
	direction->started = true;
	return 0;
}

void direction_stop(struct direction *direction)
{
	atomic_store(&direction->stop, true);
	if (!direction->started)
		return;
	while (!atomic_load(&direction->done)) {
		pthread_kill(direction->thread, SIGNAL_WAKE);
		nanosleep(&wake_interval, NULL);
	}
	pthread_join(direction->thread, NULL);
	direction->started = false;
}

/* What became of an order is the kernel's to count. */
static void account_rings(struct account *account)
{
	account->tally.packets = account->stats.tx_packets + account->stats.tx_dropped;
	account->tally.bytes = account->stats.tx_bytes;
	account->tally.dropped_too_long = account->stats.tx_too_long;
	account->tally.dropped_link_down = account->stats.tx_link_down;
}

void direction_account(struct direction *direction, struct account *account)
{
	const struct counters *counters = &direction->counters;

	account->tally = (struct tally){
		.read_calls = get(&counters->read_calls),
		.write_calls = get(&counters->write_calls),
		.packets = get(&counters->packets),
		.bytes = get(&counters->bytes),
		.dropped_truncated = get(&counters->dropped_truncated),
		.dropped_too_long = get(&counters->dropped_too_long),
		.dropped_link_down = get(&counters->dropped_link_down),
		.dropped_stopping = get(&counters->dropped_stopping),
	};
	if (nsl_get_stats(direction->slice, &account->stats) < 0) {
		perror("netslice-bridge: could not read a slice's counters");
		memset(&account->stats, 0, sizeof(account->stats));
	}
	if (direction->ring)
		account_rings(account);
}

static void wake(int signal)
{
	(void)signal;
}

void direction_prepare_signals(void)
{
	/* Without SA_RESTART, so that system calls do end. */
	struct sigaction action = { .sa_handler = wake };

	sigemptyset(&action.sa_mask);
	sigaction(SIGNAL_WAKE, &action, NULL);
}
