/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The firewall: frames in, verdicts out. Puts rules, classifier and connections
 * together, counts, and takes new rules while frames pass. Must not know where
 * frames come from.
 *
 * Each direction has a worker: one thread that judges the frames of one port. It
 * says where a batch begins and where it ends; between those the rules stay the
 * same. New rules are prepared aside and put in place at once, and the old ones are
 * freed when no worker is in a batch that began with them: no frame waits for that.
 */
#ifndef FW_ENGINE_H
#define FW_ENGINE_H

#include "rules.h"

#include <stdio.h>

/* Why a frame was let pass or not. */
enum fw_reason {
	FW_BY_RULE,
	FW_BY_DEFAULT,
	FW_BY_CONNECTION,
	FW_BY_QUOTED_CONNECTION,
	FW_NOT_IP,
	FW_MALFORMED,
	FW_OUT_OF_STATE,
	FW_TABLE_FULL,
	FW_REASONS,
};

/**
 * struct fw_verdict - what becomes of a frame
 * @accept: or drop
 * @reason: why
 * @rule: index of the rule, where one matched, else FW_NO_RULE
 * @line: of that rule in the file, or 0
 */
struct fw_verdict {
	bool accept;
	enum fw_reason reason;
	uint32_t rule;
	uint32_t line;
};

struct fw_engine;

/**
 * fw_engine_new - read the rules and be ready
 * @path: the file
 * @in: name of the port `in`, or NULL where names mean nothing
 * @out: likewise
 * @errors: where errors go
 *
 * Return: the engine, or NULL
 */
struct fw_engine *fw_engine_new(const char *path, const char *in, const char *out, FILE *errors);

/** fw_engine_free - when no worker is in a batch any more */
void fw_engine_free(struct fw_engine *engine);

/** fw_engine_reload - read the file again; false where it is broken, and the rules stay */
bool fw_engine_reload(struct fw_engine *engine, FILE *errors);

/** fw_engine_begin - a batch of frames that came in at @from begins */
void fw_engine_begin(struct fw_engine *engine, uint8_t from, uint64_t now_ms);

/** fw_engine_judge - what becomes of a frame of the batch; see fw_packet_parse() */
struct fw_verdict fw_engine_judge(struct fw_engine *engine, uint8_t from,
				  const unsigned char *bytes, size_t here, size_t length);

/** fw_engine_end - the batch ends */
void fw_engine_end(struct fw_engine *engine, uint8_t from);

/** fw_engine_rules - rules in force; @generation counts how often there were new ones, from 1 */
uint32_t fw_engine_rules(const struct fw_engine *engine, uint32_t *generation);

/** fw_engine_report - all counters but those of rules, as the members of an object of JSON */
void fw_engine_report(struct fw_engine *engine, FILE *stream);

/** fw_engine_report_rules - a line for each rule: line, verdict, packets, bytes */
void fw_engine_report_rules(struct fw_engine *engine, FILE *stream);

/** fw_reason_name - as it is reported */
const char *fw_reason_name(enum fw_reason reason);

/** fw_now_ms - milliseconds, for fw_engine_begin() */
uint64_t fw_now_ms(void);

#endif /* FW_ENGINE_H */
