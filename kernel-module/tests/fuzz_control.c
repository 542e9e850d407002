// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of the control side: opening, attaching, settings, counters, and what no
 * program has business doing with the file.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A size or version that is wrong must never be let through. */
static bool spoil(struct fuzz_thread *thread, void *structure)
{
	uint32_t *size_and_version = structure;

	if (!one_in(thread, 8))
		return false;
	size_and_version[one_in(thread, 2)] += 1 + below(thread, 3);
	return true;
}

/* Not if_nametoindex(): a socket opened now may be what another thread takes for a slice. */
static uint32_t port_index(const struct fuzz_thread *thread, const char *name)
{
	struct ifreq request = { 0 };

	strcpy(request.ifr_name, name);
	if (ioctl(thread->round->socket, SIOCGIFINDEX, &request))
		return 0;
	return (uint32_t)request.ifr_ifindex;
}

static uint32_t some_port(struct fuzz_thread *thread)
{
	if (one_in(thread, 10))
		return (uint32_t)odd_number(thread);
	return port_index(thread, one_in(thread, 4) ? FUZZ_OUTSIDE : FUZZ_INSIDE);
}

static int some_cpu(struct fuzz_thread *thread)
{
	return one_in(thread, 6) ? (int)odd_number(thread) : (int)below(thread, 2) - 1;
}

void call_open(struct fuzz_thread *thread)
{
	int slice = open(NETSLICE_DEVICE, O_RDWR | O_CLOEXEC |
			 (below(thread, 4) ? O_NONBLOCK : 0));
	int old;

	if (slice < 0)
		return;
	old = atomic_exchange(&thread->round->slices[below(thread, FUZZ_SLICES)], slice);
	if (old >= 0)
		close(old);
}

void call_close(struct fuzz_thread *thread)
{
	int slice = atomic_exchange(&thread->round->slices[below(thread, FUZZ_SLICES)], -1);

	if (slice >= 0)
		close(slice);
}

void call_dup(struct fuzz_thread *thread)
{
	int from = odd_slice(thread);
	int slice = one_in(thread, 2) ? dup(from) : fcntl(from, F_DUPFD_CLOEXEC, 0);
	int old;

	if (slice < 0)
		return;
	old = atomic_exchange(&thread->round->slices[below(thread, FUZZ_SLICES)], slice);
	if (old >= 0)
		close(old);
}

void call_attach(struct fuzz_thread *thread)
{
	struct netslice_attach request = {
		.size = sizeof(request), .version = NETSLICE_ABI_VERSION,
		.rx_ifindex = some_port(thread), .tx_ifindex = some_port(thread),
		.kernel_cpu = some_cpu(thread), .user_cpu = some_cpu(thread),
	};
	bool spoilt = spoil(thread, &request);

	if (one_in(thread, 10)) {
		request.reserved[below(thread, 2)] = odd_number(thread) | 1;
		spoilt = true;
	}
	if (ioctl(odd_slice(thread), NETSLICE_ATTACH, &request))
		return;
	if (spoilt || request.kernel_cpu < -1)
		IMPOSSIBLE(thread, "attached by a request that is none");
	atomic_fetch_add(&thread->round->tally->attached, 1);
}

void call_set_cpus(struct fuzz_thread *thread)
{
	struct netslice_cpus request = {
		.size = sizeof(request), .version = NETSLICE_ABI_VERSION,
		.kernel_cpu = some_cpu(thread), .user_cpu = some_cpu(thread),
	};
	bool spoilt = spoil(thread, &request);

	if (!ioctl(odd_slice(thread), NETSLICE_SET_CPUS, &request) &&
	    (spoilt || request.kernel_cpu < -1 || request.user_cpu < -1))
		IMPOSSIBLE(thread, "CPU pair %d, %d was taken", request.kernel_cpu,
			   request.user_cpu);
}

void call_checksum(struct fuzz_thread *thread)
{
	struct netslice_checksum request = {
		.size = sizeof(request), .version = NETSLICE_ABI_VERSION,
		.mode = one_in(thread, 4) ? (uint32_t)odd_number(thread) : below(thread, 3),
	};

	if (!ioctl(odd_slice(thread), NETSLICE_SET_CHECKSUM, &request) && request.mode > 2)
		IMPOSSIBLE(thread, "checksum mode %u was taken", request.mode);
}

void call_filter(struct fuzz_thread *thread)
{
	struct sock_filter program[64];
	struct netslice_filter request = {
		.size = sizeof(request), .version = NETSLICE_ABI_VERSION,
		.count = 1 + below(thread, 64), .instructions = (uint64_t)(uintptr_t)program,
	};
	uint32_t i;

	for (i = 0; i < 64; i++) {
		program[i].code = (uint16_t)below(thread, 0x100);
		program[i].jt = (uint8_t)below(thread, 8);
		program[i].jf = (uint8_t)below(thread, 8);
		program[i].k = (uint32_t)odd_number(thread);
	}
	/* Chance alone writes few programs that are any. */
	if (below(thread, 4)) {
		program[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
							  below(thread, 200));
		program[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K,
							  below(thread, 256), 0, 1);
		program[2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xFFFF);
		program[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, below(thread, 2));
		request.count = 4;
	}
	if (one_in(thread, 8))
		request.instructions = (uint64_t)(uintptr_t)odd_pointer(thread);
	if (one_in(thread, 8))
		request.count = (uint32_t)odd_number(thread);
	if (ioctl(odd_slice(thread), NETSLICE_ATTACH_FILTER, &request))
		return;
	if (!request.count || request.count > BPF_MAXINSNS)
		IMPOSSIBLE(thread, "a filter of %u instructions was taken", request.count);
	atomic_fetch_add(&thread->round->tally->filters, 1);
}

void call_detach_filter(struct fuzz_thread *thread)
{
	(void)ioctl(odd_slice(thread), NETSLICE_DETACH_FILTER, odd_number(thread));
}

void call_info(struct fuzz_thread *thread)
{
	struct netslice_info info = { .size = sizeof(info), .version = NETSLICE_ABI_VERSION };

	if (spoil(thread, &info)) {
		if (!ioctl(odd_slice(thread), NETSLICE_GET_INFO, &info))
			IMPOSSIBLE(thread, "info by a structure of another size or version");
		return;
	}
	if (ioctl(odd_slice(thread), NETSLICE_GET_INFO, &info))
		return;
	if (info.state > NETSLICE_STATE_GONE || info.checksum > 2 || info.filtered > 1 ||
	    info.kernel_cpu < -1 || info.reserved[0] | info.reserved[1] ||
	    !memchr(info.mode, 0, sizeof(info.mode)))
		IMPOSSIBLE(thread, "info: state %u, checksum %u, filtered %u", info.state,
			   info.checksum, info.filtered);
}

void call_stats(struct fuzz_thread *thread)
{
	struct netslice_stats stats = { .size = sizeof(stats), .version = NETSLICE_ABI_VERSION };

	if (ioctl(odd_slice(thread), NETSLICE_GET_STATS, &stats))
		return;
	if (stats.rx_received != stats.rx_filtered + stats.rx_refused_gso +
	    stats.rx_dropped_full + stats.rx_dropped_error + stats.rx_queued)
		IMPOSSIBLE(thread, "rx_received is not the sum of its parts");
	/* Counted below nothing, and so huge. */
	if (stats.queue_packets >> 32 || stats.queue_bytes >> 40 || stats.rx_delivered >> 48)
		IMPOSSIBLE(thread, "%llu packets, %llu bytes queued",
			   (unsigned long long)stats.queue_packets,
			   (unsigned long long)stats.queue_bytes);
}

void call_odd_ioctl(struct fuzz_thread *thread)
{
	static const unsigned long known[] = {
		NETSLICE_ATTACH, NETSLICE_GET_INFO, NETSLICE_SET_CPUS, NETSLICE_SET_CHECKSUM,
		NETSLICE_ATTACH_FILTER, NETSLICE_DETACH_FILTER, NETSLICE_GET_STATS,
		NETSLICE_RING_SETUP, NETSLICE_RING_SYNC,
	};
	unsigned long number;

	if (one_in(thread, 2)) {
		(void)ioctl(odd_slice(thread), known[below(thread, 9)], odd_pointer(thread));
		return;
	}
	number = _IOC(below(thread, 4), NETSLICE_IOC_TYPE, below(thread, 256),
		      below(thread, 1 << 14));
	for (size_t i = 0; i < 9; i++)
		if (number == known[i])
			return;
	if (ioctl(odd_slice(thread), number, odd_pointer(thread)) != -1)
		IMPOSSIBLE(thread, "ioctl %#lx, which there is not, succeeded", number);
}

/* What a file can be asked that is no slice's business. */
void call_file(struct fuzz_thread *thread)
{
	int slice = odd_slice(thread), other = odd_slice(thread), poller;
	struct epoll_event event = { .events = (uint32_t)chance(thread) };
	struct iovec vector[3];
	struct stat status;
	int i;

	for (i = 0; i < 3; i++)
		vector[i] = (struct iovec){ odd_pointer(thread), (size_t)odd_number(thread) };
	switch (below(thread, 10)) {
	case 0:
		(void)fcntl(slice, F_SETFL, O_NONBLOCK | (one_in(thread, 4) ? O_ASYNC : 0));
		break;
	case 1:
		if (pread(slice, odd_pointer(thread), 5, (off_t)chance(thread)) >= 0)
			IMPOSSIBLE(thread, "pread() succeeded on what has no position");
		break;
	case 2:
		(void)lseek(slice, (off_t)odd_number(thread), (int)below(thread, 5));
		break;
	case 3:
		(void)!readv(slice, vector, 3);
		break;
	case 4:
		(void)!writev(slice, vector, 3);
		break;
	case 5:
		(void)sendfile(slice, other, NULL, below(thread, 5000));
		break;
	case 6:
		(void)splice(slice, NULL, other, NULL, below(thread, 5000), SPLICE_F_NONBLOCK);
		break;
	case 7:
		(void)fstat(slice, &status);
		(void)fsync(slice);
		break;
	case 8:
		(void)ftruncate(slice, (off_t)odd_number(thread));
		break;
	default:
		poller = epoll_create1(EPOLL_CLOEXEC);
		(void)epoll_ctl(poller, EPOLL_CTL_ADD, slice, &event);
		(void)epoll_wait(poller, &event, 1, (int)below(thread, 5));
		close(poller);
	}
}
