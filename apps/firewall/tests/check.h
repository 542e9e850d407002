/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The engine's tests: what they count with, and what they share.
 */
#ifndef FW_CHECK_H
#define FW_CHECK_H

#include "rules.h"

#include <stdbool.h>

/* Goes on after a failure, and says where and what it was. */
#define CHECK(claim) check_that((claim), #claim, __FILE__, __LINE__)

/** check_that - count a claim; returns it */
bool check_that(bool claim, const char *text, const char *file, int line);

/** check_test - a test begins; its name is a claim */
void check_test(const char *name);

/** chance - the next number of a series that is the same every time */
uint64_t chance(uint64_t *state);

/** random_rules - a file of @count rules, made from @seed, in memory to be freed */
char *random_rules(uint32_t count, uint64_t seed);

/**
 * random_packet - a packet that a rule is about more often than not
 * @from: set to where it came in
 */
void random_packet(struct fw_packet *packet, const struct fw_rules *rules, uint64_t *state,
		   uint8_t *from);

/* The parts, in the order in which they rest on each other. */
void packet_tests(void);
void rules_tests(void);
void classify_tests(void);
void connections_tests(void);
void engine_tests(void);
void fuzz_tests(void);

#define FRAME_KINDS	16
#define FRAME_ROOM	600

/** make_frame - a frame of that kind, whole and well-formed; returns its length */
size_t make_frame(unsigned char *frame, unsigned int kind);

/** make_long_frame - one of IPv6 with one extension header more than @headers */
size_t make_long_frame(unsigned char *frame, int headers);

/** random_frame - a frame with bytes changed, cut, tagged, or by chance throughout; its length */
size_t random_frame(unsigned char *frame, uint64_t *state);

#endif /* FW_CHECK_H */
