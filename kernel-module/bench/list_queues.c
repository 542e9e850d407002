// SPDX-License-Identifier: GPL-2.0
/*
 * The modes classic and splice: a list under a lock. What the reader takes it
 * copies to the program's buffers, as read() does.
 */
#include "../pure/queue_count.h"
#include "queues.h"

#include <stdlib.h>
#include <string.h>

static struct {
	struct lock lock;
	struct frame head;
	struct nsl_queue_count count;	/* its packets are looked at without the lock, too */
	uint64_t queued;
	uint64_t delivered;
	uint64_t delivered_bytes;
} queue;

/* The reader's: what it took in one go. */
static alignas(LINE) struct frame backlog;

static unsigned char buffers[BATCH][FRAME_BYTES];

static void empty(struct frame *list)
{
	list->next = list;
	list->previous = list;
}

static void append(struct frame *list, struct frame *frame)
{
	frame->previous = list->previous;
	frame->next = list;
	list->previous->next = frame;
	list->previous = frame;
}

static void unlink_frame(struct frame *frame)
{
	frame->previous->next = frame->next;
	frame->next->previous = frame->previous;
}

static void reset(void)
{
	empty(&queue.head);
	empty(&backlog);
	queue.count = (struct nsl_queue_count){ .limit = QUEUE_LEN };
	queue.queued = 0;
	queue.delivered = 0;
	queue.delivered_bytes = 0;
}

static bool put(struct frame *frame)
{
	lock_take(&queue.lock);
	if (!nsl_queue_admits(&queue.count)) {
		lock_release(&queue.lock);
		return false;
	}
	append(&queue.head, frame);
	nsl_queue_add(&queue.count, frame->length);
	queue.queued++;
	lock_release(&queue.lock);
	return true;
}

static bool put_always(struct frame *frame)
{
	if (!put(frame))
		return false;
	wake_always();
	return true;
}

static bool put_sleeper(struct frame *frame)
{
	if (!put(frame))
		return false;
	wake_sleeper();
	return true;
}

static bool readable(void)
{
	return __atomic_load_n(&queue.count.packets, __ATOMIC_RELAXED) != 0;
}

/* The copies of a chunk, as read() makes them. */
static void deliver(struct frame *list)
{
	struct frame *frame, *next;
	unsigned int i = 0;

	for (frame = list->next; frame != list; frame = next) {
		next = frame->next;
		if (frame->users != 1)
			abort();
		memcpy(buffers[i], frame->data, FRAME_BYTES);
		seen(buffers[i++]);
	}
}

/* netslice_readv: a frame at a time, under the lock. */
static unsigned int take_classic(void)
{
	struct frame out, *frame;
	unsigned int moved = 0;

	empty(&out);
	lock_take(&queue.lock);
	while (moved < BATCH && queue.head.next != &queue.head) {
		frame = queue.head.next;
		unlink_frame(frame);
		nsl_queue_remove(&queue.count, frame->length);
		queue.delivered++;
		queue.delivered_bytes += frame->length;
		append(&out, frame);
		moved++;
	}
	lock_release(&queue.lock);
	deliver(&out);
	return moved;
}

/* netslice_readv_batched: the same, but counted in variables and written once. */
static unsigned int take_batched(void)
{
	struct frame out, *frame;
	unsigned int moved = 0;
	uint64_t bytes = 0;

	empty(&out);
	lock_take(&queue.lock);
	while (moved < BATCH && queue.head.next != &queue.head) {
		frame = queue.head.next;
		unlink_frame(frame);
		bytes += frame->length;
		append(&out, frame);
		moved++;
	}
	nsl_queue_remove_many(&queue.count, moved, (__u64)bytes);
	queue.delivered += moved;
	queue.delivered_bytes += bytes;
	lock_release(&queue.lock);
	deliver(&out);
	return moved;
}

static void splice(void)
{
	lock_take(&queue.lock);
	if (queue.head.next != &queue.head) {
		backlog = queue.head;
		backlog.next->previous = &backlog;
		backlog.previous->next = &backlog;
		empty(&queue.head);
	}
	lock_release(&queue.lock);
}

/* nsl_splice_dequeue: all of it under the lock once, then from the backlog. */
static unsigned int take_splice(void)
{
	unsigned int moved = 0;
	struct frame out, *last;
	uint64_t bytes = 0;

	if (backlog.next == &backlog)
		splice();
	for (last = &backlog; moved < BATCH && last->next != &backlog; moved++) {
		last = last->next;
		bytes += last->length;
	}
	if (!moved)
		return 0;
	out.next = backlog.next;
	out.previous = last;
	backlog.next = last->next;
	last->next->previous = &backlog;
	out.next->previous = &out;
	last->next = &out;
	lock_take(&queue.lock);
	nsl_queue_remove_many(&queue.count, moved, (__u64)bytes);
	queue.delivered += moved;
	queue.delivered_bytes += bytes;
	lock_release(&queue.lock);
	deliver(&out);
	return moved;
}

const struct queue classic_queue = {
	.name = "classic",
	.wakeup = "always",
	.reset = reset,
	.put = put_always,
	.readable = readable,
	.take = take_classic,
};

const struct queue batched_queue = {
	.name = "classic, batched",
	.wakeup = "always",
	.reset = reset,
	.put = put_always,
	.readable = readable,
	.take = take_batched,
};

const struct queue splice_queue = {
	.name = "splice",
	.wakeup = "sleeper",
	.reset = reset,
	.put = put_sleeper,
	.readable = readable,
	.take = take_splice,
};
