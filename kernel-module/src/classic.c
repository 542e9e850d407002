// SPDX-License-Identifier: GPL-2.0
/*
 * The classic mode: NetSlice as the paper profiled it, its bottleneck included.
 * Frames are moved to the reader one at a time, each with its own list and
 * counter updates, under a lock that the softirq takes for every frame it
 * queues; and every frame wakes the reader, asleep or not. What is slow here is
 * slow on purpose: it is what other modes are compared with.
 */
#include "slice.h"

static void nsl_classic_enqueue(struct nsl_slice *slice, struct sk_buff *skb)
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

/* Out of line, and under the name that the paper's profile shows. */
static noinline unsigned int netslice_readv(struct nsl_slice *slice, struct list_head *out,
					    unsigned int max)
{
	struct nsl_queue *queue = &slice->queue;
	unsigned int moved = 0;
	struct sk_buff *skb;

	spin_lock_bh(&queue->lock);
	while (moved < max && !list_empty(&queue->skbs)) {
		skb = list_first_entry(&queue->skbs, struct sk_buff, list);
		list_del(&skb->list);
		nsl_queue_remove(&queue->count, skb->len);
		queue->delivered++;
		queue->delivered_bytes += skb->len;
		list_add_tail(&skb->list, out);
		moved++;
	}
	spin_unlock_bh(&queue->lock);
	return moved;
}

static void nsl_classic_put_back(struct nsl_slice *slice, struct list_head *skbs)
{
	struct nsl_queue *queue = &slice->queue;
	struct sk_buff *skb;
	u32 packets = 0;
	u64 bytes = 0;

	list_for_each_entry(skb, skbs, list) {
		packets++;
		bytes += skb->len;
	}
	spin_lock_bh(&queue->lock);
	list_splice_init(skbs, &queue->skbs);
	nsl_queue_put_back(&queue->count, packets, bytes);
	queue->delivered -= packets;
	queue->delivered_bytes -= bytes;
	spin_unlock_bh(&queue->lock);
}

static bool nsl_classic_readable(const struct nsl_slice *slice)
{
	return READ_ONCE(slice->queue.count.packets) != 0;
}

static void nsl_classic_purge(struct nsl_slice *slice)
{
	struct nsl_queue *queue = &slice->queue;
	struct sk_buff *skb, *next;
	LIST_HEAD(purged);

	spin_lock_bh(&queue->lock);
	list_splice_init(&queue->skbs, &purged);
	queue->count.packets = 0;
	queue->count.bytes = 0;
	spin_unlock_bh(&queue->lock);

	list_for_each_entry_safe(skb, next, &purged, list) {
		skb_list_del_init(skb);
		kfree_skb(skb);
	}
}

const struct nsl_mode nsl_mode_classic = {
	.name = "classic",
	.enqueue = nsl_classic_enqueue,
	.dequeue = netslice_readv,
	.put_back = nsl_classic_put_back,
	.readable = nsl_classic_readable,
	.purge = nsl_classic_purge,
};
