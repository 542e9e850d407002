// SPDX-License-Identifier: GPL-2.0
/*
 * Rings while others are at work on them: programs that store what they like,
 * frames that come meanwhile, readers that sleep.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HOSTILE_ROUNDS	20000
#define COUNTED		800

static atomic_bool scribbling;

/* Stores numbers over everything that the kernel may look at while it looks. */
static void *scribble(void *argument)
{
	unsigned int state = 12345;
	size_t words = rings.shape.rx_rooms / sizeof(uint32_t);
	uint32_t *memory = (uint32_t *)rings.memory;

	(void)argument;
	while (atomic_load(&scribbling)) {
		state = state * 1664525 + 1013904223;
		/* Small numbers too: they pass more checks. */
		memory[(state >> 8) % words] = state & 1 ? state : state >> 26;
	}
	return NULL;
}

void rings__survive_a_hostile_program(void)
{
	int slice = open_ringed(O_NONBLOCK, 128);
	unsigned int state = 1, i;
	pthread_t scribbler;

	atomic_store(&scribbling, true);
	EXPECT(pthread_create(&scribbler, NULL, scribble, NULL) == 0);
	for (i = 0; i < HOSTILE_ROUNDS; i++) {
		struct netslice_tx_desc *order = &rings.tx_descs[i % 64];

		if (i % 4 == 0)
			send_in(i % 8 ? FRAME : 1400, ETHERTYPE, (unsigned char)i);
		state = state * 1664525 + 1013904223;
		order->op = state >> 30;
		order->frame = *rings.rx_consumer + (state >> 28);
		order->offset = (state >> 16) & 127;
		order->length = (state >> 8) & 127;
		*rings.tx_producer += state >> 31;
		*rings.rx_consumer += (state >> 29) & 1;
		(void)ioctl(slice, NETSLICE_RING_SYNC, i & 1);
		if (i % 1000 == 0)
			drain_wire();
	}
	atomic_store(&scribbling, false);
	pthread_join(scribbler, NULL);
	close_ringed(slice);
	drain_wire();

	/* The next one finds nothing amiss. */
	rings__forward_what_they_are_told_to();
}

static void *send_many(void *argument)
{
	unsigned int i;

	(void)argument;
	for (i = 0; i < COUNTED; i++)
		send_in(FRAME, ETHERTYPE, (unsigned char)i);
	return NULL;
}

void rings__count_frames_once(void)
{
	int slice = open_ringed(0, 64);
	struct netslice_stats stats;
	unsigned int patience = 0;
	pthread_t sender;

	EXPECT(pthread_create(&sender, NULL, send_many, NULL) == 0);
	do {
		stats = stats_of(slice);
		EXPECT(stats.rx_queued == stats.rx_delivered + stats.queue_packets);
		nsl_rings_done(&rings, nsl_rings_received(&rings));
		EXPECT(nsl_rings_sync(&rings, false) == 0);
		if (!stats.queue_packets) {
			patience++;
			usleep(100);
		}
	} while (stats.rx_queued + stats.rx_dropped_full < COUNTED &&
		 patience < PATIENCE_MS * 10);
	pthread_join(sender, NULL);
	EXPECT(stats.rx_queued + stats.rx_dropped_full == COUNTED);
	close_ringed(slice);
}

static int take_from_ring(int slice)
{
	int number;

	(void)slice;
	if (nsl_rings_sync(&rings, true) != 0 || nsl_rings_received(&rings) != 1)
		return -1;
	number = nsl_rings_frame(&rings, 0).bytes[40];
	nsl_rings_done(&rings, 1);
	return number;
}

void rings__wake_for_each_frame(void)
{
	int slice = open_ringed(0, 64);

	take_turns(slice, take_from_ring);
	close_ringed(slice);
}

static bool orders_wait_for_a_call(void)
{
	const uint32_t *flags = (const uint32_t *)(rings.memory + rings.shape.tx_flags);

	return __atomic_load_n(flags, __ATOMIC_ACQUIRE) == NETSLICE_RING_NEED_SYNC;
}

static void *wait_in_ring(void *argument)
{
	int *error = argument;

	errno = 0;
	*error = nsl_rings_sync(&rings, true) == -1 ? errno : 0;
	return NULL;
}

void rings__end_sleep_with_their_port(void)
{
	int slice = nsl_open(0), error = 0;
	pthread_t waiting;

	EXPECT(system("ip link add lost0 type veth peer name lost1 && "
		      "ip link set lost1 up && ip link set lost0 up") == 0);
	EXPECT(filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_rings_open(&rings, slice, 64, 0, 64) == 0);
	EXPECT(orders_wait_for_a_call());
	EXPECT(nsl_attach(slice, "lost1", "lost1", NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	EXPECT(pthread_create(&waiting, NULL, wait_in_ring, &error) == 0);
	usleep(200000);
	alarm(TURNS_SECONDS);
	EXPECT(system("ip link del lost0") == 0);
	pthread_join(waiting, NULL);
	alarm(0);
	EXPECT(error == ENODEV);
	EXPECT(orders_wait_for_a_call());
	/* The memory stays for as long as it is mapped. */
	memset(rings.memory, 0xA5, 4096);
	close_ringed(slice);
}
