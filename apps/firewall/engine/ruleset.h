/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The rules of one reading of the file, ready for use, with their counters. Internal
 * to the engine.
 */
#ifndef FW_RULESET_H
#define FW_RULESET_H

#include "classify.h"

#include <stdatomic.h>

/** struct rule_count - what a rule matched, by one worker */
struct rule_count {
	_Atomic uint64_t packets;
	_Atomic uint64_t bytes;
};

/**
 * struct ruleset - rules in force
 * @rules: as they were read
 * @classifier: of them
 * @generation: how many were there before, and this one
 * @counts: of each rule, by worker
 */
struct ruleset {
	struct fw_rules rules;
	struct fw_classifier *classifier;
	uint32_t generation;
	struct rule_count *counts[2];
};

/** ruleset_read - read and prepare; NULL and a message where that fails */
struct ruleset *ruleset_read(const char *path, const char *in, const char *out,
			     uint32_t generation, FILE *errors);

void ruleset_free(struct ruleset *set);

#endif /* FW_RULESET_H */
