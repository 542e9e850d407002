// SPDX-License-Identifier: GPL-2.0
/*
 * The classic mode: NetSlice as the paper profiled it, its bottleneck included.
 * Frames are moved to the reader one at a time, each with its own list and
 * counter updates, under a lock that the softirq takes for every frame it
 * queues. What is slow here is slow on purpose: it is what other modes are
 * compared with. So is the paper's remedy, which keeps all of it but the writes
 * of the counters.
 */
#include "slice.h"

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

/* As the paper had it in the end: counted in variables, written once after the loop. */
static noinline unsigned int netslice_readv_batched(struct nsl_slice *slice, struct list_head *out,
						    unsigned int max)
{
	struct nsl_queue *queue = &slice->queue;
	unsigned int moved = 0;
	struct sk_buff *skb;
	u64 bytes = 0;

	spin_lock_bh(&queue->lock);
	while (moved < max && !list_empty(&queue->skbs)) {
		skb = list_first_entry(&queue->skbs, struct sk_buff, list);
		list_del(&skb->list);
		bytes += skb->len;
		list_add_tail(&skb->list, out);
		moved++;
	}
	nsl_queue_remove_many(&queue->count, moved, bytes);
	queue->delivered += moved;
	queue->delivered_bytes += bytes;
	spin_unlock_bh(&queue->lock);
	return moved;
}

static void nsl_classic_put_back(struct nsl_slice *slice, struct list_head *skbs)
{
	struct nsl_queue *queue = &slice->queue;
	u64 bytes;
	u32 packets = nsl_queue_sum(skbs, &bytes);

	spin_lock_bh(&queue->lock);
	list_splice_init(skbs, &queue->skbs);
	nsl_queue_put_back(&queue->count, packets, bytes);
	queue->delivered -= packets;
	queue->delivered_bytes -= bytes;
	spin_unlock_bh(&queue->lock);
}

const struct nsl_mode nsl_mode_classic = {
	.name = "classic",
	.enqueue = nsl_queue_enqueue,
	.dequeue = netslice_readv,
	.put_back = nsl_classic_put_back,
	.readable = nsl_queue_readable,
	.purge = nsl_queue_purge,
	.destroy = nsl_queue_purge,
};

const struct nsl_mode nsl_mode_classic_batched = {
	.name = "classic",
	.enqueue = nsl_queue_enqueue,
	.dequeue = netslice_readv_batched,
	.put_back = nsl_classic_put_back,
	.readable = nsl_queue_readable,
	.purge = nsl_queue_purge,
	.destroy = nsl_queue_purge,
};
