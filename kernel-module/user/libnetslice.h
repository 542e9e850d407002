/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libnetslice: the system calls of /dev/netslice as C functions. What a slice
 * is, and what the errors mean, is said at the top of <linux/netslice.h>.
 *
 * Unless said otherwise, functions return 0, or -1 with errno set. A slice is a
 * file descriptor: close() ends it, poll() works on it. The library allocates
 * nothing and keeps nothing, so different slices may be used from different
 * threads, and one slice by one reading and one writing thread. Rings belong to
 * one thread. libnetslice(3) has an example of either way.
 */
#ifndef LIBNETSLICE_H
#define LIBNETSLICE_H

#include <linux/filter.h>
#include <linux/netslice.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * nsl_open - open a slice that belongs to no port
 * @flags: 0 or O_NONBLOCK; O_RDWR and O_CLOEXEC are added
 *
 * Return: a file descriptor, or -1: ENOENT when the module is not loaded, EACCES
 * or EPERM for lack of privilege
 */
int nsl_open(int flags);

/**
 * nsl_attach - tie a slice to its ports
 * @slice: from nsl_open()
 * @rx: name of the port to receive from; ENODEV when there is none
 * @tx: name of the port to transmit on
 * @kernel_cpu: CPU whose softirq feeds the slice, or NETSLICE_CPU_ANY
 * @user_cpu: CPU of the calling thread, or NETSLICE_CPU_ANY; recorded, not set
 */
int nsl_attach(int slice, const char *rx, const char *tx, int kernel_cpu, int user_cpu);

/**
 * nsl_packet - set an element of an array up for nsl_read()
 * @pkt: the element
 * @base: where a frame is to be stored
 * @capacity: bytes of room there
 */
static inline void nsl_packet(struct netslice_pkt *pkt, void *base, uint32_t capacity)
{
	pkt->base = (uint64_t)(uintptr_t)base;
	pkt->capacity = capacity;
	pkt->length = 0;
}

/**
 * nsl_read - receive up to @count frames, waiting for the first
 * @slice: an attached slice
 * @pkts: where to store them; length is set, base and capacity stay
 * @count: elements of @pkts
 *
 * Return: frames received, or -1
 */
ssize_t nsl_read(int slice, struct netslice_pkt *pkts, size_t count);

/**
 * nsl_write - transmit up to @count frames, waiting for room for the first
 * @slice: an attached slice
 * @pkts: the frames
 * @count: elements of @pkts
 *
 * Return: frames taken, which may be fewer than @count, or -1
 */
ssize_t nsl_write(int slice, const struct netslice_pkt *pkts, size_t count);

/** nsl_set_cpus - change the CPU pair; see nsl_attach() */
int nsl_set_cpus(int slice, int kernel_cpu, int user_cpu);

/** nsl_set_checksum - choose what nsl_write() computes in each frame */
int nsl_set_checksum(int slice, enum netslice_checksum_mode mode);

/** nsl_attach_filter - receive only what a classic BPF program of @count instructions wants */
int nsl_attach_filter(int slice, const struct sock_filter *instructions, uint32_t count);

/** nsl_detach_filter - receive everything again; ENOENT without a filter */
int nsl_detach_filter(int slice);

/** nsl_get_info - what the slice is; fills all of @info */
int nsl_get_info(int slice, struct netslice_info *info);

/** nsl_get_stats - the slice's counters since nsl_open(); fills all of @stats */
int nsl_get_stats(int slice, struct netslice_stats *stats);

/**
 * struct nsl_rings - a slice's rings, mapped; see <linux/netslice_ring.h>
 * @shape: what the kernel made
 * @slice: whose they are
 * @memory: the mapping
 * @rx_producer: in @memory, as the rest up to @tx_descs
 * @rx_consumer: ours to store
 * @tx_producer: ours to store
 * @tx_consumer: orders that the kernel took
 * @rx_descs: received frames
 * @tx_descs: orders
 * @rx_next: frames that we are done with; published by nsl_rings_sync()
 * @tx_next: orders that we wrote; published by nsl_rings_sync()
 *
 * Not to be touched but through the functions below.
 */
struct nsl_rings {
	struct netslice_ring_setup shape;
	int slice;
	unsigned char *memory;
	const uint32_t *rx_producer;
	uint32_t *rx_consumer;
	uint32_t *tx_producer;
	const uint32_t *tx_consumer;
	const struct netslice_rx_desc *rx_descs;
	struct netslice_tx_desc *tx_descs;
	uint32_t rx_next;
	uint32_t tx_next;
};

/**
 * struct nsl_frame - a received frame
 * @bytes: its first bytes; may be changed, see nsl_rings_forward()
 * @copied: how many of them are there
 * @length: how many the frame has
 */
struct nsl_frame {
	unsigned char *bytes;
	uint32_t copied;
	uint32_t length;
};

/**
 * nsl_rings_open - give a slice rings and map them; before nsl_attach()
 * @rings: to be filled
 * @slice: from nsl_open(), of a module in mode `ring`
 * @rx_room: bytes of each received frame that are wanted, 64 to 65536
 * @tx_room: bytes of the longest new frame, likewise, or 0 for none
 * @tx_entries: orders between two nsl_rings_sync(), a power of two, 64 to 65536
 *
 * Return: 0, or -1: EOPNOTSUPP in another mode, see struct netslice_ring_setup
 */
int nsl_rings_open(struct nsl_rings *rings, int slice, uint32_t rx_room, uint32_t tx_room,
		   uint32_t tx_entries);

/** nsl_rings_close - unmap; the slice keeps the rings until it is closed */
void nsl_rings_close(struct nsl_rings *rings);

/** nsl_rings_received - frames that are there and that we are not done with */
static inline uint32_t nsl_rings_received(const struct nsl_rings *rings)
{
	return __atomic_load_n(rings->rx_producer, __ATOMIC_ACQUIRE) - rings->rx_next;
}

/**
 * nsl_rings_frame - look at a received frame
 * @rings: the rings
 * @number: which, from 0, the oldest, to nsl_rings_received() - 1
 */
static inline struct nsl_frame nsl_rings_frame(const struct nsl_rings *rings, uint32_t number)
{
	uint32_t position = (rings->rx_next + number) & (rings->shape.rx_entries - 1);
	struct nsl_frame frame;

	frame.bytes = rings->memory + rings->shape.rx_rooms +
		      (size_t)position * rings->shape.rx_stride;
	frame.copied = rings->rx_descs[position].copied;
	frame.length = rings->rx_descs[position].length;
	return frame;
}

/** nsl_rings_space - orders that can be written before the next nsl_rings_sync() */
static inline uint32_t nsl_rings_space(const struct nsl_rings *rings)
{
	return rings->shape.tx_entries -
	       (rings->tx_next - __atomic_load_n(rings->tx_consumer, __ATOMIC_ACQUIRE));
}

/* The next order, which nsl_rings_space() has room for. */
static inline void nsl_rings_order(struct nsl_rings *rings, enum netslice_tx_op op,
				   uint32_t frame, uint32_t offset, uint32_t length)
{
	struct netslice_tx_desc *order;

	order = &rings->tx_descs[rings->tx_next & (rings->shape.tx_entries - 1)];
	order->op = op;
	order->frame = frame;
	order->offset = offset;
	order->length = length;
	rings->tx_next++;
}

/**
 * nsl_rings_forward - have a received frame transmitted
 * @rings: the rings, with space for an order
 * @number: which frame, as in nsl_rings_frame(); once, before nsl_rings_done()
 * @offset: first byte that was changed
 * @length: bytes that were, or 0 for a frame that leaves as it came
 *
 * Nothing is copied but the bytes that were changed.
 */
static inline void nsl_rings_forward(struct nsl_rings *rings, uint32_t number, uint32_t offset,
				     uint32_t length)
{
	nsl_rings_order(rings, NETSLICE_TX_FORWARD, rings->rx_next + number, offset, length);
}

/** nsl_rings_room - where the bytes of the next new frame go; @rings has space for an order */
static inline unsigned char *nsl_rings_room(const struct nsl_rings *rings)
{
	uint32_t position = rings->tx_next & (rings->shape.tx_entries - 1);

	return rings->memory + rings->shape.tx_rooms +
	       (size_t)position * rings->shape.tx_stride;
}

/** nsl_rings_send - have the frame of @length bytes in nsl_rings_room() transmitted */
static inline void nsl_rings_send(struct nsl_rings *rings, uint32_t length)
{
	nsl_rings_order(rings, NETSLICE_TX_NEW, 0, 0, length);
}

/**
 * nsl_rings_done - be done with the oldest @count frames
 *
 * Those that were not forwarded are dropped. Frame @count is now frame 0.
 */
static inline void nsl_rings_done(struct nsl_rings *rings, uint32_t count)
{
	rings->rx_next += count;
}

/**
 * nsl_rings_sync - carry out the orders, and give back what we are done with
 * @rings: the rings
 * @wait: sleep until a frame is there
 *
 * The one system call, once for many frames. After EINTR and EAGAIN it is to be
 * called again; nothing is lost.
 *
 * Return: orders that were dropped, see struct netslice_stats; or -1
 */
int nsl_rings_sync(struct nsl_rings *rings, bool wait);

#ifdef __cplusplus
}
#endif

#endif /* LIBNETSLICE_H */
