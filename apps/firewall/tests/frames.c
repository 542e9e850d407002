// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Frames of every kind, whole, and changed by chance.
 */
#include "check.h"

#include <string.h>

/* Headers that frames are put together from; lengths are filled in afterwards. */
static const unsigned char ethernet[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
static const unsigned char ip4[] = { 0x45, 0, 0, 0, 0, 7, 0, 0, 64, 6, 0, 0,
				     10, 0, 0, 1, 192, 0, 2, 1 };
static const unsigned char ip6[] = { 0x60, 0, 0, 0, 0, 0, 6, 64,
				     0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
				     0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 };
static const unsigned char tcp[] = { 4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 1, 0,
				     0, 0, 0, 0 };
static const unsigned char udp[] = { 4, 0, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4 };
static const unsigned char echo[] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 };
static const unsigned char unreachable[] = { 3, 3, 0, 0, 0, 0, 0, 0 };
static const unsigned char tag[] = { 0x81, 0, 0, 5 };
static const unsigned char fragment6[] = { 6, 0, 0, 1, 0, 0, 0, 9 };
static const unsigned char hop_by_hop[] = { 60, 0, 1, 4, 0, 0, 0, 0 };
static const unsigned char destination[] = { 6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const unsigned char authentication[] = { 6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 };

/** struct builder - a frame that is being put together */
struct builder {
	unsigned char *at;
	size_t length;
};

#define PUT(builder, bytes) put(builder, bytes, sizeof(bytes))

static size_t put(struct builder *builder, const unsigned char *bytes, size_t count)
{
	size_t at = builder->length;

	memcpy(builder->at + at, bytes, count);
	builder->length += count;
	return at;
}

static void type(struct builder *builder, unsigned int number)
{
	unsigned char bytes[2] = { (unsigned char)(number >> 8), (unsigned char)number };

	PUT(builder, bytes);
}

static size_t begin4(struct builder *builder, unsigned char protocol)
{
	size_t at;

	type(builder, 0x0800);
	at = PUT(builder, ip4);
	builder->at[at + 9] = protocol;
	return at;
}

static size_t begin6(struct builder *builder, unsigned char next)
{
	size_t at;

	type(builder, 0x86DD);
	at = PUT(builder, ip6);
	builder->at[at + 6] = next;
	return at;
}

static void end4(struct builder *builder, size_t at)
{
	builder->at[at + 3] = (unsigned char)(builder->length - at);
}

static void end6(struct builder *builder, size_t at)
{
	builder->at[at + 5] = (unsigned char)(builder->length - at - 40);
}

static size_t make4(struct builder *builder, unsigned int kind)
{
	static const unsigned char options[] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	size_t at = begin4(builder, kind == 1 ? FW_UDP : kind == 2 || kind == 5 ? FW_ICMP : FW_TCP);

	switch (kind) {
	case 1:
		PUT(builder, udp);
		break;
	case 2:
		PUT(builder, echo);
		break;
	case 3:
		/* With options. */
		PUT(builder, options);
		builder->at[at] = 0x47;
		PUT(builder, tcp);
		break;
	case 4:
		/* A later fragment. */
		builder->at[at + 7] = 0x10;
		PUT(builder, tcp);
		break;
	case 5:
		PUT(builder, unreachable);
		PUT(builder, ip4);
		builder->at[builder->length - 17] = 40;
		put(builder, tcp, 8);
		break;
	case 6:
		/* A first fragment. */
		builder->at[at + 6] = 0x20;
		PUT(builder, tcp);
		break;
	default:
		PUT(builder, tcp);
	}
	end4(builder, at);
	return builder->length;
}

static size_t make6(struct builder *builder, unsigned int kind)
{
	static const unsigned char nexts[] = { FW_TCP, FW_UDP, FW_ICMP6, 44, 0, 51, 44 };
	static const unsigned char echo6[] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1 };
	size_t at = begin6(builder, nexts[kind]);

	switch (kind) {
	case 1:
		PUT(builder, udp);
		break;
	case 2:
		PUT(builder, echo6);
		break;
	case 3:
		PUT(builder, fragment6);
		PUT(builder, tcp);
		break;
	case 4:
		PUT(builder, hop_by_hop);
		PUT(builder, destination);
		PUT(builder, tcp);
		break;
	case 5:
		PUT(builder, authentication);
		PUT(builder, tcp);
		break;
	case 6:
		PUT(builder, fragment6);
		builder->at[builder->length - 5] = 0x08;
		PUT(builder, tcp);
		break;
	default:
		PUT(builder, tcp);
	}
	end6(builder, at);
	return builder->length;
}

size_t make_frame(unsigned char *frame, unsigned int kind)
{
	static const unsigned char arp[46] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	struct builder builder = { .at = frame };

	PUT(&builder, ethernet);
	if (kind < 7)
		return make4(&builder, kind);
	if (kind < 14)
		return make6(&builder, kind - 7);
	if (kind == 14) {
		PUT(&builder, tag);
		PUT(&builder, tag);
		return make4(&builder, 0);
	}
	type(&builder, 0x0806);
	PUT(&builder, arp);
	return builder.length;
}

size_t make_long_frame(unsigned char *frame, int headers)
{
	struct builder builder = { .at = frame };
	size_t at;
	int i;

	PUT(&builder, ethernet);
	at = begin6(&builder, 60);
	for (i = 0; i < headers; i++)
		PUT(&builder, hop_by_hop);
	PUT(&builder, destination);
	PUT(&builder, tcp);
	end6(&builder, at);
	return builder.length;
}

/* Fields in which a wrong value is most likely to lead astray: lengths, offsets, types. */
static const uint8_t places[] = { 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 39, 46, 54, 55, 56, 57 };

size_t random_frame(unsigned char *frame, uint64_t *state)
{
	size_t length = make_frame(frame, (unsigned int)(chance(state) % FRAME_KINDS));
	uint64_t changes = chance(state) % 6;
	size_t at;

	if (chance(state) % 16 == 0) {
		length = chance(state) % FRAME_ROOM;
		for (at = 0; at < length; at++)
			frame[at] = (unsigned char)chance(state);
		return length;
	}
	/* A tag, or the headers once more, in between. */
	if (chance(state) % 8 == 0) {
		memmove(frame + 16, frame + 12, length - 12);
		memcpy(frame + 12, "\x88\xA8\0\1", 4);
		length += 4;
	}
	for (; changes; changes--) {
		at = chance(state) % 2 ? places[chance(state) % sizeof(places)] :
					 chance(state) % length;
		if (at < length)
			frame[at] = (unsigned char)(chance(state) % 2 ? chance(state) :
						    (uint64_t)frame[at] + 1 - chance(state) % 3);
	}
	if (chance(state) % 4 == 0)
		length = chance(state) % (length + 1);
	return length;
}
