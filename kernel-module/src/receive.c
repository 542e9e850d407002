// SPDX-License-Identifier: GPL-2.0
/*
 * From the ingress hook into the queue, in softirq: is the frame ours, and if
 * so, make it whole and take it away from the stack.
 */
#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <net/dst.h>

#include "slice.h"

static void nsl_count(struct nsl_slice *slice, u64 *counter)
{
	spin_lock(&slice->queue.lock);
	(*counter)++;
	spin_unlock(&slice->queue.lock);
}

/* Word by word: a memset() of this size becomes a string instruction, which is slow to begin. */
static void nsl_clear_notes(struct sk_buff *skb)
{
	u64 *words = (u64 *)skb->cb;

	BUILD_BUG_ON(sizeof(skb->cb) != 6 * sizeof(*words));
	words[0] = 0;
	words[1] = 0;
	words[2] = 0;
	words[3] = 0;
	words[4] = 0;
	words[5] = 0;
}

/**
 * nsl_make_whole - turn what the driver delivered into the frame of the wire
 * @skb: as the hook has it; freed on failure
 *
 * Taps may hold the skb, hardware may have kept the VLAN tag apart, a virtual
 * wire may have left the checksum to hardware it does not have. All ties to the
 * stack are cut, because the frame may wait long and must not hold a socket, a
 * route, a connection or a device while it does.
 *
 * Return: the skb, maybe another one, starting at its Ethernet header; or NULL
 */
static struct sk_buff *nsl_make_whole(struct sk_buff *skb)
{
	/* The port keeps bytes in another device's memory: they can be neither shown nor sent. */
	if (unlikely(!skb_frags_readable(skb))) {
		kfree_skb(skb);
		return NULL;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (unlikely(!skb))
		return NULL;
	/* A sender's own pages are not to be kept from it for as long as a reader likes. */
	if (unlikely(skb_orphan_frags_rx(skb, GFP_ATOMIC))) {
		kfree_skb(skb);
		return NULL;
	}
	__skb_push(skb, skb->data - skb_mac_header(skb));

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_hwoffload_help(skb, 0)) {
		kfree_skb(skb);
		return NULL;
	}
	if (skb_vlan_tag_present(skb)) {
		skb = __vlan_hwaccel_push_inside(skb);
		if (unlikely(!skb))
			return NULL;
	}

	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb_ext_reset(skb);
	/* Notes of who had the frame before; whoever gets it from the rings would believe them. */
	skb_reset_redirect(skb);
	skb_metadata_clear(skb);
	nsl_clear_notes(skb);
	skb->dev = NULL;
	return skb;
}

/**
 * nsl_receive - one frame has arrived for a slice
 * @slice: the slice
 * @skb: the frame, at its network header, with the rest of the stack to come
 *
 * Return: NF_ACCEPT when the kernel is to have it, NF_STOLEN when it was taken
 */
unsigned int nsl_receive(struct nsl_slice *slice, struct sk_buff *skb)
{
	struct nsl_queue *queue = &slice->queue;

	if (!nsl_filter_wants(slice, skb)) {
		nsl_count(slice, &queue->filtered);
		return NF_ACCEPT;
	}
	if (unlikely(skb_is_gso(skb))) {
		nsl_count(slice, &queue->refused_gso);
		kfree_skb(skb);
		return NF_STOLEN;
	}
	skb = nsl_make_whole(skb);
	if (unlikely(!skb)) {
		nsl_count(slice, &queue->dropped_error);
		return NF_STOLEN;
	}
	slice->mode->enqueue(slice, skb);
	return NF_STOLEN;
}
