/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The lines that hoststream prints: made in memory, and sent without waiting for
 * whoever reads them. Must not know what they tell.
 */
#ifndef HOSTSTREAM_LINE_H
#define HOSTSTREAM_LINE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUEUE_BYTES	(1U << 20)	/* of lines that nobody took yet */
#define LINE_BYTES	(1U << 18)	/* more than a line of 4096 CPUs has */
#define MAX_COUNTED	8

static char queue[QUEUE_BYTES];
static size_t queued, sent;

/**
 * struct counted - counters that are read together
 * @n: how many there are
 * @known: whether @now was read
 * @settled: whether @last was read, when the last line was made
 * @now: as they are
 * @last: as they were
 */
struct counted {
	unsigned int n;
	bool known, settled;
	uint64_t now[MAX_COUNTED], last[MAX_COUNTED];
};

/* Whether another line fits. */
static bool has_room(void)
{
	return QUEUE_BYTES - queued >= LINE_BYTES;
}

static bool is_pending(void)
{
	return sent < queued;
}

static void put(const char *text)
{
	size_t length = strlen(text);

	if (length > QUEUE_BYTES - queued) {
		fputs("hoststream: a line is too long\n", stderr);
		exit(1);
	}
	memcpy(queue + queued, text, length);
	queued += length;
}

static void put_number(uint64_t value)
{
	char digits[21];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = '0' + value % 10;
		value /= 10;
	} while (value);
	put(at);
}

/* Microseconds as seconds. */
static void put_micros(uint64_t micros)
{
	char part[8] = ".000000";

	put_number(micros / 1000000);
	micros %= 1000000;
	for (int i = 6; i > 0; i--, micros /= 10)
		part[i] = '0' + micros % 10;
	put(part);
}

/* A string of JSON; no name of an interface has a control character in it. */
static void put_quoted(const char *text)
{
	char one[3] = { '\\' };

	put("\"");
	for (; *text; text++) {
		one[1] = *text;
		put(*text == '"' || *text == '\\' ? one : one + 1);
	}
	put("\"");
}

/* What they are from now on counted from. */
static void settle(struct counted *counted)
{
	counted->settled = counted->known;
	memcpy(counted->last, counted->now, sizeof(counted->last));
	counted->known = false;
}

/* What moved since the last line; null where that is not known, or a counter began anew. */
static void put_counted(struct counted *counted)
{
	bool sound = counted->known && counted->settled;

	for (unsigned int i = 0; i < counted->n; i++)
		sound = sound && counted->now[i] >= counted->last[i];
	if (!sound) {
		put("null");
	} else {
		put(counted->n > 1 ? "[" : "");
		for (unsigned int i = 0; i < counted->n; i++) {
			put(i ? "," : "");
			put_number(counted->now[i] - counted->last[i]);
		}
		put(counted->n > 1 ? "]" : "");
	}
	settle(counted);
}

/* Sends what the reader takes at once; false where there is none any more. */
static bool flush(void)
{
	while (sent < queued) {
		ssize_t n = write(STDOUT_FILENO, queue + sent, queued - sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		sent += n;
	}
	sent = queued = 0;
	return true;
}

#endif
