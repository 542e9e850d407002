/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Judging arrays of struct netslice_pkt, which come from user space and may say
 * anything.
 */
#ifndef NSL_PKT_ARRAY_H
#define NSL_PKT_ARRAY_H

#include "portable.h"
#include <linux/netslice.h>

/* Elements that are copied in and worked on at a time. */
#define NSL_CHUNK	64

/* Shortest frame that can be sent: an Ethernet header. */
#define NSL_FRAME_MIN	14

/**
 * nsl_call_length - elements that one call works on
 * @asked: the third argument of read() or write()
 */
static inline __u32 nsl_call_length(size_t asked)
{
	return asked < NETSLICE_CALL_MAX ? (__u32)asked : NETSLICE_CALL_MAX;
}

/**
 * nsl_chunk_length - elements of the next chunk of a call
 * @total: elements of the call
 * @done: elements moved so far, at most @total
 */
static inline __u32 nsl_chunk_length(__u32 total, __u32 done)
{
	__u32 left = total - done;

	return left < NSL_CHUNK ? left : NSL_CHUNK;
}

/**
 * nsl_pkt_check_read - may a frame be stored in this element?
 * @pkt: the element
 * @highest: the largest address that a pointer holds here
 *
 * Whether the memory is there is for the copy to find out; here are ranges that
 * a pointer cannot hold or that wrap.
 *
 * Return: 0 or -EFAULT
 */
static inline int nsl_pkt_check_read(const struct netslice_pkt *pkt, __u64 highest)
{
	if (pkt->base > highest || pkt->capacity > highest - pkt->base)
		return -EFAULT;
	return 0;
}

/**
 * nsl_pkt_check_write - may this element be sent?
 * @pkt: the element
 * @highest: the largest address that a pointer holds here
 * @frame_max: bytes of the longest frame that the port takes
 *
 * Return: 0, -EINVAL, -EMSGSIZE or -EFAULT, as the UAPI header has them
 */
static inline int nsl_pkt_check_write(const struct netslice_pkt *pkt, __u64 highest,
				      __u32 frame_max)
{
	if (pkt->length > pkt->capacity || pkt->length < NSL_FRAME_MIN)
		return -EINVAL;
	if (pkt->length > frame_max)
		return -EMSGSIZE;
	return nsl_pkt_check_read(pkt, highest);
}

#endif /* NSL_PKT_ARRAY_H */
