// SPDX-License-Identifier: MIT OR Apache-2.0
#include "classify.h"
#include "tuple.h"

#include <stdlib.h>
#include <string.h>

/*
 * Ranges of ports become prefixes of so many bits, or of a multiple: more pieces than
 * with prefixes of every length, and fewer tuples, which is what a lookup pays for.
 */
#define PORT_STEP	4

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Such prefixes that any range of 16 bits is made of, at most: 15 at each end of each length. */
#define PIECES_MAX	105

/**
 * struct pieces - ranges of ports as prefixes
 * @count: of them
 * @port: their beginnings
 * @length: bits of each that count
 */
struct pieces {
	uint32_t count;
	uint16_t port[PIECES_MAX * FW_RANGES_MAX];
	uint8_t length[PIECES_MAX * FW_RANGES_MAX];
};

static void split_range(struct pieces *pieces, const struct fw_range *range)
{
	uint32_t at = range->first;
	uint32_t bits, more;

	while (at <= range->last) {
		bits = 0;
		for (more = PORT_STEP; more <= 16; more += PORT_STEP)
			if (!(at & ((1u << more) - 1)) && at + (1u << more) - 1 <= range->last)
				bits = more;
		pieces->port[pieces->count] = (uint16_t)at;
		pieces->length[pieces->count++] = (uint8_t)(16 - bits);
		at += 1u << bits;
	}
}

static void split(struct pieces *pieces, const struct fw_ports *ports)
{
	uint32_t i;

	pieces->count = 0;
	for (i = 0; i < ports->count; i++)
		split_range(pieces, &ports->ranges[i]);
	if (!ports->count) {
		pieces->count = 1;
		pieces->port[0] = 0;
		pieces->length[0] = 0;
	}
}

static void put_addresses(struct key *key, bool is_ip4, struct fw_address source,
			  struct fw_address destination)
{
	if (is_ip4) {
		key->words[0] = source.high | destination.high >> 32;
		return;
	}
	key->words[0] = source.high;
	key->words[1] = source.low;
	key->words[2] = destination.high;
	key->words[3] = destination.low;
}

static uint64_t port_mask(uint8_t length)
{
	return 0xFFFFull << (16 - length) & 0xFFFF;
}

/* What a rule looks at besides addresses and ports. */
static struct link link_of(const struct fw_rule *rule, uint32_t number)
{
	struct link link = { .rule = number, .last = UINT16_MAX };

	if (rule->protocol != FW_ANY_PROTOCOL) {
		link.mask |= 0xFFull << KEY_PROTOCOL;
		link.want |= (uint64_t)rule->protocol << KEY_PROTOCOL;
	}
	if (rule->from != FW_EITHER) {
		link.mask |= 0xFFull << KEY_FROM;
		link.want |= (uint64_t)rule->from << KEY_FROM;
	}
	if (rule->icmp_type != FW_ANY_TYPE) {
		link.mask |= 0xFFull << KEY_TYPE | KEY_HAS_PORTS;
		link.want |= (uint64_t)rule->icmp_type << KEY_TYPE | KEY_HAS_PORTS;
	}
	if (rule->source_ports.count || rule->destination_ports.count) {
		link.mask |= KEY_HAS_PORTS;
		link.want |= KEY_HAS_PORTS;
	}
	return link;
}

/* A link for each range of source ports, at this piece of the destination ports. */
static const char *add_links(struct space *space, const struct fw_rule *rule,
			     const struct key *mask, const struct key *want,
			     const struct gate *gate, uint32_t number)
{
	struct link link = link_of(rule, number);
	const char *wrong = NULL;
	uint32_t i = 0;

	do {
		if (rule->source_ports.count) {
			link.first = rule->source_ports.ranges[i].first;
			link.last = rule->source_ports.ranges[i].last;
		}
		wrong = space_add(space, mask, want, gate, &link);
	} while (!wrong && ++i < rule->source_ports.count);
	return wrong;
}

static const char *add_rule(struct space *space, const struct fw_rule *rule, uint32_t number)
{
	bool is_ip4 = space->words == KEY_WORDS_IP4;
	struct pieces pieces;
	struct key mask = { 0 }, want = { 0 };
	struct gate gate = { .source = rule->source.length,
			     .destination = rule->destination.length };
	const char *wrong = NULL;
	uint32_t i;

	split(&pieces, &rule->destination_ports);
	put_addresses(&mask, is_ip4, fw_prefix_mask(rule->source.length),
		      fw_prefix_mask(rule->destination.length));
	put_addresses(&want, is_ip4, rule->source.address, rule->destination.address);
	for (i = 0; i < pieces.count && !wrong; i++) {
		gate.port = pieces.length[i];
		mask.words[space->words - 1] = port_mask(gate.port) << KEY_DESTINATION_PORT;
		want.words[space->words - 1] = (uint64_t)pieces.port[i] << KEY_DESTINATION_PORT;
		wrong = add_links(space, rule, &mask, &want, &gate, number);
	}
	return wrong;
}

static const char *add_rules(struct fw_classifier *classifier, const struct fw_rules *rules)
{
	const struct fw_rule *rule;
	const char *wrong = NULL;
	uint32_t i;

	for (i = 0; i < rules->count && !wrong; i++) {
		rule = &rules->rules[i];
		/* Not about this line. */
		if (rule->from == FW_ELSEWHERE)
			continue;
		if (rule->kind != FW_KIND_IP6)
			wrong = add_rule(&classifier->spaces[0], rule, i);
		if (!wrong && rule->kind != FW_KIND_IP4)
			wrong = add_rule(&classifier->spaces[1], rule, i);
	}
	if (!wrong)
		wrong = space_complete(&classifier->spaces[0]);
	return wrong ? wrong : space_complete(&classifier->spaces[1]);
}

struct fw_classifier *fw_classifier_new(const struct fw_rules *rules, const char **wrong)
{
	struct fw_classifier *classifier = calloc(1, sizeof(*classifier));

	*wrong = "no memory for so many rules";
	if (!classifier)
		return NULL;
	classifier->spaces[0].words = KEY_WORDS_IP4;
	classifier->spaces[1].words = KEY_WORDS;
	*wrong = add_rules(classifier, rules);
	if (!*wrong)
		return classifier;
	fw_classifier_free(classifier);
	return NULL;
}

void fw_classifier_free(struct fw_classifier *classifier)
{
	if (!classifier)
		return;
	space_free(&classifier->spaces[0]);
	space_free(&classifier->spaces[1]);
	free(classifier);
}

uint32_t fw_classifier_tuples(const struct fw_classifier *classifier)
{
	return classifier->spaces[0].count + classifier->spaces[1].count;
}

/* The classes of prefixes that this address may have. */
static uint64_t classes(const struct prefix_sets *sets, const struct fw_address *address)
{
	uint64_t found = 1ull << CLASS_REST;
	const struct prefix_set *set;
	uint64_t bit;
	uint32_t i;

	for (i = 0; i < sets->count; i++) {
		set = &sets->sets[i];
		if (set->bits) {
			bit = address_hash(address->high & set->mask.high,
					   address->low & set->mask.low) & (set->size - 1);
			if (!(set->bits[bit / 64] >> bit % 64 & 1))
				continue;
		}
		found |= 1ull << i;
	}
	return found;
}

/* The lengths of prefixes that this port has. */
static uint32_t lengths(const struct port_sets *sets, uint16_t port)
{
	uint32_t left = sets->lengths, found = 0;
	uint32_t length, bit;

	for (; left; left &= left - 1) {
		length = (uint32_t)__builtin_ctz(left);
		bit = (1u << length) + ((uint32_t)port >> (16 - length));
		found |= (uint32_t)(sets->bits[bit / 64] >> bit % 64 & 1) << length;
	}
	return found;
}

/* The first rule at the key's bits that comes before @best and wants the rest, or @best. */
ALWAYS_INLINE uint32_t look(const struct space *space, const struct tuple *tuple,
			    const struct key *key, uint32_t words, uint16_t source_port,
			    uint32_t best)
{
	uint64_t masked[KEY_WORDS];
	const struct link *link;
	uint32_t i;

	for (i = 0; i < words; i++)
		masked[i] = key->words[i] & tuple->mask.words[i];
	for (i = tuple->heads[tuple_at(tuple, words, masked)]; i != NO_LINK; i = link->next) {
		link = &space->links[i];
		if (link->rule >= best)
			return best;
		if ((key->words[words - 1] & link->mask) == link->want &&
		    source_port >= link->first && source_port <= link->last)
			return link->rule;
	}
	return best;
}

/* Inline four times, so that the number of words is known in each. */
ALWAYS_INLINE uint32_t search(const struct space *space, const struct fw_packet *packet,
			      const struct key *key, uint32_t words, bool prune)
{
	uint64_t sources = UINT64_MAX, destinations = UINT64_MAX;
	uint32_t best = FW_NO_RULE, ports = UINT32_MAX, i;
	const struct gate *gate;

	if (prune && space->count) {
		sources = classes(&space->sources, &packet->flow.source);
		destinations = classes(&space->destinations, &packet->flow.destination);
		ports = lengths(&space->ports, packet->flow.destination_port);
	}
	for (i = 0; i < space->count; i++) {
		gate = &space->gates[i];
		if (gate->first >= best)
			break;
		if (sources >> gate->source & destinations >> gate->destination &
		    ports >> gate->port & 1)
			best = look(space, &space->tuples[i], key, words,
				    packet->flow.source_port, best);
	}
	return best;
}

ALWAYS_INLINE uint32_t classify(const struct fw_classifier *classifier,
				const struct fw_packet *packet, uint8_t from, bool prune)
{
	const struct fw_flow *flow = &packet->flow;
	bool is_ip4 = packet->kind == FW_KIND_IP4;
	const struct space *space = &classifier->spaces[is_ip4 ? 0 : 1];
	struct key key;

	if (!is_ip4 && packet->kind != FW_KIND_IP6)
		return FW_NO_RULE;
	put_addresses(&key, is_ip4, flow->source, flow->destination);
	key.words[is_ip4 ? KEY_WORDS_IP4 - 1 : KEY_WORDS - 1] =
		(uint64_t)flow->destination_port << KEY_DESTINATION_PORT |
		(uint64_t)flow->protocol << KEY_PROTOCOL | (uint64_t)from << KEY_FROM |
		(uint64_t)packet->icmp_type << KEY_TYPE | packet->has_ports;
	if (is_ip4)
		return search(space, packet, &key, KEY_WORDS_IP4, prune);
	return search(space, packet, &key, KEY_WORDS, prune);
}

uint32_t fw_classify(const struct fw_classifier *classifier, const struct fw_packet *packet,
		     uint8_t from)
{
	return classify(classifier, packet, from, true);
}

uint32_t fw_classify_unpruned(const struct fw_classifier *classifier,
			      const struct fw_packet *packet, uint8_t from)
{
	return classify(classifier, packet, from, false);
}
