/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arithmetic of a bounded queue: how much is in it, and may more come in.
 * Knows nothing of what the queue holds.
 */
#ifndef NSL_QUEUE_COUNT_H
#define NSL_QUEUE_COUNT_H

#include "portable.h"

/* Bounds of the module's parameter queue_len, in packets. */
#define NSL_QUEUE_LEN_MIN	64
#define NSL_QUEUE_LEN_MAX	1048576U

/**
 * struct nsl_queue_count - how full a queue is
 * @packets: packets in it
 * @limit: packets from which on newcomers are turned away
 * @bytes: bytes of those packets
 *
 * The owner's lock protects all of it.
 */
struct nsl_queue_count {
	__u32 packets;
	__u32 limit;
	__u64 bytes;
};

static inline bool nsl_queue_len_valid(__u32 packets)
{
	return packets >= NSL_QUEUE_LEN_MIN && packets <= NSL_QUEUE_LEN_MAX;
}

/**
 * nsl_queue_admits - may a newcomer enter?
 * @count: the queue
 *
 * A queue can be above its limit, by what a reader put back; see
 * nsl_queue_put_back().
 */
static inline bool nsl_queue_admits(const struct nsl_queue_count *count)
{
	return count->packets < count->limit;
}

/**
 * nsl_queue_add - count one packet in
 * @count: the queue, which admits
 * @length: the packet's bytes
 */
static inline void nsl_queue_add(struct nsl_queue_count *count, __u32 length)
{
	count->packets++;
	count->bytes += length;
}

/**
 * nsl_queue_remove - count one packet out
 * @count: the queue, which is not empty
 * @length: the packet's bytes, as they were when it was added
 */
static inline void nsl_queue_remove(struct nsl_queue_count *count, __u32 length)
{
	count->packets--;
	count->bytes -= length;
}

/**
 * nsl_queue_remove_many - count packets out that left together
 * @count: the queue
 * @packets: how many, at most as many as are in it
 * @bytes: their bytes
 */
static inline void nsl_queue_remove_many(struct nsl_queue_count *count, __u32 packets,
					 __u64 bytes)
{
	count->packets -= packets;
	count->bytes -= bytes;
}

/**
 * nsl_queue_put_back - count packets in that were counted out before
 * @count: the queue
 * @packets: how many
 * @bytes: their bytes
 *
 * The limit does not apply: what a reader could not take must not be lost, and
 * there is never more of it than one chunk a reader.
 */
static inline void nsl_queue_put_back(struct nsl_queue_count *count, __u32 packets, __u64 bytes)
{
	count->packets += packets;
	count->bytes += bytes;
}

#endif /* NSL_QUEUE_COUNT_H */
