// SPDX-License-Identifier: GPL-2.0
/*
 * A slice's queue as a list under a lock: what the modes that read() serves have
 * in common. How the frames leave it is theirs.
 */
#include "slice.h"

/**
 * nsl_queue_enqueue - nsl_mode.enqueue
 * @slice: the slice
 * @skb: a whole frame
 */
void nsl_queue_enqueue(struct nsl_slice *slice, struct sk_buff *skb)
{
	struct nsl_queue *queue = &slice->queue;

	spin_lock(&queue->lock);
	if (unlikely(!nsl_queue_admits(&queue->count))) {
		queue->dropped_full++;
		spin_unlock(&queue->lock);
		kfree_skb(skb);
		return;
	}
	list_add_tail(&skb->list, &queue->skbs);
	nsl_queue_add(&queue->count, skb->len);
	queue->queued++;
	spin_unlock(&queue->lock);

	slice->wakeup->queued(slice);
}

/**
 * nsl_queue_readable - nsl_mode.readable
 * @slice: the slice
 */
bool nsl_queue_readable(const struct nsl_slice *slice)
{
	return READ_ONCE(slice->queue.count.packets) != 0;
}

/**
 * nsl_queue_sum - how many frames, and how many bytes
 * @skbs: frames
 * @bytes: where to store the bytes
 *
 * Return: frames
 */
u32 nsl_queue_sum(const struct list_head *skbs, u64 *bytes)
{
	struct sk_buff *skb;
	u32 packets = 0;

	*bytes = 0;
	list_for_each_entry(skb, skbs, list) {
		packets++;
		*bytes += skb->len;
	}
	return packets;
}

/**
 * nsl_queue_free - free frames of a list that nobody else sees
 * @skbs: frames; empty afterwards
 */
void nsl_queue_free(struct list_head *skbs)
{
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_list_del_init(skb);
		kfree_skb(skb);
	}
}

/**
 * nsl_queue_purge - nsl_mode.purge
 * @slice: the slice
 */
void nsl_queue_purge(struct nsl_slice *slice)
{
	struct nsl_queue *queue = &slice->queue;
	LIST_HEAD(purged);
	u32 packets;
	u64 bytes;

	spin_lock_bh(&queue->lock);
	list_splice_init(&queue->skbs, &purged);
	packets = nsl_queue_sum(&purged, &bytes);
	nsl_queue_remove_many(&queue->count, packets, bytes);
	spin_unlock_bh(&queue->lock);
	nsl_queue_free(&purged);
}
