// SPDX-License-Identifier: GPL-2.0
/*
 * Wake-up policies.
 */
#include "slice.h"

/* Every frame, whether anybody sleeps or not: what the paper's module does. */
static void nsl_wakeup_always_queued(struct nsl_slice *slice)
{
	atomic64_inc(&slice->wakeups);
	wake_up_interruptible_poll(&slice->wait, EPOLLIN | EPOLLRDNORM);
}

const struct nsl_wakeup nsl_wakeup_always = {
	.name = "always",
	.queued = nsl_wakeup_always_queued,
};
