/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * NetSlice: frames between network ports and user space, one slice per CPU.
 *
 * A slice is an open file of /dev/netslice. open() gives a slice that belongs
 * to no port; NETSLICE_ATTACH ties it to two ports of the caller's network
 * namespace. From then on the slice receives the frames that arrive on
 * rx_ifindex and whose receive softirq runs on kernel_cpu, and what is written
 * to it leaves on tx_ifindex. Frames that a slice receives are taken away from
 * the kernel's own stack. Closing the file detaches the slice. A slice attaches
 * once in its life.
 *
 * open() and NETSLICE_ATTACH need CAP_NET_ADMIN in the user namespace that owns
 * the caller's network namespace. Only Ethernet ports can be attached.
 *
 * Who gets a frame
 *   Each pair of a port and a CPU is claimed by at most one slice; a second
 *   claim fails with EBUSY. A slice attached with kernel_cpu -1 receives what no
 *   other slice of that port claims; there is one such slice a port. A frame
 *   that no slice claims, and a frame that the slice's filter rejects, go on to
 *   the kernel as if NetSlice were not there.
 *
 * What a frame looks like
 *   A frame is a whole Ethernet frame from the destination address on, without
 *   preamble and frame check sequence. A VLAN tag that the hardware stripped is
 *   put back; a checksum that was left to the hardware is completed. Frames that
 *   the kernel or the hardware merged (GRO, LRO, a sender's GSO over a virtual
 *   wire) are dropped and counted in rx_refused_gso: turn those offloads off.
 *
 * read(fd, pkts, n), write(fd, pkts, n)
 *   Both move arrays of packets. The buffer is an array of struct netslice_pkt,
 *   the third argument is the NUMBER OF ELEMENTS, not bytes, and so is the
 *   result. At most NETSLICE_CALL_MAX elements are moved by one call. A call
 *   that moved something reports how much; an error is reported only by a call
 *   that moved nothing. n = 0 moves nothing and returns 0.
 *
 *   read() takes up to n queued frames, in the order of arrival. For each it
 *   stores min(capacity, frame) bytes at base and the frame's full length in
 *   length; length > capacity means that the frame was truncated. With an empty
 *   queue it sleeps, or fails with EAGAIN under O_NONBLOCK. When base or the
 *   array cannot be written, the frame stays at the head of the queue.
 *
 *   write() transmits length bytes from base for each element. It fails with
 *   EINVAL when length is above capacity or below an Ethernet header, and with
 *   EMSGSIZE when the frame is longer than the port's MTU, header and one VLAN
 *   tag allow. While the port has no room write() sleeps; under O_NONBLOCK it
 *   returns what was taken so far, or EAGAIN. It fails with ENETDOWN while the
 *   port is down or has no carrier.
 *
 *   Further errors of both: ENOTCONN before NETSLICE_ATTACH; ENODEV for good
 *   once either port was unregistered or left its network namespace (frames
 *   still queued are freed then); EFAULT; ENOMEM; EINTR.
 *
 * poll()
 *   POLLIN when a frame is queued; POLLOUT whenever the slice is attached
 *   (drivers do not tell when room comes, write() finds out); POLLERR | POLLHUP
 *   once a port is gone; POLLERR before NETSLICE_ATTACH.
 *
 * Rings
 *   Where the module's mode is `ring`, a slice can have a receive and a transmit
 *   ring in memory that it shares with the program, and no frame is copied by a
 *   system call: see <linux/netslice_ring.h>, which this header includes. read()
 *   of a slice that has rings fails with EOPNOTSUPP.
 *
 * ioctl()
 *   Type 0xF0, numbers 0x01 to 0x09. Every structure opens with its own size and
 *   the version of this interface: a size that is not the kernel's fails with
 *   EINVAL, another version with EPROTONOSUPPORT. Reserved fields must be zero,
 *   else EINVAL; the kernel writes them as zero. The layout is the same for 32
 *   and 64 bit programs, in the machine's byte order. An unknown number fails
 *   with ENOTTY.
 */
#ifndef _UAPI_LINUX_NETSLICE_H
#define _UAPI_LINUX_NETSLICE_H

#include <linux/ioctl.h>
#include <linux/netslice_ring.h>
#include <linux/types.h>

#define NETSLICE_ABI_VERSION	1

/* The device node. */
#define NETSLICE_DEVICE		"/dev/netslice"

/* Most elements that one read() or write() moves. */
#define NETSLICE_CALL_MAX	4096

/* Room for the name of a mode or of a wake-up policy, with its NUL. */
#define NETSLICE_NAME_SIZE	16

/* In place of a CPU number: any CPU, or not said. */
#define NETSLICE_CPU_ANY	(-1)

/**
 * struct netslice_pkt - one element of the arrays that read() and write() take
 * @base: address of the frame's bytes in the caller's memory
 * @capacity: bytes of room at @base
 * @length: bytes of the frame; written by read(), read by write()
 */
struct netslice_pkt {
	__u64 base;
	__u32 capacity;
	__u32 length;
};

/**
 * struct netslice_attach - tie a slice to its ports
 * @size: sizeof(struct netslice_attach)
 * @version: NETSLICE_ABI_VERSION
 * @rx_ifindex: port whose arriving frames the slice receives
 * @tx_ifindex: port that written frames leave on; may be @rx_ifindex
 * @kernel_cpu: CPU whose softirq feeds the slice, or NETSLICE_CPU_ANY
 * @user_cpu: CPU of the program's thread, or NETSLICE_CPU_ANY; recorded only
 * @reserved: zero
 *
 * EISCONN when the slice is attached, ENODEV when there is no such port or the
 * slice has lost its ports, EINVAL when a CPU is not possible on this machine,
 * EOPNOTSUPP when a port is not Ethernet, EBUSY when the CPU is claimed.
 */
struct netslice_attach {
	__u32 size;
	__u32 version;
	__u32 rx_ifindex;
	__u32 tx_ifindex;
	__s32 kernel_cpu;
	__s32 user_cpu;
	__u64 reserved[2];
};

/**
 * struct netslice_cpus - change the CPU pair of an attached slice
 * @size: sizeof(struct netslice_cpus)
 * @version: NETSLICE_ABI_VERSION
 * @kernel_cpu: as in struct netslice_attach
 * @user_cpu: as in struct netslice_attach
 * @reserved: zero
 *
 * ENOTCONN, EINVAL, EBUSY as for NETSLICE_ATTACH; on failure nothing changed.
 */
struct netslice_cpus {
	__u32 size;
	__u32 version;
	__s32 kernel_cpu;
	__s32 user_cpu;
	__u64 reserved;
};

/**
 * enum netslice_state - where a slice is in its life
 * @NETSLICE_STATE_NEW: opened, not attached yet
 * @NETSLICE_STATE_ATTACHED: frames flow
 * @NETSLICE_STATE_GONE: a port went away; only close() is left
 */
enum netslice_state {
	NETSLICE_STATE_NEW = 0,
	NETSLICE_STATE_ATTACHED = 1,
	NETSLICE_STATE_GONE = 2,
};

/**
 * struct netslice_info - what a slice is
 * @size: sizeof(struct netslice_info), set by the caller
 * @version: NETSLICE_ABI_VERSION, set by the caller
 * @state: one of enum netslice_state
 * @rx_ifindex: as attached, 0 before
 * @tx_ifindex: as attached, 0 before
 * @kernel_cpu: present kernel CPU, or NETSLICE_CPU_ANY
 * @user_cpu: present user CPU, or NETSLICE_CPU_ANY
 * @checksum: one of enum netslice_checksum_mode
 * @queue_limit: frames that the receive queue holds
 * @filtered: 1 when a filter is attached, else 0
 * @mode: the module's parameter of that name, NUL-terminated
 * @wakeup: the module's parameter of that name, NUL-terminated
 * @reserved: zero
 */
struct netslice_info {
	__u32 size;
	__u32 version;
	__u32 state;
	__u32 rx_ifindex;
	__u32 tx_ifindex;
	__s32 kernel_cpu;
	__s32 user_cpu;
	__u32 checksum;
	__u32 queue_limit;
	__u32 filtered;
	char mode[NETSLICE_NAME_SIZE];
	char wakeup[NETSLICE_NAME_SIZE];
	__u64 reserved[2];
};

/**
 * enum netslice_checksum_mode - what write() computes in each frame
 * @NETSLICE_CHECKSUM_NONE: nothing; frames leave as they were written
 * @NETSLICE_CHECKSUM_IP: the IPv4 header checksum
 * @NETSLICE_CHECKSUM_TRANSPORT: that, and TCP's and UDP's over IPv4 and IPv6
 *
 * Up to two VLAN tags are looked through. Fragments, IPv6 extension headers and
 * frames whose lengths contradict each other are sent as they were written.
 */
enum netslice_checksum_mode {
	NETSLICE_CHECKSUM_NONE = 0,
	NETSLICE_CHECKSUM_IP = 1,
	NETSLICE_CHECKSUM_TRANSPORT = 2,
};

/**
 * struct netslice_checksum - choose the checksums that write() computes
 * @size: sizeof(struct netslice_checksum)
 * @version: NETSLICE_ABI_VERSION
 * @mode: one of enum netslice_checksum_mode, else EINVAL
 * @reserved: zero
 */
struct netslice_checksum {
	__u32 size;
	__u32 version;
	__u32 mode;
	__u32 reserved;
};

/**
 * struct netslice_filter - attach a classic BPF program to the receive side
 * @size: sizeof(struct netslice_filter)
 * @version: NETSLICE_ABI_VERSION
 * @count: instructions in the program
 * @reserved: zero
 * @instructions: address of an array of struct sock_filter
 *
 * The program sees the frame from its Ethernet header on, as on a packet socket:
 * a stripped VLAN tag is found in SKF_AD_VLAN_TAG. A result of 0 sends the frame
 * on to the kernel; any other gives it, whole, to the slice. A filter may be
 * attached at any time, before NETSLICE_ATTACH too; a new one replaces the old
 * without a gap. When the call returns, no frame is judged by the old one.
 */
struct netslice_filter {
	__u32 size;
	__u32 version;
	__u32 count;
	__u32 reserved;
	__u64 instructions;
};

/**
 * struct netslice_stats - counters since open()
 * @size: sizeof(struct netslice_stats), set by the caller
 * @version: NETSLICE_ABI_VERSION, set by the caller
 * @rx_received: frames that reached the slice; the sum of the next five
 * @rx_filtered: left to the kernel by the filter
 * @rx_refused_gso: merged frames, dropped
 * @rx_dropped_full: dropped, queue at its limit
 * @rx_dropped_error: dropped, no memory to make the frame whole, or its bytes lie
 *	where the CPU cannot read them
 * @rx_queued: put on the queue
 * @rx_delivered: moved by read(), or received in a ring and done with;
 *	rx_queued less what is in the queue
 * @rx_delivered_bytes: full lengths of those
 * @rx_truncated: of those, longer than their capacity
 * @rx_wakeups: times that a reader was woken, or would have been had it slept
 * @queue_packets: frames in the queue now
 * @queue_bytes: bytes in the queue now
 * @tx_packets: taken by the driver
 * @tx_bytes: bytes of those
 * @tx_dropped: taken by the driver, which said that it dropped them
 * @tx_busy_waits: times that there was no room in the port's transmit ring
 * @tx_refused: orders of a ring that cannot be carried out, dropped
 * @tx_too_long: orders whose frame the port does not take, dropped
 * @tx_link_down: orders dropped while the port was down or had no carrier
 * @tx_forwarded: received frames that orders had taken for transmission without
 *	a new frame being made
 */
struct netslice_stats {
	__u32 size;
	__u32 version;
	__u64 rx_received;
	__u64 rx_filtered;
	__u64 rx_refused_gso;
	__u64 rx_dropped_full;
	__u64 rx_dropped_error;
	__u64 rx_queued;
	__u64 rx_delivered;
	__u64 rx_delivered_bytes;
	__u64 rx_truncated;
	__u64 rx_wakeups;
	__u64 queue_packets;
	__u64 queue_bytes;
	__u64 tx_packets;
	__u64 tx_bytes;
	__u64 tx_dropped;
	__u64 tx_busy_waits;
	__u64 tx_refused;
	__u64 tx_too_long;
	__u64 tx_link_down;
	__u64 tx_forwarded;
};

#define NETSLICE_IOC_TYPE	0xF0

#define NETSLICE_ATTACH		_IOW(NETSLICE_IOC_TYPE, 0x01, struct netslice_attach)
#define NETSLICE_GET_INFO	_IOWR(NETSLICE_IOC_TYPE, 0x02, struct netslice_info)
#define NETSLICE_SET_CPUS	_IOW(NETSLICE_IOC_TYPE, 0x03, struct netslice_cpus)
#define NETSLICE_SET_CHECKSUM	_IOW(NETSLICE_IOC_TYPE, 0x04, struct netslice_checksum)
#define NETSLICE_ATTACH_FILTER	_IOW(NETSLICE_IOC_TYPE, 0x05, struct netslice_filter)
#define NETSLICE_DETACH_FILTER	_IO(NETSLICE_IOC_TYPE, 0x06)
#define NETSLICE_GET_STATS	_IOWR(NETSLICE_IOC_TYPE, 0x07, struct netslice_stats)
#define NETSLICE_RING_SETUP	_IOWR(NETSLICE_IOC_TYPE, 0x08, struct netslice_ring_setup)
#define NETSLICE_RING_SYNC	_IO(NETSLICE_IOC_TYPE, 0x09)

#endif /* _UAPI_LINUX_NETSLICE_H */
