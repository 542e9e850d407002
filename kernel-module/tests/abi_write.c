// SPDX-License-Identifier: GPL-2.0
/*
 * write() and checksums.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void write__sends_arrays_in_order(void)
{
	struct netslice_stats stats;
	unsigned char frame[ROOM];
	int slice = open_slice(0);
	size_t moved = 0;
	ssize_t n;
	int i;

	drain_wire();
	prepare(ROOM);
	for (i = 0; i < 150; i++) {
		make_frame(frames[i], FRAME, ETHERTYPE, (unsigned char)i);
		pkts[i].length = FRAME;
	}
	while (moved < 150) {
		n = nsl_write(slice, pkts + moved, 150 - moved);
		EXPECT(n > 0);
		if (n <= 0)
			break;
		moved += (size_t)n;
	}
	for (i = 0; i < 150; i++)
		EXPECT(recv(wire, frame, sizeof(frame), 0) == FRAME && frame[99] == i);
	EXPECT(nsl_get_stats(slice, &stats) == 0);
	EXPECT(stats.tx_packets == 150 && stats.tx_bytes == 150 * FRAME && !stats.tx_dropped);
	close(slice);
}

void write__judges_each_element(void)
{
	unsigned char frame[ROOM];
	int slice = open_slice(0);

	drain_wire();
	prepare(ROOM);
	make_frame(frames[0], FRAME, ETHERTYPE, 7);
	pkts[0].length = ROOM + 1;
	EXPECT_ERROR(nsl_write(slice, pkts, 1), EINVAL);
	pkts[0].length = 13;
	EXPECT_ERROR(nsl_write(slice, pkts, 1), EINVAL);
	pkts[0].length = 1519;
	EXPECT_ERROR(nsl_write(slice, pkts, 1), EMSGSIZE);
	pkts[0].length = FRAME;
	pkts[0].base = 8;
	EXPECT_ERROR(nsl_write(slice, pkts, 1), EFAULT);
	EXPECT_ERROR(nsl_write(slice, (struct netslice_pkt *)8, 1), EFAULT);

	/* What comes before a bad element goes out, and what follows does not. */
	pkts[0].base = (uint64_t)(uintptr_t)frames[0];
	pkts[1].length = 5000;
	make_frame(frames[2], FRAME, ETHERTYPE, 8);
	pkts[2].length = FRAME;
	EXPECT(nsl_write(slice, pkts, 3) == 1);
	EXPECT(recv(wire, frame, sizeof(frame), 0) == FRAME && frame[99] == 7);
	EXPECT(nsl_write(slice, pkts + 2, 1) == 1);
	EXPECT(recv(wire, frame, sizeof(frame), 0) == FRAME && frame[99] == 8);
	close(slice);
}

/* More than one call moves; the longest frame; elements that share their bytes. */
void write__takes_arrays_of_all_kinds(void)
{
	const uint32_t longest = 1518;
	struct netslice_pkt *many = calloc(NETSLICE_CALL_MAX + 10, sizeof(*many));
	int slice = open_slice(0), i;
	struct netslice_stats stats;
	unsigned char frame[ROOM];

	EXPECT(nsl_write(slice, NULL, 0) == 0);
	EXPECT_ERROR(nsl_write(slice, NULL, SIZE_MAX), EFAULT);
	make_frame(frames[0], longest, ETHERTYPE, 1);
	for (i = 0; i < NETSLICE_CALL_MAX + 10; i++) {
		nsl_packet(&many[i], frames[0], ROOM);
		many[i].length = FRAME;
	}
	EXPECT(nsl_write(slice, many, NETSLICE_CALL_MAX + 10) == NETSLICE_CALL_MAX);
	/* A virtual wire has room for so many, and drops the rest. */
	stats = stats_of(slice);
	EXPECT(stats.tx_packets + stats.tx_dropped == NETSLICE_CALL_MAX);
	drain_wire();
	many[0].length = longest;
	EXPECT(nsl_write(slice, many, 1) == 1);
	EXPECT(recv(wire, frame, sizeof(frame), 0) == (ssize_t)longest);
	many[0].length = 14;
	EXPECT(nsl_write(slice, many, 1) == 1);
	EXPECT(recv(wire, frame, sizeof(frame), 0) == 14);
	free(many);
	close(slice);
}

void checksum__is_written_on_transmit(void)
{
	static const unsigned char header[] = {
		0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0,
		0xC0, 0xA8, 0, 1, 0xC0, 0xA8, 0, 0xC7,
	};
	struct netslice_info info;
	unsigned char frame[ROOM];
	int ip = packet_socket(outside, 0x0800);
	int slice = open_slice(0);

	EXPECT(nsl_set_checksum(slice, NETSLICE_CHECKSUM_IP) == 0);
	EXPECT(nsl_get_info(slice, &info) == 0 && info.checksum == NETSLICE_CHECKSUM_IP);
	prepare(ROOM);
	make_frame(frames[0], 14 + 0x73, 0x0800, 0);
	memcpy(frames[0] + 14, header, sizeof(header));
	pkts[0].length = 14 + 0x73;
	EXPECT(nsl_write(slice, pkts, 1) == 1);
	EXPECT(recv(ip, frame, sizeof(frame), 0) == 14 + 0x73);
	EXPECT(frame[24] == 0xB8 && frame[25] == 0x61);
	EXPECT(frames[0][24] == 0 && frames[0][25] == 0);
	close(ip);
	close(slice);
}
