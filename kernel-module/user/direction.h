/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One direction of the bridge: a slice, and the thread that moves its frames.
 */
#ifndef NSL_DIRECTION_H
#define NSL_DIRECTION_H

#include "libnetslice.h"
#include "options.h"
#include "report.h"

#include <errno.h>
#include <linux/netslice.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Room for a jumbo frame of MTU 9216, its header and two VLAN tags. */
#define FRAME_ROOM	9280

/**
 * struct counters - struct tally as the thread writes it and others read it
 * @read_calls: and the rest: see struct tally; written by the thread only
 */
struct counters {
	_Atomic uint64_t read_calls;
	_Atomic uint64_t write_calls;
	_Atomic uint64_t packets;
	_Atomic uint64_t bytes;
	_Atomic uint64_t dropped_truncated;
	_Atomic uint64_t dropped_too_long;
	_Atomic uint64_t dropped_link_down;
	_Atomic uint64_t dropped_stopping;
};

/**
 * struct direction - one direction
 * @from: name of the receive port
 * @to: name of the transmit port
 * @slice: file descriptor, or -1
 * @batch: frames a system call
 * @touch: what of each frame is read
 * @cpu: the thread's CPU, or -1
 * @thread: the thread
 * @started: @thread is to be joined
 * @stop: set by others: end
 * @done: set by the thread, last of all: it touches nothing any more
 * @error: errno that ended the thread, 0 when it was told to stop; valid after @done
 * @failed: the system call that said so
 * @counters: what was moved and what was not
 * @digest: sum of what was read of all frames
 * @ring: @rings are open: the module's mode is `ring`
 * @rings: the slice's rings
 * @pkts: the thread's array
 * @frames: the memory that @pkts points into
 */
struct direction {
	const char *from;
	const char *to;
	int slice;
	unsigned int batch;
	enum touch touch;
	int cpu;
	pthread_t thread;
	bool started;
	atomic_bool stop;
	atomic_bool done;
	int error;
	const char *failed;
	struct counters counters;
	uint64_t digest;
	bool ring;
	struct nsl_rings rings;
	struct netslice_pkt pkts[BATCH_MAX];
	unsigned char frames[BATCH_MAX][FRAME_ROOM];
};

/* Sent to the process when a direction ends by itself; block it in every thread. */
#define SIGNAL_DIRECTION_ENDED	(SIGRTMIN)

/**
 * direction_attach - open and attach the slice
 * @direction: @from, @to, @batch, @touch, @cpu are set
 * @kernel_cpu: CPU whose softirq feeds it, or -1
 *
 * Return: 0, or an errno, with a message on stderr
 */
int direction_attach(struct direction *direction, int kernel_cpu);

/** direction_start - start the thread; 0 or an errno, with a message on stderr */
int direction_start(struct direction *direction);

/**
 * direction_stop - end the thread and wait for it
 * @direction: started or not
 *
 * Wakes it out of system calls, repeatedly: a signal that comes just before the
 * call is lost on it.
 */
void direction_stop(struct direction *direction);

/** direction_account - read all counters, at any time after direction_attach() */
void direction_account(struct direction *direction, struct account *account);

/** direction_forward_pkts - move frames with read() and write(), until told to stop */
void direction_forward_pkts(struct direction *direction);

/**
 * direction_open_rings - open the rings of a slice not attached yet
 *
 * Return: 0, or an errno, with a message on stderr
 */
int direction_open_rings(struct direction *direction);

/** direction_forward_rings - move frames through the slice's rings, until told to stop */
void direction_forward_rings(struct direction *direction);

/* One thread writes a counter, so that adding need not be one atomic step. */
static inline void direction_add(_Atomic uint64_t *counter, uint64_t value)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + value,
			      memory_order_relaxed);
}

static inline bool direction_stopping(const struct direction *direction)
{
	return atomic_load_explicit(&direction->stop, memory_order_relaxed);
}

/* Ends the thread with errno as it is. */
static inline void direction_fail(struct direction *direction, const char *call)
{
	direction->error = errno;
	direction->failed = call;
}

/** direction_prepare_signals - call once, before the first direction_start() */
void direction_prepare_signals(void);

#endif /* NSL_DIRECTION_H */
