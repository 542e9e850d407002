// SPDX-License-Identifier: GPL-2.0
/*
 * Wake-up policies, and the word by which a reader says that it goes to sleep.
 *
 *   reader                              softirq
 *     enters the wait queue               queues a frame
 *     need_wakeup = 1                     full barrier
 *     full barrier                        need_wakeup set? clear it, wake all
 *     looks for a frame, else sleeps
 *
 * Either the reader sees the frame or the softirq sees the word. A reader that
 * sets the word after the softirq cleared it is in the wait queue before that is
 * walked, or sets it for the next frame.
 */
#include "slice.h"

/**
 * nsl_wakeup_arm - say that the caller is about to sleep
 * @slice: the slice, in whose wait queue the caller is
 *
 * What the caller sleeps for is to be looked at after this.
 */
void nsl_wakeup_arm(struct nsl_slice *slice)
{
	WRITE_ONCE(slice->need_wakeup, 1);
	smp_mb();	/* the word before the look; pairs with nsl_wakeup_sleeper_queued() */
}

static void nsl_wakeup_wake(struct nsl_slice *slice)
{
	atomic64_inc(&slice->wakeups);
	wake_up_interruptible_poll(&slice->wait, EPOLLIN | EPOLLRDNORM);
}

/* Only where somebody said that it sleeps, and once for each time that it said so. */
static void nsl_wakeup_sleeper_queued(struct nsl_slice *slice)
{
	smp_mb();	/* the frame before the word; pairs with nsl_wakeup_arm() */
	if (!READ_ONCE(slice->need_wakeup))
		return;
	WRITE_ONCE(slice->need_wakeup, 0);
	nsl_wakeup_wake(slice);
}

/* Every frame, whether anybody sleeps or not: what the paper's module does. */
const struct nsl_wakeup nsl_wakeup_always = {
	.name = "always",
	.queued = nsl_wakeup_wake,
};

const struct nsl_wakeup nsl_wakeup_sleeper = {
	.name = "sleeper",
	.queued = nsl_wakeup_sleeper_queued,
};
