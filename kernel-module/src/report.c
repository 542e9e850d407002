// SPDX-License-Identifier: GPL-2.0
/*
 * What a slice says of itself: its settings and its counters.
 */
#include <linux/string.h>

#include "ring.h"
#include "slice.h"

/**
 * nsl_slice_info - fill in what a slice is
 * @slice: the slice
 * @info: zeroed but for size and version
 */
void nsl_slice_info(struct nsl_slice *slice, struct netslice_info *info)
{
	mutex_lock(&nsl_control);
	info->state = slice->state;
	info->rx_ifindex = slice->rx_ifindex;
	info->tx_ifindex = slice->tx_ifindex;
	info->kernel_cpu = slice->kernel_cpu;
	info->user_cpu = slice->user_cpu;
	info->checksum = slice->checksum;
	info->filtered = rcu_access_pointer(slice->filter) ? 1 : 0;
	mutex_unlock(&nsl_control);
	info->queue_limit = slice->queue.count.limit;
	strscpy(info->mode, slice->mode->name, sizeof(info->mode));
	strscpy(info->wakeup, slice->wakeup->name, sizeof(info->wakeup));
}

/**
 * nsl_slice_stats - fill in the counters
 * @slice: the slice
 * @stats: zeroed but for size and version
 *
 * The queue's counters are of one moment, the rings' of another one; the others
 * are each of theirs.
 */
void nsl_slice_stats(struct nsl_slice *slice, struct netslice_stats *stats)
{
	struct nsl_queue *queue = &slice->queue;

	spin_lock_bh(&queue->lock);
	stats->rx_filtered = queue->filtered;
	stats->rx_refused_gso = queue->refused_gso;
	stats->rx_dropped_full = queue->dropped_full;
	stats->rx_dropped_error = queue->dropped_error;
	stats->rx_queued = queue->queued;
	stats->rx_delivered = queue->delivered;
	stats->rx_delivered_bytes = queue->delivered_bytes;
	stats->queue_packets = queue->count.packets;
	stats->queue_bytes = queue->count.bytes;
	spin_unlock_bh(&queue->lock);
	nsl_ring_stats(slice, stats);

	stats->rx_received = stats->rx_filtered + stats->rx_refused_gso +
			     stats->rx_dropped_full + stats->rx_dropped_error +
			     stats->rx_queued;
	stats->rx_truncated = atomic64_read(&slice->truncated);
	stats->rx_wakeups = atomic64_read(&slice->wakeups);
	stats->tx_packets = atomic64_read(&slice->tx_packets);
	stats->tx_bytes = atomic64_read(&slice->tx_bytes);
	stats->tx_dropped = atomic64_read(&slice->tx_dropped);
	stats->tx_busy_waits = atomic64_read(&slice->tx_busy_waits);
	stats->tx_refused = atomic64_read(&slice->tx_refused);
	stats->tx_too_long = atomic64_read(&slice->tx_too_long);
	stats->tx_link_down = atomic64_read(&slice->tx_link_down);
	stats->tx_forwarded = atomic64_read(&slice->tx_forwarded);
}
