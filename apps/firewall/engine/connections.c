// SPDX-License-Identifier: MIT OR Apache-2.0
#include "connections.h"
#include "connection.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WAYS	8

/* Buckets that one sweep looks at, and one that is made because the table is full. */
#define SWEEP		8
#define SWEEP_FULL	64

/* Tries for a lock before its holder, who may wait for this CPU, is let run. */
#define SPINS	100

/** struct bucket - connections of a hash; @lock protects @entries */
struct bucket {
	atomic_flag lock;
	struct entry entries[WAYS];
};

/**
 * struct fw_connections - the table
 * @buckets: of it
 * @size: how many, a power of two
 * @room: connections that it was made for
 * @most: that there may be
 * @count: that there are
 * @cursor: where the next sweep begins
 * @seed: nobody outside can tell what shares a bucket
 */
struct fw_connections {
	struct bucket *buckets;
	uint32_t size;
	uint32_t room;
	_Atomic uint32_t most;
	_Atomic uint32_t count;
	_Atomic uint32_t cursor;
	uint64_t seed[2];
};

static void lock(struct bucket *bucket)
{
	int tries = 0;

	while (atomic_flag_test_and_set_explicit(&bucket->lock, memory_order_acquire))
		if (++tries % SPINS == 0)
			sched_yield();
}

static void unlock(struct bucket *bucket)
{
	atomic_flag_clear_explicit(&bucket->lock, memory_order_release);
}

struct fw_connections *fw_connections_new(uint32_t most)
{
	struct fw_connections *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	/* Twice the room, so that a bucket is hardly ever full before the table is. */
	table->size = 1;
	while (table->size * (uint64_t)WAYS < most * 2ull)
		table->size *= 2;
	table->buckets = calloc(table->size, sizeof(*table->buckets));
	table->room = most;
	table->most = most;
	if (!table->buckets ||
	    getrandom(table->seed, sizeof(table->seed), 0) != sizeof(table->seed)) {
		fw_connections_free(table);
		return NULL;
	}
	return table;
}

void fw_connections_free(struct fw_connections *table)
{
	if (!table)
		return;
	free(table->buckets);
	free(table);
}

uint32_t fw_connections_limit(struct fw_connections *table, uint32_t most)
{
	uint32_t limit = most < table->room ? most : table->room;

	atomic_store(&table->most, limit);
	return limit;
}

uint32_t fw_connections_count(const struct fw_connections *table)
{
	return atomic_load_explicit(&table->count, memory_order_relaxed);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0xD6E8FEB86659FD93ull;
	return hash ^ hash >> 32;
}

static uint64_t end_hash(uint64_t seed, const struct fw_address *address, uint16_t port)
{
	return mix(mix(mix(seed, address->high), address->low), port);
}

/* The same for both directions. */
static struct bucket *bucket_of(struct fw_connections *table, const struct fw_flow *flow)
{
	uint64_t hash = end_hash(table->seed[0], &flow->source, flow->source_port) +
			end_hash(table->seed[0], &flow->destination, flow->destination_port);

	hash = mix(table->seed[1] ^ flow->protocol, hash);
	return &table->buckets[hash & (table->size - 1)];
}

static bool same_address(const struct fw_address *a, const struct fw_address *b)
{
	return a->high == b->high && a->low == b->low;
}

static bool is_origin(const struct fw_origin *origin, const struct fw_flow *flow, uint8_t from)
{
	return origin->from == from && origin->flow.source_port == flow->source_port &&
	       origin->flow.destination_port == flow->destination_port &&
	       same_address(&origin->flow.source, &flow->source) &&
	       same_address(&origin->flow.destination, &flow->destination);
}

static bool is_answer(const struct fw_origin *origin, const struct fw_flow *flow, uint8_t from)
{
	return origin->from != from && origin->flow.source_port == flow->destination_port &&
	       origin->flow.destination_port == flow->source_port &&
	       same_address(&origin->flow.source, &flow->destination) &&
	       same_address(&origin->flow.destination, &flow->source);
}

static void forget(struct fw_connections *table, struct entry *entry)
{
	entry->used = false;
	atomic_fetch_sub_explicit(&table->count, 1, memory_order_relaxed);
}

/* Frees what timed out on the way. The caller has the lock. */
static struct entry *find(struct fw_connections *table, struct bucket *bucket,
			  const struct fw_flow *flow, uint8_t from, uint64_t now_ms, bool *answer)
{
	struct entry *entry;
	int i;

	for (i = 0; i < WAYS; i++) {
		entry = &bucket->entries[i];
		if (!entry->used)
			continue;
		if (entry->expires_ms <= now_ms) {
			forget(table, entry);
			continue;
		}
		if (entry->origin.flow.protocol != flow->protocol ||
		    entry->origin.flow.kind != flow->kind)
			continue;
		*answer = is_answer(&entry->origin, flow, from);
		if (*answer || is_origin(&entry->origin, flow, from))
			return entry;
	}
	return NULL;
}

static enum fw_connection known(const struct entry *entry, uint32_t generation,
				struct fw_origin *origin)
{
	if (entry->generation == generation)
		return FW_CONNECTION_KNOWN;
	*origin = entry->origin;
	return FW_CONNECTION_STALE;
}

enum fw_connection fw_connections_look(struct fw_connections *table,
				       const struct fw_packet *packet, uint8_t from,
				       uint64_t now_ms, uint32_t generation,
				       const uint32_t *timeout_s, struct fw_origin *origin)
{
	struct bucket *bucket = bucket_of(table, &packet->flow);
	enum fw_connection result = FW_CONNECTION_NONE;
	struct entry *entry;
	bool answer;

	lock(bucket);
	entry = find(table, bucket, &packet->flow, from, now_ms, &answer);
	if (entry) {
		result = known(entry, generation, origin);
		if (result == FW_CONNECTION_KNOWN)
			connection_note(entry, packet, answer, now_ms, timeout_s);
	}
	unlock(bucket);
	return result;
}

enum fw_connection fw_connections_quoted(struct fw_connections *table,
					 const struct fw_packet *packet, uint8_t from,
					 uint64_t now_ms, uint32_t generation,
					 struct fw_origin *origin)
{
	/* What is quoted went the other way. */
	uint8_t sent_from = from == FW_IN ? FW_OUT : FW_IN;
	struct bucket *bucket = bucket_of(table, &packet->inner);
	enum fw_connection result = FW_CONNECTION_NONE;
	struct entry *entry;
	bool answer;

	lock(bucket);
	entry = find(table, bucket, &packet->inner, sent_from, now_ms, &answer);
	if (entry)
		result = known(entry, generation, origin);
	unlock(bucket);
	return result;
}

void fw_connections_confirm(struct fw_connections *table, const struct fw_origin *origin,
			    uint32_t generation)
{
	struct bucket *bucket = bucket_of(table, &origin->flow);
	struct entry *entry;
	bool answer;

	lock(bucket);
	entry = find(table, bucket, &origin->flow, origin->from, 0, &answer);
	if (entry)
		entry->generation = generation;
	unlock(bucket);
}

void fw_connections_forget(struct fw_connections *table, const struct fw_origin *origin)
{
	struct bucket *bucket = bucket_of(table, &origin->flow);
	struct entry *entry;
	bool answer;

	lock(bucket);
	entry = find(table, bucket, &origin->flow, origin->from, 0, &answer);
	if (entry)
		forget(table, entry);
	unlock(bucket);
}

/* Of a bucket without a free place: what was never answered and times out first. */
static struct entry *least(struct bucket *bucket)
{
	struct entry *found = NULL;
	int i;

	for (i = 0; i < WAYS; i++)
		if (bucket->entries[i].used && !bucket->entries[i].answered &&
		    (!found || bucket->entries[i].expires_ms < found->expires_ms))
			found = &bucket->entries[i];
	return found;
}

static struct entry *unused(struct bucket *bucket)
{
	int i;

	for (i = 0; i < WAYS; i++)
		if (!bucket->entries[i].used)
			return &bucket->entries[i];
	return NULL;
}

/* Counts one more, unless there are as many as may be. */
static bool claim(struct fw_connections *table)
{
	uint32_t most = atomic_load_explicit(&table->most, memory_order_relaxed);
	uint32_t count = atomic_load_explicit(&table->count, memory_order_relaxed);

	while (count < most)
		if (atomic_compare_exchange_weak(&table->count, &count, count + 1))
			return true;
	return false;
}

/* A place that is counted. The caller has the lock. */
static struct entry *make_room(struct fw_connections *table, struct bucket *bucket)
{
	struct entry *entry = unused(bucket);

	if (entry && claim(table))
		return entry;
	/* Its count goes to the one that comes. */
	return least(bucket);
}

static void sweep(struct fw_connections *table, uint64_t now_ms, uint32_t buckets)
{
	uint32_t first = atomic_fetch_add_explicit(&table->cursor, buckets, memory_order_relaxed);
	struct bucket *bucket;
	uint32_t i;
	int way;

	for (i = 0; i < buckets && i < table->size; i++) {
		bucket = &table->buckets[(first + i) & (table->size - 1)];
		lock(bucket);
		for (way = 0; way < WAYS; way++)
			if (bucket->entries[way].used &&
			    bucket->entries[way].expires_ms <= now_ms)
				forget(table, &bucket->entries[way]);
		unlock(bucket);
	}
}

/* Throws out one that was never answered, of the buckets behind this one. */
static bool evict_near(struct fw_connections *table, const struct bucket *bucket)
{
	uint64_t at = (uint64_t)(bucket - table->buckets);
	struct bucket *near;
	struct entry *victim;
	int i;

	for (i = 1; i <= SWEEP; i++) {
		near = &table->buckets[(at + (uint64_t)i) & (table->size - 1)];
		lock(near);
		victim = least(near);
		if (victim)
			forget(table, victim);
		unlock(near);
		if (victim)
			return true;
	}
	return false;
}

/* The place for a new connection, or where it is already. The caller has the lock. */
static struct entry *place(struct fw_connections *table, struct bucket *bucket,
			   const struct fw_packet *packet, uint8_t from, uint64_t now_ms)
{
	struct entry *entry;
	bool answer;

	/* The other direction's thread may have been here meanwhile. */
	entry = find(table, bucket, &packet->flow, from, now_ms, &answer);
	return entry ? entry : make_room(table, bucket);
}

bool fw_connections_begin(struct fw_connections *table, const struct fw_packet *packet,
			  uint8_t from, uint64_t now_ms, uint32_t generation,
			  const uint32_t *timeout_s)
{
	struct bucket *bucket = bucket_of(table, &packet->flow);
	struct entry *entry;

	if (fw_connections_count(table) >=
	    atomic_load_explicit(&table->most, memory_order_relaxed))
		sweep(table, now_ms, SWEEP_FULL);
	lock(bucket);
	entry = place(table, bucket, packet, from, now_ms);
	if (!entry) {
		/* One lock at a time, so that none waits for another. */
		unlock(bucket);
		if (!evict_near(table, bucket))
			return false;
		lock(bucket);
		entry = place(table, bucket, packet, from, now_ms);
	}
	if (entry) {
		*entry = (struct entry){
			.origin = { .flow = packet->flow, .from = from },
			.state = connection_begins(packet->flow.protocol),
			.used = true,
			.generation = generation,
		};
		entry->expires_ms = now_ms + timeout_s[entry->state] * 1000ull;
	}
	unlock(bucket);
	return entry;
}

void fw_connections_sweep(struct fw_connections *table, uint64_t now_ms)
{
	if (fw_connections_count(table))
		sweep(table, now_ms, SWEEP);
}
