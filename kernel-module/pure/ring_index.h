/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arithmetic of rings whose other side may say anything. Indices count
 * frames modulo 2^32; a ring has a power of two of positions.
 *
 * Who calls these has loaded the other side's index or order once, into memory
 * of its own, and goes on with that copy whatever is stored there since.
 */
#ifndef NSL_RING_INDEX_H
#define NSL_RING_INDEX_H

#include "pkt_array.h"
#include "portable.h"
#include <linux/netslice.h>

/**
 * nsl_ring_position - where in its ring an index lies
 * @index: any
 * @entries: positions, a power of two
 */
static inline __u32 nsl_ring_position(__u32 index, __u32 entries)
{
	return index & (entries - 1);
}

/**
 * nsl_ring_holds - is there something at this index?
 * @index: any
 * @consumer: index of the oldest
 * @producer: index behind the newest
 */
static inline bool nsl_ring_holds(__u32 index, __u32 consumer, __u32 producer)
{
	return index - consumer < producer - consumer;
}

/**
 * nsl_ring_check_consumer - may a consumer have come this far?
 * @index: how far it says to have come
 * @consumer: how far it had come before
 * @producer: index behind what there is
 *
 * Return: 0 or -EINVAL
 */
static inline int nsl_ring_check_consumer(__u32 index, __u32 consumer, __u32 producer)
{
	return index - consumer <= producer - consumer ? 0 : -EINVAL;
}

/**
 * nsl_ring_check_producer - may a producer have come this far?
 * @index: how far it says to have come
 * @consumer: how far it has been followed
 * @entries: positions of the ring
 *
 * Return: 0 or -EINVAL
 */
static inline int nsl_ring_check_producer(__u32 index, __u32 consumer, __u32 entries)
{
	return index - consumer <= entries ? 0 : -EINVAL;
}

/**
 * nsl_ring_check_change - may these bytes of a received frame be replaced?
 * @order: the order
 * @copied: bytes of the frame that are in its room
 *
 * Return: 0 or -EINVAL
 */
static inline int nsl_ring_check_change(const struct netslice_tx_desc *order, __u32 copied)
{
	if (order->offset > copied || order->length > copied - order->offset)
		return -EINVAL;
	return 0;
}

/**
 * nsl_ring_check_new - is this a new frame?
 * @order: the order
 * @room: bytes of its room
 * @frame_max: bytes of the longest frame that the port takes
 *
 * Return: 0, -EINVAL, or -EMSGSIZE for one that is too long for the port only
 */
static inline int nsl_ring_check_new(const struct netslice_tx_desc *order, __u32 room,
				     __u32 frame_max)
{
	if (order->frame || order->offset)
		return -EINVAL;
	if (order->length < NSL_FRAME_MIN || order->length > room)
		return -EINVAL;
	return order->length > frame_max ? -EMSGSIZE : 0;
}

#endif /* NSL_RING_INDEX_H */
