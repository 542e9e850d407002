/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the kernel counts of CPUs, interrupts and ports, for hoststream. Each file
 * is opened once. Must not know what is done with it.
 */
#ifndef HOSTSTREAM_COUNTERS_H
#define HOSTSTREAM_COUNTERS_H

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "line.h"

#define NR_TICKS	6	/* user, system, irq, softirq, idle, steal */

/**
 * struct cpu - a CPU that was on when hoststream began
 * @number: as the kernel has it
 * @ticks: its time by what it was spent on, in ticks of USER_HZ
 * @frequency: file that tells it in kHz, or -1
 */
struct cpu {
	unsigned int number;
	struct counted ticks;
	int frequency;
};

struct cpus {
	unsigned int n;
	struct cpu *each;
};

/**
 * struct port - a network interface
 * @name: as the kernel has it
 * @counters: of /proc/net/dev: bytes, packets, dropped, fifo received; the same sent
 * @pauses: frames that asked this port to be silent, and those by which it asked
 * @names: what its driver calls @pauses; NULL where it does not count them
 * @at: their places in @stats
 * @stats: room for all that the driver counts
 */
struct port {
	const char *name;
	struct counted counters, pauses;
	const char *names[2];
	unsigned int at[2];
	struct ethtool_stats *stats;
};

/* Pairs by which drivers name frames of flow control, received and sent. */
static const char *const pause_names[][2] = {
	{ "rx_flow_control_xoff", "tx_flow_control_xoff" },	/* e1000e, igb, igc, ixgbe */
	{ "port.link_xoff_rx", "port.link_xoff_tx" },		/* i40e */
	{ "link_xoff_rx.nic", "link_xoff_tx.nic" },		/* ice */
	{ "rx_pause_ctrl_phy", "tx_pause_ctrl_phy" },		/* mlx5 */
	{ "rx_pause", "tx_pause" },				/* mlx4, bcmgenet */
	{ "rx_xoff_pause_rcvd", "tx_xoff_sent" },		/* tg3 */
	{ "rx_pause_frames", "tx_pause_frames" },		/* bnx2x, bnxt, qede */
};

static int stat_file = -1, net_file = -1, ethtool = -1;
static char *content;
static size_t content_size = 1 << 16;

/* The whole of a file that is read anew, ended by a zero; NULL where that fails. */
static char *whole(int fd)
{
	size_t length = 0;

	for (;;) {
		ssize_t n;

		if (!content || content_size - length < 2) {
			char *more = realloc(content, content ? content_size *= 2 : content_size);

			if (!more)
				return NULL;
			content = more;
		}
		n = pread(fd, content + length, content_size - length - 1, length);
		if (n < 0)
			return NULL;
		length += n;
		content[length] = '\0';
		/* A short answer is no end: these files come in pieces of a page. */
		if (!n)
			return content;
	}
}

/* The number at @at, which moves behind it; false where there is none. */
static bool number(char **at, uint64_t *value)
{
	char *begin = *at;

	while (*begin == ' ')
		begin++;
	*value = 0;
	for (*at = begin; **at >= '0' && **at <= '9'; (*at)++)
		*value = *value * 10 + (**at - '0');
	return *at > begin;
}

static bool numbers(char *at, uint64_t *values, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!number(&at, &values[i]))
			return false;
	return true;
}

/* `cpu3 USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...`; lines are in the order of the CPUs. */
static void read_cpu(struct cpus *cpus, unsigned int *next, char *line)
{
	uint64_t cpu, ticks[8];
	struct counted *into;

	if (!number(&line, &cpu))
		return;
	while (*next < cpus->n && cpus->each[*next].number < cpu)
		(*next)++;
	if (*next == cpus->n || cpus->each[*next].number != cpu || !numbers(line, ticks, 8))
		return;
	into = &cpus->each[*next].ticks;
	into->now[0] = ticks[0] + ticks[1];
	into->now[1] = ticks[2];
	into->now[2] = ticks[5];
	into->now[3] = ticks[6];
	into->now[4] = ticks[3] + ticks[4];
	into->now[5] = ticks[7];
	into->known = true;
}

static void read_stat(struct cpus *cpus, struct counted *interrupts)
{
	uint64_t all, softirqs[5];	/* all, HI, TIMER, NET_TX, NET_RX */
	bool has_all = false, has_softirqs = false;
	char *line = whole(stat_file);
	unsigned int next = 0;

	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (!strncmp(line, "cpu", 3) && line[3] != ' ')
			read_cpu(cpus, &next, line + 3);
		else if (!strncmp(line, "intr ", 5))
			has_all = numbers(line + 5, &all, 1);
		else if (!strncmp(line, "softirq ", 8))
			has_softirqs = numbers(line + 8, softirqs, 5);
	}
	interrupts->known = has_all && has_softirqs;
	if (interrupts->known) {
		interrupts->now[0] = all;
		interrupts->now[1] = softirqs[3];
		interrupts->now[2] = softirqs[4];
	}
}

static bool open_stat(struct cpus *cpus)
{
	char *line;

	stat_file = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	line = stat_file < 0 ? NULL : whole(stat_file);
	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *at = line + 3;
		struct cpu *each;
		uint64_t cpu;

		if (strncmp(line, "cpu", 3) || *at == ' ' || !number(&at, &cpu))
			continue;
		each = realloc(cpus->each, (cpus->n + 1) * sizeof(*each));
		if (!each)
			return false;
		cpus->each = each;
		memset(&each[cpus->n], 0, sizeof(*each));
		each[cpus->n].number = cpu;
		each[cpus->n++].ticks.n = NR_TICKS;
	}
	return cpus->n;
}

/* `eth1: BYTES PACKETS ERRS DROP FIFO FRAME COMPRESSED MULTICAST`, then the same of what is sent */
static void read_port(struct port *ports, unsigned int n, char *line)
{
	uint64_t all[13];
	char *colon = strchr(line, ':'), *end = strchr(line, '\n');

	line += strspn(line, " ");
	if (!colon || (end && colon > end))
		return;
	for (unsigned int i = 0; i < n; i++) {
		struct counted *into = &ports[i].counters;

		if (strlen(ports[i].name) != (size_t)(colon - line) ||
		    strncmp(ports[i].name, line, colon - line) || !numbers(colon + 1, all, 13))
			continue;
		memcpy(into->now, (uint64_t[]){ all[0], all[1], all[3], all[4],
						all[8], all[9], all[11], all[12] },
		       sizeof(into->now));
		into->known = true;
	}
}

static void read_ports(struct port *ports, unsigned int n)
{
	char *line = n ? whole(net_file) : NULL;

	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		read_port(ports, n, line);
}

/* Asks the driver of @port; false where it does not answer. */
static bool ask(const struct port *port, void *question)
{
	struct ifreq request = { .ifr_data = question };

	if (strlen(port->name) >= IFNAMSIZ)
		return false;
	strcpy(request.ifr_name, port->name);
	return ethtool >= 0 && !ioctl(ethtool, SIOCETHTOOL, &request);
}

/* Finds what the driver calls pauses, if it counts them. */
static void find_pauses(struct port *port)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_STATS } };
	struct ethtool_gstrings *strings;

	if (!ask(port, &set) || !set.info.sset_mask || !set.n)
		return;
	strings = calloc(1, sizeof(*strings) + (size_t)set.n * ETH_GSTRING_LEN);
	port->stats = calloc(1, sizeof(*port->stats) + set.n * sizeof(uint64_t));
	if (!strings || !port->stats)
		return;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_STATS;
	strings->len = set.n;
	if (!ask(port, strings) || strings->len != set.n) {
		free(strings);
		return;
	}
	port->stats->n_stats = set.n;
	for (size_t pair = 0; pair < sizeof(pause_names) / sizeof(*pause_names); pair++) {
		unsigned int found = 0;

		for (uint32_t i = 0; i < set.n; i++)
			for (int way = 0; way < 2; way++)
				if (!strncmp((char *)strings->data + (size_t)i * ETH_GSTRING_LEN,
					     pause_names[pair][way], ETH_GSTRING_LEN)) {
					port->at[way] = i;
					found |= 1U << way;
				}
		if (found == 3 && !port->names[0])
			memcpy(port->names, pause_names[pair], sizeof(port->names));
		if (port->names[0])
			break;
	}
	free(strings);
}

static void read_pauses(struct port *port)
{
	uint32_t n;

	if (!port->names[0])
		return;
	n = port->stats->n_stats;
	port->stats->cmd = ETHTOOL_GSTATS;
	/* A driver that counts something else by now does not mean the same places. */
	if (!ask(port, port->stats) || port->stats->n_stats != n) {
		port->stats->n_stats = n;
		return;
	}
	for (int way = 0; way < 2; way++)
		port->pauses.now[way] = port->stats->data[port->at[way]];
	port->pauses.known = true;
}

static void put_pause_names(const struct port *port)
{
	if (!port->names[0]) {
		put("null");
		return;
	}
	put("[");
	put_quoted(port->names[0]);
	put(",");
	put_quoted(port->names[1]);
	put("]");
}

static bool open_ports(struct port *ports, unsigned int n)
{
	net_file = open("/proc/net/dev", O_RDONLY | O_CLOEXEC);
	ethtool = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (unsigned int i = 0; i < n; i++) {
		ports[i].counters.n = MAX_COUNTED;
		ports[i].pauses.n = 2;
		find_pauses(&ports[i]);
		read_pauses(&ports[i]);
	}
	return !n || net_file >= 0;
}

#endif
