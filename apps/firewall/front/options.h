/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The command line that the firewalls of all frameworks share.
 */
#ifndef FW_OPTIONS_H
#define FW_OPTIONS_H

#define FW_BATCH_MAX	1024

struct fw_engine;

/* What the command line asks for. */
enum fw_request {
	FW_REQUEST_FORWARD,
	FW_REQUEST_CHECK,
	FW_REQUEST_HELP,
	FW_REQUEST_ERROR,
};

/**
 * struct fw_options - a command line, understood
 * @in: one port of the line, by the name that the framework has for it
 * @out: the other
 * @rules: the file of rules
 * @names: what rules call the ports, or NULL: as @in and @out
 * @counters: where the counters of rules are written, or NULL
 * @batch: frames moved at a time, at most
 * @cpu: CPU of the thread of each direction, or -1
 * @mtu: bytes of a packet, at most; for frameworks that take the ports from the kernel
 */
struct fw_options {
	const char *in;
	const char *out;
	const char *rules;
	const char *names[2];
	const char *counters;
	unsigned int batch;
	int cpu[2];
	unsigned int mtu;
};

/** fw_options_parse - understand; errors go to stderr, `--help` to stdout */
enum fw_request fw_options_parse(struct fw_options *options, const char *program, int argc,
				 char *const argv[]);

/** fw_front_engine - an engine for these rules and ports; errors go to stderr, and NULL back */
struct fw_engine *fw_front_engine(const struct fw_options *options);

/** fw_check_only - read the rules, say how many there are; the exit status */
int fw_check_only(const struct fw_options *options);

/** fw_front - main() of a program around a framework; `forward` gives the exit status */
int fw_front(const char *program, int argc, char *argv[],
	     int (*forward)(const struct fw_options *options));

#endif /* FW_OPTIONS_H */
