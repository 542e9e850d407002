// SPDX-License-Identifier: GPL-2.0
/*
 * Skbs as a driver can take them.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#include "../pure/frame_checksum.h"
#include "slice.h"

/**
 * nsl_tx_shape - what the transmit port wants of an skb now
 * @slice: the slice
 * @shape: where to store it
 *
 * Return: 0, or -ENODEV when the port is gone
 */
int nsl_tx_shape(const struct nsl_slice *slice, struct nsl_tx_shape *shape)
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

/**
 * nsl_tx_alloc - an skb for a new frame
 * @shape: of the port
 * @length: bytes of the frame
 *
 * Return: the skb, with @length bytes to be filled; or NULL
 */
struct sk_buff *nsl_tx_alloc(const struct nsl_tx_shape *shape, u32 length)
{
	struct sk_buff *skb;

	skb = alloc_skb(shape->headroom + length + shape->tailroom, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, shape->headroom);
	skb_put(skb, length);
	return skb;
}

/**
 * nsl_tx_describe - set what the stack wants to know of a frame
 * @skb: its bytes are final but for the checksums, and lie in one piece where
 *	@checksum wants any
 * @checksum: enum netslice_checksum_mode
 */
void nsl_tx_describe(struct sk_buff *skb, u32 checksum)
{
	if (checksum != NETSLICE_CHECKSUM_NONE)
		nsl_frame_checksum(skb->data, skb->len, checksum);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = eth_hdr(skb)->h_proto;
}
