/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * NetSlice's rings, a part of <linux/netslice.h>.
 *
 * Where the module's mode is `ring`, a slice can have a receive and a transmit
 * ring in memory that it shares with the program, and no frame is copied by a
 * system call. NETSLICE_RING_SETUP, before NETSLICE_ATTACH, makes them and says
 * where in the mapping everything lies; mmap(fd), MAP_SHARED, offset 0, all of
 * map_size, maps them. read() then fails with EOPNOTSUPP; write() works on. The
 * mapping cannot be made executable or longer, and a child of fork() does not
 * inherit it; with the file descriptor it can map the rings anew.
 * Without rings the slice works as in the other modes.
 *
 * Four indices count frames, modulo 2^32, each on a cache line of its own; what
 * is at index i lies at position i modulo the ring's entries. An index is
 * stored by one side only, with release order, and loaded by the other with
 * acquire order.
 *
 *   rx_producer  the kernel: frames received so far
 *   rx_consumer  the program: frames that it is done with
 *   tx_producer  the program: orders written so far
 *   tx_consumer  the kernel: orders taken so far
 *
 * The frame at receive index i is described by a struct netslice_rx_desc, and
 * its first bytes are copied to the position's room. The frame itself stays
 * with the kernel until the program is done with it. An order, a struct
 * netslice_tx_desc, has the kernel transmit a received frame, as it came or
 * with some bytes replaced by those in its room, or a new frame, whose bytes
 * the program put into the order's own room. A received frame that was not
 * ordered to leave is dropped when the program is done with it.
 *
 * NETSLICE_RING_SYNC, whose argument is a number and not an address, does all
 * the rest. It takes and transmits the orders up to tx_producer, then takes
 * back the room of the frames up to rx_consumer; with NETSLICE_SYNC_WAIT it
 * then sleeps until rx_producer is not rx_consumer. A program stores
 * tx_producer first and rx_consumer after it. One call for many frames is
 * enough; a program that only receives may leave it until it wants to sleep or
 * to give room back. poll() for POLLIN says whether that wait would be over. Call
 * NETSLICE_RING_SYNC before poll(): frames count until it took them back.
 *
 * The call waits for room to transmit, or under O_NONBLOCK fails with EAGAIN;
 * EINTR and EAGAIN leave orders for the next call and lose nothing. Orders that
 * cannot be carried out are dropped and counted, and the call says how many:
 * tx_refused for what is no order or names a frame that is not there,
 * tx_too_long, tx_link_down; a call that fails only counts them. It fails with
 * EINVAL when an index is impossible (nothing was done then), with EOPNOTSUPP
 * where there are no rings, and as read() does.
 *
 * The word at tx_flags has NETSLICE_RING_NEED_SYNC while no call is at work on
 * the orders: a thread that adds orders while another sits in the call need not
 * make one as long as it is clear after tx_producer was stored and a full
 * barrier. A sleeper is woken once for each time that it goes to sleep, under
 * the wake-up policy `sleeper`.
 */
#ifndef _UAPI_LINUX_NETSLICE_RING_H
#define _UAPI_LINUX_NETSLICE_RING_H

#include <linux/types.h>

/* Bounds of struct netslice_ring_setup. */
#define NETSLICE_RING_ROOM_MIN	64
#define NETSLICE_RING_ROOM_MAX	65536
#define NETSLICE_RING_TX_MIN	64
#define NETSLICE_RING_TX_MAX	65536

/* The indices are this far apart at least. */
#define NETSLICE_RING_LINE	128

/**
 * struct netslice_ring_setup - give a slice its rings
 * @size: sizeof(struct netslice_ring_setup)
 * @version: NETSLICE_ABI_VERSION
 * @rx_room: bytes of each received frame that are copied for the program, at
 *	most; from NETSLICE_RING_ROOM_MIN to NETSLICE_RING_ROOM_MAX. What a program
 *	does not read it need not have copied.
 * @tx_room: bytes of the longest new frame; 0 for a program that sends none, else
 *	as @rx_room
 * @tx_entries: orders that the transmit ring holds, a power of two from
 *	NETSLICE_RING_TX_MIN to NETSLICE_RING_TX_MAX
 * @rx_entries: written: frames that the receive ring holds, the module's
 *	queue_len rounded up to a power of two
 * @map_size: written: bytes of the mapping
 * @rx_producer: written: where in the mapping the index is
 * @rx_consumer: written: as above
 * @tx_producer: written: as above
 * @tx_consumer: written: as above
 * @tx_flags: written: where the word of flags is
 * @reserved: zero
 * @rx_descs: written: where the array of struct netslice_rx_desc is
 * @tx_descs: written: where the array of struct netslice_tx_desc is
 * @rx_rooms: written: where the room of receive position 0 is
 * @tx_rooms: written: where the room of transmit position 0 is
 * @rx_stride: written: bytes from the room of one position to that of the next
 * @tx_stride: written: as above
 *
 * EOPNOTSUPP where the module's mode is not `ring`, EBUSY when the slice has
 * rings, EISCONN when it is attached, EINVAL for numbers out of bounds, ENOMEM.
 */
struct netslice_ring_setup {
	__u32 size;
	__u32 version;
	__u32 rx_room;
	__u32 tx_room;
	__u32 tx_entries;
	__u32 rx_entries;
	__u64 map_size;
	__u32 rx_producer;
	__u32 rx_consumer;
	__u32 tx_producer;
	__u32 tx_consumer;
	__u32 tx_flags;
	__u32 reserved;
	__u64 rx_descs;
	__u64 tx_descs;
	__u64 rx_rooms;
	__u64 tx_rooms;
	__u32 rx_stride;
	__u32 tx_stride;
};

/**
 * struct netslice_rx_desc - a received frame, as the kernel describes it
 * @length: bytes of the frame
 * @copied: bytes of it that are in the room: all, or rx_room
 */
struct netslice_rx_desc {
	__u32 length;
	__u32 copied;
};

/**
 * enum netslice_tx_op - what an order asks for
 * @NETSLICE_TX_FORWARD: transmit the received frame at index @frame, with @length
 *	bytes from @offset on replaced by those in the frame's room; all of them
 *	within what was copied. The checksums that NETSLICE_SET_CHECKSUM chose
 *	are computed where bytes were replaced.
 * @NETSLICE_TX_NEW: transmit @length bytes from the order's own room; @offset and
 *	@frame are zero
 */
enum netslice_tx_op {
	NETSLICE_TX_FORWARD = 1,
	NETSLICE_TX_NEW = 2,
};

/**
 * struct netslice_tx_desc - an order
 * @op: one of enum netslice_tx_op
 * @frame: receive index
 * @offset: first byte replaced
 * @length: bytes replaced, or bytes of a new frame
 */
struct netslice_tx_desc {
	__u32 op;
	__u32 frame;
	__u32 offset;
	__u32 length;
};

/* Argument of NETSLICE_RING_SYNC: wait for a frame. */
#define NETSLICE_SYNC_WAIT	1

/* In the word at tx_flags: orders wait for a call. */
#define NETSLICE_RING_NEED_SYNC	1

#endif /* _UAPI_LINUX_NETSLICE_RING_H */
