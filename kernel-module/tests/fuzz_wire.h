/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fuzzer's wire: frames on it, and who pulls at it.
 */
#ifndef NSL_TESTS_FUZZ_WIRE_H
#define NSL_TESTS_FUZZ_WIRE_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the wire, and starts both processes. Return: false with a message */
bool start_wire(uint64_t seed);
void stop_wire(void);

#endif /* NSL_TESTS_FUZZ_WIRE_H */
