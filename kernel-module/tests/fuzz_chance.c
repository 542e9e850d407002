// SPDX-License-Identifier: GPL-2.0
/*
 * Where the fuzzer's numbers and pointers come from. It must know nothing of what
 * they are passed to.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096
/* Pages of the arena: writable, read-only, none, writable again. */
#define WRITABLE	8
#define READONLY	2
#define HOLE		2
#define BEHIND		4
#define ARENA		(WRITABLE + READONLY + HOLE + BEHIND)

/* xorshift64*, by Marsaglia and Vigna. */
uint64_t chance(struct fuzz_thread *thread)
{
	uint64_t x = thread->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	thread->state = x;
	return x * 0x2545F4914F6CDD1DULL;
}

uint32_t below(struct fuzz_thread *thread, uint32_t bound)
{
	return (uint32_t)((chance(thread) >> 32) % bound);
}

bool one_in(struct fuzz_thread *thread, uint32_t bound)
{
	return below(thread, bound) == 0;
}

uint64_t odd_number(struct fuzz_thread *thread)
{
	uint64_t power = 1ULL << below(thread, 64);

	switch (below(thread, 6)) {
	case 0:
		return below(thread, 16);
	case 1:
		return power;
	case 2:
		return power - 1;
	case 3:
		return power + below(thread, 64);
	case 4:
		return -(uint64_t)below(thread, 16);
	default:
		return chance(thread);
	}
}

bool make_arena(struct fuzz_thread *thread)
{
	unsigned char *arena = mmap(NULL, ARENA * PAGE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (arena == MAP_FAILED)
		return false;
	thread->arena = arena;
	return !mprotect(arena + WRITABLE * PAGE, READONLY * PAGE, PROT_READ) &&
	       !munmap(arena + (WRITABLE + READONLY) * PAGE, HOLE * PAGE);
}

void *bad_pointer(struct fuzz_thread *thread)
{
	switch (below(thread, 5)) {
	case 0:
		return NULL;
	case 1:
		return (void *)(uintptr_t)(8 + below(thread, 4000));
	case 2:	/* the kernel's half */
		return (void *)(uintptr_t)(0xFFFF888000000000ULL + below(thread, 1U << 31));
	case 3:	/* no address at all */
		return (void *)(uintptr_t)(0x8000000000000000ULL | chance(thread) >> 2);
	default:
		return (void *)(UINTPTR_MAX - below(thread, 64));
	}
}

void *good_pointer(struct fuzz_thread *thread, size_t size)
{
	/* Small steps make what different calls use overlap. */
	return thread->arena + below(thread, (uint32_t)((WRITABLE * PAGE - size) / 8 + 1)) * 8;
}

struct fuzz_mapping odd_mapping(struct fuzz_thread *thread)
{
	const struct fuzz_mapping *mapping =
		atomic_load(&thread->round->mappings[below(thread, FUZZ_MAPPINGS)]);

	return mapping ? *mapping : (struct fuzz_mapping){ 0 };
}

static void *ring_pointer(struct fuzz_thread *thread)
{
	struct fuzz_mapping mapping = odd_mapping(thread);

	if (!mapping.size)
		return bad_pointer(thread);
	return mapping.start + chance(thread) % mapping.size;
}

void *odd_pointer(struct fuzz_thread *thread)
{
	static const unsigned int edges[] = {
		WRITABLE, WRITABLE + READONLY, WRITABLE + READONLY + HOLE, ARENA,
	};

	switch (below(thread, 6)) {
	case 0:
		return bad_pointer(thread);
	case 1:	/* to be crossed */
		return thread->arena + edges[below(thread, 4)] * PAGE - below(thread, 128);
	case 2:
		return thread->arena + below(thread, ARENA * PAGE);
	case 3:	/* where the kernel writes at the same time */
		return ring_pointer(thread);
	default:
		return good_pointer(thread, 64);
	}
}

int odd_slice(struct fuzz_thread *thread)
{
	return atomic_load(&thread->round->slices[below(thread, FUZZ_SLICES)]);
}
