/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rings of a slice, as the kernel sees them.
 */
#ifndef NSL_RING_H
#define NSL_RING_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/netslice.h>
#include <linux/skbuff.h>
#include <linux/types.h>

#include "chain.h"

struct nsl_slice;

/**
 * struct nsl_ring - both rings of a slice
 * @shape: what the program asked for, and where it lies; constant
 * @memory: the mapping; the program may write all of it at any time
 * @rx_producer: in @memory; stored under queue.lock
 * @rx_consumer: in @memory; the program's
 * @tx_producer: in @memory; the program's
 * @tx_consumer: in @memory; stored under write_lock
 * @tx_flags: in @memory; stored under write_lock
 * @rx_descs: in @memory; stored under queue.lock, never loaded
 * @tx_descs: in @memory; the program's
 * @skbs: for each receive position from @rx_tail to @rx_head its frame; the others
 *	are the softirq's to store. Only it stores here, so that no line goes back.
 * @sent: for each receive position the bytes of its frame where that is somebody
 *	else's already, who carried out an order or freed it, or 0; write_lock
 * @rx_head: index of the next frame; queue.lock, loaded with acquire elsewhere
 * @tail_seen: @rx_tail when the softirq last looked; queue.lock
 * @queued_bytes: bytes of all frames queued, ever; queue.lock
 * @rx_tail: index of the oldest frame; stored under write_lock with release,
 *	loaded with acquire elsewhere
 * @purged: frames before this index were freed when the ports were lost; stored
 *	under write_lock
 * @tx_tail: index of the next order; write_lock
 * @delivered: frames that the program was done with, ever; atomic
 * @delivered_bytes: their bytes; atomic
 * @pending: frames of orders taken, not transmitted yet; write_lock
 */
struct nsl_ring {
	struct netslice_ring_setup shape;
	void *memory;
	u32 *rx_producer;
	u32 *rx_consumer;
	u32 *tx_producer;
	u32 *tx_consumer;
	u32 *tx_flags;
	struct netslice_rx_desc *rx_descs;
	struct netslice_tx_desc *tx_descs;
	struct sk_buff **skbs;
	u32 *sent;

	u32 rx_head ____cacheline_aligned_in_smp;
	u32 tail_seen;
	u64 queued_bytes;

	u32 rx_tail ____cacheline_aligned_in_smp;
	u32 purged;
	u32 tx_tail;
	atomic64_t delivered;
	atomic64_t delivered_bytes;
	struct nsl_chain pending;
};

/* Positions that a loop in process context passes before it lets others run. */
#define NSL_RING_BREATH	1024

/* The program's copy of what is at a receive position. */
static inline void *nsl_ring_rx_room(const struct nsl_ring *ring, u32 position)
{
	return ring->memory + ring->shape.rx_rooms + (size_t)position * ring->shape.rx_stride;
}

static inline void *nsl_ring_tx_room(const struct nsl_ring *ring, u32 position)
{
	return ring->memory + ring->shape.tx_rooms + (size_t)position * ring->shape.tx_stride;
}

/* ring.c: from softirq into the ring */
void nsl_ring_stats(struct nsl_slice *slice, struct netslice_stats *stats);

/* ring_map.c: memory */
int nsl_ring_setup(struct nsl_slice *slice, struct netslice_ring_setup *setup);
void nsl_ring_free(struct nsl_ring *ring);
int nsl_ring_mmap(struct nsl_slice *slice, struct vm_area_struct *vma);

/* ring_sync.c: what the program ordered, and what it is done with */
long nsl_ring_sync(struct nsl_slice *slice, unsigned long flags, bool nonblock);

#endif /* NSL_RING_H */
