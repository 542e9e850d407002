/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions: the only file that may ask for one.
 */
#ifndef NSL_COMPAT_H
#define NSL_COMPAT_H

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "NetSlice needs Linux 6.1 or newer"
#endif

#if !IS_ENABLED(CONFIG_NETFILTER_INGRESS)
#error "NetSlice needs a kernel with CONFIG_NETFILTER_INGRESS"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
/* Frames in the memory of another device came later. */
static inline bool skb_frags_readable(const struct sk_buff *skb)
{
	return true;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void nsl_vma_flags(struct vm_area_struct *vma, unsigned long set,
				 unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#else
static inline void nsl_vma_flags(struct vm_area_struct *vma, unsigned long set,
				 unsigned long clear)
{
	vm_flags_mod(vma, set, clear);
}
#endif

#endif /* NSL_COMPAT_H */
