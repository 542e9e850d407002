// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching, claims, and the form of structures.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

void unattached__moves_nothing(void)
{
	int slice = nsl_open(O_NONBLOCK);
	struct pollfd poller = { .fd = slice, .events = POLLIN };

	prepare(ROOM);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), ENOTCONN);
	EXPECT_ERROR(nsl_write(slice, pkts, 1), ENOTCONN);
	EXPECT_ERROR(nsl_set_cpus(slice, 0, 0), ENOTCONN);
	EXPECT(poll(&poller, 1, 0) == 1 && poller.revents == POLLERR);
	EXPECT(nsl_read(slice, pkts, 0) == 0);
	close(slice);
}

void structures__are_checked(void)
{
	struct netslice_attach good = {
		.size = sizeof(good), .version = NETSLICE_ABI_VERSION,
		.rx_ifindex = if_nametoindex(inside), .tx_ifindex = if_nametoindex(inside),
		.kernel_cpu = NETSLICE_CPU_ANY, .user_cpu = NETSLICE_CPU_ANY,
	};
	struct netslice_attach bad;
	int slice = nsl_open(0);

	bad = good;
	bad.size--;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EINVAL);
	bad = good;
	bad.version++;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EPROTONOSUPPORT);
	bad = good;
	bad.reserved[1] = 1;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EINVAL);
	bad = good;
	bad.kernel_cpu = 1 << 20;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EINVAL);
	bad = good;
	bad.kernel_cpu = -2;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EINVAL);
	bad = good;
	bad.rx_ifindex = 0xFFFFFFFF;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), ENODEV);
	bad = good;
	bad.tx_ifindex = 0;
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), ENODEV);
	bad = good;
	bad.rx_ifindex = if_nametoindex("lo");
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &bad), EOPNOTSUPP);
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, NULL), EFAULT);
	EXPECT_ERROR(ioctl(slice, _IO(NETSLICE_IOC_TYPE, 0x7F)), ENOTTY);
	EXPECT_ERROR(nsl_set_checksum(slice, (enum netslice_checksum_mode)3), EINVAL);
	EXPECT(ioctl(slice, NETSLICE_ATTACH, &good) == 0);
	EXPECT_ERROR(ioctl(slice, NETSLICE_ATTACH, &good), EISCONN);
	close(slice);
}

/* Attached to a wire that can be cut, with 10 frames queued. */
static int open_on_loose_wire(void)
{
	unsigned char frame[FRAME];
	int slice = nsl_open(O_NONBLOCK), end, i;

	/* The end that sends is up last: it has its carrier from the beginning. */
	EXPECT(system("ip link add lost0 type veth peer name lost1 && "
		      "ip link set lost1 up && ip link set lost0 up") == 0);
	EXPECT(filter_type(slice, ETHERTYPE) == 0);
	EXPECT(nsl_attach(slice, "lost1", inside, NETSLICE_CPU_ANY, NETSLICE_CPU_ANY) == 0);
	end = packet_socket("lost0", ETHERTYPE);
	for (i = 0; i < 10; i++) {
		make_frame(frame, FRAME, ETHERTYPE, (unsigned char)i);
		EXPECT(send(end, frame, FRAME, 0) == FRAME);
	}
	close(end);
	EXPECT(queued(slice, 10));
	return slice;
}

void loss__of_a_port_leaves_nothing_queued(void)
{
	int slice = open_on_loose_wire();
	struct netslice_stats stats;

	/* One of them; the mode may have taken the others from the queue as well. */
	prepare(ROOM);
	EXPECT(nsl_read(slice, pkts, 1) == 1);
	EXPECT(nsl_get_stats(slice, &stats) == 0 && stats.queue_packets == 9);
	EXPECT(system("ip link del lost0") == 0);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), ENODEV);
	EXPECT_ERROR(nsl_write(slice, pkts, 1), ENODEV);
	EXPECT(nsl_get_stats(slice, &stats) == 0);
	EXPECT(stats.queue_packets == 0 && stats.queue_bytes == 0 && stats.rx_delivered == 1);
	close(slice);
}

void claims__are_exclusive(void)
{
	int first = open_slice(0);
	int second = nsl_open(0);
	int third = nsl_open(0);
	struct netslice_info info;

	EXPECT_ERROR(nsl_attach(second, inside, inside, NETSLICE_CPU_ANY, -1), EBUSY);
	EXPECT(nsl_attach(second, inside, inside, 0, 0) == 0);
	EXPECT_ERROR(nsl_attach(third, inside, inside, 0, -1), EBUSY);
	EXPECT_ERROR(nsl_set_cpus(second, NETSLICE_CPU_ANY, -1), EBUSY);
	EXPECT(nsl_set_cpus(second, 0, -1) == 0);
	EXPECT(nsl_get_info(second, &info) == 0);
	EXPECT(info.state == NETSLICE_STATE_ATTACHED);
	EXPECT(info.kernel_cpu == 0 && info.user_cpu == -1);
	EXPECT(info.rx_ifindex == if_nametoindex(inside) && !info.filtered);
	EXPECT(parameter_is("mode", info.mode) && parameter_is("wakeup", info.wakeup));
	EXPECT(info.queue_limit >= 64);
	close(first);
	EXPECT(nsl_set_cpus(second, NETSLICE_CPU_ANY, -1) == 0);
	EXPECT(nsl_attach(third, inside, inside, 0, -1) == 0);
	close(second);
	close(third);
}

void cpus__are_set_and_told(void)
{
	struct netslice_cpus bad = {
		.size = sizeof(bad), .version = NETSLICE_ABI_VERSION,
		.kernel_cpu = NETSLICE_CPU_ANY, .user_cpu = NETSLICE_CPU_ANY, .reserved = 1,
	};
	int slice = open_slice(0);
	struct netslice_info info;

	EXPECT(nsl_get_info(slice, &info) == 0 && info.kernel_cpu == -1 && info.user_cpu == -1);
	EXPECT(nsl_set_cpus(slice, 0, 0) == 0);
	EXPECT(nsl_get_info(slice, &info) == 0 && info.kernel_cpu == 0 && info.user_cpu == 0);
	EXPECT_ERROR(ioctl(slice, NETSLICE_SET_CPUS, &bad), EINVAL);
	bad.reserved = 0;
	bad.version++;
	EXPECT_ERROR(ioctl(slice, NETSLICE_SET_CPUS, &bad), EPROTONOSUPPORT);
	EXPECT_ERROR(nsl_set_cpus(slice, -1, -2), EINVAL);
	EXPECT_ERROR(nsl_set_cpus(slice, -1, 1 << 20), EINVAL);
	EXPECT_ERROR(nsl_set_cpus(slice, INT32_MIN, -1), EINVAL);
	/* On failure nothing changed, the half that was good neither. */
	EXPECT(nsl_get_info(slice, &info) == 0 && info.kernel_cpu == 0 && info.user_cpu == 0);
	close(slice);
}

static void send_from_cpu(int cpu, unsigned char number)
{
	cpu_set_t set, all;

	EXPECT(sched_getaffinity(0, sizeof(all), &all) == 0);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	EXPECT(sched_setaffinity(0, sizeof(set), &set) == 0);
	/* A virtual wire is received from on the CPU that sends. */
	send_in(FRAME, ETHERTYPE, number);
	EXPECT(sched_setaffinity(0, sizeof(all), &all) == 0);
}

void cpus__decide_who_receives(void)
{
	int rest = open_slice(O_NONBLOCK), one = nsl_open(O_NONBLOCK);

	EXPECT(filter_type(one, ETHERTYPE) == 0);
	EXPECT(nsl_attach(one, inside, inside, 0, -1) == 0);
	send_from_cpu(0, 1);
	EXPECT(queued(one, 1) && queued(rest, 0));
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		puts("skipped: a slice for each of two CPUs: there is one");
	} else {
		send_from_cpu(1, 2);
		EXPECT(queued(rest, 1) && queued(one, 1));
		EXPECT(nsl_set_cpus(one, 1, -1) == 0);
		send_from_cpu(1, 3);
		send_from_cpu(0, 4);
		EXPECT(queued(one, 2) && queued(rest, 2));
	}
	close(one);
	close(rest);
}
