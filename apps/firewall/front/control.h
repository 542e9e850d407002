/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What signals ask of a firewall: new rules, its counters, its end. The same for all
 * frameworks.
 */
#ifndef FW_CONTROL_H
#define FW_CONTROL_H

#include "engine.h"
#include "options.h"

#include <signal.h>

/* Sent to the process by a thread that ends by itself. */
#define FW_SIGNAL_ENDED	(SIGRTMIN)

/** fw_control_block - have signals wait for fw_control_run(); before any thread is made */
void fw_control_block(void);

/**
 * fw_control_run - say that it forwards, then do what signals ask until one asks for the end
 *
 * Return: whether it ended because it was told to
 */
bool fw_control_run(struct fw_engine *engine, const struct fw_options *options);

#endif /* FW_CONTROL_H */
