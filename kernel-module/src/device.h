/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The character device: system calls in, calls on a slice out.
 */
#ifndef NSL_DEVICE_H
#define NSL_DEVICE_H

#include "mode.h"

int nsl_device_register(const struct nsl_kind *kind);
void nsl_device_unregister(void);

#endif /* NSL_DEVICE_H */
