/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slice, and what the module's files know of each other.
 *
 * Locks, outermost first:
 *   RTNL            taken around nsl_control where devices are looked up
 *   nsl_control     all of the control side: ports, claims, states, settings
 *   read_lock       one reader of a slice at a time
 *   write_lock      one writer of a slice at a time
 *   queue.lock      a slice's queue and receive counters; also from softirq
 * The receive path finds slices and filters by RCU, the transmit path its port.
 * read_lock and write_lock are never waited for under the first two, because who
 * holds them may wait for user space. Losing a port only tries them; who holds
 * one then frees, in nsl_slice_unlock(), what it kept from being freed.
 */
#ifndef NSL_SLICE_H
#define NSL_SLICE_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netslice.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../pure/pkt_array.h"
#include "../pure/queue_count.h"
#include "chain.h"
#include "compat.h"
#include "mode.h"

struct bpf_prog;
struct nsl_port;
struct nsl_ring;

/**
 * struct nsl_tx_shape - what the transmit port wants of an skb
 * @headroom: bytes free before the frame
 * @tailroom: bytes free behind it
 * @frame_max: bytes of the longest frame
 */
struct nsl_tx_shape {
	u32 headroom;
	u32 tailroom;
	u32 frame_max;
};

/**
 * struct nsl_queue - frames on their way from the softirq to the reader
 * @lock: protects all of this
 * @skbs: the frames, oldest first, linked through sk_buff.list
 * @count: how many they are
 * @filtered: frames left to the kernel by the filter
 * @refused_gso: merged frames that were dropped
 * @dropped_full: frames dropped at the limit
 * @dropped_error: frames dropped because they could not be made whole, or read
 * @queued: frames queued, ever
 * @delivered: frames moved to a reader and not put back
 * @delivered_bytes: bytes of those
 */
struct nsl_queue {
	spinlock_t lock;	/* everything below */
	struct list_head skbs;
	struct nsl_queue_count count;
	u64 filtered;
	u64 refused_gso;
	u64 dropped_full;
	u64 dropped_error;
	u64 queued;
	u64 delivered;
	u64 delivered_bytes;
};

/**
 * struct nsl_slice - one open file of the device
 * @mode: how frames are queued; constant
 * @wakeup: how the reader is woken; constant
 * @sleep: how the reader sleeps; constant
 * @ring: the rings, or NULL; written once under nsl_control, before attaching
 * @node: in the list of attached slices; nsl_control
 * @state: enum netslice_state; written under nsl_control, read anywhere
 * @port: the receive port's claims, NULL unless attached; nsl_control
 * @rx_ifindex: as attached; nsl_control
 * @tx_ifindex: as attached; nsl_control
 * @kernel_cpu: the claim on @port, or NETSLICE_CPU_ANY; nsl_control
 * @user_cpu: as recorded; nsl_control
 * @checksum: enum netslice_checksum_mode; written under nsl_control
 * @filter: decides what is received, may be NULL; nsl_control and RCU
 * @tx_dev: where writes go, NULL unless attached; nsl_control and RCU
 * @tx_tracker: of the reference held on @tx_dev; nsl_control
 * @wait: readers and pollers sleep here
 * @need_wakeup: a sleeper is to be woken; see wakeup.c
 * @wakeups: times that @wakeup woke @wait; atomic
 * @truncated: frames delivered with less room than length; atomic
 * @tx_packets: frames the driver took; atomic
 * @tx_bytes: their bytes; atomic
 * @tx_dropped: frames the driver took and dropped; atomic
 * @tx_busy_waits: times that there was no room to transmit; atomic
 * @tx_refused: orders of a ring that cannot be carried out; atomic
 * @tx_too_long: orders for frames that the port does not take; atomic
 * @tx_link_down: orders dropped for lack of a link; atomic
 * @tx_forwarded: received frames sent as they are; atomic
 * @queue: received frames; its own lock
 * @read_lock: one reader at a time, so that what it puts back stays in order
 * @backlog: frames that a reader took and did not deliver yet; @read_lock
 * @rx_chunk: elements being filled; @read_lock
 * @write_lock: one writer at a time, so that frames leave in order
 * @tx_chunk: elements being sent; @write_lock
 */
struct nsl_slice {
	const struct nsl_mode *mode;
	const struct nsl_wakeup *wakeup;
	const struct nsl_sleep *sleep;
	struct nsl_ring *ring;

	struct list_head node;
	u32 state;
	struct nsl_port *port;
	u32 rx_ifindex;
	u32 tx_ifindex;
	int kernel_cpu;
	int user_cpu;
	u32 checksum;
	struct bpf_prog __rcu *filter;
	struct net_device __rcu *tx_dev;
	netdevice_tracker tx_tracker;

	wait_queue_head_t wait;
	u32 need_wakeup;
	atomic64_t wakeups;
	atomic64_t truncated;
	atomic64_t tx_packets;
	atomic64_t tx_bytes;
	atomic64_t tx_dropped;
	atomic64_t tx_busy_waits;
	atomic64_t tx_refused;
	atomic64_t tx_too_long;
	atomic64_t tx_link_down;
	atomic64_t tx_forwarded;

	struct nsl_queue queue ____cacheline_aligned_in_smp;

	struct mutex read_lock ____cacheline_aligned_in_smp;
	struct list_head backlog;
	struct netslice_pkt rx_chunk[NSL_CHUNK];

	struct mutex write_lock ____cacheline_aligned_in_smp;
	struct netslice_pkt tx_chunk[NSL_CHUNK];
};

/* The largest address that a pointer of user space can hold. */
#define NSL_ADDRESS_MAX		((u64)ULONG_MAX)

/* The slice's rings, or NULL; pairs with the release in nsl_ring_install(). */
static inline struct nsl_ring *nsl_ring_of(struct nsl_slice *slice)
{
	return smp_load_acquire(&slice->ring);
}

/* Takes read_lock or write_lock, or says as a system call does why not. */
static inline int nsl_slice_lock(struct mutex *lock, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(lock) ? -ERESTARTSYS : 0;
}

/* slice.c: life of a slice, and its settings */
extern struct mutex nsl_control;

struct nsl_slice *nsl_slice_create(const struct nsl_kind *kind);
void nsl_slice_destroy(struct nsl_slice *slice);
int nsl_slice_attach(struct nsl_slice *slice, struct net *net,
		     const struct netslice_attach *request);
int nsl_slice_set_cpus(struct nsl_slice *slice, int kernel_cpu, int user_cpu);
int nsl_slice_set_checksum(struct nsl_slice *slice, u32 mode);
void nsl_slice_unlock(struct nsl_slice *slice, struct mutex *lock);
bool nsl_slice_try_to_free(struct mutex *lock);
void nsl_slice_device_gone(const struct net_device *dev);
int nsl_slice_not_attached(const struct nsl_slice *slice);

/* report.c: what a slice says of itself */
void nsl_slice_info(struct nsl_slice *slice, struct netslice_info *info);
void nsl_slice_stats(struct nsl_slice *slice, struct netslice_stats *stats);

/* filter.c: the classic BPF program */
int nsl_filter_attach(struct nsl_slice *slice, const struct netslice_filter *request);
int nsl_filter_detach(struct nsl_slice *slice);
void nsl_filter_free(struct nsl_slice *slice);
bool nsl_filter_run(const struct bpf_prog *prog, struct sk_buff *skb);

/* Does a frame belong to the slice? As the ingress hook has it. */
static inline bool nsl_filter_wants(const struct nsl_slice *slice, struct sk_buff *skb)
{
	const struct bpf_prog *prog = rcu_dereference(slice->filter);

	return likely(!prog) || nsl_filter_run(prog, skb);
}

/* receive.c: from the hook into the queue */
unsigned int nsl_receive(struct nsl_slice *slice, struct sk_buff *skb);

/* queue.c: a list under a lock; splice.c: taking all of it at once */
void nsl_queue_enqueue(struct nsl_slice *slice, struct sk_buff *skb);
bool nsl_queue_readable(const struct nsl_slice *slice);
u32 nsl_queue_sum(const struct list_head *skbs, u64 *bytes);
void nsl_queue_free(struct list_head *skbs);
void nsl_queue_purge(struct nsl_slice *slice);
unsigned int nsl_splice_dequeue(struct nsl_slice *slice, struct list_head *out, unsigned int max);
void nsl_splice_put_back(struct nsl_slice *slice, struct list_head *skbs);
void nsl_splice_purge(struct nsl_slice *slice);

/* wakeup.c: what goes before sleeping */
void nsl_wakeup_arm(struct nsl_slice *slice);

/* read.c: from the queue to user space */
ssize_t nsl_read(struct nsl_slice *slice, struct netslice_pkt __user *pkts, size_t asked,
		 bool nonblock);
__poll_t nsl_poll(struct nsl_slice *slice, struct file *file, poll_table *table);

/* batch.c: skbs of a whole chunk */
void nsl_batch_alloc(const struct nsl_tx_shape *shape, const struct netslice_pkt *pkts, u32 count,
		     struct sk_buff **skbs);
void nsl_batch_consume(struct list_head *skbs);

/* build.c: skbs for the driver */
int nsl_tx_shape(const struct nsl_slice *slice, struct nsl_tx_shape *shape);
struct sk_buff *nsl_tx_alloc(const struct nsl_tx_shape *shape, u32 length);
void nsl_tx_describe(struct sk_buff *skb, u32 checksum);

/* write.c: from user space to skbs; xmit.c: from skbs to the driver */
ssize_t nsl_write(struct nsl_slice *slice, const struct netslice_pkt __user *pkts, size_t asked,
		  bool nonblock);
int nsl_xmit(struct nsl_slice *slice, struct nsl_chain *skbs, bool nonblock);

#endif /* NSL_SLICE_H */
