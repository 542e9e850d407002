// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Rules as a firewall of many networks has them, and packets for them: a few hundred
 * networks, prefixes of the usual lengths, well-known ports and some ranges.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)(chance(state) % bound);
}

static void print_address(FILE *file, uint64_t *state, bool is_ip6)
{
	static const uint8_t lengths[] = { 8, 16, 20, 24, 24, 24, 28, 30, 32, 32, 32, 32 };
	static const uint8_t lengths6[] = { 32, 48, 64, 64, 128, 128 };
	uint32_t address, length;

	if (!is_ip6) {
		length = lengths[below(state, sizeof(lengths))];
		address = 10u << 24 | below(state, 1 << 20) << 4 | below(state, 16);
		address &= UINT32_MAX << (32 - length);
		fprintf(file, "%u.%u.%u.%u/%u", address >> 24, address >> 16 & 255,
			address >> 8 & 255, address & 255, length);
		return;
	}
	length = lengths6[below(state, sizeof(lengths6))];
	address = below(state, 256);
	if (length == 32)
		fprintf(file, "fd00:%x::/32", address);
	else if (length == 48)
		fprintf(file, "fd00:%x:%x::/48", address, below(state, 256));
	else if (length == 64)
		fprintf(file, "fd00:%x:%x:1::/64", address, below(state, 256));
	else
		fprintf(file, "fd00:%x::%x", address, 1 + below(state, 256));
}

static void print_ports(FILE *file, uint64_t *state)
{
	static const uint16_t known[] = { 22, 25, 53, 80, 123, 443, 993, 3306, 5432, 8080 };
	uint32_t first = 1024 + below(state, 60000);

	switch (below(state, 8)) {
	case 0:
		fputs(" port 1024-65535", file);
		break;
	case 1:
		fprintf(file, " port %u-%u", first, first + below(state, 4000));
		break;
	case 2:
		fprintf(file, " port %u,%u", known[below(state, 10)], first);
		break;
	default:
		fprintf(file, " port %u", known[below(state, 10)]);
	}
}

static void print_rule(FILE *file, uint64_t *state)
{
	static const char *const protocols[] = { "tcp", "tcp", "tcp", "udp", "udp", "icmp", "ip" };
	uint32_t which = below(state, 7);
	bool is_ip6 = which < 5 && !below(state, 5);
	bool has_ports = which < 5;

	fputs(below(state, 4) ? "accept" : "drop", file);
	if (!below(state, 4))
		fprintf(file, " on %s", below(state, 2) ? "in" : "out");
	fprintf(file, " %s", protocols[which]);
	if (below(state, 8)) {
		fputs(" from ", file);
		print_address(file, state, is_ip6);
		if (has_ports && !below(state, 8))
			print_ports(file, state);
	}
	fputs(" to ", file);
	print_address(file, state, is_ip6);
	if (has_ports)
		print_ports(file, state);
	if (which == 5 && below(state, 2))
		fprintf(file, " type %u", below(state, 2) * 8);
	fputc('\n', file);
}

char *random_rules(uint32_t count, uint64_t seed)
{
	uint64_t state = seed;
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	uint32_t i;

	if (!file)
		abort();
	fputs("default drop\n", file);
	for (i = 0; i < count; i++)
		print_rule(file, &state);
	fclose(file);
	return text;
}

static void fill(struct fw_address *address, const struct fw_prefix *prefix, uint64_t *state,
		 bool is_ip4)
{
	struct fw_address mask = fw_prefix_mask(prefix->length);

	address->high = prefix->address.high | (chance(state) & ~mask.high);
	address->low = prefix->address.low | (chance(state) & ~mask.low);
	if (is_ip4) {
		address->high &= 0xFFFFFFFF00000000ull;
		address->low = 0;
	}
}

static uint16_t pick(const struct fw_ports *ports, uint64_t *state)
{
	const struct fw_range *range;

	if (!ports->count)
		return (uint16_t)chance(state);
	range = &ports->ranges[below(state, ports->count)];
	return (uint16_t)(range->first + below(state, (uint32_t)range->last - range->first + 1));
}

void random_packet(struct fw_packet *packet, const struct fw_rules *rules, uint64_t *state,
		   uint8_t *from)
{
	const struct fw_rule *rule = &rules->rules[below(state, rules->count)];
	bool is_ip4 = rule->kind ? rule->kind == FW_KIND_IP4 : below(state, 2);
	struct fw_flow *flow = &packet->flow;

	memset(packet, 0, sizeof(*packet));
	*from = (uint8_t)(rule->from == FW_EITHER ? below(state, 2) : rule->from & 1);
	packet->kind = is_ip4 ? FW_KIND_IP4 : FW_KIND_IP6;
	flow->kind = (uint8_t)packet->kind;
	flow->protocol = (uint8_t)rule->protocol;
	if (rule->protocol == FW_ANY_PROTOCOL)
		flow->protocol = (uint8_t)below(state, 20);
	fill(&flow->source, &rule->source, state, is_ip4);
	fill(&flow->destination, &rule->destination, state, is_ip4);
	flow->source_port = pick(&rule->source_ports, state);
	flow->destination_port = pick(&rule->destination_ports, state);
	packet->has_ports = below(state, 16);
	packet->icmp_type = (uint8_t)(below(state, 2) * 8);
	/* One thing of it is not what the rule wants. */
	switch (below(state, 8)) {
	case 0:
		flow->destination_port = (uint16_t)chance(state);
		break;
	case 1:
		flow->source.high ^= 1ull << (32 + below(state, 32));
		break;
	case 2:
		flow->destination.high ^= 1ull << (32 + below(state, 32));
		break;
	case 3:
		*from ^= 1;
		break;
	default:
		break;
	}
}
