// SPDX-License-Identifier: GPL-2.0
/*
 * Rings: set-up, mapping, forwarding, and orders that are none.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct nsl_rings rings;

static struct netslice_ring_setup setup(void)
{
	return (struct netslice_ring_setup){
		.size = sizeof(struct netslice_ring_setup), .version = NETSLICE_ABI_VERSION,
		.rx_room = 128, .tx_room = ROOM, .tx_entries = 64,
	};
}

int open_ringed(int flags, uint32_t rx_room)
{
	int slice = nsl_open(flags);

	EXPECT(slice >= 0 && filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_rings_open(&rings, slice, rx_room, ROOM, 64) == 0);
	EXPECT(nsl_attach(slice, inside, inside, NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	return slice;
}

void close_ringed(int slice)
{
	nsl_rings_close(&rings);
	close(slice);
}

struct netslice_stats stats_of(int slice)
{
	struct netslice_stats stats;

	EXPECT(nsl_get_stats(slice, &stats) == 0);
	return stats;
}

static bool comes_back(size_t length, unsigned char number)
{
	unsigned char frame[ROOM];

	return recv(wire, frame, sizeof(frame), 0) == (ssize_t)length && frame[40] == number;
}

void rings__are_of_their_mode_only(void)
{
	struct netslice_ring_setup wanted = setup();
	int slice = open_slice(0);

	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), EOPNOTSUPP);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, slice, 0) == MAP_FAILED &&
	       errno == EOPNOTSUPP);
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &wanted),
		     parameter_is("mode", "ring") ? EISCONN : EOPNOTSUPP);
	close(slice);
}

void rings__are_set_up_once_and_as_asked(void)
{
	struct netslice_ring_setup good = setup(), bad;
	int slice = nsl_open(0);

	bad = good;
	bad.size++;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &bad), EINVAL);
	bad = good;
	bad.reserved = 1;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &bad), EINVAL);
	bad = good;
	bad.rx_room = 63;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &bad), EINVAL);
	bad = good;
	bad.tx_entries = 96;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &bad), EINVAL);
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, NULL), EFAULT);
	EXPECT(ioctl(slice, NETSLICE_RING_SETUP, &good) == 0);
	EXPECT(good.rx_entries >= 64 && good.map_size >= (uint64_t)good.rx_entries * 128);
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SETUP, &good), EBUSY);
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), ENOTCONN);
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 2), EINVAL);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), EOPNOTSUPP);
	close(slice);
}

void rings__are_mapped_whole_and_shared(void)
{
	struct netslice_ring_setup made = setup();
	int slice = nsl_open(0), status = 0;
	size_t size;
	void *memory;
	pid_t child;

	EXPECT(ioctl(slice, NETSLICE_RING_SETUP, &made) == 0);
	size = made.map_size;
	EXPECT(mmap(NULL, size - 4096, PROT_READ, MAP_SHARED, slice, 0) == MAP_FAILED);
	EXPECT(mmap(NULL, size + 4096, PROT_READ, MAP_SHARED, slice, 0) == MAP_FAILED);
	EXPECT(mmap(NULL, size, PROT_READ, MAP_SHARED, slice, 4096) == MAP_FAILED);
	EXPECT(mmap(NULL, size, PROT_READ, MAP_PRIVATE, slice, 0) == MAP_FAILED);
	EXPECT(mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, slice, 0) == MAP_FAILED);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slice, 0);
	EXPECT(memory != MAP_FAILED);
	EXPECT_ERROR(mprotect(memory, size, PROT_READ | PROT_EXEC), EACCES);
	EXPECT(mremap(memory, size, size + 4096, MREMAP_MAYMOVE) == MAP_FAILED);
	/* Used before, so that it is in whatever a child might get of its parent's. */
	memset(memory, 0x5A, size);
	child = fork();
	if (child == 0) {
		/* To look at memory that is not there. */
		signal(SIGSEGV, SIG_DFL);
		_exit(*(volatile unsigned char *)memory);
	}
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	/* The mapping outlives the descriptor, and the slice with it. */
	close(slice);
	memset(memory, 0xA5, size);
	munmap(memory, size);
}

void rings__forward_what_they_are_told_to(void)
{
	int slice = open_ringed(O_NONBLOCK, 128);
	struct pollfd poller = { .fd = slice, .events = POLLIN };
	struct netslice_stats stats;
	struct nsl_frame frame;
	unsigned int i;

	drain_wire();
	EXPECT(poll(&poller, 1, 0) == 0);
	EXPECT_ERROR(nsl_rings_sync(&rings, true), EAGAIN);
	for (i = 0; i < 10; i++)
		send_in(i < 5 ? FRAME : 1400, ETHERTYPE, (unsigned char)i);
	EXPECT(queued(slice, 10) && nsl_rings_received(&rings) == 10);
	EXPECT(poll(&poller, 1, 0) == 1 && poller.revents == POLLIN);
	/* There are frames, but not for read(). */
	EXPECT_ERROR(nsl_read(slice, pkts, 1), EOPNOTSUPP);
	for (i = 0; i < 10; i++) {
		frame = nsl_rings_frame(&rings, i);
		EXPECT(frame.length == (i < 5 ? FRAME : 1400));
		EXPECT(frame.copied == (i < 5 ? FRAME : 128) && frame.bytes[99] == i);
		/* The fourth and the eighth are dropped. */
		if (i % 4 != 3)
			nsl_rings_forward(&rings, i, 0, 0);
	}
	nsl_rings_done(&rings, 10);
	EXPECT(nsl_rings_sync(&rings, false) == 0);
	for (i = 0; i < 10; i++)
		EXPECT(i % 4 == 3 || comes_back(i < 5 ? FRAME : 1400, (unsigned char)i));
	stats = stats_of(slice);
	EXPECT(stats.tx_packets == 8 && stats.tx_forwarded == 8 && stats.tx_refused == 0);
	EXPECT(stats.queue_packets == 0 && stats.queue_bytes == 0 && stats.rx_delivered == 10);
	EXPECT(stats.rx_delivered_bytes == 5 * FRAME + 5 * 1400);
	EXPECT(poll(&poller, 1, 0) == 0);
	close_ringed(slice);
}

void rings__forward_in_any_order(void)
{
	int slice = open_ringed(0, 64);
	struct netslice_stats stats;

	drain_wire();
	send_in(FRAME, ETHERTYPE, 1);
	send_in(1400, ETHERTYPE, 2);
	EXPECT(queued(slice, 2));
	/* The second leaves first, and counts when the program is done with it. */
	nsl_rings_forward(&rings, 1, 0, 0);
	EXPECT(nsl_rings_sync(&rings, false) == 0 && comes_back(1400, 2));
	nsl_rings_forward(&rings, 0, 0, 0);
	nsl_rings_done(&rings, 1);
	EXPECT(nsl_rings_sync(&rings, false) == 0 && comes_back(FRAME, 1));
	stats = stats_of(slice);
	EXPECT(stats.rx_delivered == 1 && stats.rx_delivered_bytes == FRAME);
	EXPECT(stats.queue_packets == 1 && stats.queue_bytes == 1400);
	nsl_rings_done(&rings, 1);
	EXPECT(nsl_rings_sync(&rings, false) == 0);
	stats = stats_of(slice);
	EXPECT(stats.rx_delivered_bytes == FRAME + 1400 && stats.queue_bytes == 0);
	close_ringed(slice);
}

void rings__write_back_what_was_changed_only(void)
{
	int slice = open_ringed(0, 128);
	unsigned char got[ROOM];
	struct nsl_frame frame;

	drain_wire();
	send_in(1400, ETHERTYPE, 1);
	EXPECT(queued(slice, 1));
	frame = nsl_rings_frame(&rings, 0);
	memset(frame.bytes + 20, 7, 20);
	nsl_rings_forward(&rings, 0, 20, 10);
	nsl_rings_done(&rings, 1);
	EXPECT(nsl_rings_sync(&rings, false) == 0);
	EXPECT(recv(wire, got, sizeof(got), 0) == 1400);
	EXPECT(got[19] == 1 && got[20] == 7 && got[29] == 7 && got[30] == 1 && got[1399] == 1);
	close_ringed(slice);
}

void rings__compute_checksums_of_what_was_changed(void)
{
	static const unsigned char header[] = {
		0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0,
		0xC0, 0xA8, 0, 1, 0xC0, 0xA8, 0, 0xC7,
	};
	int slice = open_ringed(0, 128);
	int ip = packet_socket(outside, 0x0800);
	unsigned char got[ROOM];
	struct nsl_frame frame;
	int i;

	EXPECT(nsl_set_checksum(slice, NETSLICE_CHECKSUM_IP) == 0);
	send_in(14 + 0x73, ETHERTYPE, 0);
	send_in(14 + 0x73, ETHERTYPE, 1);
	EXPECT(queued(slice, 2));
	/* Made an IPv4 packet here; and the same bytes, of which none is said to be changed. */
	for (i = 0; i < 2; i++) {
		frame = nsl_rings_frame(&rings, (uint32_t)i);
		frame.bytes[12] = 8;
		frame.bytes[13] = 0;
		memcpy(frame.bytes + 14, header, sizeof(header));
		nsl_rings_forward(&rings, (uint32_t)i, 12, i ? 0 : 2 + sizeof(header));
	}
	nsl_rings_done(&rings, 2);
	drain_wire();
	EXPECT(nsl_rings_sync(&rings, false) == 0);
	EXPECT(recv(ip, got, sizeof(got), 0) == 14 + 0x73);
	EXPECT(got[24] == 0xB8 && got[25] == 0x61 && got[34] == 0);
	EXPECT(comes_back(14 + 0x73, 1));
	close(ip);
	close_ringed(slice);
}

void rings__send_new_frames(void)
{
	int slice = open_ringed(0, 64);
	struct netslice_stats stats;
	unsigned int i;

	drain_wire();
	for (i = 0; i < 64; i++) {
		EXPECT(nsl_rings_space(&rings) == 64 - i);
		make_frame(nsl_rings_room(&rings), FRAME, ETHERTYPE, (unsigned char)i);
		nsl_rings_send(&rings, FRAME);
	}
	EXPECT(nsl_rings_sync(&rings, false) == 0 && nsl_rings_space(&rings) == 64);
	for (i = 0; i < 64; i++)
		EXPECT(comes_back(FRAME, (unsigned char)i));

	/* One too long for the port, and four that are no frames. */
	nsl_rings_send(&rings, 1600);
	nsl_rings_send(&rings, ROOM + 1);
	nsl_rings_send(&rings, 13);
	nsl_rings_forward(&rings, 0, 0, 0);
	nsl_rings_order(&rings, (enum netslice_tx_op)7, 0, 0, FRAME);
	EXPECT(nsl_rings_sync(&rings, false) == 5);
	stats = stats_of(slice);
	EXPECT(stats.tx_too_long == 1 && stats.tx_refused == 4 && stats.tx_packets == 64);
	close_ringed(slice);
}

void rings__refuse_a_frame_named_twice_or_not_there(void)
{
	int slice = open_ringed(0, 64);
	struct netslice_stats stats;

	drain_wire();
	send_in(FRAME, ETHERTYPE, 5);
	EXPECT(queued(slice, 1));
	nsl_rings_forward(&rings, 1, 0, 0);
	nsl_rings_forward(&rings, 0x80000000, 0, 0);
	nsl_rings_forward(&rings, 0, 0, 0);
	nsl_rings_forward(&rings, 0, 0, 0);
	EXPECT(nsl_rings_sync(&rings, false) == 3);
	EXPECT(comes_back(FRAME, 5));
	/* It is still ours to be done with. */
	EXPECT(stats_of(slice).queue_packets == 1);
	nsl_rings_done(&rings, 1);
	EXPECT(nsl_rings_sync(&rings, false) == 0);
	stats = stats_of(slice);
	EXPECT(stats.queue_packets == 0 && stats.queue_bytes == 0 && stats.tx_refused == 3);

	/* Bytes that were not copied cannot be replaced. */
	send_in(FRAME, ETHERTYPE, 6);
	EXPECT(queued(slice, 1));
	nsl_rings_forward(&rings, 0, 60, 5);
	nsl_rings_done(&rings, 1);
	EXPECT(nsl_rings_sync(&rings, false) == 1);
	close_ringed(slice);
}

void rings__refuse_impossible_indices(void)
{
	int slice = open_ringed(0, 64);
	uint32_t good;

	good = *rings.rx_consumer;
	*rings.rx_consumer = good + 1;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), EINVAL);
	*rings.rx_consumer = good - 1;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), EINVAL);
	*rings.rx_consumer = good;
	good = *rings.tx_producer;
	*rings.tx_producer = good + 65;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), EINVAL);
	*rings.tx_producer = good - 1;
	EXPECT_ERROR(ioctl(slice, NETSLICE_RING_SYNC, 0), EINVAL);
	*rings.tx_producer = good;
	EXPECT(ioctl(slice, NETSLICE_RING_SYNC, 0) == 0);
	close_ringed(slice);
}
