// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"
#include "classify.h"
#include "engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of rules that can be written anew. */
static char path[] = "/tmp/firewall-check-XXXXXX";

static void write_rules(const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

static struct fw_engine *engine_with(const char *text)
{
	struct fw_engine *engine;

	write_rules(text);
	engine = fw_engine_new(path, "eth1", "eth2", stdout);
	CHECK(engine);
	return engine;
}

static struct fw_verdict judge(struct fw_engine *engine, unsigned int kind, uint8_t from)
{
	unsigned char frame[FRAME_ROOM];
	size_t length = make_frame(frame, kind);
	struct fw_verdict verdict;

	fw_engine_begin(engine, from, 1000);
	verdict = fw_engine_judge(engine, from, frame, length, length);
	fw_engine_end(engine, from);
	return verdict;
}

static void every_frame_has_a_verdict(void)
{
	struct fw_engine *engine = engine_with("default drop\naccept tcp to any port 80\n"
					       "drop udp\naccept icmp\n");
	struct fw_verdict verdict;

	check_test("engine__has_a_verdict_and_its_reason_for_every_frame");
	verdict = judge(engine, 0, FW_IN);
	CHECK(verdict.accept && verdict.reason == FW_BY_RULE && verdict.line == 2);
	verdict = judge(engine, 1, FW_IN);
	CHECK(!verdict.accept && verdict.reason == FW_BY_RULE && verdict.line == 3);
	verdict = judge(engine, 9, FW_IN);
	CHECK(!verdict.accept && verdict.reason == FW_BY_DEFAULT);
	/* A later fragment has no port that could be 80. */
	verdict = judge(engine, 4, FW_IN);
	CHECK(!verdict.accept && verdict.reason == FW_BY_DEFAULT);
	verdict = judge(engine, 15, FW_IN);
	CHECK(verdict.accept && verdict.reason == FW_NOT_IP);
	fw_engine_free(engine);
	engine = engine_with("default drop\nnon-ip drop\n");
	CHECK(!judge(engine, 15, FW_IN).accept);
	fw_engine_free(engine);
}

static void connections_are_kept(void)
{
	struct fw_engine *engine = engine_with("default drop\n"
					       "accept on eth1 tcp to any port 80 keep\n"
					       "accept on in icmp type 8 keep\n");
	unsigned char frame[FRAME_ROOM];
	size_t length;

	check_test("engine__lets_answers_pass_and_nothing_else");
	CHECK(!judge(engine, 0, FW_OUT).accept);
	CHECK(!judge(engine, 5, FW_OUT).accept);
	CHECK(judge(engine, 0, FW_IN).reason == FW_BY_RULE);
	CHECK(judge(engine, 0, FW_IN).reason == FW_BY_CONNECTION);
	CHECK(!judge(engine, 0, FW_OUT).accept);
	CHECK(judge(engine, 5, FW_OUT).reason == FW_BY_QUOTED_CONNECTION);
	/* Data without a beginning. */
	length = make_frame(frame, 0);
	frame[35] = 9;
	frame[47] = FW_TCP_ACK;
	fw_engine_begin(engine, FW_IN, 1000);
	CHECK(fw_engine_judge(engine, FW_IN, frame, length, length).reason == FW_OUT_OF_STATE);
	fw_engine_end(engine, FW_IN);
	CHECK(judge(engine, 2, FW_IN).accept);
	length = make_frame(frame, 2);
	frame[34] = 0;
	memcpy(frame + 26, "\xC0\0\2\1\12\0\0\1", 8);
	fw_engine_begin(engine, FW_OUT, 1000);
	CHECK(fw_engine_judge(engine, FW_OUT, frame, length, length).reason == FW_BY_CONNECTION);
	fw_engine_end(engine, FW_OUT);
	fw_engine_free(engine);
}

static void reloads_take_force_or_do_nothing(void)
{
	struct fw_engine *engine = engine_with("default drop\naccept tcp keep\naccept udp\n");
	FILE *nowhere = fopen("/dev/null", "w");
	uint32_t generation;

	check_test("engine__takes_new_rules_and_refuses_broken_ones");
	CHECK(judge(engine, 0, FW_IN).accept && judge(engine, 1, FW_IN).accept);
	write_rules("default drop\naccept tcp\nacept udp\n");
	CHECK(!fw_engine_reload(engine, nowhere));
	CHECK(judge(engine, 1, FW_IN).accept);
	CHECK(fw_engine_rules(engine, &generation) == 2 && generation == 1);
	/* The connection of before goes on, as it would begin today too. */
	write_rules("default drop\naccept tcp to any port 80 keep\n");
	CHECK(fw_engine_reload(engine, nowhere));
	CHECK(fw_engine_rules(engine, &generation) == 1 && generation == 2);
	CHECK(judge(engine, 0, FW_IN).reason == FW_BY_CONNECTION);
	CHECK(!judge(engine, 1, FW_IN).accept);
	write_rules("default drop\naccept udp keep\n");
	CHECK(fw_engine_reload(engine, nowhere));
	CHECK(!judge(engine, 0, FW_IN).accept);
	CHECK(unlink(path) == 0 && !fw_engine_reload(engine, nowhere));
	CHECK(judge(engine, 1, FW_IN).accept);
	fw_engine_free(engine);
	fclose(nowhere);
}

static void counters_are_told(void)
{
	struct fw_engine *engine = engine_with("default drop\naccept tcp\ndrop udp\n");
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	check_test("engine__tells_its_counters");
	judge(engine, 0, FW_IN);
	judge(engine, 0, FW_OUT);
	judge(engine, 1, FW_IN);
	judge(engine, 9, FW_IN);
	fw_engine_report(engine, file);
	fw_engine_report_rules(engine, file);
	fclose(file);
	CHECK(strstr(text, "\"rules\":2,\"generation\":1,"));
	CHECK(strstr(text, "\"forward\":{\"accepted\":1,\"accepted_bytes\":54,\"accepted_rule\":1,"
		     "\"accepted_default\":0,"));
	CHECK(strstr(text, ",\"dropped\":2,\"dropped_bytes\":108,\"dropped_rule\":1,"
		     "\"dropped_default\":1,\"dropped_connection\":0,"));
	CHECK(strstr(text, "\"reverse\":{\"accepted\":1,"));
	CHECK(strstr(text, "line\tverdict\tpackets\tbytes\n2\taccept\t2\t108\n3\tdrop\t1\t46\n"));
	free(text);
	fw_engine_free(engine);
}

static struct fw_engine *shared;
static atomic_bool end;
static atomic_uint lost;

/* Both kinds of rules accept what this sends: not one frame may be refused meanwhile. */
static void *send_all_the_time(void *argument)
{
	uint8_t from = (uint8_t)(uintptr_t)argument;

	while (!atomic_load(&end))
		if (!judge(shared, from == FW_IN ? 0 : 7, from).accept)
			atomic_fetch_add(&lost, 1);
	return NULL;
}

static void no_frame_is_lost_in_a_reload(void)
{
	FILE *nowhere = fopen("/dev/null", "w");
	pthread_t threads[2];
	int i;

	check_test("engine__loses_no_frame_while_rules_change");
	shared = engine_with("default drop\naccept tcp keep\n");
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, send_all_the_time, (void *)(uintptr_t)i));
	for (i = 0; i < 300; i++) {
		write_rules(i % 3 ? "default drop\ndrop udp\naccept tcp to any port 80 keep\n" :
				    "broken\n");
		CHECK(fw_engine_reload(shared, nowhere) == (i % 3 != 0));
	}
	atomic_store(&end, true);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(!lost);
	fw_engine_free(shared);
	fclose(nowhere);
}

void engine_tests(void)
{
	int file = mkstemp(path);

	check_test("engine__has_a_file_to_read");
	CHECK(file >= 0 && !close(file));
	every_frame_has_a_verdict();
	connections_are_kept();
	reloads_take_force_or_do_nothing();
	counters_are_told();
	no_frame_is_lost_in_a_reload();
	unlink(path);
}
