/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the fuzzer share: where chance comes from, the slices that all
 * threads of a round use, and the memory that calls are pointed at.
 */
#ifndef NSL_TESTS_FUZZ_H
#define NSL_TESTS_FUZZ_H

#include <linux/netslice.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUZZ_OUTSIDE	"fuzz0"
#define FUZZ_INSIDE	"fuzz1"
#define FUZZ_SLICES	6
#define FUZZ_MAPPINGS	4
#define FUZZ_ELEMENTS	80

/* Exit status of a round that saw what cannot be. */
#define FUZZ_IMPOSSIBLE	42

/* Mappings of a round, which keeps no more. */
#define FUZZ_MAPPED	65536

/*
 * A mapping of somebody's rings, maybe gone by now. Never changed once others know it:
 * an old start with a new size would be of memory that calls must leave alone.
 */
struct fuzz_mapping {
	unsigned char *start;
	size_t size;
};

/* What calls achieved, in all rounds: a fuzzer that is refused at the door finds nothing. */
struct fuzz_tally {
	atomic_ulong calls;
	atomic_ulong attached;
	atomic_ulong frames_read;
	atomic_ulong frames_written;
	atomic_ulong filters;
	atomic_ulong mappings;
	atomic_ulong orders_rounds;
};

/* What all threads of a round work on, without any order: that is the point. */
struct fuzz_round {
	uint64_t seed;
	int socket;		/* to ask for ports; never closed */
	atomic_int slices[FUZZ_SLICES];
	_Atomic(const struct fuzz_mapping *) mappings[FUZZ_MAPPINGS];
	/* Not from malloc(): what it maps meanwhile may come to lie where rings were. */
	struct fuzz_mapping mapped[FUZZ_MAPPED];
	atomic_uint mapped_count;
	atomic_bool over;
	struct fuzz_tally *tally;	/* shared between processes */
};

/* One thread: its chance, and an arena in which pages of all kinds lie side by side. */
struct fuzz_thread {
	struct fuzz_round *round;
	uint64_t state;
	unsigned char *arena;
	unsigned char *frames;	/* FUZZ_ELEMENTS rooms that nobody else touches */
	struct netslice_pkt *pkts;
};

/* Prints what cannot be, with the seed, and ends the round. */
#define IMPOSSIBLE(thread, ...)	fuzz_impossible((thread), __func__, __VA_ARGS__)
__attribute__((format(printf, 3, 4), noreturn))
void fuzz_impossible(const struct fuzz_thread *thread, const char *where, const char *format, ...);

/* fuzz_chance.c: numbers, and pointers into the arena and elsewhere */
uint64_t chance(struct fuzz_thread *thread);
/* Less than @bound, which is not 0. */
uint32_t below(struct fuzz_thread *thread, uint32_t bound);
bool one_in(struct fuzz_thread *thread, uint32_t bound);
/* A number as programs pass them by mistake: small, a bound, a power of two, anything. */
uint64_t odd_number(struct fuzz_thread *thread);
bool make_arena(struct fuzz_thread *thread);
/* A pointer that may be good for nothing. */
void *odd_pointer(struct fuzz_thread *thread);
/* One that can be neither read nor written, whatever is mapped. */
void *bad_pointer(struct fuzz_thread *thread);
/* Of memory that can be written, @size bytes at most 4096, maybe shared with others. */
void *good_pointer(struct fuzz_thread *thread, size_t size);
int odd_slice(struct fuzz_thread *thread);
/* A mapping that was made in this round, or one of no size. */
struct fuzz_mapping odd_mapping(struct fuzz_thread *thread);

/* fuzz_control.c, fuzz_packets.c, fuzz_rings.c: one call each, made of chance */
typedef void fuzz_call(struct fuzz_thread *thread);
fuzz_call call_open, call_close, call_dup, call_attach, call_set_cpus, call_checksum,
	call_filter, call_detach_filter, call_info, call_stats, call_odd_ioctl, call_file;
fuzz_call call_read, call_write, call_careful_read, call_careful_write, call_poll;
fuzz_call call_ring_setup, call_map, call_unmap, call_protect, call_sync, call_scribble,
	call_orders;

#endif /* NSL_TESTS_FUZZ_H */
