// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Frames that are no frames: well-formed ones with bytes changed, cut, repeated and
 * tagged, and bytes by chance. Each is in memory of exactly its length, so that the
 * address sanitizer sees any look beyond. The series is the same every time.
 */
#include "check.h"
#include "classify.h"
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS	300000

/* What holds of every verdict. */
static bool is_defined(const struct fw_verdict *verdict, const struct fw_packet *packet)
{
	if (packet->kind == FW_KIND_MALFORMED)
		return !verdict->accept && verdict->reason == FW_MALFORMED;
	if (packet->kind == FW_KIND_OTHER)
		return verdict->accept && verdict->reason == FW_NOT_IP;
	if (verdict->reason == FW_BY_DEFAULT)
		return !verdict->accept && verdict->rule == FW_NO_RULE;
	return verdict->reason != FW_MALFORMED && verdict->reason != FW_NOT_IP;
}

static struct fw_engine *engine_for(bool keep)
{
	char path[] = "/tmp/firewall-fuzz-XXXXXX";
	int file = mkstemp(path);
	FILE *rules = file >= 0 ? fdopen(file, "w") : NULL;
	struct fw_engine *engine;

	if (!CHECK(rules))
		return NULL;
	fputs("default drop\nconnections 100\n", rules);
	fprintf(rules, "accept on in tcp from 10.0.0.0/8 to any port 0-1000%s\n",
		keep ? " keep" : "");
	fprintf(rules, "accept udp%s\naccept icmp type 8%s\naccept icmp6\n"
		"accept protocol 47 keep\n", keep ? " keep" : "", keep ? " keep" : "");
	fclose(rules);
	engine = fw_engine_new(path, NULL, NULL, stdout);
	unlink(path);
	return engine;
}

static void malformed_frames(bool keep, uint64_t state)
{
	struct fw_engine *engine = engine_for(keep);
	unsigned long kinds[4] = { 0 };
	unsigned char frame[FRAME_ROOM + 8];
	struct fw_verdict verdict;
	struct fw_packet packet;
	unsigned char *exact;
	size_t length, here;
	uint8_t from;
	int i;

	for (i = 0; i < ROUNDS && CHECK(engine); i++) {
		length = random_frame(frame, &state);
		/* Not all of it is always here to look at. */
		here = chance(&state) % 8 ? length : chance(&state) % (length + 1);
		exact = malloc(here ? here : 1);
		memcpy(exact, frame, here);
		from = chance(&state) & 1;
		fw_packet_parse(&packet, exact, here, length);
		fw_engine_begin(engine, from, (uint64_t)i * 10);
		verdict = fw_engine_judge(engine, from, exact, here, length);
		fw_engine_end(engine, from);
		free(exact);
		kinds[packet.kind]++;
		if (!CHECK(is_defined(&verdict, &packet)))
			break;
	}
	/* None of the four may have been missed. */
	for (i = 0; i < 4; i++)
		CHECK(kinds[i] > ROUNDS / 100);
	fw_engine_free(engine);
}

void fuzz_tests(void)
{
	check_test("fuzz__malformed_frames_have_a_defined_verdict");
	malformed_frames(false, 1);
	check_test("fuzz__malformed_frames_do_no_harm_to_connections");
	malformed_frames(true, 2);
}
