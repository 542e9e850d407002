// SPDX-License-Identifier: GPL-2.0
/*
 * How read() sleeps while there is nothing to read: until it is woken, or until
 * it is woken or a moment is over. What wakes it is not known here.
 *
 * Both look at what they wait for after they said that they sleep, so no wake-up
 * is lost in between; the moment is never what a frame waits for.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/wait.h>

#include "slice.h"

/* What the paper takes a jiffy to be, of which it does not say how many it tried. */
#define NSL_SLEEP_MS	10

static bool nsl_sleep_is_over(struct nsl_slice *slice)
{
	nsl_wakeup_arm(slice);
	return slice->mode->readable(slice) || nsl_slice_not_attached(slice);
}

static int nsl_sleep_schedule_wait(struct nsl_slice *slice)
{
	return wait_event_interruptible(slice->wait, nsl_sleep_is_over(slice));
}

/*
 * Who slept for the whole moment leaves need_wakeup set. The next frame then wakes
 * nobody, or the same reader, asleep again: one wake-up too many, and none too few.
 */
static int nsl_sleep_timeout_wait(struct nsl_slice *slice)
{
	long left = wait_event_interruptible_timeout(slice->wait, nsl_sleep_is_over(slice),
						     max(1UL, msecs_to_jiffies(NSL_SLEEP_MS)));

	return left < 0 ? left : 0;
}

const struct nsl_sleep nsl_sleep_schedule = {
	.name = "schedule",
	.wait = nsl_sleep_schedule_wait,
};

const struct nsl_sleep nsl_sleep_timeout = {
	.name = "timeout",
	.wait = nsl_sleep_timeout_wait,
};
