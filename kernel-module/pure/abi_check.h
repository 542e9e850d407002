/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every ioctl structure promises: its own size, the version of the
 * interface, reserved fields of zero.
 */
#ifndef NSL_ABI_CHECK_H
#define NSL_ABI_CHECK_H

#include "portable.h"
#include <linux/netslice.h>

/**
 * nsl_abi_check - is a structure one that this module knows?
 * @size: the structure's first field
 * @version: its second
 * @expected: what sizeof says here
 * @reserved: all of its reserved words, ORed together
 *
 * Return: 0, -EINVAL for a size or reserved words, -EPROTONOSUPPORT for a version
 */
static inline int nsl_abi_check(__u32 size, __u32 version, size_t expected, __u64 reserved)
{
	if (size != expected)
		return -EINVAL;
	if (version != NETSLICE_ABI_VERSION)
		return -EPROTONOSUPPORT;
	return reserved ? -EINVAL : 0;
}

#endif /* NSL_ABI_CHECK_H */
