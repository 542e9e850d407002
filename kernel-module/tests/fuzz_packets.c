// SPDX-License-Identifier: GPL-2.0
/*
 * read(), write() and poll(): with arrays that are good for nothing, where only
 * the kernel's life is at stake, and with careful ones, of which every byte is
 * looked at afterwards.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ROOM		2048
#define UNTOUCHED	0xC7
#define HEADER		14
/* Longer than any port takes, whatever its MTU is by now. */
#define TOO_LONG	65560

static void judge_count(const struct fuzz_thread *thread, const char *call, ssize_t moved,
			size_t asked)
{
	size_t most = asked < NETSLICE_CALL_MAX ? asked : NETSLICE_CALL_MAX;

	if (moved < -1 || (moved > 0 && (size_t)moved > most))
		IMPOSSIBLE(thread, "%s of %zu moved %zd", call, asked, moved);
}

static void fill_odd(struct fuzz_thread *thread, struct netslice_pkt *pkts, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		pkts[i].base = (uint64_t)(uintptr_t)odd_pointer(thread);
		pkts[i].capacity = below(thread, 4) ? below(thread, 3000) :
						      (uint32_t)odd_number(thread);
		pkts[i].length = below(thread, 4) ? below(thread, 1600) :
						    (uint32_t)odd_number(thread);
	}
}

static size_t some_count(struct fuzz_thread *thread)
{
	return one_in(thread, 4) ? (size_t)odd_number(thread) : below(thread, FUZZ_ELEMENTS);
}

/* An array that is written first where it can be, and what lies behind it as it is. */
static struct netslice_pkt *odd_array(struct fuzz_thread *thread)
{
	uint32_t count = 1 + below(thread, 64);
	struct netslice_pkt *pkts = good_pointer(thread, count * sizeof(*pkts));

	fill_odd(thread, pkts, count);
	return one_in(thread, 4) ? odd_pointer(thread) : pkts;
}

void call_read(struct fuzz_thread *thread)
{
	struct netslice_pkt *pkts = odd_array(thread);
	size_t count = some_count(thread);

	judge_count(thread, "read", read(odd_slice(thread), pkts, count), count);
	pkts = bad_pointer(thread);
	count = 1 + below(thread, 100);
	if (read(odd_slice(thread), pkts, count) > 0)
		IMPOSSIBLE(thread, "read() into an array that is not there moved something");
}

void call_write(struct fuzz_thread *thread)
{
	struct netslice_pkt *pkts = odd_array(thread);
	size_t count = some_count(thread);

	judge_count(thread, "write", write(odd_slice(thread), pkts, count), count);
	pkts = bad_pointer(thread);
	count = 1 + below(thread, 100);
	if (write(odd_slice(thread), pkts, count) > 0)
		IMPOSSIBLE(thread, "write() of an array that is not there moved something");
}

static unsigned char *frame_of(const struct fuzz_thread *thread, uint32_t i)
{
	return thread->frames + (size_t)i * ROOM;
}

/* Is a room as it was from @from on? */
static bool untouched(const unsigned char *room, size_t from)
{
	size_t i;

	for (i = from; i < ROOM; i++)
		if (room[i] != UNTOUCHED)
			return false;
	return true;
}

static void judge_frame(const struct fuzz_thread *thread, uint32_t i)
{
	const struct netslice_pkt *pkt = &thread->pkts[i];
	size_t stored = pkt->length < pkt->capacity ? pkt->length : pkt->capacity;

	if (pkt->length < HEADER || pkt->length > TOO_LONG)
		IMPOSSIBLE(thread, "a frame of %u bytes", pkt->length);
	if (!untouched(frame_of(thread, i), stored))
		IMPOSSIBLE(thread, "element %u: written past %zu bytes", i, stored);
}

void call_careful_read(struct fuzz_thread *thread)
{
	uint32_t count = 1 + below(thread, FUZZ_ELEMENTS), bad = count, i;
	ssize_t moved;

	memset(thread->frames, UNTOUCHED, (size_t)count * ROOM);
	for (i = 0; i < count; i++)
		thread->pkts[i] = (struct netslice_pkt){
			.base = (uint64_t)(uintptr_t)frame_of(thread, i),
			.capacity = below(thread, ROOM + 1), .length = UNTOUCHED,
		};
	if (one_in(thread, 3)) {
		bad = below(thread, count);
		thread->pkts[bad].base = (uint64_t)(uintptr_t)bad_pointer(thread);
		thread->pkts[bad].capacity = 1 + below(thread, 100);
	}
	moved = read(odd_slice(thread), thread->pkts, count);
	judge_count(thread, "read", moved, count);
	if (moved > (ssize_t)bad)
		IMPOSSIBLE(thread, "moved %zd, though the element %u is bad", moved, bad);
	if (moved > 0)
		atomic_fetch_add(&thread->round->tally->frames_read, (unsigned long)moved);
	for (i = 0; moved > 0 && i < (uint32_t)moved; i++)
		judge_frame(thread, i);
	/* The one that faulted may be written to; those behind it are not to be known. */
	for (i = moved > 0 ? (uint32_t)moved + 1 : 1; i < count; i++)
		if (thread->pkts[i].length != UNTOUCHED || !untouched(frame_of(thread, i), 0))
			IMPOSSIBLE(thread, "element %u of %zd moved was touched", i, moved);
}

/* Spoils one element so that it can be no frame. */
static void spoil_element(struct fuzz_thread *thread, struct netslice_pkt *pkt)
{
	switch (below(thread, 4)) {
	case 0:
		pkt->length = below(thread, HEADER);
		break;
	case 1:
		pkt->length = pkt->capacity + 1 + below(thread, 100);
		break;
	case 2:
		pkt->base = (uint64_t)(uintptr_t)bad_pointer(thread);
		break;
	default:
		pkt->length = TOO_LONG + below(thread, 1000);
		pkt->capacity = UINT32_MAX;
	}
}

void call_careful_write(struct fuzz_thread *thread)
{
	uint32_t count = 1 + below(thread, FUZZ_ELEMENTS), bad = count, i;
	ssize_t moved;

	for (i = 0; i < count; i++) {
		unsigned char *frame = frame_of(thread, i);

		memset(frame, (int)i, HEADER);
		frame[0] = 2;
		frame[12] = 8;
		frame[13] = 0;
		frame[HEADER] = (unsigned char)(0x40 + below(thread, 16));
		thread->pkts[i] = (struct netslice_pkt){
			.base = (uint64_t)(uintptr_t)frame, .capacity = ROOM,
			.length = HEADER + below(thread, 1500),
		};
	}
	if (one_in(thread, 2)) {
		bad = below(thread, count);
		spoil_element(thread, &thread->pkts[bad]);
	}
	moved = write(odd_slice(thread), thread->pkts, count);
	judge_count(thread, "write", moved, count);
	if (moved > (ssize_t)bad)
		IMPOSSIBLE(thread, "moved %zd, though the element %u is bad", moved, bad);
	if (moved > 0)
		atomic_fetch_add(&thread->round->tally->frames_written, (unsigned long)moved);
}

void call_poll(struct fuzz_thread *thread)
{
	struct pollfd pollers[3];
	int i;

	for (i = 0; i < 3; i++)
		pollers[i] = (struct pollfd){
			.fd = odd_slice(thread), .events = (short)chance(thread),
		};
	if (poll(pollers, 3, (int)below(thread, 5)) > 3)
		IMPOSSIBLE(thread, "more files are ready than there are");
}
