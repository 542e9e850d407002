// SPDX-License-Identifier: GPL-2.0
/*
 * Skbs of a whole batch, with softirqs kept off once for all of it: the heads come
 * out of the CPU's cache of skbs and go back into it, as a driver's do, so that
 * what a reader frees is what a writer gets.
 */
#include "slice.h"

/* Longer ones are left to alloc_skb(), which may sleep for its memory. */
#define NSL_BATCH_FRAG_MAX	PAGE_SIZE

static struct sk_buff *nsl_batch_alloc_one(const struct nsl_tx_shape *shape, u32 length)
{
	size_t size = SKB_DATA_ALIGN(shape->headroom + length + shape->tailroom) +
		      SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	void *data;

	if (size > NSL_BATCH_FRAG_MAX)
		return NULL;
	data = napi_alloc_frag(SKB_DATA_ALIGN(size));
	if (unlikely(!data))
		return NULL;
	skb = napi_build_skb(data, SKB_DATA_ALIGN(size));
	if (unlikely(!skb)) {
		skb_free_frag(data);
		return NULL;
	}
	skb_reserve(skb, shape->headroom);
	skb_put(skb, length);
	return skb;
}

/**
 * nsl_batch_alloc - skbs for new frames
 * @shape: of the port
 * @pkts: elements, their lengths judged
 * @count: how many, at most NSL_CHUNK
 * @skbs: where to store them, NULL where there was no memory at once
 */
void nsl_batch_alloc(const struct nsl_tx_shape *shape, const struct netslice_pkt *pkts, u32 count,
		     struct sk_buff **skbs)
{
	u32 i;

	local_bh_disable();
	for (i = 0; i < count; i++)
		skbs[i] = nsl_batch_alloc_one(shape, pkts[i].length);
	local_bh_enable();
}

/**
 * nsl_batch_consume - free frames that went where they were to go
 * @skbs: frames, linked through sk_buff.list, at most NSL_CHUNK; nothing is in it afterwards
 */
void nsl_batch_consume(struct list_head *skbs)
{
	struct sk_buff *skb, *next;

	if (list_empty(skbs))
		return;
	local_bh_disable();
	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_mark_not_on_list(skb);
		napi_consume_skb(skb, NSL_CHUNK);
	}
	local_bh_enable();
	INIT_LIST_HEAD(skbs);
}
