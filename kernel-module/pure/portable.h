/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few headers that differ between the kernel and user space. What stands in
 * pure/ includes this and the UAPI header only: no locks, no allocation, no
 * kernel calls, so that it is tested in user space under sanitizers.
 */
#ifndef NSL_PORTABLE_H
#define NSL_PORTABLE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#endif

#endif /* NSL_PORTABLE_H */
