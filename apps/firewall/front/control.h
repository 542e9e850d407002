/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What signals ask of a firewall: new rules, its counters, its end. The same for all
 * frameworks. Must not know any of them.
 */
#ifndef FW_CONTROL_H
#define FW_CONTROL_H

#include "engine.h"
#include "options.h"

#include <signal.h>

/* Sent to the process by a thread that ends by itself. */
#define FW_SIGNAL_ENDED	(SIGRTMIN)

/**
 * fw_counters - what a framework has counted itself, or NULL where it counts nothing
 *
 * Writes a value of JSON; what could not be read is null in it.
 */
typedef void (*fw_counters)(FILE *stream);

/** fw_control_block - have signals wait for fw_control_run(); before any thread is made */
void fw_control_block(void);

/**
 * fw_control_run - say that it forwards, then do what signals ask until one asks for the end
 *
 * Return: whether it ended because it was told to
 */
bool fw_control_run(struct fw_engine *engine, const struct fw_options *options,
		    fw_counters counters);

/** fw_control_report - all counters but those of rules, as a line of JSON on stdout */
void fw_control_report(struct fw_engine *engine, fw_counters counters);

#endif /* FW_CONTROL_H */
