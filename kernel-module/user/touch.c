// SPDX-License-Identifier: GPL-2.0
#include "touch.h"

#include <string.h>

static uint64_t word(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

uint64_t touch_bytes(const unsigned char *bytes, size_t length)
{
	uint64_t a = 0, b = 0, c = 0, d = 0;

	/* Four sums, so that none waits for another. */
	for (; length >= 32; bytes += 32, length -= 32) {
		a += word(bytes);
		b += word(bytes + 8);
		c += word(bytes + 16);
		d += word(bytes + 24);
	}
	for (; length >= 8; bytes += 8, length -= 8)
		a += word(bytes);
	for (; length; bytes++, length--)
		b += *bytes;
	return a + b + c + d;
}
