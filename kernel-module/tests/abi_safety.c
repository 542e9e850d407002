// SPDX-License-Identifier: GPL-2.0
/*
 * Who may open, what ends with a port, and what does not end with a descriptor.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool drop_net_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	data[CAP_NET_ADMIN / 32].effective &= ~(1U << CAP_NET_ADMIN % 32);
	data[CAP_NET_ADMIN / 32].permitted &= ~(1U << CAP_NET_ADMIN % 32);
	return syscall(SYS_capset, &header, data) == 0;
}

/* Runs a test in a process of its own, which may give up what others need. */
static void in_a_child(void (*test)(void))
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		failures = 0;
		test();
		_exit(failures ? 1 : 0);
	}
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void without_net_admin(void)
{
	int slice = nsl_open(0);

	EXPECT(slice >= 0);
	EXPECT(drop_net_admin());
	EXPECT_ERROR(nsl_open(0), EPERM);
	/* Nor does a slice of better times get to a port. */
	EXPECT_ERROR(nsl_attach(slice, inside, inside, NETSLICE_CPU_ANY, -1), EPERM);
}

/* Root in the file system, and no administrator of the network. */
void opening__needs_net_admin(void)
{
	in_a_child(without_net_admin);
}

static void in_another_namespace(void)
{
	struct netslice_attach request = {
		.size = sizeof(request), .version = NETSLICE_ABI_VERSION,
		.rx_ifindex = if_nametoindex(inside), .tx_ifindex = if_nametoindex(inside),
		.kernel_cpu = NETSLICE_CPU_ANY, .user_cpu = NETSLICE_CPU_ANY,
	};
	int slice = nsl_open(0);

	EXPECT(unshare(CLONE_NEWNET) == 0);
	/* The number may be another port's here, but no Ethernet port's. */
	errno = 0;
	EXPECT(ioctl(slice, NETSLICE_ATTACH, &request) == -1 &&
	       (errno == ENODEV || errno == EOPNOTSUPP));
}

void ports__are_those_of_the_callers_namespace(void)
{
	in_a_child(in_another_namespace);
}

/* A wire that can be cut, lost0 to lost1, and a slice at lost1. */
static int open_at_lost1(int flags, const char *tx)
{
	int slice = nsl_open(flags);

	EXPECT(system("ip link add lost0 type veth peer name lost1 && "
		      "ip link set lost1 up && ip link set lost0 up") == 0);
	EXPECT(filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_attach(slice, "lost1", tx, NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	return slice;
}

static void send_from_lost0(int count)
{
	unsigned char frame[FRAME];
	int end = packet_socket("lost0", ETHERTYPE), i;

	for (i = 0; i < count; i++) {
		make_frame(frame, FRAME, ETHERTYPE, (unsigned char)i);
		EXPECT(send(end, frame, FRAME, 0) == FRAME);
	}
	close(end);
}

static void expect_gone(int slice)
{
	struct pollfd poller = { .fd = slice, .events = POLLIN | POLLOUT };
	struct netslice_info info;

	prepare(ROOM);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), ENODEV);
	pkts[0].length = FRAME;
	EXPECT_ERROR(nsl_write(slice, pkts, 1), ENODEV);
	EXPECT_ERROR(nsl_set_cpus(slice, -1, -1), ENODEV);
	EXPECT_ERROR(nsl_attach(slice, inside, inside, -1, -1), ENODEV);
	EXPECT(poll(&poller, 1, 0) == 1 && poller.revents == (POLLERR | POLLHUP));
	EXPECT(nsl_get_info(slice, &info) == 0 && info.state == NETSLICE_STATE_GONE);
	EXPECT(stats_of(slice).queue_packets == 0 && stats_of(slice).queue_bytes == 0);
}

void loss__by_a_move_frees_what_is_queued(void)
{
	int slice = open_at_lost1(O_NONBLOCK, inside), again;

	send_from_lost0(10);
	EXPECT(queued(slice, 10));
	EXPECT(system("ip netns add abi-elsewhere && ip link set lost1 netns abi-elsewhere") == 0);
	expect_gone(slice);
	/* Where it is now, and back, it is a port like any other. */
	EXPECT(system("ip -n abi-elsewhere link set lost1 netns $$ && ip link set lost1 up && "
		      "ip netns del abi-elsewhere") == 0);
	expect_gone(slice);
	again = nsl_open(O_NONBLOCK);
	EXPECT(filter_type(again, ETHERTYPE) == 0);
	EXPECT(nsl_attach(again, "lost1", "lost1", NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	send_from_lost0(3);
	EXPECT(queued(again, 3));
	close(again);
	close(slice);
	EXPECT(system("ip link del lost0") == 0);
}

void loss__of_the_transmit_port_counts_too(void)
{
	int slice = nsl_open(O_NONBLOCK);

	EXPECT(system("ip link add lost0 type veth peer name lost1 && ip link set lost0 up && "
		      "ip link set lost1 up") == 0);
	EXPECT(filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_attach(slice, inside, "lost1", NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	send_in(FRAME, ETHERTYPE, 1);
	EXPECT(queued(slice, 1));
	EXPECT(system("ip link del lost0") == 0);
	expect_gone(slice);
	close(slice);
}

struct sleeper {
	int slice;
	bool in_poll;
	long result;
	int error;
	short revents;
};

static void *sleep_in_a_call(void *argument)
{
	struct sleeper *sleeper = argument;
	struct pollfd poller = { .fd = sleeper->slice, .events = POLLIN };
	struct netslice_pkt pkt;

	errno = 0;
	if (sleeper->in_poll) {
		sleeper->result = poll(&poller, 1, 4 * PATIENCE_MS);
		sleeper->revents = poller.revents;
	} else {
		nsl_packet(&pkt, frames[0], ROOM);
		sleeper->result = nsl_read(sleeper->slice, &pkt, 1);
	}
	sleeper->error = errno;
	return NULL;
}

void loss__wakes_who_sleeps(void)
{
	int slice = open_at_lost1(0, "lost1");
	struct sleeper reader = { .slice = slice }, poller = { .slice = slice, .in_poll = true };
	pthread_t reading, polling;

	EXPECT(pthread_create(&reading, NULL, sleep_in_a_call, &reader) == 0);
	EXPECT(pthread_create(&polling, NULL, sleep_in_a_call, &poller) == 0);
	/* Long enough to be asleep; awake or not, they must come back. */
	usleep(200000);
	alarm(TURNS_SECONDS);
	EXPECT(system("ip link del lost0") == 0);
	pthread_join(reading, NULL);
	pthread_join(polling, NULL);
	alarm(0);
	EXPECT(reader.result == -1 && reader.error == ENODEV);
	EXPECT(poller.result == 1 && poller.revents & POLLHUP);
	close(slice);
}

void write__fails_while_the_link_is_down(void)
{
	int slice = open_at_lost1(0, "lost1");

	prepare(ROOM);
	make_frame(frames[0], FRAME, ETHERTYPE, 1);
	pkts[0].length = FRAME;
	EXPECT(nsl_write(slice, pkts, 1) == 1);
	/* The other end down: no carrier. */
	EXPECT(system("ip link set lost0 down") == 0);
	EXPECT_ERROR(nsl_write(slice, pkts, 1), ENETDOWN);
	EXPECT(system("ip link set lost0 up && ip link set lost1 down") == 0);
	EXPECT_ERROR(nsl_write(slice, pkts, 1), ENETDOWN);
	EXPECT(system("ip link set lost1 up") == 0);
	EXPECT(nsl_write(slice, pkts, 1) == 1);
	close(slice);
	EXPECT(system("ip link del lost0") == 0);
}

/* A slice ends with the last of its descriptors, also of another process. */
void slices__end_with_their_last_descriptor(void)
{
	int slice = open_slice(O_NONBLOCK), copy = dup(slice), other = nsl_open(0), status = 0;
	pid_t child;

	close(slice);
	send_in(FRAME, ETHERTYPE, 1);
	EXPECT(queued(copy, 1));
	EXPECT_ERROR(nsl_attach(other, inside, inside, NETSLICE_CPU_ANY, -1), EBUSY);
	child = fork();
	if (child == 0) {
		prepare(ROOM);
		_exit(nsl_read(copy, pkts, 1) == 1 ? 0 : 1);
	}
	close(copy);
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT(nsl_attach(other, inside, inside, NETSLICE_CPU_ANY, -1) == 0);
	close(other);
}
