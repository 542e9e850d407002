// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * firewall-pcap: the verdicts on the frames of a capture. No framework, no ports:
 * reads the pcap format itself, and takes the time from the capture.
 */
#include "classify.h"
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* No Ethernet frame is longer; a length beyond is a broken file. */
#define FRAME_MAX	262144

/**
 * struct capture - a pcap file
 * @file: open, behind its header
 * @swapped: written by a machine of the other byte order
 * @per_ms: parts of a second's fraction in a millisecond
 */
struct capture {
	FILE *file;
	bool swapped;
	uint32_t per_ms;
};

/** struct record - the header of a frame in the file */
struct record {
	uint32_t seconds;
	uint32_t fraction;
	uint32_t here;
	uint32_t length;
};

static uint32_t order(const struct capture *capture, uint32_t value)
{
	return capture->swapped ? __builtin_bswap32(value) : value;
}

static const char *open_capture(struct capture *capture, const char *path)
{
	uint32_t header[6];
	uint32_t magic;

	capture->file = fopen(path, "re");
	if (!capture->file)
		return strerror(errno);
	if (fread(header, sizeof(header), 1, capture->file) != 1)
		return "it ends within its header";
	capture->swapped = header[0] == 0xD4C3B2A1 || header[0] == 0x4D3CB2A1;
	magic = order(capture, header[0]);
	if (magic != 0xA1B2C3D4 && magic != 0xA1B23C4D)
		return "it is no pcap file (pcapng is another format: `tcpdump -r OLD -w NEW`)";
	capture->per_ms = magic == 0xA1B2C3D4 ? 1000 : 1000000;
	if ((order(capture, header[5]) & 0xFFFF) != 1)
		return "its frames are not Ethernet";
	return NULL;
}

/* The next frame; false at the end, or with @wrong set. */
static bool next_frame(struct capture *capture, struct record *record, unsigned char *frame,
		       const char **wrong)
{
	size_t got = fread(record, 1, sizeof(*record), capture->file);

	*wrong = NULL;
	if (!got && feof(capture->file))
		return false;
	*wrong = "it ends within a frame";
	if (got != sizeof(*record))
		return false;
	record->seconds = order(capture, record->seconds);
	record->fraction = order(capture, record->fraction);
	record->here = order(capture, record->here);
	record->length = order(capture, record->length);
	if (record->here > FRAME_MAX || record->length < record->here) {
		*wrong = "a frame's length cannot be";
		return false;
	}
	if (fread(frame, 1, record->here, capture->file) != record->here)
		return false;
	*wrong = NULL;
	return true;
}

static void print_verdict(uint64_t number, const struct fw_verdict *verdict)
{
	printf("%llu %s %s", (unsigned long long)number, verdict->accept ? "accept" : "drop",
	       fw_reason_name(verdict->reason));
	if (verdict->rule != FW_NO_RULE)
		printf(" line %u", verdict->line);
	putchar('\n');
}

static int judge_all(struct fw_engine *engine, struct capture *capture, const char *path,
		     const char *sides)
{
	unsigned char *frame = malloc(FRAME_MAX);
	size_t known = strlen(sides);
	struct fw_verdict verdict;
	struct record record;
	const char *wrong;
	uint64_t number;
	uint8_t from;

	if (!frame) {
		fputs("firewall-pcap: no memory\n", stderr);
		return 1;
	}
	for (number = 0; next_frame(capture, &record, frame, &wrong); number++) {
		from = sides[number < known ? number : known - 1] == 'o' ? FW_OUT : FW_IN;
		fw_engine_begin(engine, from, record.seconds * 1000ull +
				record.fraction / capture->per_ms);
		verdict = fw_engine_judge(engine, from, frame, record.here, record.length);
		fw_engine_end(engine, from);
		print_verdict(number + 1, &verdict);
	}
	free(frame);
	if (!wrong)
		return 0;
	fprintf(stderr, "firewall-pcap: could not read `%s`: %s, number %llu\n", path, wrong,
		(unsigned long long)number + 1);
	return 1;
}

static bool are_sides(const char *sides)
{
	return *sides && strspn(sides, "io") == strlen(sides);
}

int main(int argc, char *argv[])
{
	struct capture capture = { 0 };
	struct fw_engine *engine;
	const char *wrong;
	int status;

	if (argc < 3 || argc > 4 || (argc == 4 && !are_sides(argv[3]))) {
		fputs("usage: firewall-pcap RULES CAPTURE [SIDES]\n\n"
		      "Prints for each frame its number, the verdict, why, and the line of the\n"
		      "rule. SIDES tells for each frame which port it came in at, `i` or `o`; the\n"
		      "last letter holds for all frames that are left. Without it all came in at\n"
		      "`in`.\n",
		      stderr);
		return 2;
	}
	engine = fw_engine_new(argv[1], NULL, NULL, stderr);
	if (!engine)
		return 1;
	wrong = open_capture(&capture, argv[2]);
	if (wrong) {
		fprintf(stderr, "firewall-pcap: could not read `%s`: %s\n", argv[2], wrong);
		status = 1;
	} else {
		status = judge_all(engine, &capture, argv[2], argc == 4 ? argv[3] : "i");
	}
	if (capture.file)
		fclose(capture.file);
	fputc('{', stderr);
	fw_engine_report(engine, stderr);
	fputs("}\n", stderr);
	fw_engine_free(engine);
	return status;
}
