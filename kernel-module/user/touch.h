/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading frames, as a program that decides by what is in them does.
 */
#ifndef NSL_TOUCH_H
#define NSL_TOUCH_H

#include <stddef.h>
#include <stdint.h>

/* Ethernet, a VLAN tag, IPv6 and TCP with its options end within these bytes. */
#define TOUCH_HEADERS	128

/** touch_bytes - read every byte; the sum tells whether any of them changed */
uint64_t touch_bytes(const unsigned char *bytes, size_t length);

#endif /* NSL_TOUCH_H */
