/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One connection, and how packets change its state. Internal to the table of
 * connections.
 */
#ifndef FW_CONNECTION_H
#define FW_CONNECTION_H

#include "connections.h"

/**
 * struct entry - a connection
 * @origin: how it began
 * @state: which timeout counts
 * @used: there is one
 * @answered: the other side has sent something
 * @fins: sides that sent a FIN, a bit each
 * @generation: of the rules that allow it
 * @expires_ms: when it is forgotten
 */
struct entry {
	struct fw_origin origin;
	uint8_t state;
	bool used;
	bool answered;
	uint8_t fins;
	uint32_t generation;
	uint64_t expires_ms;
};

/** connection_begins - the state that a connection of @protocol begins in */
uint8_t connection_begins(uint8_t protocol);

/** connection_note - a packet of the connection came by, of the other side if @answer is set */
void connection_note(struct entry *entry, const struct fw_packet *packet, bool answer,
		     uint64_t now_ms, const uint32_t *timeout_s);

#endif /* FW_CONNECTION_H */
