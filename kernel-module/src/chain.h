/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames on their way to a driver, oldest first, linked through sk_buff.next: a
 * pointer to store for each that joins, and no neighbour to look at for each that
 * leaves. Knows nothing of slices; who owns a chain locks it.
 */
#ifndef NSL_CHAIN_H
#define NSL_CHAIN_H

#include <linux/skbuff.h>

/**
 * struct nsl_chain - frames, oldest first
 * @first: the oldest, or NULL
 * @end: where the next to join is stored
 */
struct nsl_chain {
	struct sk_buff *first;
	struct sk_buff **end;
};

#define NSL_CHAIN(name)		struct nsl_chain name = { .end = &(name).first }

static inline void nsl_chain_init(struct nsl_chain *chain)
{
	chain->first = NULL;
	chain->end = &chain->first;
}

static inline bool nsl_chain_empty(const struct nsl_chain *chain)
{
	return !chain->first;
}

static inline void nsl_chain_add(struct nsl_chain *chain, struct sk_buff *skb)
{
	skb->next = NULL;
	*chain->end = skb;
	chain->end = &skb->next;
}

/* Takes the oldest, of which there is one. */
static inline struct sk_buff *nsl_chain_take(struct nsl_chain *chain)
{
	struct sk_buff *skb = chain->first;

	chain->first = skb->next;
	if (!chain->first)
		chain->end = &chain->first;
	skb_mark_not_on_list(skb);
	return skb;
}

/* Undoes nsl_chain_take(). */
static inline void nsl_chain_put_back(struct nsl_chain *chain, struct sk_buff *skb)
{
	skb->next = chain->first;
	if (!chain->first)
		chain->end = &skb->next;
	chain->first = skb;
}

/* Frees what was not sent. Return: how many that were */
static inline u32 nsl_chain_free(struct nsl_chain *chain)
{
	u32 freed = 0;

	for (; !nsl_chain_empty(chain); freed++)
		kfree_skb(nsl_chain_take(chain));
	return freed;
}

#endif /* NSL_CHAIN_H */
