// SPDX-License-Identifier: GPL-2.0
/*
 * NETSLICE_RING_SYNC: carries out the program's orders, takes back the room of
 * the frames that it is done with, and lets it sleep.
 *
 * All that the program can write is loaded once and judged as a copy, by
 * pure/ring_index.h. That a frame was taken is noted in memory of the kernel's
 * own, so that it cannot be named twice; who loses a port frees no frame as long
 * as this is at work, and this frees them when it is done.
 */
#include <linux/etherdevice.h>
#include <linux/sched/signal.h>

#include "../pure/ring_index.h"
#include "ring.h"
#include "slice.h"

/**
 * struct nsl_ring_batch - what one taking of orders goes by
 * @producer: orders end before this index
 * @head: received frames end before this index
 * @checksum: enum netslice_checksum_mode
 * @shape: of the transmit port
 * @forwarded: received frames taken to be sent
 * @refused: orders that are none
 * @too_long: orders for frames that the port does not take
 */
struct nsl_ring_batch {
	u32 producer;
	u32 head;
	u32 checksum;
	struct nsl_tx_shape shape;
	u32 forwarded;
	u32 refused;
	u32 too_long;
};

static struct netslice_tx_desc nsl_ring_load(const struct netslice_tx_desc *shared)
{
	struct netslice_tx_desc order;

	order.op = READ_ONCE(shared->op);
	order.frame = READ_ONCE(shared->frame);
	order.offset = READ_ONCE(shared->offset);
	order.length = READ_ONCE(shared->length);
	return order;
}

/* Replaces bytes of a received frame. Its taps keep theirs. */
static int nsl_ring_change(const struct nsl_ring *ring, const struct netslice_tx_desc *order,
			   struct sk_buff *skb, u32 checksum)
{
	u32 position = nsl_ring_position(order->frame, ring->shape.rx_entries);
	u32 writable = order->offset + order->length;

	if (nsl_ring_check_change(order, min(skb->len, ring->shape.rx_room)))
		return -EINVAL;
	if (checksum != NETSLICE_CHECKSUM_NONE)
		writable = skb->len;
	if (skb_ensure_writable(skb, max_t(u32, writable, ETH_HLEN)))
		return -ENOMEM;
	memcpy(skb->data + order->offset, nsl_ring_rx_room(ring, position) + order->offset,
	       order->length);
	/* It was computed of other addresses. */
	skb_clear_hash(skb);
	nsl_tx_describe(skb, checksum);
	return 0;
}

/* Not every port takes frames in pieces, and the driver of the other one made these. */
static int nsl_ring_fit(struct nsl_slice *slice, struct sk_buff *skb)
{
	netdev_features_t features = 0;
	struct net_device *dev;

	rcu_read_lock();
	dev = rcu_dereference(slice->tx_dev);
	if (dev) {
		skb->dev = dev;
		features = netif_skb_features(skb);
		/* Waiting frames hold no device, so they must not name one. */
		skb->dev = NULL;
	}
	rcu_read_unlock();
	if (skb_has_frag_list(skb) && !(features & NETIF_F_FRAGLIST))
		return __skb_linearize(skb);
	return features & NETIF_F_SG ? 0 : __skb_linearize(skb);
}

/* Return: the received frame, fit to be sent; or why not */
static struct sk_buff *nsl_ring_forward(struct nsl_slice *slice, struct nsl_ring *ring,
					const struct netslice_tx_desc *order,
					const struct nsl_ring_batch *batch)
{
	u32 position = nsl_ring_position(order->frame, ring->shape.rx_entries);
	struct sk_buff *skb;
	int err = 0;

	if (!nsl_ring_holds(order->frame, ring->rx_tail, batch->head) || ring->sent[position])
		return ERR_PTR(-EINVAL);
	skb = ring->skbs[position];
	ring->sent[position] = skb->len;
	if (skb->len > batch->shape.frame_max)
		err = -EMSGSIZE;
	else if (order->length)
		err = nsl_ring_change(ring, order, skb, batch->checksum);
	if (!err && skb_is_nonlinear(skb))
		err = nsl_ring_fit(slice, skb);
	if (err) {
		kfree_skb(skb);
		return ERR_PTR(err);
	}
	/* What the receiving side noted is nothing to the transmitting one. */
	skb->ip_summed = CHECKSUM_NONE;
	skb_set_delivery_time(skb, 0, 0);
	return skb;
}

static struct sk_buff *nsl_ring_new(const struct nsl_ring *ring,
				    const struct netslice_tx_desc *order,
				    const struct nsl_ring_batch *batch)
{
	u32 position = nsl_ring_position(ring->tx_tail, ring->shape.tx_entries);
	struct sk_buff *skb;
	int err;

	err = nsl_ring_check_new(order, ring->shape.tx_room, batch->shape.frame_max);
	if (err)
		return ERR_PTR(err);
	skb = nsl_tx_alloc(&batch->shape, order->length);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	memcpy(skb->data, nsl_ring_tx_room(ring, position), order->length);
	nsl_tx_describe(skb, batch->checksum);
	return skb;
}

/* Takes the order at tx_tail, or counts why not. */
static void nsl_ring_take_one(struct nsl_slice *slice, struct nsl_ring *ring,
			      struct nsl_ring_batch *batch)
{
	u32 position = nsl_ring_position(ring->tx_tail, ring->shape.tx_entries);
	struct netslice_tx_desc order = nsl_ring_load(&ring->tx_descs[position]);
	struct sk_buff *skb = ERR_PTR(-EINVAL);

	if (order.op == NETSLICE_TX_FORWARD)
		skb = nsl_ring_forward(slice, ring, &order, batch);
	else if (order.op == NETSLICE_TX_NEW)
		skb = nsl_ring_new(ring, &order, batch);
	ring->tx_tail++;
	if (!IS_ERR(skb)) {
		batch->forwarded += order.op == NETSLICE_TX_FORWARD;
		nsl_chain_add(&ring->pending, skb);
	} else if (PTR_ERR(skb) == -EMSGSIZE) {
		batch->too_long++;
	} else {
		batch->refused++;
	}
}

/* Takes up to a chunk of orders. Return: how many were dropped, or -ENODEV */
static int nsl_ring_take(struct nsl_slice *slice, struct nsl_ring *ring,
			 struct nsl_ring_batch *batch)
{
	u32 left = nsl_chunk_length(batch->producer - ring->tx_tail, 0);
	int err;

	err = nsl_tx_shape(slice, &batch->shape);
	if (err)
		return err;
	batch->forwarded = 0;
	batch->refused = 0;
	batch->too_long = 0;
	while (left--)
		nsl_ring_take_one(slice, ring, batch);
	/* The program may write to what was taken. */
	smp_store_release(ring->tx_consumer, ring->tx_tail);
	atomic64_add(batch->forwarded, &slice->tx_forwarded);
	if (batch->refused)
		atomic64_add(batch->refused, &slice->tx_refused);
	if (batch->too_long)
		atomic64_add(batch->too_long, &slice->tx_too_long);
	return batch->refused + batch->too_long;
}

/* Return: how many were dropped because the link is down, or an error of nsl_xmit() */
static int nsl_ring_send_pending(struct nsl_slice *slice, struct nsl_ring *ring, bool nonblock)
{
	int sent;

	while (!nsl_chain_empty(&ring->pending)) {
		sent = nsl_xmit(slice, &ring->pending, nonblock);
		if (sent == -ENETDOWN) {
			sent = nsl_chain_free(&ring->pending);
			atomic64_add(sent, &slice->tx_link_down);
			return sent;
		}
		if (sent < 0)
			return sent;
	}
	return 0;
}

/* Return: orders dropped, or an error that left some for the next call */
static int nsl_ring_transmit(struct nsl_slice *slice, struct nsl_ring *ring,
			     struct nsl_ring_batch *batch, bool nonblock)
{
	int dropped = 0;
	int ret;

	for (;;) {
		ret = nsl_ring_send_pending(slice, ring, nonblock);
		if (ret < 0)
			return ret;
		dropped += ret;
		if (ring->tx_tail == batch->producer)
			return dropped;
		ret = nsl_ring_take(slice, ring, batch);
		if (ret < 0)
			return ret;
		dropped += ret;
		cond_resched();
	}
}

/* Frees what was not sent of a chunk of positions. Return: bytes of all its frames */
static u64 nsl_ring_release_chunk(struct nsl_ring *ring, u32 from, u32 end)
{
	struct sk_buff *skb;
	u64 bytes = 0;
	u32 position;

	local_bh_disable();
	for (; from != end; from++) {
		position = nsl_ring_position(from, ring->shape.rx_entries);
		if (ring->sent[position]) {
			bytes += ring->sent[position];
			ring->sent[position] = 0;
			continue;
		}
		skb = ring->skbs[position];
		bytes += skb->len;
		napi_consume_skb(skb, NSL_CHUNK);
	}
	local_bh_enable();
	return bytes;
}

/* Takes back the room of the frames before @consumer, and frees those not sent. */
static void nsl_ring_release(struct nsl_ring *ring, u32 consumer)
{
	u32 released = consumer - ring->rx_tail;
	u32 i, count;
	u64 bytes = 0;

	if (!released)
		return;
	for (i = ring->rx_tail; i != consumer; i += count) {
		count = nsl_chunk_length(consumer - i, 0);
		bytes += nsl_ring_release_chunk(ring, i, i + count);
		cond_resched();
	}
	atomic64_add(released, &ring->delivered);
	atomic64_add(bytes, &ring->delivered_bytes);
	/* The positions are the softirq's from here on; pairs with nsl_ring_admits(). */
	smp_store_release(&ring->rx_tail, consumer);
}

/* Return: orders dropped, or an error */
static int nsl_ring_round(struct nsl_slice *slice, struct nsl_ring *ring, bool nonblock)
{
	struct nsl_ring_batch batch = { .checksum = READ_ONCE(slice->checksum) };
	u32 consumer;
	int ret;

	/* In this order: the program stores it last, after the orders for those frames. */
	consumer = smp_load_acquire(ring->rx_consumer);
	batch.producer = smp_load_acquire(ring->tx_producer);
	batch.head = smp_load_acquire(&ring->rx_head);
	if (nsl_ring_check_consumer(consumer, ring->rx_tail, batch.head) ||
	    nsl_ring_check_producer(batch.producer, ring->tx_tail, ring->shape.tx_entries))
		return -EINVAL;
	ret = nsl_ring_transmit(slice, ring, &batch, nonblock);
	if (ret >= 0)
		nsl_ring_release(ring, consumer);
	return ret;
}

/* More need not be told to a program that writes nonsense for ever. */
#define NSL_RING_DROPPED_MAX	(1 << 20)

/*
 * Rounds until no order is left that came while the flag was clear: whoever wrote
 * it relies on this call. A signal that comes before is told as an error, so that
 * the call is made again.
 */
static int nsl_ring_work(struct nsl_slice *slice, struct nsl_ring *ring, bool nonblock)
{
	int dropped = 0;
	int ret;

	do {
		WRITE_ONCE(*ring->tx_flags, 0);
		ret = nsl_ring_round(slice, ring, nonblock);
		WRITE_ONCE(*ring->tx_flags, NETSLICE_RING_NEED_SYNC);
		smp_mb();	/* the flag before the look; the program's barrier pairs */
		if (ret < 0)
			return ret;
		dropped = min(dropped + ret, NSL_RING_DROPPED_MAX);
		if (READ_ONCE(*ring->tx_producer) == ring->tx_tail)
			return dropped;
		cond_resched();
	} while (!signal_pending(current));
	return -ERESTARTSYS;
}

static bool nsl_ring_ready(struct nsl_slice *slice)
{
	nsl_wakeup_arm(slice);
	return slice->mode->readable(slice) || nsl_slice_not_attached(slice);
}

static int nsl_ring_wait(struct nsl_slice *slice, bool nonblock)
{
	int err;

	if (slice->mode->readable(slice))
		return 0;
	if (nonblock)
		return -EAGAIN;
	err = wait_event_interruptible(slice->wait, nsl_ring_ready(slice));
	return err ? err : nsl_slice_not_attached(slice);
}

/**
 * nsl_ring_sync - NETSLICE_RING_SYNC
 * @slice: the slice
 * @flags: NETSLICE_SYNC_WAIT or nothing
 * @nonblock: do not wait, for room or for frames
 *
 * Return: orders dropped, or the errors of the UAPI header
 */
long nsl_ring_sync(struct nsl_slice *slice, unsigned long flags, bool nonblock)
{
	struct nsl_ring *ring = nsl_ring_of(slice);
	int dropped, err;

	if (flags & ~(unsigned long)NETSLICE_SYNC_WAIT)
		return -EINVAL;
	if (!ring)
		return -EOPNOTSUPP;
	err = nsl_slice_not_attached(slice);
	if (!err)
		err = nsl_slice_lock(&slice->write_lock, nonblock);
	if (err)
		return err;
	dropped = nsl_ring_work(slice, ring, nonblock);
	nsl_slice_unlock(slice, &slice->write_lock);
	if (dropped < 0 || !(flags & NETSLICE_SYNC_WAIT))
		return dropped;
	err = nsl_ring_wait(slice, nonblock);
	return err ? err : dropped;
}
