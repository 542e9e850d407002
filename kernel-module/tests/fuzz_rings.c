// SPDX-License-Identifier: GPL-2.0
/*
 * Rings: set up in all sizes, mapped and unmapped in the middle, scribbled over,
 * and orders that may be carried out, so that chance gets past the first check.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	4096

static void keep_mapping(struct fuzz_thread *thread, void *start, size_t size)
{
	struct fuzz_round *round = thread->round;
	unsigned int number = atomic_fetch_add(&round->mapped_count, 1);
	struct fuzz_mapping *mapping;
	const struct fuzz_mapping *old;

	atomic_fetch_add(&round->tally->mappings, 1);
	if (number >= FUZZ_MAPPED) {
		munmap(start, size);
		return;
	}
	mapping = &round->mapped[number];
	*mapping = (struct fuzz_mapping){ start, size };
	old = atomic_exchange(&round->mappings[below(thread, FUZZ_MAPPINGS)], mapping);
	/* Whoever works on it meanwhile may fault: that ends the round, and is no harm. */
	if (old)
		munmap(old->start, old->size);
}

void call_ring_setup(struct fuzz_thread *thread)
{
	struct netslice_ring_setup setup = {
		.size = sizeof(setup), .version = NETSLICE_ABI_VERSION,
		.rx_room = 64U << below(thread, 6), .tx_room = 64U << below(thread, 6),
		.tx_entries = 64U << below(thread, 4),
	};
	int slice = odd_slice(thread);
	void *start;

	if (one_in(thread, 4))
		*(&setup.rx_room + below(thread, 3)) = (uint32_t)odd_number(thread);
	if (ioctl(slice, NETSLICE_RING_SETUP, &setup))
		return;
	if (setup.tx_entries & (setup.tx_entries - 1) || setup.tx_entries < 64 ||
	    setup.rx_room < 64 || setup.map_size % PAGE ||
	    setup.map_size < (uint64_t)setup.rx_entries * setup.rx_stride ||
	    setup.rx_rooms >= setup.map_size || setup.tx_descs >= setup.map_size)
		IMPOSSIBLE(thread, "rings of %llu bytes: rx_room %u, tx_room %u, tx_entries %u",
			   (unsigned long long)setup.map_size, setup.rx_room, setup.tx_room,
			   setup.tx_entries);
	start = mmap(NULL, setup.map_size, PROT_READ | PROT_WRITE, MAP_SHARED, slice, 0);
	if (start != MAP_FAILED)
		keep_mapping(thread, start, setup.map_size);
}

/* Mostly of a size that some ring has. */
void call_map(struct fuzz_thread *thread)
{
	static const int kinds[] = {
		MAP_SHARED, MAP_PRIVATE, MAP_SHARED | MAP_POPULATE, MAP_SHARED | MAP_LOCKED,
		MAP_SHARED_VALIDATE, MAP_SHARED | MAP_NORESERVE | MAP_32BIT,
	};
	size_t size = odd_mapping(thread).size;
	int protection = one_in(thread, 3) ? (int)below(thread, 8) : PROT_READ | PROT_WRITE;
	off_t offset = one_in(thread, 4) ? (off_t)(odd_number(thread) & ~0xFFFULL) : 0;
	int kind = kinds[below(thread, 6)];
	void *start;

	if (one_in(thread, 3) || !size)
		size = odd_number(thread) & 0xFFFFFF;
	start = mmap(NULL, size, protection, kind, odd_slice(thread), offset);
	if (start == MAP_FAILED)
		return;
	if (protection & PROT_EXEC || kind == MAP_PRIVATE || offset)
		IMPOSSIBLE(thread, "mapped with protection %d, kind %#x, offset %lld", protection,
			   kind, (long long)offset);
	keep_mapping(thread, start, size);
}

void call_unmap(struct fuzz_thread *thread)
{
	struct fuzz_mapping mapping = odd_mapping(thread);
	uint32_t pages = (uint32_t)(mapping.size / PAGE), first, count;

	if (!pages)
		return;
	/* A hole, or the page that the rings' indices are on; nothing of what lies behind them. */
	first = one_in(thread, 4) ? 0 : below(thread, pages);
	count = 1 + below(thread, 3);
	if (count > pages - first)
		count = pages - first;
	munmap(mapping.start + (size_t)first * PAGE, (size_t)count * PAGE);
}

void call_protect(struct fuzz_thread *thread)
{
	struct fuzz_mapping mapping = odd_mapping(thread);
	unsigned char *start = mapping.start, *at;
	size_t size = mapping.size;
	uint32_t pages = (uint32_t)(size / PAGE);

	if (!pages)
		return;
	at = start + (size_t)below(thread, pages) * PAGE;
	switch (below(thread, 6)) {
	case 0:
		if (!mprotect(at, PAGE, PROT_READ | PROT_EXEC))
			IMPOSSIBLE(thread, "a page of the rings was made executable");
		break;
	case 1:
		(void)madvise(at, PAGE, MADV_DONTNEED);
		break;
	case 2:
		(void)madvise(start, size, (int)below(thread, 26));
		break;
	case 3:
		if (mremap(start, size, size + PAGE, MREMAP_MAYMOVE) != MAP_FAILED)
			IMPOSSIBLE(thread, "a mapping of the rings was made longer");
		break;
	default:
		(void)mprotect(at, PAGE, below(thread, 4) ? PROT_READ | PROT_WRITE : PROT_READ);
	}
}

void call_sync(struct fuzz_thread *thread)
{
	unsigned long flags = one_in(thread, 4) ? odd_number(thread) : below(thread, 2);
	int dropped = ioctl(odd_slice(thread), NETSLICE_RING_SYNC, flags);

	if (dropped >= 0 && flags > NETSLICE_SYNC_WAIT)
		IMPOSSIBLE(thread, "unknown flags %#lx were taken", flags);
	if (dropped < -1 || dropped > 1 << 21)
		IMPOSSIBLE(thread, "%d orders dropped", dropped);
}

void call_scribble(struct fuzz_thread *thread)
{
	struct fuzz_mapping mapping = odd_mapping(thread);
	uint32_t *words = (uint32_t *)mapping.start;
	size_t count = mapping.size / sizeof(*words);
	uint32_t i;

	if (!count)
		return;
	for (i = 0; i < 200; i++)
		/* The first page has the indices. */
		words[below(thread, (uint32_t)(one_in(thread, 2) ? PAGE / 4 : count))] =
			(uint32_t)odd_number(thread);
}

/* On rings of its own slice's: orders that are good or nearly so, and indices that move on. */
static void give_orders(struct fuzz_thread *thread, const struct netslice_ring_setup *setup,
			unsigned char *memory, int slice)
{
	uint32_t *tx_producer = (uint32_t *)(memory + setup->tx_producer);
	uint32_t *rx_consumer = (uint32_t *)(memory + setup->rx_consumer);
	uint32_t *rx_producer = (uint32_t *)(memory + setup->rx_producer);
	struct netslice_tx_desc *orders = (struct netslice_tx_desc *)(memory + setup->tx_descs);
	uint32_t round, i;

	for (round = 0; round < 20; round++) {
		uint32_t there = *rx_producer - *rx_consumer, give = below(thread, 8);

		for (i = 0; i < give; i++)
			orders[(*tx_producer + i) & (setup->tx_entries - 1)] =
				(struct netslice_tx_desc){
					.op = below(thread, 8) ? 1 + below(thread, 2) :
								 below(thread, 4),
					.frame = *rx_consumer + below(thread, there + 2),
					.offset = one_in(thread, 4) ? below(thread, 70) : 0,
					.length = one_in(thread, 2) ? 0 : below(thread, 200),
				};
		__atomic_store_n(tx_producer, *tx_producer + give, __ATOMIC_RELEASE);
		__atomic_store_n(rx_consumer, *rx_consumer + below(thread, there + 1),
				 __ATOMIC_RELEASE);
		if (ioctl(slice, NETSLICE_RING_SYNC, 0) >= 0)
			atomic_fetch_add(&thread->round->tally->orders_rounds, 1);
	}
}

void call_orders(struct fuzz_thread *thread)
{
	struct netslice_ring_setup setup = {
		.size = sizeof(setup), .version = NETSLICE_ABI_VERSION, .rx_room = 64,
		.tx_room = one_in(thread, 3) ? 0 : 256, .tx_entries = 64,
	};
	int slice = odd_slice(thread);
	void *memory;

	/* Only what has no rings yet gets any. */
	if (ioctl(slice, NETSLICE_RING_SETUP, &setup))
		return;
	memory = mmap(NULL, setup.map_size, PROT_READ | PROT_WRITE, MAP_SHARED, slice, 0);
	if (memory == MAP_FAILED)
		return;
	call_attach(thread);
	give_orders(thread, &setup, memory, slice);
	keep_mapping(thread, memory, setup.map_size);
}
