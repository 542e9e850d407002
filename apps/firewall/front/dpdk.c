// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * firewall-dpdk: the firewall on DPDK, whose threads poll. A thread a direction, or
 * one for both. An accepted frame that finds no room waits, and nothing more is taken
 * in at its port meanwhile: what is lost then is lost, and counted, by the card.
 */
#include "control.h"
#include "dpdk_port.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_version.h>
#include <stdatomic.h>
#include <string.h>

/* Words that DPDK is told, at most. */
#define WORDS	64

/**
 * struct direction - frames from one port to the other; its thread alone writes it
 * @engine: that judges them
 * @from: FW_IN or FW_OUT
 * @in: number of the port that they come in at
 * @out: of the other
 * @batch: frames at a time
 * @count: frames accepted and not sent yet
 * @sent: of those, sent since
 * @frames: those
 * @busy_cycles: of turns in which frames came or went
 * @busy_packets: frames that came in them
 * @full: turns that found no room at @out
 */
struct direction {
	struct fw_engine *engine;
	uint8_t from;
	uint16_t in;
	uint16_t out;
	uint16_t batch;
	uint16_t count;
	uint16_t sent;
	struct rte_mbuf *frames[FW_BATCH_MAX];
	_Atomic uint64_t busy_cycles;
	_Atomic uint64_t busy_packets;
	_Atomic uint64_t full;
} __rte_cache_aligned;

/**
 * struct lane - a thread and the directions that are its
 * @directions: of them
 * @count: 1 or 2
 * @lcore: DPDK's number of the thread
 */
struct lane {
	struct direction *directions;
	unsigned int count;
	unsigned int lcore;
};

static struct direction directions[2];
static struct dpdk_port ports[2];
static atomic_bool stop;

/* What stood before `--`, the program's name first. */
static int told_count;
static char **told;

static void add(_Atomic uint64_t *counter, uint64_t more)
{
	/* No other thread writes it. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

/* Keeps those that pass, in order; frees the others. */
static void judge(struct direction *direction, uint16_t got)
{
	struct rte_mbuf **frames = direction->frames;
	uint16_t i, kept = 0;

	fw_engine_begin(direction->engine, direction->from, fw_now_ms());
	for (i = 0; i < got; i++) {
		if (fw_engine_judge(direction->engine, direction->from,
				    rte_pktmbuf_mtod(frames[i], const unsigned char *),
				    rte_pktmbuf_data_len(frames[i]),
				    rte_pktmbuf_pkt_len(frames[i])).accept)
			frames[kept++] = frames[i];
		else
			rte_pktmbuf_free(frames[i]);
	}
	fw_engine_end(direction->engine, direction->from);
	direction->count = kept;
	direction->sent = 0;
}

/* Sends what waits; returns how many went. */
static uint16_t send_frames(struct direction *direction)
{
	uint16_t left = direction->count - direction->sent;
	uint16_t went;

	if (!left)
		return 0;
	went = rte_eth_tx_burst(direction->out, 0, direction->frames + direction->sent, left);
	direction->sent += went;
	if (went < left)
		add(&direction->full, 1);
	return went;
}

static void take_turn(struct direction *direction)
{
	uint64_t begun = rte_rdtsc();
	uint16_t went = send_frames(direction);
	uint16_t got = 0;

	if (direction->sent == direction->count) {
		got = rte_eth_rx_burst(direction->in, 0, direction->frames, direction->batch);
		if (got) {
			judge(direction, got);
			went += send_frames(direction);
		}
	}
	if (!got && !went)
		return;
	add(&direction->busy_packets, got);
	add(&direction->busy_cycles, rte_rdtsc() - begun);
}

static int lane_main(void *argument)
{
	const struct lane *lane = argument;
	unsigned int i;

	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		for (i = 0; i < lane->count; i++)
			take_turn(&lane->directions[i]);
	return 0;
}

/* Deals the directions out to threads of DPDK's; the main one waits for signals. */
static unsigned int deal(struct lane lanes[2])
{
	unsigned int count = 0, lcore;

	RTE_LCORE_FOREACH_WORKER(lcore)
		if (count < 2)
			lanes[count++].lcore = lcore;
	for (lcore = 0; lcore < count; lcore++) {
		lanes[lcore].directions = &directions[lcore];
		lanes[lcore].count = count == 1 ? 2 : 1;
	}
	return count;
}

static void report(FILE *stream)
{
	int i;

	fprintf(stream, "{\"busy_cycles\":%" PRIu64 ",\"busy_packets\":%" PRIu64,
		get(&directions[FW_IN].busy_cycles) + get(&directions[FW_OUT].busy_cycles),
		get(&directions[FW_IN].busy_packets) + get(&directions[FW_OUT].busy_packets));
	fprintf(stream, ",\"forward_full\":%" PRIu64 ",\"reverse_full\":%" PRIu64,
		get(&directions[FW_IN].full), get(&directions[FW_OUT].full));
	for (i = FW_IN; i <= FW_OUT; i++) {
		fputs(i == FW_IN ? ",\"in\":" : ",\"out\":", stream);
		dpdk_port_report(&ports[i], stream);
	}
	fputc('}', stream);
}

static bool run(struct fw_engine *engine, const struct fw_options *options)
{
	struct lane lanes[2];
	unsigned int count = deal(lanes);
	unsigned int i;
	bool well;
	int error = count ? 0 : ENXIO;

	for (i = 0; i < count && !error; i++)
		error = rte_eal_remote_launch(lane_main, &lanes[i], lanes[i].lcore);
	if (error)
		well = dpdk_failed("start a thread for", options->in, error,
				   "name a CPU for it: --cpu-forward N");
	else
		well = fw_control_run(engine, options, report);
	atomic_store(&stop, true);
	rte_eal_mp_wait_lcore();
	return well;
}

static bool start_ports(struct fw_engine *engine, const struct fw_options *options)
{
	const char *names[2] = { options->in, options->out };
	struct rte_mempool *pool;
	uint8_t i;

	for (i = FW_IN; i <= FW_OUT; i++)
		if (!dpdk_port_find(&ports[i], names[i], options->mtu))
			return false;
	pool = dpdk_pool(ports, options);
	if (!pool)
		return false;
	for (i = FW_IN; i <= FW_OUT; i++) {
		if (!dpdk_port_start(&ports[i], pool))
			return false;
		directions[i].engine = engine;
		directions[i].from = i;
		directions[i].in = ports[i].id;
		directions[i].out = ports[!i].id;
		directions[i].batch = (uint16_t)options->batch;
	}
	return dpdk_ports_wait(ports);
}

/* Its threads are where the options say: the main one, which waits, beside a forwarding one. */
static bool start_dpdk(const struct fw_options *options)
{
	char lcores[64], option[] = "--lcores";
	char *words[WORDS + 3];
	int count = told_count;
	int forward = options->cpu[FW_IN];
	int reverse = options->cpu[FW_OUT];

	if (count > WORDS)
		return dpdk_failed("take all words before", "--", E2BIG, "leave some out");
	memcpy(words, told, (size_t)count * sizeof(*words));
	if (forward >= 0) {
		snprintf(lcores, sizeof(lcores), reverse < 0 ? "0@%d,1@%d" : "0@%d,1@%d,2@%d",
			 forward, forward, reverse);
		words[count++] = option;
		words[count++] = lcores;
	}
	words[count] = NULL;
	if (rte_eal_init(count, words) >= 0) {
		printf("firewall: on %s\n", rte_version());
		return true;
	}
	return dpdk_failed("start DPDK for", options->in, rte_errno,
			   "are there huge pages, and are you root? what did it say above?");
}

static int forward(const struct fw_options *options)
{
	struct fw_engine *engine;
	bool well;
	int i;

	/* DPDK's threads have signals wait as well. */
	fw_control_block();
	engine = fw_front_engine(options);
	if (!engine)
		return 1;
	well = start_dpdk(options);
	if (well) {
		well = start_ports(engine, options) && run(engine, options);
		fw_control_report(engine, report);
		for (i = FW_OUT; i >= FW_IN; i--)
			dpdk_port_close(&ports[i]);
		rte_eal_cleanup();
	}
	fw_engine_free(engine);
	return well ? 0 : 1;
}

int main(int argc, char *argv[])
{
	int i;

	told = argv;
	told_count = 1;
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		continue;
	if (i >= argc)
		return fw_front("firewall-dpdk", argc, argv, forward);
	told_count = i;
	return fw_front("firewall-dpdk", argc - i, argv + i, forward);
}
