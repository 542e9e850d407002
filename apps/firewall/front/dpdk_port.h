/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ports of DPDK: found, started with one queue each way, counted, closed. Must not
 * know what is done with frames.
 */
#ifndef FW_DPDK_PORT_H
#define FW_DPDK_PORT_H

#include "options.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdio.h>

/* Frames that a thread's cache of the pool holds. */
#define PORT_CACHE	256

/**
 * struct dpdk_port - a port
 * @name: as DPDK calls it
 * @id: number that DPDK has for it
 * @opened: it is to be closed
 * @rx_slots: of its receive ring
 * @tx_slots: of its transmit ring
 * @info: what it can do
 */
struct dpdk_port {
	const char *name;
	uint16_t id;
	bool opened;
	uint16_t rx_slots;
	uint16_t tx_slots;
	struct rte_eth_dev_info info;
};

/** dpdk_failed - tell what could not be done with what, why, and what helps; false */
bool dpdk_failed(const char *what, const char *which, int error, const char *hint);

/** dpdk_port_find - the port called @name, configured for packets of @mtu bytes */
bool dpdk_port_find(struct dpdk_port *port, const char *name, unsigned int mtu);

/** dpdk_pool - frames for both ports and for what threads hold; NULL with an error told */
struct rte_mempool *dpdk_pool(const struct dpdk_port ports[2], const struct fw_options *options);

/** dpdk_port_start - take frames in from now on, whoever they are for */
bool dpdk_port_start(struct dpdk_port *port, struct rte_mempool *pool);

/** dpdk_ports_wait - until both have a link */
bool dpdk_ports_wait(const struct dpdk_port ports[2]);

/** dpdk_port_report - the port's counters, as an object of JSON; null where it has none */
void dpdk_port_report(const struct dpdk_port *port, FILE *stream);

/** dpdk_port_close - give it back; nothing where it was not found */
void dpdk_port_close(struct dpdk_port *port);

#endif /* FW_DPDK_PORT_H */
