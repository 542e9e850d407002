// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer's wire: one process puts frames of all kinds on it, another takes its
 * ends down, away, and to another namespace, and brings them back. It must know
 * nothing of NetSlice.
 */
#define _GNU_SOURCE
#include "fuzz_wire.h"

#include "fuzz.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ELSEWHERE	"fuzz-elsewhere"
#define MAKE								\
	"ip link add " FUZZ_OUTSIDE " type veth peer name " FUZZ_INSIDE " && "	\
	"ip link set " FUZZ_OUTSIDE " up && ip link set " FUZZ_INSIDE " up"

static pid_t sender, breaker;

static bool shell(const char *command)
{
	return system(command) == 0;
}

static void nap_ms(uint32_t ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static int open_outside(void)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = 0,
		.sll_ifindex = (int)if_nametoindex(FUZZ_OUTSIDE),
	};
	int handle;

	if (!at.sll_ifindex)
		return -1;
	handle = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (bind(handle, (struct sockaddr *)&at, sizeof(at)) == 0)
		return handle;
	close(handle);
	return -1;
}

static size_t make_odd_frame(struct fuzz_thread *thread, unsigned char *frame)
{
	static const uint16_t types[] = { 0x0800, 0x86DD, 0x8100, 0x88A8, 0x0806, 0x88B5 };
	uint16_t type = htons(types[below(thread, 6)]);
	size_t length = 14 + below(thread, 1500), i;

	for (i = 0; i < length; i++)
		frame[i] = (unsigned char)chance(thread);
	memcpy(frame, "\xFF\xFF\xFF\xFF\xFF\xFF\x02\0\0\0\0\x01", 12);
	if (below(thread, 8))
		memcpy(frame + 12, &type, 2);
	/* An IPv4 header as it should be begins like this; the rest is chance. */
	if (one_in(thread, 2))
		frame[14] = 0x45;
	return length;
}

static void send_for_ever(struct fuzz_thread *thread)
{
	unsigned char frame[2048];
	uint32_t i;
	int handle;

	for (;;) {
		handle = open_outside();
		if (handle < 0) {
			nap_ms(20);
			continue;
		}
		for (i = 0; i < 2000; i++) {
			if (send(handle, frame, make_odd_frame(thread, frame), MSG_DONTWAIT) < 0)
				nap_ms(5);
			if (i % 32 == 0)
				nap_ms(2);
		}
		close(handle);
	}
}

static void break_for_ever(struct fuzz_thread *thread)
{
	static const char *const breaks[] = {
		"ip link set " FUZZ_INSIDE " down; ip link set " FUZZ_INSIDE " up",
		"ip link set " FUZZ_OUTSIDE " down; sleep 0.1; ip link set " FUZZ_OUTSIDE " up",
		"ip link del " FUZZ_OUTSIDE "; " MAKE,
		"ip link del " FUZZ_INSIDE "; sleep 0.1; " MAKE,
		"ip link set " FUZZ_INSIDE " netns " ELSEWHERE "; sleep 0.1; "
			"ip -n " ELSEWHERE " link set " FUZZ_INSIDE " netns $$ && "
			"ip link set " FUZZ_INSIDE " up || " MAKE,
		"ip netns del " ELSEWHERE "; ip netns add " ELSEWHERE,
		"ip link set " FUZZ_OUTSIDE " mtu 9000; ip link set " FUZZ_INSIDE " mtu 68",
		"ip link set " FUZZ_OUTSIDE " mtu 1500; ip link set " FUZZ_INSIDE " mtu 1500",
		"ethtool -K " FUZZ_INSIDE " gro on",
		"ethtool -K " FUZZ_INSIDE " gro off",
	};
	char command[600];

	for (;;) {
		nap_ms(200 + below(thread, 600));
		/* What is there already, or not there, is told; that is of no interest. */
		snprintf(command, sizeof(command), "{ %s; } >/dev/null 2>&1",
			 breaks[below(thread, sizeof(breaks) / sizeof(breaks[0]))]);
		(void)shell(command);
	}
}

static pid_t start(void (*body)(struct fuzz_thread *thread), uint64_t seed)
{
	struct fuzz_thread thread = { .state = seed | 1 };
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(&thread);
		_exit(0);
	}
	return pid;
}

static void remove_wire(void)
{
	(void)shell("{ ip link del " FUZZ_OUTSIDE "; ip link del " FUZZ_INSIDE "; "
		    "ip netns del " ELSEWHERE "; } >/dev/null 2>&1");
}

bool start_wire(uint64_t seed)
{
	remove_wire();
	if (!shell("ip netns add " ELSEWHERE) || !shell(MAKE)) {
		fputs("fuzz: could not make a virtual wire\n"
		      "hint: it needs `ip`, root, and a kernel with veth\n", stderr);
		return false;
	}
	sender = start(send_for_ever, seed);
	breaker = start(break_for_ever, seed * 3);
	return sender > 0 && breaker > 0;
}

void stop_wire(void)
{
	kill(sender, SIGKILL);
	kill(breaker, SIGKILL);
	waitpid(sender, NULL, 0);
	waitpid(breaker, NULL, 0);
	remove_wire();
}
