/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The queues of the module's modes, between two threads instead of a softirq and
 * a reader: the same counters, the same arithmetic, the same moments at which a
 * lock is taken or a sleeper looked for.
 */
#ifndef NSL_BENCH_QUEUES_H
#define NSL_BENCH_QUEUES_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Small enough that all of it stays in the caches, as in a queue that is emptied in time. */
#define QUEUE_LEN	512
#define FRAME_BYTES	60
#define BATCH		64

/* Frames in circulation; more than a queue and a batch hold. */
#define FRAMES		(2 * QUEUE_LEN)

/* Of a cache, and of two that are fetched together. */
#define CACHE_LINE	64
#define LINE		128

/**
 * struct frame - stands for an skb, on as many cache lines
 * @next: in its queue
 * @previous: in its queue
 * @length: bytes
 * @data: what is copied, once, on the way to the program
 * @users: who else holds it; looked at before it is copied
 */
struct frame {
	alignas(CACHE_LINE) struct frame *next;
	struct frame *previous;
	alignas(CACHE_LINE) uint32_t length;
	alignas(CACHE_LINE) unsigned char *data;
	uint32_t users;
};

/**
 * struct queue - one kind of queue; @put is one thread's, @readable and @take another's
 * @name: the module's mode, and what it was changed in
 * @wakeup: the module's wake-up policy
 * @reset: empty it
 * @put: enqueue, and see to the reader's wake-up; false when it is full
 * @readable: is there something to take? Without a lock.
 * @take: take up to BATCH frames, give the bytes of each to seen(); how many
 */
struct queue {
	const char *name;
	const char *wakeup;
	void (*reset)(void);
	bool (*put)(struct frame *frame);
	bool (*readable)(void);
	unsigned int (*take)(void);
};

extern const struct queue classic_queue, batched_queue, splice_queue, ring_queue;

/* The program has a frame's bytes in hand: it counts, and checks the order. */
void seen(const unsigned char *bytes);

/* queue_lock.c: a spinlock, the wait queue of a reader that really sleeps, its wake-up */
struct lock {
	alignas(LINE) atomic_bool held;
};

void lock_take(struct lock *lock);
void lock_release(struct lock *lock);
void wake_always(void);
void wake_sleeper(void);
void sleep_until_readable(bool (*readable)(void));
void pause_a_moment(unsigned int *spins);

#endif /* NSL_BENCH_QUEUES_H */
