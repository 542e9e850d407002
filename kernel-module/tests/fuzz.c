// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of /dev/netslice made of chance: fuzz SECONDS [SEED]. Run as root in a
 * network namespace of its own, with the module loaded in any mode.
 *
 * Rounds are processes, for a call may well unmap what the round stands on; each
 * has threads that work on the same slices and the same mappings, while another
 * process sends frames and a third one takes links down, away and to other
 * namespaces. A round that dies of its own memory is no failure. Failures are a
 * result that cannot be (IMPOSSIBLE), a process that cannot be killed, and whatever
 * the kernel's log says, which the caller reads: best in a kernel with KASAN.
 *
 * The seed is printed. With it the calls are the same, their order between threads
 * is not. Where the kernel has fail-nth, allocations fail as well.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_wire.h"

#define THREADS		3
#define AT_ONCE		2
#define ROUND_MS	700
/* A round that takes longer is killed, and dies in as much again, or has hung. */
#define PATIENCE_MS	30000
#define ROOM		2048

static struct fuzz_tally *tally;
static uint64_t seed;
static pthread_barrier_t everybody;

static const struct {
	fuzz_call *call;
	unsigned int weight;
} calls[] = {
	{ call_open, 4 }, { call_close, 2 }, { call_dup, 1 }, { call_attach, 8 },
	{ call_set_cpus, 3 }, { call_checksum, 3 }, { call_filter, 4 },
	{ call_detach_filter, 1 }, { call_info, 2 }, { call_stats, 4 },
	{ call_odd_ioctl, 6 }, { call_file, 4 }, { call_read, 6 }, { call_write, 6 },
	{ call_careful_read, 8 }, { call_careful_write, 6 }, { call_poll, 3 },
	{ call_ring_setup, 2 }, { call_map, 3 }, { call_unmap, 1 }, { call_protect, 2 },
	{ call_sync, 6 }, { call_scribble, 5 }, { call_orders, 5 },
};

void fuzz_impossible(const struct fuzz_thread *thread, const char *where, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "fuzz: IMPOSSIBLE in %s: ", where);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, " (errno %s, seed %#llx, round's %#llx)\n", strerror(error),
		(unsigned long long)seed, (unsigned long long)thread->round->seed);
	va_end(arguments);
	_exit(FUZZ_IMPOSSIBLE);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* The next allocation but so many fails; 0 ends that. */
static void fail_allocation(int handle, unsigned int nth)
{
	char text[8];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (handle >= 0)
		(void)!write(handle, text, (size_t)length);
}

static void one_call(struct fuzz_thread *thread)
{
	uint32_t total = 0, i = 0, chosen;

	for (size_t j = 0; j < sizeof(calls) / sizeof(calls[0]); j++)
		total += calls[j].weight;
	for (chosen = below(thread, total); chosen >= calls[i].weight; i++)
		chosen -= calls[i].weight;
	calls[i].call(thread);
	atomic_fetch_add(&thread->round->tally->calls, 1);
}

/* A child that has the slices too, and none of the mappings. */
static void fork_calls(struct fuzz_thread *thread)
{
	pid_t child = fork();
	int status = 0, i;

	if (child == 0) {
		signal(SIGALRM, SIG_DFL);
		alarm(1);
		for (i = 0; i < 20; i++)
			one_call(thread);
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == FUZZ_IMPOSSIBLE)
		_exit(FUZZ_IMPOSSIBLE);
}

static void *make_calls(void *argument)
{
	struct fuzz_thread *thread = argument;
	int fail_nth = open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);

	/* No file is opened after this but slices: their numbers are used again. */
	pthread_barrier_wait(&everybody);
	while (!atomic_load(&thread->round->over)) {
		bool failing = one_in(thread, 8);

		if (one_in(thread, 300)) {
			fork_calls(thread);
			continue;
		}
		if (failing)
			fail_allocation(fail_nth, 1 + below(thread, 10));
		one_call(thread);
		if (failing)
			fail_allocation(fail_nth, 0);
	}
	return NULL;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Starts thread number @i. Return: false where there is no memory. */
static bool start_thread(struct fuzz_round *round, struct fuzz_thread *thread, uint64_t i,
			 pthread_t *handle)
{
	*thread = (struct fuzz_thread){ .round = round, .state = (round->seed + i) | 1 };
	thread->frames = malloc((size_t)FUZZ_ELEMENTS * ROOM);
	thread->pkts = calloc(FUZZ_ELEMENTS, sizeof(*thread->pkts));
	return thread->frames && thread->pkts && make_arena(thread) &&
	       !pthread_create(handle, NULL, make_calls, thread);
}

/* Rings may be of any size: who asked for them is to die of it, and nobody else. */
static void be_the_first_to_go(void)
{
	int handle = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)!write(handle, "1000", 4);
	close(handle);
}

/* One process: does its calls, wakes whoever sleeps in one, and ends, or has itself killed. */
static void run_round(uint64_t round_seed)
{
	static struct fuzz_round round;
	static struct fuzz_thread threads[THREADS];
	/* Without SA_RESTART: calls end by it. */
	struct sigaction action = { .sa_handler = on_alarm };
	uint64_t end = now_ms() + ROUND_MS;
	pthread_t handles[THREADS];
	uint32_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	be_the_first_to_go();
	sigaction(SIGALRM, &action, NULL);
	round.seed = round_seed;
	round.tally = tally;
	round.socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (i = 0; i < FUZZ_SLICES; i++)
		atomic_store(&round.slices[i], open(NETSLICE_DEVICE, O_RDWR | O_NONBLOCK));
	pthread_barrier_init(&everybody, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		if (!start_thread(&round, &threads[i], i, &handles[i]))
			_exit(1);
	while (now_ms() < end) {
		sleep_ms(20);
		for (i = 0; i < THREADS; i++)
			pthread_kill(handles[i], SIGALRM);
	}
	/* Half of them die with frames in flight, in the middle of calls. */
	if (round_seed >> 33 & 1)
		kill(getpid(), SIGKILL);
	atomic_store(&round.over, true);
	for (i = 0; i < THREADS; i++)
		while (pthread_tryjoin_np(handles[i], NULL) == EBUSY) {
			pthread_kill(handles[i], SIGALRM);
			sleep_ms(5);
		}
	_exit(0);
}

/* splitmix64: seeds that are near make rounds that are not. */
static uint64_t seed_of(uint64_t number)
{
	uint64_t x = seed + number * 0x9E3779B97F4A7C15ULL;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
	x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
	return x ^ x >> 31;
}

struct running {
	pid_t pid;
	uint64_t killed_at;
	uint64_t begun_at;
};

static unsigned int rounds, impossible, by_signal, hung;

/* Looks after one round. Return: is it still there? */
static bool attend(struct running *running)
{
	uint64_t now = now_ms();
	int status;

	if (waitpid(running->pid, &status, WNOHANG) == running->pid) {
		rounds++;
		by_signal += WIFSIGNALED(status);
		impossible += WIFEXITED(status) && WEXITSTATUS(status) == FUZZ_IMPOSSIBLE;
		running->pid = 0;
		return false;
	}
	if (!running->killed_at && now - running->begun_at > PATIENCE_MS) {
		fprintf(stderr, "fuzz: round %d takes long, and is killed\n", running->pid);
		kill(running->pid, SIGKILL);
		running->killed_at = now;
	} else if (running->killed_at && now - running->killed_at > PATIENCE_MS) {
		fprintf(stderr, "fuzz: round %d cannot be killed\n", running->pid);
		hung++;
		running->pid = 0;
		return false;
	}
	return true;
}

/* Did calls get past the first check? */
static bool reached(void)
{
	return tally->attached && tally->frames_read && tally->frames_written && tally->filters;
}

/* Where a machine stands still for most of that time, chance gets up to ten times as much. */
static void run_rounds(unsigned int seconds)
{
	uint64_t end = now_ms() + seconds * 1000ULL, last = end + seconds * 9000ULL, number = 0;
	struct running running[AT_ONCE] = { 0 };
	bool busy = true;
	int i;

	while (busy && !hung) {
		busy = false;
		for (i = 0; i < AT_ONCE; i++) {
			if (running[i].pid && attend(&running[i])) {
				busy = true;
			} else if (now_ms() < (reached() ? end : last) && !impossible) {
				running[i] = (struct running){ fork(), 0, now_ms() };
				if (running[i].pid == 0)
					run_round(seed_of(number));
				number++;
				busy = true;
			}
		}
		sleep_ms(10);
	}
}

static int report(void)
{
	printf("fuzz: seed %#llx: %u rounds, %u of them ended by a signal, %lu calls\n",
	       (unsigned long long)seed, rounds, by_signal, tally->calls);
	printf("fuzz: attached %lu times, %lu frames read, %lu written, %lu filters, "
	       "%lu mappings, %lu rounds of orders\n", tally->attached, tally->frames_read,
	       tally->frames_written, tally->filters, tally->mappings, tally->orders_rounds);
	if (!reached())
		fputs("fuzz: chance got nowhere: nothing attached, or no frame moved\n", stderr);
	return impossible || hung || !reached();
}

int main(int argc, char *argv[])
{
	unsigned int seconds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 0;
	struct timespec now;
	int device, status;

	if (argc < 2 || argc > 3 || !seconds) {
		fputs("usage: fuzz SECONDS [SEED]\n", stderr);
		return 2;
	}
	device = open(NETSLICE_DEVICE, O_RDWR);
	if (device < 0) {
		perror("fuzz: could not open " NETSLICE_DEVICE);
		fputs("hint: load netslice.ko, and be root\n", stderr);
		return 2;
	}
	close(device);
	/* Not getrandom(): a kernel that has just booted may take minutes for it. */
	clock_gettime(CLOCK_REALTIME, &now);
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) :
			  (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	printf("fuzz: seed %#llx\n", (unsigned long long)seed);
	fflush(stdout);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	if (tally == MAP_FAILED || !start_wire(seed_of(UINT64_MAX)))
		return 2;
	run_rounds(seconds);
	status = report();
	stop_wire();
	return status;
}
