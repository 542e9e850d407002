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

/* One thread writes, so that adding need not be one atomic step. */
static void add(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + value,
			      memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static bool stopping(const struct direction *direction)
{
	return atomic_load_explicit(&direction->stop, memory_order_relaxed);
}

static void fail(struct direction *direction, const char *call)
{
	direction->error = errno;
	direction->failed = call;
}

/* Closes the gaps that frames too long for their buffers leave; returns what is left. */
static size_t drop_truncated(struct direction *direction, size_t count)
{
	struct netslice_pkt *pkts = direction->pkts;
	struct netslice_pkt whole;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (pkts[i].length > pkts[i].capacity)
			continue;
		/* Exchanged, not copied: every buffer stays in exactly one element. */
		whole = pkts[i];
		pkts[i] = pkts[kept];
		pkts[kept++] = whole;
	}
	add(&direction->counters.dropped_truncated, count - kept);
	return kept;
}

static void count_sent(struct direction *direction, const struct netslice_pkt *pkts, size_t count)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < count; i++)
		bytes += pkts[i].length;
	add(&direction->counters.write_calls, 1);
	add(&direction->counters.packets, count);
	add(&direction->counters.bytes, bytes);
}

/* Sends all frames or counts them as dropped. Returns false when the slice is of no use. */
static bool send_all(struct direction *direction, const struct netslice_pkt *pkts, size_t count)
{
	struct counters *counters = &direction->counters;
	ssize_t sent;

	while (count) {
		sent = nsl_write(direction->slice, pkts, count);
		if (sent > 0) {
			count_sent(direction, pkts, (size_t)sent);
			pkts += sent;
			count -= (size_t)sent;
		} else if (sent < 0 && (errno == EINTR || errno == ENOMEM)) {
			/* No memory passes too: the kernel's allocator has waited. */
			if (stopping(direction)) {
				add(&counters->dropped_stopping, count);
				return true;
			}
		} else if (sent < 0 && errno == ENETDOWN) {
			add(&counters->dropped_link_down, count);
			return true;
		} else if (sent < 0 && errno == EMSGSIZE) {
			add(&counters->dropped_too_long, 1);
			pkts++;
			count--;
		} else {
			fail(direction, "write");
			return false;
		}
	}
	return true;
}

static void forward(struct direction *direction)
{
	ssize_t got;
	size_t whole;

	while (!stopping(direction)) {
		got = nsl_read(direction->slice, direction->pkts, direction->batch);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			fail(direction, "read");
			return;
		}
		add(&direction->counters.read_calls, 1);
		whole = drop_truncated(direction, (size_t)got);
		if (!send_all(direction, direction->pkts, whole))
			return;
	}
}

static void *direction_main(void *argument)
{
	struct direction *direction = argument;

	forward(direction);
	atomic_store(&direction->done, true);
	if (direction->error)
		kill(getpid(), SIGNAL_DIRECTION_ENDED);
	return NULL;
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
