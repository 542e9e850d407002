// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"

/* SplitMix64. */
uint64_t chance(uint64_t *state)
{
	uint64_t value = *state += 0x9E3779B97F4A7C15ull;

	value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ull;
	value = (value ^ value >> 27) * 0x94D049BB133111EBull;
	return value ^ value >> 31;
}
