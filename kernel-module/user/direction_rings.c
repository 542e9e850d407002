// SPDX-License-Identifier: GPL-2.0
/*
 * A direction whose frames are forwarded through the slice's rings: one system
 * call for all that is there, in which the thread sleeps when nothing is.
 */
#include "direction.h"
#include "libnetslice.h"
#include "touch.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Beyond the MTU: an Ethernet header and two VLAN tags. */
#define FRAME_EXTRA	22

/* Bytes of the longest frame that a port receives; as in the other modes if it does not say. */
static uint32_t longest_frame(const char *port)
{
	struct ifreq request = { 0 };
	uint32_t longest = FRAME_ROOM;
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, port, IFNAMSIZ - 1);
	if (any >= 0 && ioctl(any, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0)
		longest = (uint32_t)request.ifr_mtu + FRAME_EXTRA;
	if (any >= 0)
		close(any);
	if (longest < NETSLICE_RING_ROOM_MIN)
		return NETSLICE_RING_ROOM_MIN;
	return longest < NETSLICE_RING_ROOM_MAX ? longest : NETSLICE_RING_ROOM_MAX;
}

int direction_open_rings(struct direction *direction)
{
	bool headers = direction->touch == TOUCH_ONLY_HEADERS;
	uint32_t room = headers ? TOUCH_HEADERS : longest_frame(direction->from);
	int error;

	/* A batch of orders has space, and nothing new is sent. */
	if (nsl_rings_open(&direction->rings, direction->slice, room, 0, BATCH_MAX) == 0)
		return 0;
	error = errno;
	fprintf(stderr, "netslice-bridge: could not make the rings of `%s`: %s\n",
		direction->from, strerror(error));
	if (error == ENOMEM)
		fputs("hint: load the module with a smaller `queue_len`\n", stderr);
	return error;
}

/* Orders what is to be forwarded, up to a batch; returns how many frames that were. */
static uint32_t order(struct direction *direction)
{
	/* A copy of our own, so that no store to an order can be one to it. */
	struct nsl_rings rings = direction->rings;
	bool headers = direction->touch == TOUCH_ONLY_HEADERS;
	uint32_t count = nsl_rings_received(&rings);
	uint32_t space = nsl_rings_space(&rings);
	uint64_t digest = 0;
	struct nsl_frame frame;
	uint32_t i;

	if (count > direction->batch)
		count = direction->batch;
	if (count > space)
		count = space;
	for (i = 0; i < count; i++) {
		frame = nsl_rings_frame(&rings, i);
		digest += touch_bytes(frame.bytes, frame.copied);
		if (!headers && frame.copied < frame.length)
			direction_add(&direction->counters.dropped_truncated, 1);
		else
			nsl_rings_forward(&rings, i, 0, 0);
	}
	nsl_rings_done(&rings, count);
	direction->digest += digest;
	direction->rings = rings;
	return count;
}

void direction_forward_rings(struct direction *direction)
{
	struct counters *counters = &direction->counters;
	uint32_t left;

	while (!direction_stopping(direction)) {
		if (order(direction)) {
			direction_add(&counters->read_calls, 1);
			direction_add(&counters->write_calls, 1);
		}
		if (nsl_rings_sync(&direction->rings, true) < 0 && errno != EINTR) {
			direction_fail(direction, "sync");
			return;
		}
	}
	left = direction->rings.shape.tx_entries - nsl_rings_space(&direction->rings);
	direction_add(&counters->dropped_stopping, left);
}
