// SPDX-License-Identifier: GPL-2.0
/*
 * write(): from user space to skbs that a driver can take.
 */
#include "copy.h"
#include "slice.h"

/* Fills an skb with a frame that was judged. */
static int nsl_fill(struct sk_buff *skb, const struct netslice_pkt *pkt, u32 checksum)
{
	if (nsl_copy_from_user(skb->data, u64_to_user_ptr(pkt->base), pkt->length))
		return -EFAULT;
	nsl_tx_describe(skb, checksum);
	return 0;
}

static struct sk_buff *nsl_build(const struct netslice_pkt *pkt, const struct nsl_tx_shape *shape,
				 u32 checksum)
{
	struct sk_buff *skb;
	int err;

	err = nsl_pkt_check_write(pkt, NSL_ADDRESS_MAX, shape->frame_max);
	if (err)
		return ERR_PTR(err);
	skb = nsl_tx_alloc(shape, pkt->length);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(skb->data, u64_to_user_ptr(pkt->base), pkt->length)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	nsl_tx_describe(skb, checksum);
	return skb;
}

/* A frame at a time. Return: 0, or why not all were built */
static int nsl_build_each(struct nsl_slice *slice, const struct nsl_tx_shape *shape, u32 count,
			  struct nsl_chain *built)
{
	u32 checksum = READ_ONCE(slice->checksum);
	struct sk_buff *skb;
	u32 i;

	for (i = 0; i < count; i++) {
		skb = nsl_build(&slice->tx_chunk[i], shape, checksum);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		nsl_chain_add(built, skb);
	}
	return 0;
}

/* All of them together. Return: 0, or why not all were built */
static int nsl_build_batch(struct nsl_slice *slice, const struct nsl_tx_shape *shape, u32 count,
			   struct nsl_chain *built)
{
	u32 checksum = READ_ONCE(slice->checksum);
	struct sk_buff *skbs[NSL_CHUNK];
	int bad = 0, err = 0;
	u32 i, good;

	for (good = 0; good < count; good++) {
		bad = nsl_pkt_check_write(&slice->tx_chunk[good], NSL_ADDRESS_MAX,
					  shape->frame_max);
		if (bad)
			break;
	}
	nsl_batch_alloc(shape, slice->tx_chunk, good, skbs);
	for (i = 0; i < good; i++) {
		if (!err && !skbs[i])
			skbs[i] = nsl_tx_alloc(shape, slice->tx_chunk[i].length);
		if (!err)
			err = skbs[i] ? nsl_fill(skbs[i], &slice->tx_chunk[i], checksum) : -ENOMEM;
		if (err)
			kfree_skb(skbs[i]);
		else
			nsl_chain_add(built, skbs[i]);
	}
	return err ? err : bad;
}

/**
 * nsl_write_chunk - send up to one chunk of frames
 * @slice: the slice, its write_lock held
 * @pkts: the next elements of the caller's array
 * @want: how many of them, at most NSL_CHUNK
 * @nonblock: do not wait for room
 * @moved: where to store how many were taken
 *
 * Return: 0, or why @moved is less than @want
 */
static int nsl_write_chunk(struct nsl_slice *slice, const struct netslice_pkt __user *pkts,
			   u32 want, bool nonblock, u32 *moved)
{
	struct nsl_tx_shape shape;
	NSL_CHAIN(built);
	int sent, err;

	*moved = 0;
	err = nsl_tx_shape(slice, &shape);
	if (err)
		return err;
	if (copy_from_user(slice->tx_chunk, pkts, want * sizeof(*pkts)))
		return -EFAULT;
	if (slice->mode->batch)
		err = nsl_build_batch(slice, &shape, want, &built);
	else
		err = nsl_build_each(slice, &shape, want, &built);
	/* What came before a bad element still goes out. */
	while (!nsl_chain_empty(&built)) {
		sent = nsl_xmit(slice, &built, nonblock);
		if (sent < 0) {
			err = sent;
			break;
		}
		*moved += sent;
	}
	nsl_chain_free(&built);
	return err;
}

/**
 * nsl_write - write() of the device
 * @slice: the slice
 * @pkts: the caller's array
 * @asked: its elements
 * @nonblock: do not wait for room
 *
 * Return: frames taken, or the errors of the UAPI header
 */
ssize_t nsl_write(struct nsl_slice *slice, const struct netslice_pkt __user *pkts, size_t asked,
		  bool nonblock)
{
	u32 total = nsl_call_length(asked);
	u32 done = 0;
	u32 moved;
	int err;

	if (!total)
		return 0;
	err = nsl_slice_not_attached(slice);
	if (err)
		return err;
	err = nsl_slice_lock(&slice->write_lock, nonblock);
	if (err)
		return err;
	do {
		err = nsl_write_chunk(slice, pkts + done, nsl_chunk_length(total, done), nonblock,
				      &moved);
		done += moved;
	} while (!err && done < total);
	nsl_slice_unlock(slice, &slice->write_lock);
	/* Not `done ? done : err`: that is unsigned, and a negative errno huge. */
	if (done)
		return done;
	return err;
}
