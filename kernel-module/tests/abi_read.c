// SPDX-License-Identifier: GPL-2.0
/*
 * read(), poll() and the filter.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

void read__moves_arrays_in_order(void)
{
	int slice = open_slice(O_NONBLOCK);
	struct pollfd poller = { .fd = slice, .events = POLLIN | POLLOUT };
	int i;

	prepare(ROOM);
	EXPECT_ERROR(nsl_read(slice, pkts, ARRAY), EAGAIN);
	EXPECT(poll(&poller, 1, 0) == 1 && poller.revents == POLLOUT);
	for (i = 0; i < 150; i++)
		send_in(FRAME, ETHERTYPE, (unsigned char)i);
	EXPECT(queued(slice, 150));
	EXPECT(poll(&poller, 1, 0) == 1 && poller.revents == (POLLIN | POLLOUT));
	EXPECT(nsl_read(slice, pkts, 10) == 10);
	EXPECT(frames[9][99] == 9 && frames[10][99] == 0);
	EXPECT(nsl_read(slice, pkts, ARRAY) == 140);
	for (i = 0; i < 140; i++)
		EXPECT(pkts[i].length == FRAME && frames[i][99] == i + 10);
	EXPECT_ERROR(nsl_read(slice, pkts, ARRAY), EAGAIN);
	close(slice);
}

void read__truncates_and_says_so(void)
{
	int slice = open_slice(0);
	struct netslice_stats stats;

	prepare(20);
	frames[0][20] = 0xA5;
	nsl_packet(&pkts[1], NULL, 0);
	send_in(FRAME, ETHERTYPE, 1);
	send_in(FRAME, ETHERTYPE, 2);
	EXPECT(queued(slice, 2));
	EXPECT(nsl_read(slice, pkts, 2) == 2);
	EXPECT(pkts[0].length == FRAME && frames[0][19] == 1 && frames[0][20] == 0xA5);
	EXPECT(pkts[1].length == FRAME);
	EXPECT(nsl_get_stats(slice, &stats) == 0 && stats.rx_truncated == 2);
	close(slice);
}

void read__that_faults_loses_nothing(void)
{
	int slice = open_slice(O_NONBLOCK);
	struct netslice_stats stats;
	struct netslice_pkt *fixed;
	int i;

	for (i = 0; i < 5; i++)
		send_in(FRAME, ETHERTYPE, (unsigned char)i);
	EXPECT(queued(slice, 5));
	prepare(ROOM);
	pkts[0].base = 8;
	EXPECT_ERROR(nsl_read(slice, pkts, 5), EFAULT);
	pkts[0].base = UINT64_MAX - 5;
	EXPECT_ERROR(nsl_read(slice, pkts, 5), EFAULT);
	EXPECT_ERROR(nsl_read(slice, (struct netslice_pkt *)8, 5), EFAULT);
	/* An array that can be read but not written. */
	fixed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	nsl_packet(&fixed[0], frames[0], ROOM);
	mprotect(fixed, 4096, PROT_READ);
	EXPECT_ERROR(nsl_read(slice, fixed, 1), EFAULT);
	munmap(fixed, 4096);

	EXPECT(nsl_get_stats(slice, &stats) == 0);
	EXPECT(stats.queue_packets == 5 && stats.queue_bytes == 5 * FRAME);
	EXPECT(stats.rx_delivered == 0 && stats.rx_delivered_bytes == 0);

	prepare(ROOM);
	pkts[2].base = 8;
	EXPECT(nsl_read(slice, pkts, 5) == 2);
	EXPECT(frames[0][99] == 0 && frames[1][99] == 1);
	prepare(ROOM);
	EXPECT(nsl_read(slice, pkts, 5) == 3);
	EXPECT(frames[0][99] == 2 && frames[1][99] == 3 && frames[2][99] == 4);
	close(slice);
}

void read__drops_at_the_limit_and_counts(void)
{
	int slice = open_slice(O_NONBLOCK);
	struct netslice_stats stats;
	struct netslice_info info;
	unsigned int i;

	EXPECT(nsl_get_info(slice, &info) == 0);
	for (i = 0; i < info.queue_limit + 10; i++)
		send_in(60, ETHERTYPE, 0);
	EXPECT(queued(slice, info.queue_limit));
	for (i = 0; i < PATIENCE_MS / 10; i++) {
		EXPECT(nsl_get_stats(slice, &stats) == 0);
		if (stats.rx_dropped_full == 10)
			break;
		usleep(10000);
	}
	EXPECT(stats.rx_dropped_full == 10);
	EXPECT(stats.rx_received == stats.rx_filtered + info.queue_limit + 10);
	/* One for each frame that was queued, or none where nobody sleeps. */
	EXPECT(stats.rx_wakeups == (parameter_is("wakeup", "always") ? info.queue_limit : 0));
	close(slice);
}

static void on_alarm(int signal)
{
	(void)signal;
}

void read__ends_on_a_signal(void)
{
	struct itimerval soon = { .it_value.tv_usec = 100000, .it_interval.tv_usec = 100000 };
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval never = { 0 };
	int slice = open_slice(0);

	prepare(ROOM);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	/* The next alarm is to end what hangs. */
	signal(SIGALRM, SIG_DFL);
	close(slice);
}

static int take_by_read(int slice)
{
	return nsl_read(slice, pkts, ARRAY) == 1 ? frames[0][99] : -1;
}

static int take_by_poll(int slice)
{
	struct pollfd poller = { .fd = slice, .events = POLLIN };

	/* Until the alarm: a poll that times out looks once more, and hides a lost wake-up. */
	if (poll(&poller, 1, -1) != 1 || poller.revents != POLLIN)
		return -1;
	return take_by_read(slice);
}

void read__wakes_for_each_frame(void)
{
	int slice = open_slice(0);

	take_turns(slice, take_by_read);
	close(slice);
}

void poll__wakes_for_each_frame(void)
{
	int slice = open_slice(O_NONBLOCK);

	take_turns(slice, take_by_poll);
	close(slice);
}

void filter__leaves_the_rest_to_the_kernel(void)
{
	struct sock_filter endless = BPF_JUMP(BPF_JMP | BPF_JA, 0xFFFFFFFF, 0, 0);
	struct netslice_stats stats;
	unsigned char frame[ROOM];
	int slice = open_slice(O_NONBLOCK);
	int kernel = packet_socket(inside, OTHER_TYPE);

	send_in(FRAME, OTHER_TYPE, 3);
	/* Delivered behind the hook, because this socket is for one type only. */
	EXPECT(recv(kernel, frame, sizeof(frame), 0) == FRAME && frame[99] == 3);
	EXPECT(nsl_get_stats(slice, &stats) == 0);
	EXPECT(stats.rx_filtered >= 1 && stats.rx_queued == 0);

	EXPECT_ERROR(nsl_attach_filter(slice, &endless, 1), EINVAL);
	EXPECT_ERROR(nsl_attach_filter(slice, &endless, 0), EINVAL);
	EXPECT_ERROR(nsl_attach_filter(slice, (struct sock_filter *)8, 1), EFAULT);
	EXPECT_ERROR(nsl_attach_filter(slice, &endless, 100000), EINVAL);
	EXPECT(filter_type(slice, OTHER_TYPE) == 0);
	send_in(FRAME, OTHER_TYPE, 4);
	EXPECT(queued(slice, 1));
	EXPECT(nsl_detach_filter(slice) == 0);
	EXPECT_ERROR(nsl_detach_filter(slice), ENOENT);
	close(kernel);
	close(slice);
}

/* Softirqs may run late: a filter that is exchanged too early is not the one that a frame meets. */
static bool filtered_more(int slice, uint64_t before)
{
	int waited;

	for (waited = 0; waited < PATIENCE_MS; waited += 10) {
		if (stats_of(slice).rx_filtered > before)
			return true;
		usleep(10000);
	}
	return false;
}

void filter__comes_and_goes(void)
{
	/* Half of the frame, if a verdict were a length. */
	struct sock_filter half[] = { BPF_STMT(BPF_RET | BPF_K, 50) };
	struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	int slice = open_slice(O_NONBLOCK);
	struct netslice_info info;
	uint64_t before;

	EXPECT(nsl_get_info(slice, &info) == 0 && info.filtered == 1);
	EXPECT(nsl_attach_filter(slice, none, 1) == 0);
	before = stats_of(slice).rx_filtered;
	send_in(FRAME, ETHERTYPE, 1);
	EXPECT(filtered_more(slice, before));
	EXPECT(nsl_attach_filter(slice, half, 1) == 0);
	send_in(FRAME, ETHERTYPE, 2);
	EXPECT(nsl_detach_filter(slice) == 0);
	EXPECT(nsl_get_info(slice, &info) == 0 && info.filtered == 0);
	send_in(FRAME, OTHER_TYPE, 3);
	EXPECT(queued(slice, 2));
	prepare(ROOM);
	EXPECT(nsl_read(slice, pkts, ARRAY) == 2);
	EXPECT(pkts[0].length == FRAME && frames[0][99] == 2 && frames[1][99] == 3);
	close(slice);
}

/* Two pages, the second of which is not there. */
static unsigned char *page_before_nothing(void)
{
	unsigned char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(pages != MAP_FAILED && munmap(pages + 4096, 4096) == 0);
	return pages;
}

void read__takes_arrays_of_all_kinds(void)
{
	unsigned char *page = page_before_nothing();
	struct netslice_pkt *last = (struct netslice_pkt *)(page + 4096) - 3;
	int slice = open_slice(O_NONBLOCK), i;

	/* Nothing is moved to nowhere, however much is asked for. */
	EXPECT(nsl_read(slice, NULL, 0) == 0);
	for (i = 0; i < 6; i++)
		send_in(FRAME, ETHERTYPE, (unsigned char)i);
	EXPECT(queued(slice, 6));
	EXPECT_ERROR(nsl_read(slice, NULL, SIZE_MAX), EFAULT);
	/* Up to the last byte of the page, and past it. */
	for (i = 0; i < 3; i++)
		nsl_packet(&last[i], frames[i], ROOM);
	EXPECT_ERROR(nsl_read(slice, last, 4), EFAULT);
	EXPECT(nsl_read(slice, last, 3) == 3 && last[2].length == FRAME && frames[2][99] == 2);
	/* A frame that ends with the page, and one that needs the next. */
	nsl_packet(&pkts[0], page + 4096 - FRAME, FRAME);
	EXPECT(nsl_read(slice, pkts, 1) == 1 && page[4095] == 3);
	nsl_packet(&pkts[0], page + 4096 - FRAME + 1, FRAME);
	EXPECT_ERROR(nsl_read(slice, pkts, 1), EFAULT);
	/* All elements may name the same room, odd or not: the last one stays. */
	for (i = 0; i < 2; i++)
		nsl_packet(&pkts[i], page + 1, FRAME);
	EXPECT(nsl_read(slice, pkts, NETSLICE_CALL_MAX + 1) == 2 && page[100] == 5);
	EXPECT(munmap(page, 4096) == 0);
	close(slice);
}
