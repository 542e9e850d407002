// SPDX-License-Identifier: GPL-2.0
/*
 * The promises of <linux/netslice.h>, kept by the loaded module. Run by
 * tests/netns.sh as `abi OUTSIDE INSIDE`, two ends of a virtual wire: frames are
 * put on the wire at OUTSIDE with a packet socket, the slices are on INSIDE.
 *
 * All test frames have an EtherType set aside for experiments, and a filter
 * keeps what the kernel itself says on the wire out of the slices.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

const char *outside, *inside;
int wire;
unsigned int failures;
unsigned char frames[ARRAY][ROOM];
struct netslice_pkt pkts[ARRAY];

int packet_socket(const char *interface, unsigned int type)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)type),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int handle = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons((uint16_t)type));

	if (handle < 0 || bind(handle, (struct sockaddr *)&at, sizeof(at)) < 0) {
		perror("packet socket");
		exit(2);
	}
	setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return handle;
}

void make_frame(unsigned char *frame, size_t length, unsigned int type, unsigned char number)
{
	memset(frame, number, length);
	memset(frame, 0xFF, 6);
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	frame[12] = (unsigned char)(type >> 8);
	frame[13] = (unsigned char)type;
}

void send_in(size_t length, unsigned int type, unsigned char number)
{
	static unsigned char frame[ROOM];

	make_frame(frame, length, type, number);
	EXPECT(send(wire, frame, length, 0) == (ssize_t)length);
}

void prepare(uint32_t capacity)
{
	size_t i;

	for (i = 0; i < ARRAY; i++)
		nsl_packet(&pkts[i], frames[i], capacity);
}

bool queued(int slice, uint64_t count)
{
	struct netslice_stats stats;
	int waited;

	for (waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (nsl_get_stats(slice, &stats) < 0)
			return false;
		if (stats.queue_packets >= count)
			return stats.queue_packets == count;
		usleep(10000);
	}
	return false;
}

bool parameter_is(const char *name, const char *value)
{
	char path[64], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/netslice/parameters/%s", name);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return !strcmp(text, value);
}

/* Has a frame of ours, sent from @from by this CPU, come? All that came before it is discarded. */
static bool drained_up_to_a_mark(int from)
{
	struct pollfd poller = { .fd = wire, .events = POLLIN };
	unsigned char mark[60], frame[ROOM];
	static uint32_t number;
	int tries;

	make_frame(mark, sizeof(mark), ETHERTYPE, 0xED);
	for (tries = 0; tries < PATIENCE_MS / 100; tries++) {
		/* Where there is no room, marks are dropped too. */
		while (recv(wire, frame, sizeof(frame), MSG_DONTWAIT) > 0)
			;
		number++;
		memcpy(mark + 20, &number, sizeof(number));
		(void)!send(from, mark, sizeof(mark), 0);
		while (poll(&poller, 1, 100) == 1)
			if (recv(wire, frame, sizeof(frame), MSG_DONTWAIT) == sizeof(mark) &&
			    !memcmp(frame, mark, sizeof(mark)))
				return true;
	}
	return false;
}

/* A frame waits for a softirq of the CPU that sent it, behind those that this CPU sent before. */
void drain_wire(void)
{
	int from = packet_socket(inside, 0), cpu;
	cpu_set_t ours, one;

	EXPECT(sched_getaffinity(0, sizeof(ours), &ours) == 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &ours))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		EXPECT(sched_setaffinity(0, sizeof(one), &one) == 0);
		EXPECT(drained_up_to_a_mark(from));
	}
	EXPECT(sched_setaffinity(0, sizeof(ours), &ours) == 0);
	close(from);
}

/* Sends a frame for each byte that arrives. */
static void *send_on_request(void *argument)
{
	int *requests = argument;
	unsigned char number;

	while (read(*requests, &number, 1) == 1)
		send_in(FRAME, ETHERTYPE, number);
	return NULL;
}

void take_turns(int slice, int (*take)(int slice))
{
	unsigned char number;
	pthread_t sender;
	unsigned int i;
	int ends[2];

	EXPECT(pipe(ends) == 0);
	EXPECT(pthread_create(&sender, NULL, send_on_request, &ends[0]) == 0);
	prepare(ROOM);
	/* A wake-up that was lost ends here, and with it the run. */
	alarm(TURNS_SECONDS);
	for (i = 0; i < TURNS; i++) {
		number = (unsigned char)i;
		EXPECT(write(ends[1], &number, 1) == 1);
		if (take(slice) != number)
			break;
	}
	EXPECT(i == TURNS);
	alarm(0);
	close(ends[1]);
	pthread_join(sender, NULL);
	close(ends[0]);
}

int filter_type(int slice, unsigned int type)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	return nsl_attach_filter(slice, program, 4);
}

int open_slice(int flags)
{
	int slice = nsl_open(flags);

	EXPECT(slice >= 0);
	EXPECT(filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_attach(slice, inside, inside, NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	return slice;
}

int main(int argc, char *argv[])
{
	static void (*const tests[])(void) = {
		unattached__moves_nothing, structures__are_checked, claims__are_exclusive,
		cpus__are_set_and_told, cpus__decide_who_receives, opening__needs_net_admin,
		ports__are_those_of_the_callers_namespace, slices__end_with_their_last_descriptor,
		loss__of_a_port_leaves_nothing_queued, loss__by_a_move_frees_what_is_queued,
		loss__of_the_transmit_port_counts_too, loss__wakes_who_sleeps,
		read__moves_arrays_in_order, read__truncates_and_says_so,
		read__that_faults_loses_nothing, read__drops_at_the_limit_and_counts,
		read__takes_arrays_of_all_kinds,
		read__ends_on_a_signal, read__wakes_for_each_frame, poll__wakes_for_each_frame,
		filter__leaves_the_rest_to_the_kernel, filter__comes_and_goes,
		write__sends_arrays_in_order, write__judges_each_element,
		write__takes_arrays_of_all_kinds, write__fails_while_the_link_is_down,
		checksum__is_written_on_transmit, checksum__convinces_the_kernel,
		checksum__of_tcp_over_tagged_ipv6_adds_up, rings__are_of_their_mode_only,
	};
	static void (*const ring_tests[])(void) = {
		rings__are_set_up_once_and_as_asked, rings__are_mapped_whole_and_shared,
		rings__forward_what_they_are_told_to, rings__forward_in_any_order,
		rings__write_back_what_was_changed_only,
		rings__compute_checksums_of_what_was_changed, rings__send_new_frames,
		rings__refuse_a_frame_named_twice_or_not_there, rings__refuse_impossible_indices,
		rings__count_frames_once,
		rings__wake_for_each_frame, rings__end_sleep_with_their_port,
		rings__survive_a_hostile_program,
	};
	size_t i, j = 0;

	if (argc != 3) {
		fputs("usage: abi OUTSIDE INSIDE\n", stderr);
		return 2;
	}
	outside = argv[1];
	inside = argv[2];
	wire = packet_socket(outside, ETHERTYPE);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tests[i]();
	if (parameter_is("mode", "ring"))
		for (; j < sizeof(ring_tests) / sizeof(ring_tests[0]); j++)
			ring_tests[j]();
	printf("%zu tests of the interface, %u expectations not met\n", i + j, failures);
	return failures ? 1 : 0;
}
