/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The JSON line of counters. Pure: values in, text out.
 */
#ifndef NSL_REPORT_H
#define NSL_REPORT_H

#include <linux/netslice.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct tally - what the bridge counted in one direction
 * @read_calls: system calls that moved frames in
 * @write_calls: system calls that moved frames out; with rings the same ones
 * @packets: frames handed to the transmit port
 * @bytes: bytes of those
 * @dropped_truncated: longer than the bridge's buffers
 * @dropped_too_long: longer than the transmit port takes
 * @dropped_link_down: transmit port down or without carrier
 * @dropped_stopping: read, but the bridge was told to end
 */
struct tally {
	uint64_t read_calls;
	uint64_t write_calls;
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped_truncated;
	uint64_t dropped_too_long;
	uint64_t dropped_link_down;
	uint64_t dropped_stopping;
};

/**
 * struct account - one direction, as it is reported
 * @tally: the bridge's counters
 * @stats: the slice's
 */
struct account {
	struct tally tally;
	struct netslice_stats stats;
};

/**
 * report_print - print one line of JSON, newline included
 * @stream: where to
 * @in: name of one port
 * @out: name of the other
 * @forward: @in to @out
 * @reverse: @out to @in
 */
void report_print(FILE *stream, const char *in, const char *out, const struct account *forward,
		  const struct account *reverse);

#endif /* NSL_REPORT_H */
