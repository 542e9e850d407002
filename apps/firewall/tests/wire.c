// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Sends frames by chance into one port and sees which come out of another: for
 * comparing firewalls between the two. Writes what it sent as a capture, and prints
 * the numbers of those that arrived. A frame is known by its source address.
 */
#include "check.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames between two looks at what arrived. */
#define BURST	32

/* For local experiments (IEEE 802): no IP; that it came shows that all before it are through. */
#define TYPE_MARK	0x88B5
/* Ten seconds, looked at so often: a machine that stands still for longer counts as one look. */
#define LOOKS		100
#define LOOK_MS		100

static void fail(const char *what, const char *which)
{
	fprintf(stderr, "wire: could not %s %s\n", what, which);
	perror("wire");
	exit(1);
}

static int open_port(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int port = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int room = 4 << 20;

	address.sll_ifindex = (int)if_nametoindex(name);
	setsockopt(port, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (port < 0 || !address.sll_ifindex ||
	    bind(port, (struct sockaddr *)&address, sizeof(address)))
		fail("open the port", name);
	return port;
}

static void put_number(unsigned char *frame, uint32_t number)
{
	static const unsigned char to[6] = { 2, 0, 0, 0, 0, 1 };

	memcpy(frame, to, 6);
	frame[6] = 2;
	frame[7] = 0xF1;
	number = htonl(number);
	memcpy(frame + 8, &number, 4);
}

static void record(FILE *capture, const unsigned char *frame, size_t length)
{
	uint32_t header[4] = { 1, 0, (uint32_t)length, (uint32_t)length };

	if (fwrite(header, sizeof(header), 1, capture) != 1 ||
	    fwrite(frame, length, 1, capture) != 1)
		fail("write", "the capture");
}

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/*
 * What the kernel judges by other rules than we: it looks through one tag, we through
 * two; and to some kernels a later fragment of IPv4 is of no protocol. Left out but
 * where `all` are wanted.
 */
static bool is_judged_otherwise(const unsigned char *frame)
{
	bool is_tagged = get16(frame + 12) == 0x8100 || get16(frame + 12) == 0x88A8;
	uint16_t type = get16(frame + (is_tagged ? 16 : 12));

	if (is_tagged && (type == 0x8100 || type == 0x88A8))
		return true;
	return type == 0x0800 && get16(frame + (is_tagged ? 24 : 20)) & 0x1FFF;
}

static size_t next_frame(unsigned char *frame, uint64_t *state, bool all)
{
	size_t length;

	do
		length = random_frame(frame, state);
	while (length < 26 || (!all && is_judged_otherwise(frame)));
	return length;
}

static bool frame_comes(int port)
{
	struct pollfd wait = { .fd = port, .events = POLLIN };
	int look;

	for (look = 0; look < LOOKS; look++)
		if (poll(&wait, 1, LOOK_MS) > 0)
			return true;
	return false;
}

/* Prints the numbers of frames until the marked one has come. */
static void collect(int port, uint32_t mark)
{
	unsigned char frame[2048];
	uint32_t number;
	ssize_t got;

	for (;;) {
		if (!frame_comes(port))
			fail("see a frame come", "in ten seconds");
		got = recv(port, frame, sizeof(frame), 0);
		if (got < 14 || frame[6] != 2 || frame[7] != 0xF1)
			continue;
		memcpy(&number, frame + 8, 4);
		number = ntohl(number);
		if (number == mark)
			return;
		printf("%u\n", number);
	}
}

int main(int argc, char *argv[])
{
	static const uint32_t header[6] = { 0xA1B2C3D4, 0x00040002, 0, 0, 65535, 1 };
	unsigned char frame[2048], mark[60] = { 0 };
	uint32_t count, number;
	uint64_t state;
	size_t length;
	FILE *capture;
	int from, to;

	if (argc < 6 || argc > 7 || (argc == 7 && strcmp(argv[6], "all"))) {
		fputs("usage: wire FROM TO CAPTURE COUNT SEED [all]\n", stderr);
		return 2;
	}
	from = open_port(argv[1]);
	to = open_port(argv[2]);
	capture = fopen(argv[3], "we");
	if (!capture || fwrite(header, sizeof(header), 1, capture) != 1)
		fail("write", argv[3]);
	count = (uint32_t)strtoul(argv[4], NULL, 10);
	state = strtoul(argv[5], NULL, 10);
	mark[12] = TYPE_MARK >> 8;
	mark[13] = TYPE_MARK & 255;
	for (number = 1; number <= count; number++) {
		length = next_frame(frame, &state, argc == 7);
		put_number(frame, number);
		record(capture, frame, length);
		if (send(from, frame, length, 0) != (ssize_t)length)
			fail("send", "a frame");
		if (number % BURST && number != count)
			continue;
		put_number(mark, number + 0x80000000);
		if (send(from, mark, sizeof(mark), 0) != sizeof(mark))
			fail("send", "a mark");
		collect(to, number + 0x80000000);
	}
	return fclose(capture) ? 1 : 0;
}
