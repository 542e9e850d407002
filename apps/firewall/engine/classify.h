/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Which rule is about a packet, without looking at all of them: tuple space search.
 *
 * Rules that look at the same bits of addresses and destination port (say, 24 of the
 * source and the whole port) are one tuple: a hash table from those bits to the rules
 * that want them, in their order. A range of destination ports becomes prefixes of
 * 4, 8, 12 and 16 bits. What else a rule wants (protocol, port of the line, source
 * ports, type) is looked at with each rule found. A packet is looked up in every tuple
 * that can have a rule for it, and the first of the rules found counts. Two things
 * leave tuples out: they are in the order of their first rules, so that the search
 * ends when none can be better; and for each length of a prefix there is a set of the
 * prefixes of that length, so that a tuple is not looked at when no rule at all has
 * this packet's source, or destination, or port at the tuple's lengths.
 *
 * The time grows with the number of tuples that are left, not with that of rules.
 * Rules that differ in nothing but what is looked at last are looked at one by one.
 */
#ifndef FW_CLASSIFY_H
#define FW_CLASSIFY_H

#include "rules.h"

/* No rule is about the packet. */
#define FW_NO_RULE	UINT32_MAX

struct fw_classifier;

/**
 * fw_classifier_new - prepare rules for looking up
 * @rules: stay the caller's; an index into them is what is found
 * @wrong: what was wrong, after NULL
 *
 * Return: the classifier, or NULL
 */
struct fw_classifier *fw_classifier_new(const struct fw_rules *rules, const char **wrong);

void fw_classifier_free(struct fw_classifier *classifier);

/** fw_classify - index of the first rule that matches, or FW_NO_RULE; as fw_rule_matches() says */
uint32_t fw_classify(const struct fw_classifier *classifier, const struct fw_packet *packet,
		     uint8_t from);

/** fw_classify_unpruned - the same without the sets of prefixes; for `make bench` to compare */
uint32_t fw_classify_unpruned(const struct fw_classifier *classifier,
			      const struct fw_packet *packet, uint8_t from);

/** fw_classifier_tuples - how many there are, of both kinds of addresses */
uint32_t fw_classifier_tuples(const struct fw_classifier *classifier);

#endif /* FW_CLASSIFY_H */
