// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * What it means that a rule matches, said plainly. The classifier has to agree with
 * it on every packet; that is what its test is.
 */
#include "rules.h"

struct fw_address fw_prefix_mask(unsigned int length)
{
	struct fw_address mask = { 0, 0 };

	if (length)
		mask.high = length >= 64 ? UINT64_MAX : UINT64_MAX << (64 - length);
	if (length > 64)
		mask.low = length >= 128 ? UINT64_MAX : UINT64_MAX << (128 - length);
	return mask;
}

static bool within(const struct fw_prefix *prefix, const struct fw_address *address)
{
	struct fw_address mask = fw_prefix_mask(prefix->length);

	return (address->high & mask.high) == prefix->address.high &&
	       (address->low & mask.low) == prefix->address.low;
}

static bool among(const struct fw_ports *ports, const struct fw_packet *packet, uint16_t port)
{
	unsigned int i;

	if (!ports->count)
		return true;
	if (!packet->has_ports)
		return false;
	for (i = 0; i < ports->count; i++)
		if (port >= ports->ranges[i].first && port <= ports->ranges[i].last)
			return true;
	return false;
}

bool fw_rule_matches(const struct fw_rule *rule, const struct fw_packet *packet, uint8_t from)
{
	const struct fw_flow *flow = &packet->flow;

	if (packet->kind != FW_KIND_IP4 && packet->kind != FW_KIND_IP6)
		return false;
	if (rule->from != FW_EITHER && rule->from != from)
		return false;
	if (rule->kind && rule->kind != packet->kind)
		return false;
	if (rule->protocol != FW_ANY_PROTOCOL && rule->protocol != flow->protocol)
		return false;
	if (rule->icmp_type != FW_ANY_TYPE &&
	    (!packet->has_ports || rule->icmp_type != packet->icmp_type))
		return false;
	return within(&rule->source, &flow->source) &&
	       within(&rule->destination, &flow->destination) &&
	       among(&rule->source_ports, packet, flow->source_port) &&
	       among(&rule->destination_ports, packet, flow->destination_port);
}
