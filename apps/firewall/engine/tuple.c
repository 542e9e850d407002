// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tuple.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_MIN	8

static const char no_memory[] = "no memory for so many rules";

static void tuple_free(struct tuple *tuple)
{
	free(tuple->keys);
	free(tuple->heads);
	free(tuple->tails);
}

static const char *tuple_resize(struct tuple *tuple, uint32_t words, uint32_t size)
{
	struct tuple old = *tuple;
	const uint64_t *key;
	uint64_t at;
	uint32_t i;

	tuple->keys = calloc((size_t)size * words, sizeof(*tuple->keys));
	tuple->heads = malloc((size_t)size * sizeof(*tuple->heads));
	tuple->tails = malloc((size_t)size * sizeof(*tuple->tails));
	if (!tuple->keys || !tuple->heads || !tuple->tails) {
		tuple_free(tuple);
		*tuple = old;
		return no_memory;
	}
	memset(tuple->heads, 0xFF, (size_t)size * sizeof(*tuple->heads));
	tuple->size = size;
	for (i = 0; i < old.size; i++) {
		if (old.heads[i] == NO_LINK)
			continue;
		key = &old.keys[(size_t)i * words];
		at = tuple_at(tuple, words, key);
		tuple->heads[at] = old.heads[i];
		tuple->tails[at] = old.tails[i];
		memcpy(&tuple->keys[at * words], key, words * sizeof(*key));
	}
	tuple_free(&old);
	return NULL;
}

/* At most half full, so that what is not there is soon known not to be. */
static const char *tuple_add(struct tuple *tuple, struct space *space, const uint64_t *key,
			     uint32_t link)
{
	uint32_t words = space->words;
	const char *wrong;
	uint64_t at;

	if (tuple->used * 2 >= tuple->size) {
		wrong = tuple_resize(tuple, words, tuple->size ? tuple->size * 2 : TABLE_MIN);
		if (wrong)
			return wrong;
	}
	at = tuple_at(tuple, words, key);
	if (tuple->heads[at] == NO_LINK) {
		tuple->heads[at] = link;
		memcpy(&tuple->keys[at * words], key, words * sizeof(*key));
		tuple->used++;
	} else {
		space->links[tuple->tails[at]].next = link;
	}
	tuple->tails[at] = link;
	return NULL;
}

static const char *grow_index(struct space *space)
{
	uint32_t size = space->index_size ? space->index_size * 2 : 64;
	uint32_t *index = calloc(size, sizeof(*index));
	uint64_t at;
	uint32_t i;

	if (!index)
		return no_memory;
	for (i = 0; i < space->count; i++) {
		at = key_hash(space->tuples[i].mask.words, space->words) & (size - 1);
		while (index[at])
			at = (at + 1) & (size - 1);
		index[at] = i + 1;
	}
	free(space->index);
	space->index = index;
	space->index_size = size;
	return NULL;
}

static const char *new_tuple(struct space *space, const struct key *mask, const struct gate *gate,
			     uint32_t rule, struct tuple **found)
{
	uint32_t room = space->room ? space->room * 2 : 16;
	struct tuple *tuples;

	if (space->count == space->room) {
		tuples = realloc(space->tuples, room * sizeof(*tuples));
		if (!tuples)
			return no_memory;
		space->tuples = tuples;
		space->room = room;
	}
	*found = &space->tuples[space->count++];
	**found = (struct tuple){ .mask = *mask, .gate = *gate };
	(*found)->gate.first = rule;
	return NULL;
}

static const char *find_tuple(struct space *space, const struct key *mask,
			      const struct gate *gate, uint32_t rule, struct tuple **found)
{
	const char *wrong;
	uint64_t at;

	if (space->count * 2 >= space->index_size) {
		wrong = grow_index(space);
		if (wrong)
			return wrong;
	}
	at = key_hash(mask->words, space->words) & (space->index_size - 1);
	for (; space->index[at]; at = (at + 1) & (space->index_size - 1)) {
		*found = &space->tuples[space->index[at] - 1];
		if (!memcmp((*found)->mask.words, mask->words, space->words * sizeof(uint64_t)))
			return NULL;
	}
	wrong = new_tuple(space, mask, gate, rule, found);
	if (!wrong)
		space->index[at] = space->count;
	return wrong;
}

/* Returns the class of prefixes so long, a new one while there are any. */
static uint8_t class_of(struct prefix_sets *sets, uint8_t length)
{
	if (!sets->class_of[length]) {
		if (sets->count < CLASS_REST)
			sets->sets[sets->count++].mask = fw_prefix_mask(length);
		sets->class_of[length] = (uint8_t)(sets->count + (sets->count == CLASS_REST));
	}
	return (uint8_t)(sets->class_of[length] - 1);
}

static void add_port(struct port_sets *sets, uint8_t length, uint64_t port)
{
	uint64_t bit = (1ull << length) + (port >> (16 - length));

	sets->lengths |= 1u << length;
	sets->bits[bit / 64] |= 1ull << bit % 64;
}

static const char *add_link(struct space *space, const struct link *link)
{
	uint32_t room = space->link_room ? space->link_room * 2 : 64;
	struct link *links;

	if (space->link_count == LINKS_MAX)
		return "too many ranges of ports: more than 16,777,216 entries";
	if (space->link_count == space->link_room) {
		links = realloc(space->links, room * sizeof(*links));
		if (!links)
			return no_memory;
		space->links = links;
		space->link_room = room;
	}
	space->links[space->link_count] = *link;
	space->links[space->link_count++].next = NO_LINK;
	return NULL;
}

const char *space_add(struct space *space, const struct key *mask, const struct key *key,
		      const struct gate *gate, const struct link *link)
{
	struct gate classes = *gate;
	struct tuple *tuple;
	const char *wrong;

	classes.source = class_of(&space->sources, gate->source);
	classes.destination = class_of(&space->destinations, gate->destination);
	add_port(&space->ports, gate->port,
		 key->words[space->words - 1] >> KEY_DESTINATION_PORT & 0xFFFF);
	wrong = find_tuple(space, mask, &classes, link->rule, &tuple);
	if (!wrong)
		wrong = add_link(space, link);
	return wrong ? wrong : tuple_add(tuple, space, key->words, space->link_count - 1);
}

static int compare(const void *left, const void *right)
{
	const struct tuple *a = left, *b = right;

	return (a->gate.first > b->gate.first) - (a->gate.first < b->gate.first);
}

static struct fw_address address_of(const struct space *space, const uint64_t *key,
				    bool destination)
{
	if (space->words == KEY_WORDS_IP4)
		return (struct fw_address){
			.high = destination ? key[0] << 32 : key[0] & 0xFFFFFFFF00000000ull };
	return (struct fw_address){ .high = key[destination ? 2 : 0],
				    .low = key[destination ? 3 : 1] };
}

/* Sixteen bits for each entry: one packet in sixteen is looked up in vain, or fewer. */
static const char *make_bits(struct prefix_set *set, uint32_t entries)
{
	set->size = 64;
	while (set->size < entries * 16ull && set->size < 1u << 30)
		set->size *= 2;
	set->bits = calloc(set->size / 64, sizeof(*set->bits));
	return set->bits ? NULL : no_memory;
}

static const char *make_sets(struct space *space, struct prefix_sets *sets, bool destination)
{
	uint32_t entries[CLASSES] = { 0 };
	const struct tuple *tuple;
	struct fw_address address;
	struct prefix_set *set;
	const char *wrong;
	uint32_t i, j;
	uint64_t bit;

	for (i = 0; i < space->count; i++) {
		tuple = &space->tuples[i];
		entries[destination ? tuple->gate.destination : tuple->gate.source] += tuple->used;
	}
	for (i = 0; i < sets->count; i++) {
		/* Every packet has the prefix of no bits. */
		if (!sets->sets[i].mask.high)
			continue;
		wrong = make_bits(&sets->sets[i], entries[i]);
		if (wrong)
			return wrong;
	}
	for (i = 0; i < space->count; i++) {
		tuple = &space->tuples[i];
		set = &sets->sets[destination ? tuple->gate.destination : tuple->gate.source];
		for (j = 0; set->bits && j < tuple->size; j++) {
			if (tuple->heads[j] == NO_LINK)
				continue;
			address = address_of(space, &tuple->keys[(size_t)j * space->words],
					     destination);
			bit = address_hash(address.high, address.low) & (set->size - 1);
			set->bits[bit / 64] |= 1ull << bit % 64;
		}
	}
	return NULL;
}

const char *space_complete(struct space *space)
{
	const char *wrong;
	uint32_t i;

	free(space->index);
	space->index = NULL;
	if (!space->count)
		return NULL;
	qsort(space->tuples, space->count, sizeof(*space->tuples), compare);
	space->gates = calloc(space->count, sizeof(*space->gates));
	if (!space->gates)
		return no_memory;
	for (i = 0; i < space->count; i++) {
		space->gates[i] = space->tuples[i].gate;
		free(space->tuples[i].tails);
		space->tuples[i].tails = NULL;
	}
	wrong = make_sets(space, &space->sources, false);
	return wrong ? wrong : make_sets(space, &space->destinations, true);
}

void space_free(struct space *space)
{
	uint32_t i;

	for (i = 0; i < space->count; i++)
		tuple_free(&space->tuples[i]);
	for (i = 0; i < CLASSES; i++) {
		free(space->sources.sets[i].bits);
		free(space->destinations.sets[i].bits);
	}
	free(space->tuples);
	free(space->gates);
	free(space->links);
	free(space->index);
}
