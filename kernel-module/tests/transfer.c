// SPDX-License-Identifier: GPL-2.0
/*
 * Moves bytes over TCP and checks each one, for tests/netns.sh:
 *
 *   transfer receive PORT BYTES          prints `listening`, then `received N bytes`
 *   transfer send ADDRESS PORT BYTES
 *
 * The bytes are a fixed pseudo-random stream, so that what is lost, doubled or
 * reordered shows. Exit status 0 only if every byte was moved and right.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Neither end waits longer than this for the other. */
#define SECONDS	120

static unsigned char buffer[65536];

/* xorshift, the same on both ends. */
static unsigned char next_byte(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return (unsigned char)*state;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
	};

	if (host && inet_pton(AF_INET, host, &at.sin_addr) != 1) {
		fprintf(stderr, "transfer: `%s` is no address\n", host);
		exit(2);
	}
	return at;
}

static int send_stream(const char *host, const char *port, size_t bytes)
{
	struct sockaddr_in to = address(host, port);
	int stream = socket(AF_INET, SOCK_STREAM, 0);
	uint32_t state = 1;
	size_t left, n, i;
	ssize_t sent;

	if (stream < 0 || connect(stream, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("connect");
	for (left = bytes; left; left -= n) {
		n = left < sizeof(buffer) ? left : sizeof(buffer);
		for (i = 0; i < n; i++)
			buffer[i] = next_byte(&state);
		for (i = 0; i < n; i += (size_t)sent) {
			sent = write(stream, buffer + i, n - i);
			if (sent <= 0)
				fail("write");
		}
	}
	shutdown(stream, SHUT_WR);
	/* The receiver closes when it has everything. */
	return read(stream, buffer, 1) == 0 ? 0 : 1;
}

static int receive_stream(const char *port, size_t bytes)
{
	struct sockaddr_in at = address(NULL, port);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	uint32_t state = 1;
	size_t total = 0;
	int stream, on = 1;
	ssize_t got, i;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 1) < 0)
		fail("listen");
	puts("listening");
	fflush(stdout);
	stream = accept(listener, NULL, NULL);
	if (stream < 0)
		fail("accept");
	while ((got = read(stream, buffer, sizeof(buffer))) > 0) {
		for (i = 0; i < got; i++, total++) {
			if (buffer[i] != next_byte(&state)) {
				fprintf(stderr, "transfer: byte %zu is wrong\n", total);
				return 1;
			}
		}
	}
	if (got < 0)
		fail("read");
	printf("received %zu bytes\n", total);
	return total == bytes ? 0 : 1;
}

int main(int argc, char *argv[])
{
	alarm(SECONDS);
	if (argc == 5 && !strcmp(argv[1], "send"))
		return send_stream(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "receive"))
		return receive_stream(argv[2], strtoul(argv[3], NULL, 10));
	fputs("usage: transfer send ADDRESS PORT BYTES | transfer receive PORT BYTES\n", stderr);
	return 2;
}
