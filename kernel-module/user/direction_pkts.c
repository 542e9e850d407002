// SPDX-License-Identifier: GPL-2.0
/*
 * A direction whose frames are moved by read() and write().
 */
#include "direction.h"
#include "libnetslice.h"
#include "touch.h"

#include <errno.h>

/* Closes the gaps that frames too long for their buffers leave; returns what is left. */
static size_t drop_truncated(struct direction *direction, size_t count)
{
	struct netslice_pkt *pkts = direction->pkts;
	struct netslice_pkt whole;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (pkts[i].length > pkts[i].capacity)
			continue;
		/* Exchanged, not copied: every buffer stays in exactly one element. */
		whole = pkts[i];
		pkts[i] = pkts[kept];
		pkts[kept++] = whole;
	}
	direction_add(&direction->counters.dropped_truncated, count - kept);
	return kept;
}

static void count_sent(struct direction *direction, const struct netslice_pkt *pkts, size_t count)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < count; i++)
		bytes += pkts[i].length;
	direction_add(&direction->counters.write_calls, 1);
	direction_add(&direction->counters.packets, count);
	direction_add(&direction->counters.bytes, bytes);
}

/* Sends all frames or counts them as dropped. Returns false when the slice is of no use. */
static bool send_all(struct direction *direction, const struct netslice_pkt *pkts, size_t count)
{
	struct counters *counters = &direction->counters;
	ssize_t sent;

	while (count) {
		sent = nsl_write(direction->slice, pkts, count);
		if (sent > 0) {
			count_sent(direction, pkts, (size_t)sent);
			pkts += sent;
			count -= (size_t)sent;
		} else if (sent < 0 && (errno == EINTR || errno == ENOMEM)) {
			/* No memory passes too: the kernel's allocator has waited. */
			if (direction_stopping(direction)) {
				direction_add(&counters->dropped_stopping, count);
				return true;
			}
		} else if (sent < 0 && errno == ENETDOWN) {
			direction_add(&counters->dropped_link_down, count);
			return true;
		} else if (sent < 0 && errno == EMSGSIZE) {
			direction_add(&counters->dropped_too_long, 1);
			pkts++;
			count--;
		} else {
			direction_fail(direction, "write");
			return false;
		}
	}
	return true;
}

static void touch_all(struct direction *direction, size_t count)
{
	size_t i, length;

	for (i = 0; i < count; i++) {
		length = direction->pkts[i].length;
		if (direction->touch == TOUCH_ONLY_HEADERS && length > TOUCH_HEADERS)
			length = TOUCH_HEADERS;
		/* The element's own address: drop_truncated() exchanged them. */
		direction->digest += touch_bytes((const unsigned char *)(uintptr_t)
						 direction->pkts[i].base, length);
	}
}

void direction_forward_pkts(struct direction *direction)
{
	ssize_t got;
	size_t whole;

	while (!direction_stopping(direction)) {
		got = nsl_read(direction->slice, direction->pkts, direction->batch);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			direction_fail(direction, "read");
			return;
		}
		direction_add(&direction->counters.read_calls, 1);
		whole = drop_truncated(direction, (size_t)got);
		touch_all(direction, whole);
		if (!send_all(direction, direction->pkts, whole))
			return;
	}
}
