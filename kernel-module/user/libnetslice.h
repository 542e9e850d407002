/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libnetslice: the system calls of /dev/netslice as C functions. What a slice
 * is, and what the errors mean, is said at the top of <linux/netslice.h>.
 *
 * Unless said otherwise, functions return 0, or -1 with errno set. A slice is a
 * file descriptor: close() ends it, poll() works on it. The library allocates
 * nothing and keeps nothing, so different slices may be used from different
 * threads, and one slice by one reading and one writing thread.
 */
#ifndef LIBNETSLICE_H
#define LIBNETSLICE_H

#include <linux/filter.h>
#include <linux/netslice.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * nsl_open - open a slice that belongs to no port
 * @flags: 0 or O_NONBLOCK; O_RDWR and O_CLOEXEC are added
 *
 * Return: a file descriptor, or -1: ENOENT when the module is not loaded, EACCES
 * or EPERM for lack of privilege
 */
int nsl_open(int flags);

/**
 * nsl_attach - tie a slice to its ports
 * @slice: from nsl_open()
 * @rx: name of the port to receive from; ENODEV when there is none
 * @tx: name of the port to transmit on
 * @kernel_cpu: CPU whose softirq feeds the slice, or NETSLICE_CPU_ANY
 * @user_cpu: CPU of the calling thread, or NETSLICE_CPU_ANY; recorded, not set
 */
int nsl_attach(int slice, const char *rx, const char *tx, int kernel_cpu, int user_cpu);

/**
 * nsl_packet - set an element of an array up for nsl_read()
 * @pkt: the element
 * @base: where a frame is to be stored
 * @capacity: bytes of room there
 */
static inline void nsl_packet(struct netslice_pkt *pkt, void *base, uint32_t capacity)
{
	pkt->base = (uint64_t)(uintptr_t)base;
	pkt->capacity = capacity;
	pkt->length = 0;
}

/**
 * nsl_read - receive up to @count frames, waiting for the first
 * @slice: an attached slice
 * @pkts: where to store them; length is set, base and capacity stay
 * @count: elements of @pkts
 *
 * Return: frames received, or -1
 */
ssize_t nsl_read(int slice, struct netslice_pkt *pkts, size_t count);

/**
 * nsl_write - transmit up to @count frames, waiting for room for the first
 * @slice: an attached slice
 * @pkts: the frames
 * @count: elements of @pkts
 *
 * Return: frames taken, which may be fewer than @count, or -1
 */
ssize_t nsl_write(int slice, const struct netslice_pkt *pkts, size_t count);

/** nsl_set_cpus - change the CPU pair; see nsl_attach() */
int nsl_set_cpus(int slice, int kernel_cpu, int user_cpu);

/** nsl_set_checksum - choose what nsl_write() computes in each frame */
int nsl_set_checksum(int slice, enum netslice_checksum_mode mode);

/** nsl_attach_filter - receive only what a classic BPF program of @count instructions wants */
int nsl_attach_filter(int slice, const struct sock_filter *instructions, uint32_t count);

/** nsl_detach_filter - receive everything again; ENOENT without a filter */
int nsl_detach_filter(int slice);

/** nsl_get_info - what the slice is; fills all of @info */
int nsl_get_info(int slice, struct netslice_info *info);

/** nsl_get_stats - the slice's counters since nsl_open(); fills all of @stats */
int nsl_get_stats(int slice, struct netslice_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* LIBNETSLICE_H */
