// SPDX-License-Identifier: GPL-2.0
/*
 * The splice mode: the reader takes the whole queue at once. What it took lies
 * in a list of its own, the backlog, from which read() is served without the
 * lock; the softirq never waits for longer than a list is exchanged or a counter
 * brought up to date.
 *
 * The backlog belongs to who holds read_lock. Frames in it still count as
 * queued, so that the limit holds and poll() knows of them.
 */
#include "slice.h"

/* Moves up to @max frames from the backlog, and counts their bytes. */
static unsigned int nsl_splice_cut(struct nsl_slice *slice, struct list_head *out,
				   unsigned int max, u64 *bytes)
{
	struct list_head *last = &slice->backlog;
	unsigned int moved = 0;

	*bytes = 0;
	while (moved < max && !list_is_last(last, &slice->backlog)) {
		last = last->next;
		*bytes += list_entry(last, struct sk_buff, list)->len;
		moved++;
	}
	if (moved) {
		LIST_HEAD(cut);

		list_cut_position(&cut, &slice->backlog, last);
		list_splice_tail(&cut, out);
	}
	return moved;
}

/**
 * nsl_splice_dequeue - nsl_mode.dequeue
 * @slice: the slice, its read_lock held
 * @out: where to
 * @max: how many
 *
 * Return: how many
 */
unsigned int nsl_splice_dequeue(struct nsl_slice *slice, struct list_head *out, unsigned int max)
{
	struct nsl_queue *queue = &slice->queue;
	unsigned int moved;
	u64 bytes;

	if (list_empty(&slice->backlog)) {
		spin_lock_bh(&queue->lock);
		list_splice_tail_init(&queue->skbs, &slice->backlog);
		spin_unlock_bh(&queue->lock);
	}
	moved = nsl_splice_cut(slice, out, max, &bytes);
	if (!moved)
		return 0;
	spin_lock_bh(&queue->lock);
	nsl_queue_remove_many(&queue->count, moved, bytes);
	queue->delivered += moved;
	queue->delivered_bytes += bytes;
	spin_unlock_bh(&queue->lock);
	return moved;
}

/**
 * nsl_splice_put_back - nsl_mode.put_back
 * @slice: the slice, its read_lock held
 * @skbs: frames of the last nsl_splice_dequeue()
 */
void nsl_splice_put_back(struct nsl_slice *slice, struct list_head *skbs)
{
	struct nsl_queue *queue = &slice->queue;
	u64 bytes;
	u32 packets = nsl_queue_sum(skbs, &bytes);

	list_splice_init(skbs, &slice->backlog);
	spin_lock_bh(&queue->lock);
	nsl_queue_put_back(&queue->count, packets, bytes);
	queue->delivered -= packets;
	queue->delivered_bytes -= bytes;
	spin_unlock_bh(&queue->lock);
}

/**
 * nsl_splice_purge - nsl_mode.purge, and nsl_mode.destroy
 * @slice: the slice
 *
 * A reader that is at the backlog comes here when it is done.
 */
void nsl_splice_purge(struct nsl_slice *slice)
{
	struct nsl_queue *queue = &slice->queue;
	u32 packets;
	u64 bytes;

	nsl_queue_purge(slice);
	if (!nsl_slice_try_to_free(&slice->read_lock))
		return;
	packets = nsl_queue_sum(&slice->backlog, &bytes);
	nsl_queue_free(&slice->backlog);
	spin_lock_bh(&queue->lock);
	nsl_queue_remove_many(&queue->count, packets, bytes);
	spin_unlock_bh(&queue->lock);
	mutex_unlock(&slice->read_lock);
}

const struct nsl_mode nsl_mode_splice = {
	.name = "splice",
	.batch = true,
	.enqueue = nsl_queue_enqueue,
	.dequeue = nsl_splice_dequeue,
	.put_back = nsl_splice_put_back,
	.readable = nsl_queue_readable,
	.purge = nsl_splice_purge,
	.destroy = nsl_splice_purge,
};
