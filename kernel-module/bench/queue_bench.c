// SPDX-License-Identifier: GPL-2.0
/*
 * How fast are the module's queues by themselves? One producer and one consumer
 * on a core each; no kernel, no skb, no driver. This is where the lock shows that
 * the paper blames, which a virtual machine with one CPU cannot show.
 *
 *   queue_bench [ROUNDS [PACKETS]]
 *
 * The queues take turns, so that a machine that drifts drifts for all of them. A
 * round takes some milliseconds, so that in most of them no other program has one
 * of the CPUs, and the median is of those.
 */
#define _GNU_SOURCE
#include "queues.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		301
#define ROUNDS_MAX	1000
#define PACKETS		20000
#define PACKETS_MAX	1000000000

/* Looks of a reader at an empty queue before it sleeps, and moments between two of them. */
#define LOOKS		200
#define MOMENTS		10

static const struct queue *const queues[] = {
	&classic_queue,
	&batched_queue,
	&splice_queue,
	&ring_queue,
};
#define QUEUES	(sizeof(queues) / sizeof(queues[0]))

static struct frame frames[FRAMES];
static alignas(LINE) unsigned char data[FRAMES][LINE];
static double rates[QUEUES][ROUNDS_MAX];

/* Of the round that runs. */
static const struct queue *queue;
static uint64_t packets;
static pthread_barrier_t start;
static alignas(LINE) uint64_t next_number;

void seen(const unsigned char *bytes)
{
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	if (number == next_number++)
		return;
	fprintf(stderr, "queue_bench: %s gave frame %llu, not %llu\n", queue->name,
		(unsigned long long)number, (unsigned long long)next_number - 1);
	exit(1);
}

/* What a driver does: frame number @number has arrived. */
static struct frame *arrive(uint64_t number)
{
	struct frame *frame = &frames[number % FRAMES];

	frame->data = data[number % FRAMES];
	frame->length = FRAME_BYTES;
	frame->users = 1;
	memcpy(frame->data, &number, sizeof(number));
	return frame;
}

static void pin(pthread_attr_t *attributes, int which)
{
	cpu_set_t allowed, one;
	int cpu;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && which-- == 0)
			break;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	pthread_attr_setaffinity_np(attributes, sizeof(one), &one);
}

static void *produce(void *nothing)
{
	unsigned int spins = 0;
	struct frame *frame;
	uint64_t i;

	pthread_barrier_wait(&start);
	for (i = 0; i < packets; i++) {
		frame = arrive(i);
		while (!queue->put(frame))
			pause_a_moment(&spins);
	}
	return nothing;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * A reader that finds nothing looks again for a while before it sleeps: what is
 * measured are the queues, and not how long a CPU takes to wake up.
 */
static void await(void)
{
	unsigned int looks, moments, spins = 0;

	for (looks = 0; looks < LOOKS; looks++) {
		for (moments = 0; moments < MOMENTS; moments++)
			pause_a_moment(&spins);
		if (queue->readable())
			return;
	}
	sleep_until_readable(queue->readable);
}

static void *consume(void *rate)
{
	uint64_t taken = 0;
	unsigned int got;
	double begun;

	pthread_barrier_wait(&start);
	begun = now_s();
	while (taken < packets) {
		/* read() or NETSLICE_RING_SYNC: one system call a batch. */
		syscall(SYS_getppid);
		got = queue->take();
		if (!got)
			await();
		taken += got;
	}
	*(double *)rate = (double)packets / (now_s() - begun);
	return NULL;
}

static void run(const struct queue *measured, double *rate)
{
	static void *(*const bodies[2])(void *) = { produce, consume };
	pthread_attr_t attributes;
	pthread_t threads[2];
	int i;

	queue = measured;
	next_number = 0;
	queue->reset();
	for (i = 0; i < 2; i++) {
		pthread_attr_init(&attributes);
		pin(&attributes, i);
		if (pthread_create(&threads[i], &attributes, bodies[i], rate)) {
			fputs("queue_bench: could not start a thread\n", stderr);
			exit(1);
		}
		pthread_attr_destroy(&attributes);
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), ascending);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* 0 where there is no such number. */
static uint64_t number(const char *text, uint64_t highest)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	return text[0] >= '1' && text[0] <= '9' && !*end && value <= highest ? value : 0;
}

static void print(unsigned int rounds)
{
	double classic = 0, middle;
	size_t q;

	printf("%-16s %-8s %16s %16s %16s %9s\n", "mode", "wakeup", "packets/s", "lowest",
	       "highest", "ratio");
	for (q = 0; q < QUEUES; q++) {
		middle = median(rates[q], rounds);
		if (!q)
			classic = middle;
		printf("%-16s %-8s %16.0f %16.0f %16.0f %9.2f\n", queues[q]->name,
		       queues[q]->wakeup, middle, rates[q][0], rates[q][rounds - 1],
		       middle / classic);
	}
	printf("medians of %u rounds of %llu packets, one producer and one consumer on two CPUs\n",
	       rounds, (unsigned long long)packets);
}

int main(int argc, char *argv[])
{
	uint64_t rounds = argc > 1 ? number(argv[1], ROUNDS_MAX) : ROUNDS;
	cpu_set_t allowed;
	unsigned int r;
	size_t q;

	packets = argc > 2 ? number(argv[2], PACKETS_MAX) : PACKETS;
	if (!rounds || !packets || argc > 3) {
		fprintf(stderr, "usage: queue_bench [ROUNDS [PACKETS]], at most %d and %d\n",
			ROUNDS_MAX, PACKETS_MAX);
		return 2;
	}
	if (sched_getaffinity(0, sizeof(allowed), &allowed) || CPU_COUNT(&allowed) < 2) {
		puts("skipped: a queue between two CPUs needs two, and this process has one");
		return 0;
	}
	pthread_barrier_init(&start, NULL, 2);
	for (r = 0; r < rounds; r++)
		for (q = 0; q < QUEUES; q++)
			run(queues[q], &rates[q][r]);
	print((unsigned int)rounds);
	return 0;
}
