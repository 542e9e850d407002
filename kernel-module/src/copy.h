/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of short frames to and from a program. What copy_to_user() looks at
 * before it copies costs more than 60 bytes do; whoever calls these knows that
 * the bytes are the frame's.
 */
#ifndef NSL_COPY_H
#define NSL_COPY_H

#include <linux/uaccess.h>

/* Up to here words beat the general copy with its checks. */
#define NSL_COPY_SHORT	256

/**
 * nsl_copy_to_user - copy a frame's bytes to the program
 * @to: where to
 * @from: of the frame, @bytes of it
 * @bytes: how many
 *
 * Return: 0 or -EFAULT
 */
static inline int nsl_copy_to_user(void __user *to, const void *from, u32 bytes)
{
	if (bytes > NSL_COPY_SHORT)
		return copy_to_user(to, from, bytes) ? -EFAULT : 0;
	might_fault();
	if (!user_write_access_begin(to, bytes))
		return -EFAULT;
	unsafe_copy_to_user(to, from, bytes, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* As many words of a size as fit; not every kernel has an unsafe_copy_from_user(). */
#define NSL_GET_WORDS(to, from, bytes, type, fault)					\
	for (; (bytes) >= sizeof(type); (bytes) -= sizeof(type)) {			\
		unsafe_get_user(*(type *)(to), (const type __user *)(from), fault);	\
		(to) += sizeof(type);							\
		(from) += sizeof(type);							\
	}

/**
 * nsl_copy_from_user - copy a frame's bytes from the program
 * @to: of the frame, @bytes of it
 * @from: where from
 * @bytes: how many
 *
 * Return: 0 or -EFAULT, with any of the bytes written
 */
static inline int nsl_copy_from_user(void *to, const void __user *from, u32 bytes)
{
	if (bytes > NSL_COPY_SHORT)
		return copy_from_user(to, from, bytes) ? -EFAULT : 0;
	might_fault();
	if (!user_read_access_begin(from, bytes))
		return -EFAULT;
	NSL_GET_WORDS(to, from, bytes, u64, fault);
	NSL_GET_WORDS(to, from, bytes, u32, fault);
	NSL_GET_WORDS(to, from, bytes, u16, fault);
	NSL_GET_WORDS(to, from, bytes, u8, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

#endif /* NSL_COPY_H */
