/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading frames, as a program that decides by what is in them does. Inline: a
 * call for each costs as much as reading a short one.
 */
#ifndef NSL_TOUCH_H
#define NSL_TOUCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Ethernet, a VLAN tag, IPv6 and TCP with its options end within these bytes. */
#define TOUCH_HEADERS	128

static inline uint64_t touch_word(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Up to 63 bytes: what is left of them halves with each look. */
static inline uint64_t touch_rest(const unsigned char *bytes, size_t length)
{
	uint64_t sum = 0;
	uint32_t four;
	uint16_t two;

	if (length & 32) {
		sum += touch_word(bytes) + touch_word(bytes + 8);
		sum += touch_word(bytes + 16) + touch_word(bytes + 24);
		bytes += 32;
	}
	if (length & 16) {
		sum += touch_word(bytes) + touch_word(bytes + 8);
		bytes += 16;
	}
	if (length & 8) {
		sum += touch_word(bytes);
		bytes += 8;
	}
	if (length & 4) {
		memcpy(&four, bytes, sizeof(four));
		sum += four;
		bytes += 4;
	}
	if (length & 2) {
		memcpy(&two, bytes, sizeof(two));
		sum += two;
		bytes += 2;
	}
	return length & 1 ? sum + *bytes : sum;
}

/** touch_bytes - read every byte; the sum tells whether any of them changed */
static inline uint64_t touch_bytes(const unsigned char *bytes, size_t length)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;

	/* Four sums, so that none waits for another. */
	for (; length >= 64; bytes += 64, length -= 64) {
		a += touch_word(bytes) + touch_word(bytes + 32);
		b += touch_word(bytes + 8) + touch_word(bytes + 40);
		c += touch_word(bytes + 16) + touch_word(bytes + 48);
		d += touch_word(bytes + 24) + touch_word(bytes + 56);
	}
	return a + b + c + d + touch_rest(bytes, length);
}

#endif /* NSL_TOUCH_H */
