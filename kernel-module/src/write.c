// SPDX-License-Identifier: GPL-2.0
/*
 * write(): from user space to skbs that a driver can take.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/uaccess.h>

#include "../pure/frame_checksum.h"
#include "slice.h"

/**
 * struct nsl_tx_shape - what the transmit port wants of an skb
 * @headroom: bytes free before the frame
 * @tailroom: bytes free behind it
 * @frame_max: bytes of the longest frame
 */
struct nsl_tx_shape {
	u32 headroom;
	u32 tailroom;
	u32 frame_max;
};

static int nsl_tx_shape(const struct nsl_slice *slice, struct nsl_tx_shape *shape)
{
	const struct net_device *dev;

	rcu_read_lock();
	dev = rcu_dereference(slice->tx_dev);
	if (dev) {
		shape->headroom = LL_RESERVED_SPACE(dev);
		shape->tailroom = READ_ONCE(dev->needed_tailroom);
		shape->frame_max = READ_ONCE(dev->mtu) + ETH_HLEN + VLAN_HLEN;
	}
	rcu_read_unlock();
	return dev ? 0 : -ENODEV;
}

static struct sk_buff *nsl_build(const struct netslice_pkt *pkt, const struct nsl_tx_shape *shape,
				 u32 checksum)
{
	struct sk_buff *skb;
	int err;

	err = nsl_pkt_check_write(pkt, NSL_ADDRESS_MAX, shape->frame_max);
	if (err)
		return ERR_PTR(err);
	skb = alloc_skb(shape->headroom + pkt->length + shape->tailroom, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, shape->headroom);
	if (copy_from_user(skb_put(skb, pkt->length), u64_to_user_ptr(pkt->base), pkt->length)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	nsl_frame_checksum(skb->data, skb->len, checksum);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = eth_hdr(skb)->h_proto;
	return skb;
}

static void nsl_free_all(struct list_head *skbs)
{
	struct sk_buff *skb, *next;

	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_list_del_init(skb);
		consume_skb(skb);
	}
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
	u32 checksum = READ_ONCE(slice->checksum);
	struct nsl_tx_shape shape;
	struct sk_buff *skb;
	LIST_HEAD(built);
	int sent, err;
	u32 i;

	*moved = 0;
	err = nsl_tx_shape(slice, &shape);
	if (err)
		return err;
	if (copy_from_user(slice->tx_chunk, pkts, want * sizeof(*pkts)))
		return -EFAULT;
	for (i = 0; i < want; i++) {
		skb = nsl_build(&slice->tx_chunk[i], &shape, checksum);
		if (IS_ERR(skb)) {
			err = PTR_ERR(skb);
			break;
		}
		list_add_tail(&skb->list, &built);
	}
	/* What came before a bad element still goes out. */
	while (!list_empty(&built)) {
		sent = nsl_xmit(slice, &built, nonblock);
		if (sent < 0) {
			err = sent;
			break;
		}
		*moved += sent;
	}
	nsl_free_all(&built);
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
	if (nonblock) {
		if (!mutex_trylock(&slice->write_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&slice->write_lock)) {
		return -ERESTARTSYS;
	}
	do {
		err = nsl_write_chunk(slice, pkts + done, nsl_chunk_length(total, done), nonblock,
				      &moved);
		done += moved;
	} while (!err && done < total);
	mutex_unlock(&slice->write_lock);
	/* Not `done ? done : err`: that is unsigned, and a negative errno huge. */
	if (done)
		return done;
	return err;
}
