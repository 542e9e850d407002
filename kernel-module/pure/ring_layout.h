/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where everything lies in the memory that a slice's rings share with a program.
 */
#ifndef NSL_RING_LAYOUT_H
#define NSL_RING_LAYOUT_H

#include "portable.h"
#include <linux/netslice.h>

/* A mapping is not larger than this, whatever is asked for. */
#define NSL_RING_MAP_MAX	(1ULL << 30)

/* Rooms begin on a cache line. */
#define NSL_RING_ROOM_ALIGN	64

static inline bool nsl_ring_room_valid(__u32 room)
{
	return room >= NETSLICE_RING_ROOM_MIN && room <= NETSLICE_RING_ROOM_MAX;
}

static inline bool nsl_ring_entries_valid(__u32 entries)
{
	return entries >= NETSLICE_RING_TX_MIN && entries <= NETSLICE_RING_TX_MAX &&
	       !(entries & (entries - 1));
}

/**
 * nsl_ring_entries - positions of a ring that holds so many frames
 * @frames: from 1 to 2^31
 */
static inline __u32 nsl_ring_entries(__u32 frames)
{
	__u32 entries = 1;

	while (entries < frames)
		entries <<= 1;
	return entries;
}

/* Up to the next multiple of a power of two. */
static inline __u64 nsl_ring_align(__u64 bytes, __u64 to)
{
	return (bytes + to - 1) & ~(to - 1);
}

/**
 * nsl_ring_layout - check what a program asks for, and lay it out
 * @setup: its rx_room, tx_room and tx_entries are read, the rest is written
 * @queue_len: frames that the receive ring is to hold
 * @page: bytes of a page
 *
 * Return: 0, -EINVAL for numbers out of bounds, -ENOMEM for a mapping too large
 */
static inline int nsl_ring_layout(struct netslice_ring_setup *setup, __u32 queue_len, __u64 page)
{
	__u64 at;

	if (!nsl_ring_room_valid(setup->rx_room) || !nsl_ring_entries_valid(setup->tx_entries))
		return -EINVAL;
	if (setup->tx_room && !nsl_ring_room_valid(setup->tx_room))
		return -EINVAL;
	setup->rx_entries = nsl_ring_entries(queue_len);
	setup->rx_stride = nsl_ring_align(setup->rx_room, NSL_RING_ROOM_ALIGN);
	setup->tx_stride = nsl_ring_align(setup->tx_room, NSL_RING_ROOM_ALIGN);

	/* What the kernel stores first, then what the program does. */
	setup->rx_producer = 0;
	setup->tx_consumer = NETSLICE_RING_LINE;
	setup->tx_flags = 2 * NETSLICE_RING_LINE;
	setup->rx_consumer = 3 * NETSLICE_RING_LINE;
	setup->tx_producer = 4 * NETSLICE_RING_LINE;
	at = 5 * NETSLICE_RING_LINE;

	setup->rx_descs = at;
	at += (__u64)setup->rx_entries * sizeof(struct netslice_rx_desc);
	setup->tx_descs = nsl_ring_align(at, NETSLICE_RING_LINE);
	at = setup->tx_descs + (__u64)setup->tx_entries * sizeof(struct netslice_tx_desc);
	setup->rx_rooms = nsl_ring_align(at, page);
	at = setup->rx_rooms + (__u64)setup->rx_entries * setup->rx_stride;
	setup->tx_rooms = nsl_ring_align(at, page);
	at = setup->tx_rooms + (__u64)setup->tx_entries * setup->tx_stride;
	setup->map_size = nsl_ring_align(at, page);
	return setup->map_size > NSL_RING_MAP_MAX ? -ENOMEM : 0;
}

#endif /* NSL_RING_LAYOUT_H */
