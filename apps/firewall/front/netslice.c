// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * firewall-netslice: the firewall on the kernel module netslice, in all its modes.
 * A slice and a thread a direction. Linked with libnetslice, so that the program as
 * a whole is under the GPL.
 */
#include "control.h"
#include "libnetslice.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Room for a jumbo frame of MTU 9216, its header and two VLAN tags. */
#define FRAME_ROOM	9280

/* Wakes a thread out of a system call; does nothing else. */
#define SIGNAL_WAKE	SIGUSR2

/**
 * struct direction - frames from one port to the other
 * @engine: that judges them
 * @from: FW_IN or FW_OUT
 * @batch: frames at a time
 * @slice: file descriptor, or -1
 * @ring: @rings are what it is read by
 * @rings: in mode `ring`
 * @thread: that moves them
 * @started: it is to be joined
 * @stop: set by others: end
 * @done: set by the thread, last of all
 * @error: errno that ended it, or 0
 * @lost: judged and accepted, but the other port did not take them
 * @pkts: for read() and write()
 * @frames: where @pkts point
 */
struct direction {
	struct fw_engine *engine;
	uint8_t from;
	unsigned int batch;
	int slice;
	bool ring;
	struct nsl_rings rings;
	pthread_t thread;
	bool started;
	atomic_bool stop;
	atomic_bool done;
	int error;
	_Atomic uint64_t lost;
	struct netslice_pkt pkts[FW_BATCH_MAX];
	unsigned char frames[FW_BATCH_MAX][FRAME_ROOM];
};

static struct direction directions[2];

/* Between two tries to wake a thread that is to stop. */
static const struct timespec wake_interval = { .tv_nsec = 10 * 1000 * 1000 };

static bool stopping(const struct direction *direction)
{
	return atomic_load_explicit(&direction->stop, memory_order_relaxed);
}

/* Brings the frames that pass to the front; every buffer stays in exactly one element. */
static size_t judge_pkts(struct direction *direction, size_t count)
{
	struct netslice_pkt *pkts = direction->pkts;
	struct netslice_pkt whole;
	size_t kept = 0, i;

	fw_engine_begin(direction->engine, direction->from, fw_now_ms());
	for (i = 0; i < count; i++) {
		if (pkts[i].length > pkts[i].capacity ||
		    !fw_engine_judge(direction->engine, direction->from,
				     (const unsigned char *)(uintptr_t)pkts[i].base,
				     pkts[i].length, pkts[i].length).accept)
			continue;
		whole = pkts[i];
		pkts[i] = pkts[kept];
		pkts[kept++] = whole;
	}
	fw_engine_end(direction->engine, direction->from);
	return kept;
}

/* Returns false when the slice is of no use any more. */
static bool send_pkts(struct direction *direction, size_t count)
{
	const struct netslice_pkt *pkts = direction->pkts;
	ssize_t sent;

	while (count) {
		sent = nsl_write(direction->slice, pkts, count);
		if (sent > 0) {
			pkts += sent;
			count -= (size_t)sent;
		} else if (errno == EINTR || errno == ENOMEM) {
			if (stopping(direction))
				return true;
		} else if (errno == ENETDOWN) {
			direction->lost += count;
			return true;
		} else if (errno == EMSGSIZE) {
			direction->lost++;
			pkts++;
			count--;
		} else {
			return false;
		}
	}
	return true;
}

static bool forward_pkts(struct direction *direction)
{
	ssize_t got;

	while (!stopping(direction)) {
		got = nsl_read(direction->slice, direction->pkts, direction->batch);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || !send_pkts(direction, judge_pkts(direction, (size_t)got)))
			return false;
	}
	return true;
}

/* Orders what passes of the frames that are there; the rest is dropped by not being ordered. */
static uint32_t judge_rings(struct direction *direction)
{
	struct nsl_rings *rings = &direction->rings;
	uint32_t count = nsl_rings_received(rings);
	uint32_t space = nsl_rings_space(rings);
	struct nsl_frame frame;
	uint32_t i;

	count = count < direction->batch ? count : direction->batch;
	count = count < space ? count : space;
	if (!count)
		return 0;
	fw_engine_begin(direction->engine, direction->from, fw_now_ms());
	for (i = 0; i < count; i++) {
		frame = nsl_rings_frame(rings, i);
		if (fw_engine_judge(direction->engine, direction->from, frame.bytes, frame.copied,
				    frame.length).accept)
			nsl_rings_forward(rings, i, 0, 0);
	}
	fw_engine_end(direction->engine, direction->from);
	nsl_rings_done(rings, count);
	return count;
}

static bool forward_rings(struct direction *direction)
{
	uint32_t count;

	while (!stopping(direction)) {
		count = judge_rings(direction);
		if (nsl_rings_sync(&direction->rings, !count) < 0 && errno != EINTR &&
		    errno != EAGAIN)
			return false;
	}
	return true;
}

static void *direction_main(void *argument)
{
	struct direction *direction = argument;
	bool well = direction->ring ? forward_rings(direction) : forward_pkts(direction);

	if (!well)
		direction->error = errno;
	atomic_store(&direction->done, true);
	if (!well)
		kill(getpid(), FW_SIGNAL_ENDED);
	return NULL;
}

static bool failed(const char *what, const char *port, int error, const char *hint)
{
	fprintf(stderr, "firewall-netslice: could not %s `%s`: %s\n", what, port, strerror(error));
	if (hint)
		fprintf(stderr, "hint: %s\n", hint);
	return false;
}

static bool is_ring(int slice)
{
	struct netslice_info info;

	return nsl_get_info(slice, &info) == 0 && !strcmp(info.mode, "ring");
}

static bool attach(struct direction *direction, const char *from, const char *to, int cpu)
{
	direction->slice = nsl_open(0);
	if (direction->slice < 0)
		return failed("open", NETSLICE_DEVICE, errno,
			      errno == ENOENT ? "load the module: `modprobe netslice`" :
						"run as root");
	direction->ring = is_ring(direction->slice);
	if (direction->ring && nsl_rings_open(&direction->rings, direction->slice, FW_HEADERS, 0,
					      FW_BATCH_MAX) < 0)
		return failed("make the rings of", from, errno,
			      "load the module with a smaller `queue_len`");
	if (nsl_attach(direction->slice, from, to, NETSLICE_CPU_ANY, cpu) < 0)
		return failed("attach", from, errno, "is there such a port, and does no other "
			      "program have it? `fuser -v " NETSLICE_DEVICE "`");
	return true;
}

static int start_thread(struct direction *direction, int cpu)
{
	pthread_attr_t attributes;
	cpu_set_t cpus;
	int error = pthread_attr_init(&attributes);

	if (error)
		return error;
	CPU_ZERO(&cpus);
	if (cpu >= CPU_SETSIZE)
		error = EINVAL;
	else if (cpu >= 0)
		CPU_SET(cpu, &cpus);
	if (!error && cpu >= 0)
		error = pthread_attr_setaffinity_np(&attributes, sizeof(cpus), &cpus);
	if (!error)
		error = pthread_create(&direction->thread, &attributes, direction_main,
				       direction);
	pthread_attr_destroy(&attributes);
	return error;
}

static bool start(struct direction *direction, const char *port, int cpu)
{
	unsigned int i;
	int error;

	for (i = 0; i < direction->batch; i++)
		nsl_packet(&direction->pkts[i], direction->frames[i], FRAME_ROOM);
	error = start_thread(direction, cpu);
	if (error)
		return failed("start the thread of", port, error, "is that CPU online?");
	direction->started = true;
	return true;
}

static void stop(struct direction *direction)
{
	atomic_store(&direction->stop, true);
	if (!direction->started)
		return;
	while (!atomic_load(&direction->done)) {
		pthread_kill(direction->thread, SIGNAL_WAKE);
		nanosleep(&wake_interval, NULL);
	}
	pthread_join(direction->thread, NULL);
}

static void wake(int number)
{
	(void)number;
}

static bool start_all(struct fw_engine *engine, const struct fw_options *options)
{
	const char *ports[2] = { options->in, options->out };
	uint8_t i;

	for (i = FW_IN; i <= FW_OUT; i++) {
		directions[i].engine = engine;
		directions[i].from = i;
		directions[i].batch = options->batch;
		if (!attach(&directions[i], ports[i], ports[!i], options->cpu[i]))
			return false;
	}
	for (i = FW_IN; i <= FW_OUT; i++)
		if (!start(&directions[i], ports[i], options->cpu[i]))
			return false;
	return true;
}

/* What did not get from a port to a verdict, or from its verdict to the other port. */
static void report_direction(const struct direction *direction, FILE *stream)
{
	struct netslice_stats stats;

	if (nsl_get_stats(direction->slice, &stats) < 0) {
		fputs("null", stream);
		return;
	}
	fprintf(stream, "{\"rx_received\":%llu,\"rx_dropped_full\":%llu,\"rx_dropped_error\":%llu,"
		"\"rx_refused_gso\":%llu,\"rx_truncated\":%llu,",
		(unsigned long long)stats.rx_received, (unsigned long long)stats.rx_dropped_full,
		(unsigned long long)stats.rx_dropped_error,
		(unsigned long long)stats.rx_refused_gso, (unsigned long long)stats.rx_truncated);
	fprintf(stream, "\"tx_packets\":%llu,\"tx_dropped\":%llu,\"tx_refused\":%llu,"
		"\"tx_too_long\":%llu,\"tx_link_down\":%llu,\"not_sent\":%llu}",
		(unsigned long long)stats.tx_packets, (unsigned long long)stats.tx_dropped,
		(unsigned long long)stats.tx_refused, (unsigned long long)stats.tx_too_long,
		(unsigned long long)stats.tx_link_down, (unsigned long long)direction->lost);
}

static void report(FILE *stream)
{
	fputs("{\"forward\":", stream);
	report_direction(&directions[FW_IN], stream);
	fputs(",\"reverse\":", stream);
	report_direction(&directions[FW_OUT], stream);
	fputc('}', stream);
}

static int forward(const struct fw_options *options)
{
	/* Without SA_RESTART, so that system calls do end. */
	struct sigaction action = { .sa_handler = wake };
	struct fw_engine *engine;
	bool well;
	int i;

	fw_control_block();
	sigaction(SIGNAL_WAKE, &action, NULL);
	engine = fw_front_engine(options);
	if (!engine)
		return 1;
	well = start_all(engine, options) && fw_control_run(engine, options, report);
	stop(&directions[FW_IN]);
	stop(&directions[FW_OUT]);
	for (i = FW_IN; i <= FW_OUT; i++) {
		if (directions[i].error)
			failed("forward what comes in at", i ? options->out : options->in,
			       directions[i].error, "did the port vanish?");
		if (directions[i].lost)
			fprintf(stderr, "firewall-netslice: accepted but not sent: %llu\n",
				(unsigned long long)directions[i].lost);
	}
	fw_control_report(engine, report);
	fw_engine_free(engine);
	return well ? 0 : 1;
}

int main(int argc, char *argv[])
{
	return fw_front("firewall-netslice", argc, argv, forward);
}
