// SPDX-License-Identifier: GPL-2.0
/*
 * The ring mode, receive side: a frame's first bytes are copied to where the
 * program reads them, and the frame itself is kept beside its position, to be
 * sent on as it is or freed. A slice that was given no rings queues as in the
 * splice mode.
 *
 * Nothing that the program can write is loaded here. How far it has come is told
 * by NETSLICE_RING_SYNC, in rx_tail. That is another CPU's cache line, and looked
 * at only where the ring may be full; the lock is the softirq's own, for the case
 * that two CPUs receive for one slice.
 */
#include "../pure/ring_index.h"
#include "ring.h"
#include "slice.h"

static bool nsl_ring_admits(const struct nsl_slice *slice, struct nsl_ring *ring)
{
	u32 limit = slice->queue.count.limit;

	if (likely(ring->rx_head - ring->tail_seen < limit))
		return true;
	/* Pairs with the release in nsl_ring_release(): the positions are empty. */
	ring->tail_seen = smp_load_acquire(&ring->rx_tail);
	return ring->rx_head - ring->tail_seen < limit;
}

/* The position is the softirq's: the ring admits, so it is not in use. */
static void nsl_ring_store(struct nsl_ring *ring, struct sk_buff *skb)
{
	u32 head = ring->rx_head;
	u32 position = nsl_ring_position(head, ring->shape.rx_entries);
	struct netslice_rx_desc *desc = &ring->rx_descs[position];
	u32 copied = min(skb->len, ring->shape.rx_room);
	void *room = nsl_ring_rx_room(ring, position);

	if (likely(copied <= skb_headlen(skb)))
		memcpy(room, skb->data, copied);
	else if (skb_copy_bits(skb, 0, room, copied))
		copied = 0;	/* cannot be: it is not longer than the frame */
	WRITE_ONCE(desc->length, skb->len);
	WRITE_ONCE(desc->copied, copied);
	ring->skbs[position] = skb;
	/* The last use of the skb; for nsl_ring_sync(), and for the program. */
	smp_store_release(&ring->rx_head, head + 1);
	smp_store_release(ring->rx_producer, head + 1);
}

static void nsl_ring_enqueue(struct nsl_slice *slice, struct sk_buff *skb)
{
	struct nsl_queue *queue = &slice->queue;
	struct nsl_ring *ring = slice->ring;

	if (!ring) {
		nsl_queue_enqueue(slice, skb);
		return;
	}
	spin_lock(&queue->lock);
	if (unlikely(!nsl_ring_admits(slice, ring))) {
		queue->dropped_full++;
		spin_unlock(&queue->lock);
		kfree_skb(skb);
		return;
	}
	queue->queued++;
	ring->queued_bytes += skb->len;
	nsl_ring_store(ring, skb);
	spin_unlock(&queue->lock);

	slice->wakeup->queued(slice);
}

static bool nsl_ring_readable(const struct nsl_slice *slice)
{
	const struct nsl_ring *ring = slice->ring;

	if (!ring)
		return nsl_queue_readable(slice);
	return READ_ONCE(ring->rx_head) != READ_ONCE(ring->rx_tail);
}

/**
 * nsl_ring_stats - fill in what the rings count
 * @slice: the slice
 * @stats: with what the queue counts
 *
 * Frames that were done with are counted first, so that the queue never holds
 * less than nothing, and those queued together with it, so that the difference is
 * what it holds; once the ports are gone it holds nothing.
 */
void nsl_ring_stats(struct nsl_slice *slice, struct netslice_stats *stats)
{
	struct nsl_ring *ring = nsl_ring_of(slice);

	if (!ring)
		return;
	stats->rx_delivered = atomic64_read(&ring->delivered);
	stats->rx_delivered_bytes = atomic64_read(&ring->delivered_bytes);
	if (nsl_slice_not_attached(slice))
		return;
	spin_lock_bh(&slice->queue.lock);
	stats->rx_queued = slice->queue.queued;
	stats->queue_packets = stats->rx_queued - stats->rx_delivered;
	stats->queue_bytes = ring->queued_bytes - stats->rx_delivered_bytes;
	spin_unlock_bh(&slice->queue.lock);
}

/* Frees the frames that no order took, and leaves them as if one had. */
static void nsl_ring_empty(struct nsl_ring *ring)
{
	u32 head = smp_load_acquire(&ring->rx_head);
	struct sk_buff *skb;
	u32 i, position;

	for (i = ring->rx_tail; i != head; i++) {
		if (i % NSL_RING_BREATH == 0)
			cond_resched();
		position = nsl_ring_position(i, ring->shape.rx_entries);
		if (ring->sent[position])
			continue;
		skb = ring->skbs[position];
		ring->sent[position] = skb->len;
		kfree_skb(skb);
	}
	WRITE_ONCE(ring->purged, head);
}

/*
 * A call of NETSLICE_RING_SYNC may be at work on the same positions. It comes here
 * when it is done; what is queued while it is here already it does once more.
 */
static void nsl_ring_purge(struct nsl_slice *slice)
{
	struct nsl_ring *ring = slice->ring;

	nsl_splice_purge(slice);
	if (!ring)
		return;
	do {
		if (!nsl_slice_try_to_free(&slice->write_lock))
			return;
		nsl_ring_empty(ring);
		nsl_chain_free(&ring->pending);
		mutex_unlock(&slice->write_lock);
		smp_mb();	/* the lock before the look; pairs with nsl_slice_try_to_free() */
	} while (READ_ONCE(ring->rx_head) != READ_ONCE(ring->purged));
}

static void nsl_ring_destroy(struct nsl_slice *slice)
{
	nsl_ring_purge(slice);
	if (slice->ring)
		nsl_ring_free(slice->ring);
}

const struct nsl_mode nsl_mode_ring = {
	.name = "ring",
	.batch = true,
	.enqueue = nsl_ring_enqueue,
	.dequeue = nsl_splice_dequeue,
	.put_back = nsl_splice_put_back,
	.readable = nsl_ring_readable,
	.purge = nsl_ring_purge,
	.destroy = nsl_ring_destroy,
};
