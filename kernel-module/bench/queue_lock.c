// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "queues.h"

#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Then the other thread may not be running at all. */
#define SPINS_MAX	2000

/* The reader's wait queue: its lock, and whether the reader is in it. */
static struct {
	struct lock lock;
	atomic_uint wakeups;
	atomic_bool inside;
} wait_queue;

static alignas(LINE) atomic_bool need_wakeup;

void pause_a_moment(unsigned int *spins)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
	if (++*spins >= SPINS_MAX) {
		*spins = 0;
		sched_yield();
	}
}

void lock_take(struct lock *lock)
{
	unsigned int spins = 0;

	while (atomic_exchange_explicit(&lock->held, true, memory_order_acquire))
		while (atomic_load_explicit(&lock->held, memory_order_relaxed))
			pause_a_moment(&spins);
}

void lock_release(struct lock *lock)
{
	atomic_store_explicit(&lock->held, false, memory_order_release);
}

static void futex(int operation, unsigned int value)
{
	syscall(SYS_futex, &wait_queue.wakeups, operation, value, NULL, NULL, 0);
}

/* wake_up(): takes the wait queue's lock, also to find that nobody is in it. */
void wake_always(void)
{
	bool asleep;

	lock_take(&wait_queue.lock);
	asleep = atomic_exchange_explicit(&wait_queue.inside, false, memory_order_relaxed);
	if (asleep)
		atomic_fetch_add_explicit(&wait_queue.wakeups, 1, memory_order_relaxed);
	lock_release(&wait_queue.lock);
	if (asleep)
		futex(FUTEX_WAKE_PRIVATE, 1);
}

/* nsl_wakeup_sleeper_queued() */
void wake_sleeper(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&need_wakeup, memory_order_relaxed))
		return;
	atomic_store_explicit(&need_wakeup, false, memory_order_relaxed);
	wake_always();
}

void sleep_until_readable(bool (*readable)(void))
{
	unsigned int before = atomic_load(&wait_queue.wakeups);

	lock_take(&wait_queue.lock);
	atomic_store_explicit(&wait_queue.inside, true, memory_order_relaxed);
	lock_release(&wait_queue.lock);
	atomic_store_explicit(&need_wakeup, true, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (!readable())
		futex(FUTEX_WAIT_PRIVATE, before);
	atomic_store_explicit(&wait_queue.inside, false, memory_order_relaxed);
}
