// SPDX-License-Identifier: MIT OR Apache-2.0
#include "engine.h"
#include "classify.h"
#include "connections.h"
#include "ruleset.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS	2

/* Between two looks whether a worker is done with old rules. */
static const struct timespec grace = { .tv_nsec = 1000 * 1000 };

/**
 * struct worker - a direction; its thread alone writes it
 * @using: the rules of the present batch, or NULL between batches
 * @now_ms: when the batch began
 * @packets: by verdict (0 drop, 1 accept) and reason
 * @bytes: by verdict
 */
struct worker {
	_Atomic(struct ruleset *) using;
	uint64_t now_ms;
	_Atomic uint64_t packets[2][FW_REASONS];
	_Atomic uint64_t bytes[2];
} __attribute__((aligned(128)));

/**
 * struct fw_engine - a firewall
 * @workers: one a direction, FW_IN and FW_OUT
 * @current: the rules in force
 * @connections: shared by all
 * @reading: held by who uses @current and is no worker, so that it stays
 * @path: of the rule file
 * @in: name of the port
 * @out: likewise
 */
struct fw_engine {
	struct worker workers[WORKERS];
	_Atomic(struct ruleset *) current;
	struct fw_connections *connections;
	pthread_mutex_t reading;
	const char *path;
	const char *in;
	const char *out;
};

static const char *const reason_names[FW_REASONS] = {
	[FW_BY_RULE] = "rule",
	[FW_BY_DEFAULT] = "default",
	[FW_BY_CONNECTION] = "connection",
	[FW_BY_QUOTED_CONNECTION] = "quoted_connection",
	[FW_NOT_IP] = "not_ip",
	[FW_MALFORMED] = "malformed",
	[FW_OUT_OF_STATE] = "out_of_state",
	[FW_TABLE_FULL] = "table_full",
};

const char *fw_reason_name(enum fw_reason reason)
{
	return reason_names[reason];
}

uint64_t fw_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct fw_engine *fw_engine_new(const char *path, const char *in, const char *out, FILE *errors)
{
	struct fw_engine *engine = aligned_alloc(128, sizeof(*engine));
	struct ruleset *set;

	if (!engine) {
		fputs("firewall: no memory\n", errors);
		return NULL;
	}
	memset(engine, 0, sizeof(*engine));
	pthread_mutex_init(&engine->reading, NULL);
	engine->path = path;
	engine->in = in;
	engine->out = out;
	set = ruleset_read(path, in, out, 1, errors);
	if (set) {
		atomic_store(&engine->current, set);
		engine->connections = fw_connections_new(set->rules.connections);
		if (engine->connections)
			return engine;
		fprintf(errors, "firewall: no memory for %u connections\n"
			"hint: write a smaller number behind `connections`\n",
			set->rules.connections);
	}
	fw_engine_free(engine);
	return NULL;
}

void fw_engine_free(struct fw_engine *engine)
{
	if (!engine)
		return;
	ruleset_free(atomic_load(&engine->current));
	fw_connections_free(engine->connections);
	pthread_mutex_destroy(&engine->reading);
	free(engine);
}

/* Until no worker is in a batch that began with @old. */
static void wait_for_workers(struct fw_engine *engine, const struct ruleset *old)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		while (atomic_load(&engine->workers[i].using) == old)
			nanosleep(&grace, NULL);
}

bool fw_engine_reload(struct fw_engine *engine, FILE *errors)
{
	struct ruleset *old, *set;
	uint32_t generation, limit;

	fw_engine_rules(engine, &generation);
	set = ruleset_read(engine->path, engine->in, engine->out, generation + 1, errors);
	if (!set)
		return false;
	limit = fw_connections_limit(engine->connections, set->rules.connections);
	if (limit < set->rules.connections)
		fprintf(errors, "firewall: there is memory for %u connections, not %u\n"
			"hint: start the program anew to have more\n", limit,
			set->rules.connections);
	pthread_mutex_lock(&engine->reading);
	old = atomic_exchange(&engine->current, set);
	pthread_mutex_unlock(&engine->reading);
	wait_for_workers(engine, old);
	ruleset_free(old);
	return true;
}

void fw_engine_begin(struct fw_engine *engine, uint8_t from, uint64_t now_ms)
{
	struct worker *worker = &engine->workers[from];
	struct ruleset *set;

	/* Said to be in use before a second look: if they are the same, nobody frees them. */
	do {
		set = atomic_load(&engine->current);
		atomic_store(&worker->using, set);
	} while (set != atomic_load(&engine->current));
	worker->now_ms = now_ms;
}

void fw_engine_end(struct fw_engine *engine, uint8_t from)
{
	struct worker *worker = &engine->workers[from];

	fw_connections_sweep(engine->connections, worker->now_ms);
	atomic_store_explicit(&worker->using, NULL, memory_order_release);
}

static void add(_Atomic uint64_t *counter, uint64_t value)
{
	/* One thread writes a counter, so that adding need not be one atomic step. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + value,
			      memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static struct fw_verdict verdict(bool accept, enum fw_reason reason)
{
	return (struct fw_verdict){ .accept = accept, .reason = reason, .rule = FW_NO_RULE };
}

/* Whether a connection that began so would be begun by these rules. */
static bool would_begin(const struct ruleset *set, const struct fw_origin *origin)
{
	struct fw_packet first = { .flow = origin->flow, .kind = origin->flow.kind };
	uint32_t rule;

	first.has_ports = true;
	if (origin->flow.protocol == FW_ICMP)
		first.icmp_type = 8;
	else if (origin->flow.protocol == FW_ICMP6)
		first.icmp_type = 128;
	else
		first.has_ports = origin->flow.protocol == FW_TCP ||
				  origin->flow.protocol == FW_UDP;
	rule = fw_classify(set->classifier, &first, origin->from);
	return rule != FW_NO_RULE && set->rules.rules[rule].keep;
}

/* A stale connection goes on if the present rules would have begun it. */
static bool still_known(struct fw_engine *engine, const struct ruleset *set,
			enum fw_connection found, const struct fw_origin *origin)
{
	if (found != FW_CONNECTION_STALE)
		return found == FW_CONNECTION_KNOWN;
	if (would_begin(set, origin)) {
		fw_connections_confirm(engine->connections, origin, set->generation);
		return true;
	}
	fw_connections_forget(engine->connections, origin);
	return false;
}

/* Later fragments have no ports to know a connection by, and messages but echoes are none. */
static bool can_be_known(const struct fw_packet *packet)
{
	switch (packet->flow.protocol) {
	case FW_TCP:
	case FW_UDP:
		return packet->has_ports;
	case FW_ICMP:
	case FW_ICMP6:
		return packet->is_echo;
	default:
		return true;
	}
}

static bool by_connection(struct fw_engine *engine, const struct ruleset *set,
			  const struct fw_packet *packet, uint8_t from, uint64_t now_ms,
			  struct fw_verdict *result)
{
	struct fw_origin origin;
	enum fw_connection found;

	if (can_be_known(packet)) {
		found = fw_connections_look(engine->connections, packet, from, now_ms,
					    set->generation, set->rules.timeout_s, &origin);
		if (still_known(engine, set, found, &origin)) {
			/* A stale one was not noted; once is enough for the rest. */
			if (found == FW_CONNECTION_STALE)
				fw_connections_look(engine->connections, packet, from, now_ms,
						    set->generation, set->rules.timeout_s,
						    &origin);
			*result = verdict(true, FW_BY_CONNECTION);
			return true;
		}
	}
	if (packet->has_inner) {
		found = fw_connections_quoted(engine->connections, packet, from, now_ms,
					      set->generation, &origin);
		if (still_known(engine, set, found, &origin)) {
			*result = verdict(true, FW_BY_QUOTED_CONNECTION);
			return true;
		}
	}
	return false;
}

/* What a rule with `keep` accepts is accepted if a connection can begin with it. */
static void keep(struct fw_engine *engine, const struct ruleset *set,
		 const struct fw_packet *packet, uint8_t from, uint64_t now_ms,
		 struct fw_verdict *result)
{
	const uint8_t opening = FW_TCP_SYN | FW_TCP_ACK | FW_TCP_RST | FW_TCP_FIN;

	if (!can_be_known(packet))
		return;
	if (packet->flow.protocol == FW_TCP && (packet->tcp_flags & opening) != FW_TCP_SYN) {
		result->accept = false;
		result->reason = FW_OUT_OF_STATE;
	} else if (packet->is_echo && packet->icmp_type != 8 && packet->icmp_type != 128) {
		result->accept = false;
		result->reason = FW_OUT_OF_STATE;
	} else if (!fw_connections_begin(engine->connections, packet, from, now_ms,
					 set->generation, set->rules.timeout_s)) {
		result->accept = false;
		result->reason = FW_TABLE_FULL;
	}
}

static struct fw_verdict judge(struct fw_engine *engine, struct ruleset *set,
			       const struct fw_packet *packet, uint8_t from, uint64_t now_ms)
{
	struct fw_verdict result;
	const struct fw_rule *rule;
	uint32_t number;

	if (packet->kind == FW_KIND_MALFORMED)
		return verdict(false, FW_MALFORMED);
	if (packet->kind == FW_KIND_OTHER)
		return verdict(set->rules.accept_other, FW_NOT_IP);
	if (set->rules.keeps && by_connection(engine, set, packet, from, now_ms, &result))
		return result;
	number = fw_classify(set->classifier, packet, from);
	if (number == FW_NO_RULE)
		return verdict(set->rules.accept_rest, FW_BY_DEFAULT);
	rule = &set->rules.rules[number];
	result = (struct fw_verdict){ .accept = rule->accept, .reason = FW_BY_RULE,
				      .rule = number, .line = rule->line };
	if (rule->keep)
		keep(engine, set, packet, from, now_ms, &result);
	return result;
}

struct fw_verdict fw_engine_judge(struct fw_engine *engine, uint8_t from,
				  const unsigned char *bytes, size_t here, size_t length)
{
	struct worker *worker = &engine->workers[from];
	struct ruleset *set = atomic_load_explicit(&worker->using, memory_order_relaxed);
	struct fw_packet packet;
	struct fw_verdict result;
	struct rule_count *count;

	fw_packet_parse(&packet, bytes, here, length);
	result = judge(engine, set, &packet, from, worker->now_ms);
	add(&worker->packets[result.accept][result.reason], 1);
	add(&worker->bytes[result.accept], length);
	if (result.rule != FW_NO_RULE) {
		count = &set->counts[from][result.rule];
		add(&count->packets, 1);
		add(&count->bytes, length);
	}
	return result;
}

uint32_t fw_engine_rules(const struct fw_engine *engine, uint32_t *generation)
{
	/* Only who reloads frees rules, and it is who calls this. */
	const struct ruleset *set = atomic_load(&engine->current);

	*generation = set->generation;
	return set->rules.count;
}

static void report_worker(const struct worker *worker, FILE *stream)
{
	static const char *const verdicts[2] = { "dropped", "accepted" };
	uint64_t packets;
	int i, reason;

	for (i = 1; i >= 0; i--) {
		packets = 0;
		for (reason = 0; reason < FW_REASONS; reason++)
			packets += get(&worker->packets[i][reason]);
		fprintf(stream, "%s\"%s\":%" PRIu64 ",\"%s_bytes\":%" PRIu64, i ? "{" : ",",
			verdicts[i], packets, verdicts[i], get(&worker->bytes[i]));
		/* Also those that are 0 yet: who takes differences has to find them before, too. */
		for (reason = 0; reason < FW_REASONS; reason++)
			fprintf(stream, ",\"%s_%s\":%" PRIu64, verdicts[i], reason_names[reason],
				get(&worker->packets[i][reason]));
	}
	fputc('}', stream);
}

void fw_engine_report(struct fw_engine *engine, FILE *stream)
{
	const struct ruleset *set;

	pthread_mutex_lock(&engine->reading);
	set = atomic_load(&engine->current);
	fprintf(stream, "\"rules\":%u,\"generation\":%u,\"tuples\":%u,\"connections\":%u,"
		"\"forward\":", set->rules.count, set->generation,
		fw_classifier_tuples(set->classifier), fw_connections_count(engine->connections));
	pthread_mutex_unlock(&engine->reading);
	report_worker(&engine->workers[FW_IN], stream);
	fputs(",\"reverse\":", stream);
	report_worker(&engine->workers[FW_OUT], stream);
}

void fw_engine_report_rules(struct fw_engine *engine, FILE *stream)
{
	const struct ruleset *set;
	const struct rule_count *in, *out;
	uint32_t i;

	pthread_mutex_lock(&engine->reading);
	set = atomic_load(&engine->current);
	fputs("line\tverdict\tpackets\tbytes\n", stream);
	for (i = 0; i < set->rules.count; i++) {
		in = &set->counts[FW_IN][i];
		out = &set->counts[FW_OUT][i];
		fprintf(stream, "%u\t%s\t%" PRIu64 "\t%" PRIu64 "\n", set->rules.rules[i].line,
			set->rules.rules[i].accept ? "accept" : "drop",
			get(&in->packets) + get(&out->packets),
			get(&in->bytes) + get(&out->bytes));
	}
	pthread_mutex_unlock(&engine->reading);
}
