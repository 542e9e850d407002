// SPDX-License-Identifier: GPL-2.0
/*
 * From skbs to the driver, past the queueing disciplines: a batch goes into the
 * port's ring under one taking of its lock, and the doorbell rings once.
 */
#include <linux/hrtimer.h>
#include <linux/sched/signal.h>

#include "slice.h"

/* A full ring drains at line rate: 64 of the shortest frames take 43 us at 1 Gb/s. */
#define NSL_TX_WAIT_NS		(20 * NSEC_PER_USEC)
#define NSL_TX_WAIT_SLACK_NS	(30 * NSEC_PER_USEC)

/**
 * nsl_xmit_locked - hand frames to the driver until it has no room
 * @slice: the slice, for its counters
 * @dev: the port
 * @txq: one of its queues, locked
 * @skbs: frames; those that were taken are gone from it
 *
 * The frames need no validate_xmit_skb_list(): they are linear, or in pieces that
 * the port takes: nsl_ring_fit(). They carry their tag and their checksum, and ask
 * the device for nothing. Each frame but the last says that more will come; a
 * driver that stops its queue before that rings its doorbell by itself.
 *
 * Return: frames taken
 */
static int nsl_xmit_locked(struct nsl_slice *slice, struct net_device *dev,
			   struct netdev_queue *txq, struct nsl_chain *skbs)
{
	const u16 mapping = txq - dev->_tx;
	u64 bytes = 0, packets = 0, dropped = 0;
	struct sk_buff *skb;
	netdev_tx_t verdict;
	unsigned int length;
	int taken = 0;

	while (!nsl_chain_empty(skbs) && !netif_xmit_frozen_or_drv_stopped(txq)) {
		skb = nsl_chain_take(skbs);
		length = skb->len;
		skb->dev = dev;
		skb_set_queue_mapping(skb, mapping);
		verdict = netdev_start_xmit(skb, dev, txq, !nsl_chain_empty(skbs));
		if (!dev_xmit_complete(verdict)) {
			/* It may wait until the device is gone. */
			skb->dev = NULL;
			nsl_chain_put_back(skbs, skb);
			break;
		}
		taken++;
		if (verdict == NETDEV_TX_OK) {
			packets++;
			bytes += length;
		} else {
			dropped++;
		}
	}
	atomic64_add(packets, &slice->tx_packets);
	atomic64_add(bytes, &slice->tx_bytes);
	if (dropped)
		atomic64_add(dropped, &slice->tx_dropped);
	return taken;
}

/* Return: frames taken, 0 when there is no room, or -ENODEV, -ENETDOWN. */
static int nsl_xmit_once(struct nsl_slice *slice, struct nsl_chain *skbs)
{
	struct netdev_queue *txq;
	struct net_device *dev;
	int cpu, ret;

	rcu_read_lock_bh();
	dev = rcu_dereference_bh(slice->tx_dev);
	if (!dev) {
		ret = -ENODEV;
	} else if (!netif_running(dev) || !netif_carrier_ok(dev)) {
		ret = -ENETDOWN;
	} else {
		cpu = smp_processor_id();
		txq = netdev_get_tx_queue(dev, cpu % READ_ONCE(dev->real_num_tx_queues));
		HARD_TX_LOCK(dev, txq, cpu);
		ret = nsl_xmit_locked(slice, dev, txq, skbs);
		HARD_TX_UNLOCK(dev, txq);
	}
	rcu_read_unlock_bh();
	return ret;
}

static int nsl_xmit_wait(struct nsl_slice *slice)
{
	ktime_t delay = ns_to_ktime(NSL_TX_WAIT_NS);

	atomic64_inc(&slice->tx_busy_waits);
	set_current_state(TASK_INTERRUPTIBLE);
	schedule_hrtimeout_range(&delay, NSL_TX_WAIT_SLACK_NS, HRTIMER_MODE_REL);
	return signal_pending(current) ? -ERESTARTSYS : 0;
}

/**
 * nsl_xmit - send frames, waiting for room to send the first
 * @slice: the slice, its write_lock held
 * @skbs: frames, not none; those that were taken are gone from it
 * @nonblock: do not wait
 *
 * Return: frames taken, at least one; or -EAGAIN, -ERESTARTSYS, -ENODEV,
 * -ENETDOWN, with all frames still there
 */
int nsl_xmit(struct nsl_slice *slice, struct nsl_chain *skbs, bool nonblock)
{
	int taken, err;

	for (;;) {
		taken = nsl_xmit_once(slice, skbs);
		if (taken)
			return taken;
		if (nonblock) {
			atomic64_inc(&slice->tx_busy_waits);
			return -EAGAIN;
		}
		err = nsl_xmit_wait(slice);
		if (err)
			return err;
	}
}
