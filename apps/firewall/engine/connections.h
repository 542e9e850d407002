/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Connections that are remembered, in a table of fixed size, shared by the threads
 * of both directions. Must not know of rules.
 *
 * The table is made of buckets of eight, each with a lock of its own; both
 * directions of a connection are in one bucket. Where a bucket or the table is
 * full, one that has timed out makes room, else one near by that was never answered;
 * connections with an answer are never thrown out, and a new one
 * that finds no room is refused.
 */
#ifndef FW_CONNECTIONS_H
#define FW_CONNECTIONS_H

#include "rules.h"

struct fw_connections;

/* What came of a look at the table. */
enum fw_connection {
	FW_CONNECTION_NONE,
	FW_CONNECTION_KNOWN,
	/* Known, but from before the present rules: see fw_connections_confirm(). */
	FW_CONNECTION_STALE,
};

/**
 * struct fw_origin - how a connection began
 * @flow: of its first packet
 * @from: FW_IN or FW_OUT
 */
struct fw_origin {
	struct fw_flow flow;
	uint8_t from;
};

/** fw_connections_new - a table for @most connections, or NULL for lack of memory */
struct fw_connections *fw_connections_new(uint32_t most);

void fw_connections_free(struct fw_connections *table);

/**
 * fw_connections_limit - change how many there are at most
 *
 * Return: the number in force, which may be what the table was made for
 */
uint32_t fw_connections_limit(struct fw_connections *table, uint32_t most);

/** fw_connections_count - how many are remembered, those included that nobody has swept yet */
uint32_t fw_connections_count(const struct fw_connections *table);

/**
 * fw_connections_look - find the connection of a packet, and note the packet
 * @table: the table
 * @packet: with ports, or of a protocol that has none
 * @from: where it came in
 * @now_ms: milliseconds on a clock that does not go back
 * @generation: of the rules in force
 * @timeout_s: of the rules
 * @origin: of a stale connection: set
 */
enum fw_connection fw_connections_look(struct fw_connections *table,
				       const struct fw_packet *packet, uint8_t from,
				       uint64_t now_ms, uint32_t generation,
				       const uint32_t *timeout_s, struct fw_origin *origin);

/** fw_connections_quoted - whether the flow that an ICMP error quotes is known; as above */
enum fw_connection fw_connections_quoted(struct fw_connections *table,
					 const struct fw_packet *packet, uint8_t from,
					 uint64_t now_ms, uint32_t generation,
					 struct fw_origin *origin);

/** fw_connections_confirm - the present rules allow what began so */
void fw_connections_confirm(struct fw_connections *table, const struct fw_origin *origin,
			    uint32_t generation);

/** fw_connections_forget - the present rules do not */
void fw_connections_forget(struct fw_connections *table, const struct fw_origin *origin);

/** fw_connections_begin - remember a new connection; false where there is no room */
bool fw_connections_begin(struct fw_connections *table, const struct fw_packet *packet,
			  uint8_t from, uint64_t now_ms, uint32_t generation,
			  const uint32_t *timeout_s);

/** fw_connections_sweep - forget what timed out in the next few buckets */
void fw_connections_sweep(struct fw_connections *table, uint64_t now_ms);

#endif /* FW_CONNECTIONS_H */
