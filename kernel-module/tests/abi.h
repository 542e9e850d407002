/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the interface share: the wire, the frames, the expectations.
 */
#ifndef NSL_TESTS_ABI_H
#define NSL_TESTS_ABI_H

#include "libnetslice.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Both set aside for experiments; the slices' filter takes the first. */
#define ETHERTYPE	0x88B5
#define OTHER_TYPE	0x88B6
#define FRAME		100
#define ARRAY		200
#define ROOM		2048
/* A frame that does not come in this time does not come; generous for emulation. */
#define PATIENCE_MS	5000
/* Times that a sleeper is woken, and how long all of it may take. */
#define TURNS		500
#define TURNS_SECONDS	180

/* The ends of the wire, and a packet socket on the outer one. */
extern const char *outside, *inside;
extern int wire;
extern unsigned int failures;

extern unsigned char frames[ARRAY][ROOM];
extern struct netslice_pkt pkts[ARRAY];

#define EXPECT(holds)							\
	do {								\
		if (!(holds)) {						\
			fprintf(stderr, "%s:%d: not so: %s (errno %s)\n",	\
				__FILE__, __LINE__, #holds, strerror(errno));	\
			failures++;					\
		}							\
	} while (0)

#define EXPECT_ERROR(call, wanted)					\
	do {								\
		errno = 0;						\
		EXPECT((call) == -1 && errno == (wanted));		\
	} while (0)

/* A packet socket for one type of frame at one end, which waits PATIENCE_MS. */
int packet_socket(const char *interface, unsigned int type);
/* A frame whose bytes tell its number. */
void make_frame(unsigned char *frame, size_t length, unsigned int type, unsigned char number);
/* Puts such a frame on the wire, towards the slices. */
void send_in(size_t length, unsigned int type, unsigned char number);
/* Points all of pkts at frames. */
void prepare(uint32_t capacity);
/* Discards what the outer end of the wire received, and what is on its way there. */
void drain_wire(void);
/* Takes many frames, each of which is sent when the one before it was taken: whoever takes
 * sleeps, or is about to. @take gives the frame's number, or -1.
 */
void take_turns(int slice, int (*take)(int slice));
/* Waits until the slice has exactly @count frames queued. */
bool queued(int slice, uint64_t count);
/* Was the module loaded with that value of a parameter? */
bool parameter_is(const char *name, const char *value);
int filter_type(int slice, unsigned int type);
/* Attached to the inner end both ways, with a filter for ETHERTYPE. */
int open_slice(int flags);
/* As open_slice(), with rings, which are these. */
extern struct nsl_rings rings;
int open_ringed(int flags, uint32_t rx_room);
void close_ringed(int slice);
struct netslice_stats stats_of(int slice);

void unattached__moves_nothing(void);
void structures__are_checked(void);
void loss__of_a_port_leaves_nothing_queued(void);
void claims__are_exclusive(void);
void cpus__are_set_and_told(void);
void cpus__decide_who_receives(void);
void opening__needs_net_admin(void);
void ports__are_those_of_the_callers_namespace(void);
void slices__end_with_their_last_descriptor(void);
void loss__by_a_move_frees_what_is_queued(void);
void loss__of_the_transmit_port_counts_too(void);
void loss__wakes_who_sleeps(void);
void read__moves_arrays_in_order(void);
void read__truncates_and_says_so(void);
void read__that_faults_loses_nothing(void);
void read__drops_at_the_limit_and_counts(void);
void read__takes_arrays_of_all_kinds(void);
void read__ends_on_a_signal(void);
void read__wakes_for_each_frame(void);
void poll__wakes_for_each_frame(void);
void filter__leaves_the_rest_to_the_kernel(void);
void write__sends_arrays_in_order(void);
void write__judges_each_element(void);
void write__takes_arrays_of_all_kinds(void);
void write__fails_while_the_link_is_down(void);
void filter__comes_and_goes(void);
void checksum__is_written_on_transmit(void);
void checksum__convinces_the_kernel(void);
void checksum__of_tcp_over_tagged_ipv6_adds_up(void);
void rings__are_of_their_mode_only(void);
void rings__are_set_up_once_and_as_asked(void);
void rings__are_mapped_whole_and_shared(void);
void rings__forward_what_they_are_told_to(void);
void rings__write_back_what_was_changed_only(void);
void rings__compute_checksums_of_what_was_changed(void);
void rings__send_new_frames(void);
void rings__refuse_a_frame_named_twice_or_not_there(void);
void rings__refuse_impossible_indices(void);
void rings__forward_in_any_order(void);
void rings__count_frames_once(void);
void rings__wake_for_each_frame(void);
void rings__end_sleep_with_their_port(void);
void rings__survive_a_hostile_program(void);

#endif /* NSL_TESTS_ABI_H */
