/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A tuple: the rules that look at the same bits. And a space: all tuples of IPv4, or
 * of IPv6. Internal to the classifier.
 */
#ifndef FW_TUPLE_H
#define FW_TUPLE_H

#include "classify.h"

/* Words of a key: addresses, then what else a rule looks at. IPv4 has the first two. */
#define KEY_WORDS	5
#define KEY_WORDS_IP4	2

/* Where things stand in a key's last word. */
#define KEY_DESTINATION_PORT	32
#define KEY_PROTOCOL		24
#define KEY_FROM		16
#define KEY_TYPE		8
#define KEY_HAS_PORTS		1ull

/* Lengths of prefixes that are told apart; the rest share the last, which is always there. */
#define CLASSES		64
#define CLASS_REST	63

/* What rules become together, at most: a gigabyte or so. */
#define LINKS_MAX	16777216

/** struct key - the bits of a packet that rules look at, or those that one wants */
struct key {
	uint64_t words[KEY_WORDS];
};

/**
 * struct gate - what a packet must have for a tuple to be looked at
 * @source: class of the source's prefix
 * @destination: likewise
 * @port: length of the prefix of the destination port
 * @spare: zero
 * @first: the tuple's first rule
 */
struct gate {
	uint8_t source;
	uint8_t destination;
	uint8_t port;
	uint8_t spare;
	uint32_t first;
};

/**
 * struct link - what a rule wants besides the bits of its tuple
 * @mask: bits of a key's last word
 * @want: their values
 * @rule: the rule
 * @next: of the same key, a later rule, or NO_LINK
 * @first: source ports, from here
 * @last: to here
 */
struct link {
	uint64_t mask;
	uint64_t want;
	uint32_t rule;
	uint32_t next;
	uint16_t first;
	uint16_t last;
};

#define NO_LINK		UINT32_MAX

/**
 * struct tuple - rules that look at the same bits of addresses and destination port
 * @mask: which
 * @gate: when to look
 * @keys: table, @words words each
 * @heads: number of the first link of each, NO_LINK where there is no key
 * @tails: of the last one
 * @size: of the table, a power of two
 * @used: keys
 */
struct tuple {
	struct key mask;
	struct gate gate;
	uint64_t *keys;
	uint32_t *heads;
	uint32_t *tails;
	uint32_t size;
	uint32_t used;
};

/**
 * struct prefix_set - the prefixes of one length, as bits at their hashes
 * @mask: of the length
 * @bits: NULL where every packet is taken for one that has such a prefix
 * @size: of @bits, a power of two
 */
struct prefix_set {
	struct fw_address mask;
	uint64_t *bits;
	uint32_t size;
};

/**
 * struct prefix_sets - the prefixes of all lengths
 * @class_of: of a length, from 1; 0 for none yet
 * @count: classes
 * @sets: of each
 */
struct prefix_sets {
	uint8_t class_of[129];
	uint32_t count;
	struct prefix_set sets[CLASSES];
};

/**
 * struct port_sets - the prefixes of ports of all lengths
 * @lengths: those there are, a bit each
 * @bits: of length L at 2^L, a bit each
 */
struct port_sets {
	uint32_t lengths;
	uint64_t bits[2048];
};

/**
 * struct space - all tuples of a kind of address
 * @words: of a key
 * @tuples: in the order of their first rules when it is complete
 * @gates: theirs, close together
 * @count: of both
 * @room: of @tuples
 * @index: table from a mask to the number of its tuple + 1, while it is built
 * @index_size: a power of two
 * @links: of all tuples
 * @link_count: how many
 * @link_room: there is memory for
 * @sources: prefixes of the sources
 * @destinations: likewise
 * @ports: prefixes of the destination ports
 */
struct space {
	uint32_t words;
	struct tuple *tuples;
	struct gate *gates;
	uint32_t count;
	uint32_t room;
	uint32_t *index;
	uint32_t index_size;
	struct link *links;
	uint32_t link_count;
	uint32_t link_room;
	struct prefix_sets sources;
	struct prefix_sets destinations;
	struct port_sets ports;
};

/** struct fw_classifier - two spaces: IPv4, then IPv6 */
struct fw_classifier {
	struct space spaces[2];
};

static inline uint64_t key_hash(const uint64_t *words, uint32_t count)
{
	uint64_t hash = 0x9E3779B97F4A7C15ull;
	uint32_t i;

	for (i = 0; i < count; i++) {
		hash = (hash ^ words[i]) * 0xD6E8FEB86659FD93ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static inline uint64_t address_hash(uint64_t high, uint64_t low)
{
	uint64_t hash = (high ^ (low * 0x9E3779B97F4A7C15ull)) * 0xD6E8FEB86659FD93ull;

	return hash ^ hash >> 32;
}

/** tuple_at - where a masked key is in the table, or where it would be */
static inline uint64_t tuple_at(const struct tuple *tuple, uint32_t words, const uint64_t *key)
{
	uint64_t at = key_hash(key, words);
	uint64_t different;
	uint32_t i;

	for (;; at++) {
		at &= tuple->size - 1;
		if (tuple->heads[at] == NO_LINK)
			return at;
		different = 0;
		for (i = 0; i < words; i++)
			different |= tuple->keys[at * words + i] ^ key[i];
		if (!different)
			return at;
	}
}

/**
 * space_add - have the space know that a rule wants @key at @mask
 * @gate: lengths of the three prefixes, as they are; classes are the space's to give
 * @link: what else it wants; rules come in their order
 *
 * Return: NULL or what is wrong
 */
const char *space_add(struct space *space, const struct key *mask, const struct key *key,
		      const struct gate *gate, const struct link *link);

/** space_complete - sort the tuples, make the sets of prefixes; NULL or what is wrong */
const char *space_complete(struct space *space);

void space_free(struct space *space);

#endif /* FW_TUPLE_H */
