// SPDX-License-Identifier: GPL-2.0
/*
 * The mode ring: the softirq copies to where the program reads, and keeps the
 * frame beside it. The lock is for two CPUs that receive for one slice; the reader
 * does not take it.
 */
#include "../pure/queue_count.h"
#include "../pure/ring_index.h"
#include "queues.h"

#include <string.h>

#define ROOM	128

/* Shared with the program. */
static struct {
	alignas(LINE) _Atomic uint32_t producer;
	alignas(LINE) _Atomic uint32_t consumer;
	struct netslice_rx_desc descs[QUEUE_LEN];
	alignas(LINE) unsigned char rooms[QUEUE_LEN][ROOM];
} shared;

/* The softirq's. */
static struct {
	struct lock lock;
	uint32_t head;
	uint32_t tail_seen;
	uint64_t queued;
	uint64_t queued_bytes;
} producer;

/* The reader's. */
static struct {
	alignas(LINE) _Atomic uint32_t tail;
	uint64_t delivered;
	uint64_t delivered_bytes;
} consumer;

/* The softirq's to write, the reader's to read. */
static struct frame *frames[QUEUE_LEN];

static void reset(void)
{
	memset(&shared, 0, sizeof(shared));
	memset(&producer, 0, sizeof(producer));
	memset(&consumer, 0, sizeof(consumer));
}

/* The reader's index is another CPU's line, and looked at only where the ring may be full. */
static bool admits(void)
{
	if (producer.head - producer.tail_seen < QUEUE_LEN)
		return true;
	producer.tail_seen = atomic_load_explicit(&consumer.tail, memory_order_acquire);
	return producer.head - producer.tail_seen < QUEUE_LEN;
}

static bool put(struct frame *frame)
{
	uint32_t position;

	lock_take(&producer.lock);
	if (!admits()) {
		lock_release(&producer.lock);
		return false;
	}
	producer.queued++;
	producer.queued_bytes += frame->length;
	position = nsl_ring_position(producer.head, QUEUE_LEN);
	memcpy(shared.rooms[position], frame->data, FRAME_BYTES);
	shared.descs[position].length = frame->length;
	shared.descs[position].copied = frame->length;
	frames[position] = frame;
	atomic_store_explicit(&shared.producer, ++producer.head, memory_order_release);
	lock_release(&producer.lock);
	wake_sleeper();
	return true;
}

/* NETSLICE_RING_SYNC, without orders: what the reader says is checked, then taken back. */
static void sync_ring(void)
{
	uint32_t said = atomic_load_explicit(&shared.consumer, memory_order_acquire);
	uint32_t head = atomic_load_explicit(&shared.producer, memory_order_acquire);
	uint32_t tail = atomic_load_explicit(&consumer.tail, memory_order_relaxed);
	uint32_t i;

	if (nsl_ring_check_consumer(said, tail, head))
		return;
	consumer.delivered += said - tail;
	for (i = tail; i != said; i++) {
		consumer.delivered_bytes += frames[nsl_ring_position(i, QUEUE_LEN)]->length;
	}
	atomic_store_explicit(&consumer.tail, said, memory_order_release);
}

static bool readable(void)
{
	return atomic_load_explicit(&shared.producer, memory_order_relaxed) !=
	       atomic_load_explicit(&consumer.tail, memory_order_relaxed);
}

static unsigned int take(void)
{
	uint32_t next = atomic_load_explicit(&shared.consumer, memory_order_relaxed);
	uint32_t there = atomic_load_explicit(&shared.producer, memory_order_acquire) - next;
	unsigned int i;

	if (!there)
		return 0;
	if (there > BATCH)
		there = BATCH;
	for (i = 0; i < there; i++)
		seen(shared.rooms[nsl_ring_position(next + i, QUEUE_LEN)]);
	atomic_store_explicit(&shared.consumer, next + there, memory_order_release);
	sync_ring();
	return there;
}

const struct queue ring_queue = {
	.name = "ring",
	.wakeup = "sleeper",
	.reset = reset,
	.put = put,
	.readable = readable,
	.take = take,
};
