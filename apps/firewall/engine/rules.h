/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The rules, as a file has them. docs/firewall.md describes the language. Must not
 * know how packets are looked up, nor who forwards them.
 */
#ifndef FW_RULES_H
#define FW_RULES_H

#include "packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Rules of a file at most; what a rule becomes is bounded by the classifier. */
#define FW_RULES_MAX	1000000

/* Ranges that one list of ports has at most. */
#define FW_RANGES_MAX	16

/* Where a packet came from: a port of the line. */
#define FW_IN		0
#define FW_OUT		1

/* Of a rule: packets from either port, or from a port that this line does not have. */
#define FW_EITHER	2
#define FW_ELSEWHERE	3

#define FW_ANY_PROTOCOL	(-1)
#define FW_ANY_TYPE	(-1)

/* What is timed: a connection that is silent for so long is forgotten. */
enum fw_timeout {
	FW_TCP_OPENING,
	FW_TCP_OPEN,
	FW_TCP_CLOSING,
	FW_UDP_ONE_WAY,
	FW_UDP_BOTH_WAYS,
	FW_ICMP_ECHO,
	FW_OTHER_PROTOCOL,
	FW_TIMEOUTS,
};

/**
 * struct fw_prefix - addresses that begin alike
 * @address: their beginning; bits beyond @length are zero
 * @length: bits that count, 0 to 32 or 128
 */
struct fw_prefix {
	struct fw_address address;
	uint8_t length;
};

/** struct fw_range - ports from @first to @last, both included */
struct fw_range {
	uint16_t first;
	uint16_t last;
};

/**
 * struct fw_ports - ports that match
 * @count: ranges; 0 for whatever the packet has, ports or none
 * @ranges: which
 */
struct fw_ports {
	uint8_t count;
	struct fw_range ranges[FW_RANGES_MAX];
};

/**
 * struct fw_rule - a line that begins with `accept` or `drop`
 * @line: its number in the file, from 1
 * @accept: or drop
 * @keep: what it accepts begins a connection
 * @from: FW_IN, FW_OUT, FW_EITHER or FW_ELSEWHERE
 * @kind: FW_KIND_IP4 or FW_KIND_IP6, or 0 for both
 * @protocol: of IP, or FW_ANY_PROTOCOL
 * @icmp_type: or FW_ANY_TYPE
 * @source: prefix of the address
 * @destination: likewise
 * @source_ports: of TCP and UDP
 * @destination_ports: likewise
 */
struct fw_rule {
	uint32_t line;
	bool accept;
	bool keep;
	uint8_t from;
	uint8_t kind;
	int16_t protocol;
	int16_t icmp_type;
	struct fw_prefix source;
	struct fw_prefix destination;
	struct fw_ports source_ports;
	struct fw_ports destination_ports;
};

/**
 * struct fw_rules - a file
 * @rules: in its order: the first that matches counts
 * @count: how many
 * @room: how many there is memory for
 * @accept_rest: what no rule matches is accepted
 * @accept_other: so are frames that are not IP
 * @keeps: some rule has `keep`
 * @connections: that are remembered at a time, at most
 * @timeout_s: seconds, by enum fw_timeout
 */
struct fw_rules {
	struct fw_rule *rules;
	uint32_t count;
	uint32_t room;
	bool accept_rest;
	bool accept_other;
	bool keeps;
	uint32_t connections;
	uint32_t timeout_s[FW_TIMEOUTS];
};

/**
 * fw_rules_read - understand a file
 * @rules: filled; to be freed with fw_rules_free(), also after an error
 * @text: the file's content
 * @length: bytes of it
 * @name: what errors call it
 * @in: name of the port `in`, or NULL to take every name for one
 * @out: name of the port `out`, likewise
 * @errors: where errors go: NAME:LINE:COLUMN: what, and a hint
 *
 * Return: whether there was no error
 */
bool fw_rules_read(struct fw_rules *rules, const char *text, size_t length, const char *name,
		   const char *in, const char *out, FILE *errors);

void fw_rules_free(struct fw_rules *rules);

/** fw_prefix_mask - the bits of an address that a prefix of @length bits keeps */
struct fw_address fw_prefix_mask(unsigned int length);

/** fw_rule_matches - whether a rule is about a packet that came in at @from; the definition */
bool fw_rule_matches(const struct fw_rule *rule, const struct fw_packet *packet, uint8_t from);

#endif /* FW_RULES_H */
