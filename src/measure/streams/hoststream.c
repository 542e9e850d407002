// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * hoststream [--every MS] [--avoid CPU,...] [PORT...]
 *
 * Tells what this host does, a line of JSON ten times a second: what a script
 * that runs programs for it would disturb. Every file is opened once and read
 * again and again. A line tells what was counted since the line before, so that
 * it stays short; docs/measuring.md says what its keys mean.
 *
 * It ends when its input ends, when nobody takes its lines any more, and when
 * nothing was on its input for a minute: whatever became of the one who started
 * it, nothing stays on the host. Lines wait until there are ten of them, or until
 * something comes on the input: who encrypts them is woken once a second.
 *
 * It must not know what the host is used for.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>

#include "counters.h"
#include "sensors.h"

#define NS_PER_S	1000000000ULL
#define BATCH		10	/* lines that are sent together */
#define PATIENCE_S	60	/* nobody wants it whose input is silent for so long */
#define MAX_PORTS	64

static const char usage[] =
"usage: hoststream [--every MS] [--avoid CPU,...] [PORT...]\n"
"\n"
"Prints a line of JSON every MS milliseconds (100): what this host's CPUs, memory\n"
"and sensors do, and what these ports count. Ends when its input ends, so give it\n"
"one. Keeps off the CPUs to avoid, if there are others.\n"
"Exit status: 0 its input ended, 1 failed, 2 bad arguments.\n";

static struct port ports[MAX_PORTS];
static unsigned int nr_ports;
static unsigned int every_ms = 100;
static struct cpus cpus;
static struct counted interrupts = { .n = 3 };	/* all, NET_TX, NET_RX */
static struct counted own = { .n = 1 };	/* CPU time of this process, us */
static int stdout_flags = -1;

static void restore_stdout(void)
{
	fcntl(STDOUT_FILENO, F_SETFL, stdout_flags);
}

/* Keeps this process off @list, a comma between two, where that leaves it a CPU. */
static bool avoid(const char *list)
{
	cpu_set_t allowed;
	char *end;

	/* More CPUs than fit the set: then it runs where it likes. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return true;
	for (const char *word = list;; word = end + 1) {
		unsigned long cpu = strtoul(word, &end, 10);

		if (end == word || (*end && *end != ','))
			return false;
		if (cpu < CPU_SETSIZE)
			CPU_CLR(cpu, &allowed);
		if (!*end)
			break;
	}
	if (CPU_COUNT(&allowed))
		sched_setaffinity(0, sizeof(allowed), &allowed);
	return true;
}

static bool arguments(int argc, char **argv)
{
	static const struct option options[] = {
		{ "every", required_argument, NULL, 'e' },
		{ "avoid", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	char *end;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 'e':
			every_ms = strtoul(optarg, &end, 10);
			if (*end || every_ms < 10 || every_ms > 10000) {
				fputs("hoststream: --every takes 10 to 10000 ms\n", stderr);
				return false;
			}
			break;
		case 'a':
			if (!avoid(optarg)) {
				fputs("hoststream: --avoid takes numbers of CPUs: 1,2\n", stderr);
				return false;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			return false;
		}
	}
	if (argc - optind > MAX_PORTS) {
		fprintf(stderr, "hoststream: more than %d ports\n", MAX_PORTS);
		return false;
	}
	while (optind < argc)
		ports[nr_ports++].name = argv[optind++];
	return true;
}

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Reads everything that is counted. */
static void count(void)
{
	struct rusage used;

	read_stat(&cpus, &interrupts);
	read_ports(ports, nr_ports);
	if (!getrusage(RUSAGE_SELF, &used)) {
		own.now[0] = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000ULL +
			     used.ru_utime.tv_usec + used.ru_stime.tv_usec;
		own.known = true;
	}
}

static void put_times(void)
{
	put("\"t\":");
	put_micros(nanoseconds(CLOCK_MONOTONIC) / 1000);
	put(",\"w\":");
	put_micros(nanoseconds(CLOCK_REALTIME) / 1000);
}

/* The first line: what the others are in the order of, and the state they go on from. */
static void put_header(void)
{
	put("{\"hoststream\":1,");
	put_times();
	put(",\"every_ms\":");
	put_number(every_ms);
	put(",\"cpu\":[");
	for (unsigned int i = 0; i < cpus.n; i++) {
		put(i ? "," : "");
		put_number(cpus.each[i].number);
	}
	put("],\"port\":[");
	for (unsigned int i = 0; i < nr_ports; i++) {
		put(i ? "," : "");
		put_quoted(ports[i].name);
	}
	put("],\"pause\":[");
	for (unsigned int i = 0; i < nr_ports; i++) {
		put(i ? "," : "");
		put_pause_names(&ports[i]);
	}
	put("],\"temp\":[");
	put_sensor_names();
	put("]}\n");
	for (unsigned int i = 0; i < cpus.n; i++)
		settle(&cpus.each[i].ticks);
	for (unsigned int i = 0; i < nr_ports; i++) {
		settle(&ports[i].counters);
		settle(&ports[i].pauses);
	}
	settle(&interrupts);
	settle(&own);
}

static void put_line(void)
{
	put("{");
	put_times();
	count();
	put(",\"cpu\":[");
	for (unsigned int i = 0; i < cpus.n; i++) {
		put(i ? "," : "");
		put_counted(&cpus.each[i].ticks);
	}
	put("],\"irq\":");
	put_counted(&interrupts);
	put(",\"mem\":");
	put_memory();
	put(",\"port\":[");
	for (unsigned int i = 0; i < nr_ports; i++) {
		put(i ? "," : "");
		put_counted(&ports[i].counters);
	}
	put("]");
	put_pauses(ports, nr_ports);
	put_frequencies(&cpus);
	put_temperatures();
	put(",\"self\":");
	put_counted(&own);
	put("}\n");
}

/* Says how it ends. */
static int ended(const char *why)
{
	fprintf(stderr, "hoststream: %s\n", why);
	return 1;
}

static int stream(int timer)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = timer, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	uint64_t heard = nanoseconds(CLOCK_MONOTONIC), ticks;
	unsigned int lines = BATCH;	/* the header is for now */
	char said[256];

	for (;;) {
		bool due = lines >= BATCH && is_pending();
		ssize_t n;

		fds[2].events = due ? POLLOUT : 0;
		if (poll(fds, 3, -1) < 0)
			return ended(strerror(errno));
		if (fds[2].revents & (POLLERR | POLLHUP | POLLNVAL))
			return ended("nobody takes its lines any more");
		if (fds[0].revents) {
			n = read(STDIN_FILENO, said, sizeof(said));
			if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
				flush();
				return 0;
			}
			heard = nanoseconds(CLOCK_MONOTONIC);
			lines = BATCH;
		}
		if (fds[1].revents && read(timer, &ticks, sizeof(ticks)) > 0) {
			/* A slow reader loses lines; the next one tells what they would have. */
			if (has_room()) {
				put_line();
				lines++;
			}
			if (nanoseconds(CLOCK_MONOTONIC) - heard > PATIENCE_S * NS_PER_S)
				return ended("nothing was heard for a minute");
		}
		/* Who asks between two lines gets the next one. */
		if (lines >= BATCH && is_pending()) {
			if (!flush())
				return ended("nobody takes its lines any more");
			if (!is_pending())
				lines = 0;
		}
	}
}

int main(int argc, char **argv)
{
	struct itimerspec beat = { };
	int timer;

	if (!arguments(argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	/* A reader that is gone without a word must not hold it up. */
	stdout_flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (stdout_flags < 0 || fcntl(STDOUT_FILENO, F_SETFL, stdout_flags | O_NONBLOCK) < 0)
		return ended("there is no output");
	atexit(restore_stdout);
	if (!open_stat(&cpus) || !open_ports(ports, nr_ports))
		return ended("/proc does not tell what CPUs and ports do");
	open_memory();
	open_sensors(&cpus);
	count();
	put_header();
	beat.it_interval.tv_sec = every_ms / 1000;
	beat.it_interval.tv_nsec = every_ms % 1000 * 1000000L;
	beat.it_value = beat.it_interval;
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timer < 0 || timerfd_settime(timer, 0, &beat, NULL))
		return ended("there is no timer");
	return stream(timer);
}
