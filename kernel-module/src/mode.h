/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How frames get from the softirq to the reader (the mode), and how the reader
 * learns of them (the wake-up policy): two tables of operations, so that each
 * can be exchanged without the other and without the rest of the module.
 */
#ifndef NSL_MODE_H
#define NSL_MODE_H

#include <linux/list.h>
#include <linux/skbuff.h>

struct nsl_slice;

/**
 * struct nsl_mode - one way of queueing received frames
 * @name: what the module's parameter calls it
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

extern const struct nsl_mode nsl_mode_classic;
extern const struct nsl_mode nsl_mode_splice;
extern const struct nsl_mode nsl_mode_ring;
extern const struct nsl_wakeup nsl_wakeup_always;
extern const struct nsl_wakeup nsl_wakeup_sleeper;

#endif /* NSL_MODE_H */
