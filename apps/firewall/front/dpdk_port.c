// SPDX-License-Identifier: MIT OR Apache-2.0
#include "dpdk_port.h"
#include "engine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

/* A ring has so many slots where its driver has no wish. */
#define SLOTS	512

/* Header and two VLAN tags. */
#define HEADER	(RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN)

/* A card negotiates its link anew when it is taken; it is waited for so long. */
#define LINK_WAIT_MS	10000

static const struct timespec interval = { .tv_nsec = 20 * 1000 * 1000 };

bool dpdk_failed(const char *what, const char *which, int error, const char *hint)
{
	fprintf(stderr, "firewall-dpdk: could not %s `%s`: %s\nhint: %s\n", what, which,
		strerror(error < 0 ? -error : error), hint);
	return false;
}

static uint16_t wish(uint16_t slots)
{
	return slots ? slots : SLOTS;
}

bool dpdk_port_find(struct dpdk_port *port, const char *name, unsigned int mtu)
{
	struct rte_eth_conf conf = { .rxmode.mtu = mtu };
	int error = rte_eth_dev_get_port_by_name(name, &port->id);

	port->name = name;
	if (error)
		return dpdk_failed("find the port", name, error,
				   "is it bound to a driver for user space (`dpdk-devbind.py -s`), "
				   "and is it named to DPDK: `-a SLOT`, or `--vdev`, before `--`?");
	port->opened = true;
	error = rte_eth_dev_info_get(port->id, &port->info);
	if (error)
		return dpdk_failed("ask what it can do, the port", name, error,
				   "does its driver support it?");
	if (port->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
		conf.txmode.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	error = rte_eth_dev_configure(port->id, 1, 1, &conf);
	if (error)
		return dpdk_failed("configure the port", name, error,
				   "does it take frames so long? see --mtu");
	port->rx_slots = wish(port->info.default_rxportconf.ring_size);
	port->tx_slots = wish(port->info.default_txportconf.ring_size);
	error = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->rx_slots, &port->tx_slots);
	return !error || dpdk_failed("find a length for the rings of", name, error,
				     "does its driver have limits that it does not keep?");
}

struct rte_mempool *dpdk_pool(const struct dpdk_port ports[2], const struct fw_options *options)
{
	unsigned int room = RTE_MAX(options->mtu + HEADER, 2048u) + RTE_PKTMBUF_HEADROOM;
	/* Both rings of both ports, and of each of two threads a batch, one that waits, a cache. */
	unsigned int count = ports[FW_IN].rx_slots + ports[FW_IN].tx_slots +
			     ports[FW_OUT].rx_slots + ports[FW_OUT].tx_slots +
			     2 * (2 * options->batch + 2 * PORT_CACHE);
	struct rte_mempool *pool;

	pool = rte_pktmbuf_pool_create("frames", count, PORT_CACHE, 0, (uint16_t)room,
				       rte_eth_dev_socket_id(ports[FW_IN].id));
	if (!pool)
		dpdk_failed("have memory for the frames of", ports[FW_IN].name, rte_errno,
			    "reserve more huge pages on its node, or take a smaller --batch");
	return pool;
}

bool dpdk_port_start(struct dpdk_port *port, struct rte_mempool *pool)
{
	struct rte_eth_txconf tx = port->info.default_txconf;
	int socket = rte_eth_dev_socket_id(port->id);
	int error;

	if (port->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
		tx.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	error = rte_eth_rx_queue_setup(port->id, 0, port->rx_slots, (unsigned int)socket, NULL,
				       pool);
	if (!error)
		error = rte_eth_tx_queue_setup(port->id, 0, port->tx_slots, (unsigned int)socket,
					       &tx);
	if (error)
		return dpdk_failed("make the rings of", port->name, error,
				   "is there memory, and does it take frames so long? see --mtu");
	error = rte_eth_dev_start(port->id);
	if (!error)
		error = rte_eth_promiscuous_enable(port->id);
	/* What a virtual device without addresses takes in is everything anyway. */
	return !error || error == -ENOTSUP ||
	       dpdk_failed("start the port", port->name, error, "what did DPDK say above?");
}

static bool has_link(const struct dpdk_port *port)
{
	struct rte_eth_link link = { 0 };

	return !rte_eth_link_get_nowait(port->id, &link) && link.link_status;
}

bool dpdk_ports_wait(const struct dpdk_port ports[2])
{
	uint64_t end = fw_now_ms() + LINK_WAIT_MS;
	int i = FW_IN;

	for (;;) {
		while (i <= FW_OUT && has_link(&ports[i]))
			i++;
		if (i > FW_OUT)
			return true;
		if (fw_now_ms() >= end)
			return dpdk_failed("see a link at", ports[i].name, ETIMEDOUT,
					   "is there a cable, and is its other end up?");
		nanosleep(&interval, NULL);
	}
}

void dpdk_port_report(const struct dpdk_port *port, FILE *stream)
{
	struct rte_eth_stats stats;

	if (!port->opened || rte_eth_stats_get(port->id, &stats)) {
		fputs("null", stream);
		return;
	}
	fprintf(stream, "{\"rx_packets\":%" PRIu64 ",\"rx_bytes\":%" PRIu64
		",\"rx_missed_errors\":%" PRIu64 ",\"rx_errors\":%" PRIu64
		",\"rx_no_buffer\":%" PRIu64, stats.ipackets, stats.ibytes, stats.imissed,
		stats.ierrors, stats.rx_nombuf);
	fprintf(stream, ",\"tx_packets\":%" PRIu64 ",\"tx_bytes\":%" PRIu64
		",\"tx_errors\":%" PRIu64 "}", stats.opackets, stats.obytes, stats.oerrors);
}

void dpdk_port_close(struct dpdk_port *port)
{
	if (!port->opened)
		return;
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	port->opened = false;
}
