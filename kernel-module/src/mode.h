/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How frames get from the softirq to the reader (the mode), how the reader
 * learns of them (the wake-up policy), and how it sleeps until then: tables of
 * operations, so that each can be exchanged without the others and without the
 * rest of the module.
 */
#ifndef NSL_MODE_H
#define NSL_MODE_H

#include <linux/list.h>
#include <linux/skbuff.h>

struct nsl_slice;

/**
 * struct nsl_mode - one way of queueing received frames
 * @name: what the module's parameter calls it
 * @batch: read() and write() handle the frames of a chunk together: memory, copies
 * @enqueue: take a whole frame that nobody else holds, or free it, counting
 *	either; in softirq. Wakes the reader by the slice's wake-up policy.
 * @dequeue: move up to @max frames to the end of @out, in order; in process
 *	context, under the slice's read_lock
 * @put_back: undo the last @dequeue for the frames in @skbs, which becomes empty
 * @readable: could @dequeue move something? A hint, taken without a lock.
 * @purge: free what is queued, and what waits under read_lock and write_lock
 *	where nobody holds them. Called when nothing is queued any more, readers and
 *	writers may still be at work; and by each of those when it is done, which
 *	may be earlier.
 * @destroy: free all that there is; nobody else is left
 */
struct nsl_mode {
	const char *name;
	bool batch;
	void (*enqueue)(struct nsl_slice *slice, struct sk_buff *skb);
	unsigned int (*dequeue)(struct nsl_slice *slice, struct list_head *out, unsigned int max);
	void (*put_back)(struct nsl_slice *slice, struct list_head *skbs);
	bool (*readable)(const struct nsl_slice *slice);
	void (*purge)(struct nsl_slice *slice);
	void (*destroy)(struct nsl_slice *slice);
};

/**
 * struct nsl_wakeup - one way of telling the reader
 * @name: what the module's parameter calls it
 * @queued: a frame was queued; in softirq, without locks held
 */
struct nsl_wakeup {
	const char *name;
	void (*queued)(struct nsl_slice *slice);
};

/**
 * struct nsl_sleep - one way of waiting in read()
 * @name: what the module's parameter calls it
 * @wait: sleep until there may be something to look for; 0 or -ERESTARTSYS. May
 *	end before there is anything.
 */
struct nsl_sleep {
	const char *name;
	int (*wait)(struct nsl_slice *slice);
};

/**
 * struct nsl_kind - what a slice is made of
 * @mode: how it queues
 * @wakeup: how it wakes
 * @sleep: how its readers sleep
 * @queue_len: frames that its queue holds
 */
struct nsl_kind {
	const struct nsl_mode *mode;
	const struct nsl_wakeup *wakeup;
	const struct nsl_sleep *sleep;
	u32 queue_len;
};

extern const struct nsl_mode nsl_mode_classic;
extern const struct nsl_mode nsl_mode_classic_batched;
extern const struct nsl_mode nsl_mode_splice;
extern const struct nsl_mode nsl_mode_ring;
extern const struct nsl_wakeup nsl_wakeup_always;
extern const struct nsl_wakeup nsl_wakeup_sleeper;
extern const struct nsl_sleep nsl_sleep_schedule;
extern const struct nsl_sleep nsl_sleep_timeout;

#endif /* NSL_MODE_H */
