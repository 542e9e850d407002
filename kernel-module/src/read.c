// SPDX-License-Identifier: GPL-2.0
/*
 * read() and poll(): from the queue to user space. Which mode queues the frames
 * is not known here.
 */
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "copy.h"
#include "slice.h"

/* Stores one frame and its length. The element is the kernel's copy. */
static int nsl_store(struct nsl_slice *slice, const struct sk_buff *skb,
		     const struct netslice_pkt *pkt, struct netslice_pkt __user *user)
{
	void __user *room = u64_to_user_ptr(pkt->base);
	u32 bytes = min(pkt->capacity, skb->len);
	struct iov_iter to;
	int err;

	err = nsl_pkt_check_read(pkt, NSL_ADDRESS_MAX);
	if (err)
		return err;
	if (slice->mode->batch && bytes <= skb_headlen(skb)) {
		err = nsl_copy_to_user(room, skb->data, bytes);
	} else {
		iov_iter_ubuf(&to, ITER_DEST, room, bytes);
		err = skb_copy_datagram_iter(skb, 0, &to, bytes);
	}
	if (err || put_user(skb->len, &user->length))
		return -EFAULT;
	if (bytes < skb->len)
		atomic64_inc(&slice->truncated);
	return 0;
}

/**
 * nsl_read_chunk - move up to one chunk of frames
 * @slice: the slice, its read_lock held
 * @pkts: the next elements of the caller's array
 * @want: how many of them, at most NSL_CHUNK
 *
 * Return: frames moved, fewer than @want when the queue ran empty or a later
 * one faulted; -EFAULT when the first did
 */
static int nsl_read_chunk(struct nsl_slice *slice, struct netslice_pkt __user *pkts, u32 want)
{
	bool batch = slice->mode->batch;
	struct sk_buff *skb, *next;
	LIST_HEAD(stored);
	LIST_HEAD(taken);
	int moved = 0;
	int err = 0;

	if (copy_from_user(slice->rx_chunk, pkts, want * sizeof(*pkts)))
		return -EFAULT;
	slice->mode->dequeue(slice, &taken, want);
	list_for_each_entry_safe(skb, next, &taken, list) {
		err = nsl_store(slice, skb, &slice->rx_chunk[moved], &pkts[moved]);
		if (err)
			break;
		moved++;
		if (batch)
			continue;
		skb_list_del_init(skb);
		consume_skb(skb);
	}
	if (batch) {
		list_cut_before(&stored, &taken, &skb->list);
		nsl_batch_consume(&stored);
	}
	if (!list_empty(&taken))
		slice->mode->put_back(slice, &taken);
	return moved ? moved : err;
}

/* As many frames as there are, up to @total; 0 when the queue is empty. */
static int nsl_read_queued(struct nsl_slice *slice, struct netslice_pkt __user *pkts, u32 total)
{
	u32 done = 0;
	u32 want;
	int moved;

	do {
		want = nsl_chunk_length(total, done);
		moved = nsl_read_chunk(slice, pkts + done, want);
		if (moved < 0) {
			if (done)
				break;
			return moved;
		}
		done += moved;
	} while (moved == want && done < total);
	return done;
}

/**
 * nsl_read - read() of the device
 * @slice: the slice
 * @pkts: the caller's array
 * @asked: its elements
 * @nonblock: do not wait
 *
 * Return: frames moved, or the errors of the UAPI header
 */
ssize_t nsl_read(struct nsl_slice *slice, struct netslice_pkt __user *pkts, size_t asked,
		 bool nonblock)
{
	u32 total = nsl_call_length(asked);
	ssize_t ret;

	if (!total)
		return 0;
	for (;;) {
		ret = nsl_slice_not_attached(slice);
		/*
		 * Looked at after the state: an attached slice gets no rings any more,
		 * and with rings there is never anything here to wait for.
		 */
		if (nsl_ring_of(slice))
			return -EOPNOTSUPP;
		if (ret)
			return ret;
		ret = nsl_slice_lock(&slice->read_lock, nonblock);
		if (ret)
			return ret;
		ret = nsl_read_queued(slice, pkts, total);
		nsl_slice_unlock(slice, &slice->read_lock);
		if (ret)
			return ret;
		if (nonblock)
			return -EAGAIN;
		ret = slice->sleep->wait(slice);
		if (ret)
			return ret;
	}
}

/**
 * nsl_poll - poll() of the device
 * @slice: the slice
 * @file: its file
 * @table: of the caller
 */
__poll_t nsl_poll(struct nsl_slice *slice, struct file *file, poll_table *table)
{
	__poll_t events;

	poll_wait(file, &slice->wait, table);
	nsl_wakeup_arm(slice);
	switch (nsl_slice_not_attached(slice)) {
	case 0:
		events = EPOLLOUT | EPOLLWRNORM;
		if (slice->mode->readable(slice))
			events |= EPOLLIN | EPOLLRDNORM;
		return events;
	case -ENOTCONN:
		return EPOLLERR;
	default:
		return EPOLLERR | EPOLLHUP;
	}
}
