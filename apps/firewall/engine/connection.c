// SPDX-License-Identifier: MIT OR Apache-2.0
#include "connection.h"

/* Sides that sent a FIN. */
#define FIN_ORIGIN	1
#define FIN_ANSWER	2

uint8_t connection_begins(uint8_t protocol)
{
	switch (protocol) {
	case FW_TCP:
		return FW_TCP_OPENING;
	case FW_UDP:
		return FW_UDP_ONE_WAY;
	case FW_ICMP:
	case FW_ICMP6:
		return FW_ICMP_ECHO;
	default:
		return FW_OTHER_PROTOCOL;
	}
}

static void note_tcp(struct entry *entry, uint8_t flags, bool answer)
{
	if (flags & FW_TCP_RST) {
		entry->state = FW_TCP_CLOSING;
		return;
	}
	/* The same ports once more, for a new connection. */
	if (!answer && entry->state == FW_TCP_CLOSING && (flags & FW_TCP_SYN)) {
		entry->state = FW_TCP_OPENING;
		entry->answered = false;
		entry->fins = 0;
		return;
	}
	if (flags & FW_TCP_FIN)
		entry->fins |= answer ? FIN_ANSWER : FIN_ORIGIN;
	if (entry->fins == (FIN_ORIGIN | FIN_ANSWER))
		entry->state = FW_TCP_CLOSING;
	else if (entry->state == FW_TCP_OPENING && entry->answered && !answer &&
		 (flags & FW_TCP_ACK))
		entry->state = FW_TCP_OPEN;
}

void connection_note(struct entry *entry, const struct fw_packet *packet, bool answer,
		     uint64_t now_ms, const uint32_t *timeout_s)
{
	entry->answered |= answer;
	if (packet->flow.protocol == FW_TCP)
		note_tcp(entry, packet->tcp_flags, answer);
	else if (packet->flow.protocol == FW_UDP && entry->answered)
		entry->state = FW_UDP_BOTH_WAYS;
	entry->expires_ms = now_ms + timeout_s[entry->state] * 1000ull;
}
