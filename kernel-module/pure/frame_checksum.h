/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checksums of a frame that lies in one piece in memory.
 */
#ifndef NSL_FRAME_CHECKSUM_H
#define NSL_FRAME_CHECKSUM_H

#include "portable.h"

/* What nsl_frame_checksum() wrote. */
#define NSL_WROTE_IP		0x1U
#define NSL_WROTE_TRANSPORT	0x2U

unsigned int nsl_frame_checksum(__u8 *frame, size_t length, __u32 mode);

#endif /* NSL_FRAME_CHECKSUM_H */
