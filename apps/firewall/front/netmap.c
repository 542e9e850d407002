// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * firewall-netmap: the firewall on netmap. One thread for both directions, as
 * netmap's own bridge has; buffers are exchanged between rings, not copied.
 */
#include "control.h"

#include <errno.h>
#include <net/if.h>
#define NETMAP_WITH_LIBS
#include <net/netmap_user.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* How often the thread looks whether it is to end, where no frames come. */
#define LOOK_MS	100

/* A port's link may go down when netmap takes it; it is waited for so long. */
#define LINK_WAIT_MS	10000

/**
 * struct forwarder - both ports and what forwards between them
 * @engine: that judges
 * @ports: FW_IN and FW_OUT
 * @batch: frames moved between two looks at the other direction
 * @stop: set by others: end
 * @error: errno that ended it, or 0
 */
struct forwarder {
	struct fw_engine *engine;
	struct nm_desc *ports[2];
	unsigned int batch;
	atomic_bool stop;
	int error;
};

/* Exchanges the buffers of two slots: what came in goes out, and what went out takes in. */
static void move_frame(struct netmap_ring *in, struct netmap_ring *out)
{
	struct netmap_slot *from = &in->slot[in->cur];
	struct netmap_slot *to = &out->slot[out->cur];
	uint32_t buffer = to->buf_idx;

	to->buf_idx = from->buf_idx;
	to->len = from->len;
	to->flags |= NS_BUF_CHANGED;
	from->buf_idx = buffer;
	from->flags |= NS_BUF_CHANGED;
	out->cur = nm_ring_next(out, out->cur);
	out->head = out->cur;
}

/* A ring with room for a frame, or NULL. */
static struct netmap_ring *room(struct nm_desc *port)
{
	struct netmap_ring *ring;
	unsigned int i;

	for (i = port->first_tx_ring; i <= port->last_tx_ring; i++) {
		ring = NETMAP_TXRING(port->nifp, i);
		if (!nm_ring_empty(ring))
			return ring;
	}
	return NULL;
}

/* Judges a frame only when it could be sent: none is judged twice. False: no room is left. */
static bool forward_ring(struct forwarder *forwarder, uint8_t from, struct netmap_ring *in,
			 unsigned int *left)
{
	struct netmap_slot *slot;
	struct netmap_ring *out;
	const unsigned char *frame;

	for (; *left && !nm_ring_empty(in); (*left)--) {
		out = room(forwarder->ports[!from]);
		if (!out)
			return false;
		slot = &in->slot[in->cur];
		frame = (const unsigned char *)NETMAP_BUF(in, slot->buf_idx);
		if (fw_engine_judge(forwarder->engine, from, frame, slot->len, slot->len).accept)
			move_frame(in, out);
		in->cur = nm_ring_next(in, in->cur);
		in->head = in->cur;
	}
	return true;
}

/* Returns whether frames are left that the other port had no room for. */
static bool forward_some(struct forwarder *forwarder, uint8_t from)
{
	struct nm_desc *port = forwarder->ports[from];
	unsigned int left = forwarder->batch;
	bool blocked = false;
	unsigned int i;

	fw_engine_begin(forwarder->engine, from, fw_now_ms());
	for (i = port->first_rx_ring; i <= port->last_rx_ring && !blocked; i++)
		blocked = !forward_ring(forwarder, from, NETMAP_RXRING(port->nifp, i), &left);
	fw_engine_end(forwarder->engine, from);
	return blocked;
}

static void *forwarder_main(void *argument)
{
	struct forwarder *forwarder = argument;
	struct pollfd wait[2];
	bool blocked[2] = { false, false };
	int i;

	while (!atomic_load(&forwarder->stop)) {
		for (i = 0; i < 2; i++) {
			wait[i].fd = forwarder->ports[i]->fd;
			/* Frames that cannot be sent are no reason to wake up: room is. */
			wait[i].events = blocked[i] ? 0 : POLLIN;
			wait[i].events |= blocked[!i] ? POLLOUT : 0;
		}
		if (poll(wait, 2, LOOK_MS) < 0 && errno != EINTR) {
			forwarder->error = errno;
			break;
		}
		if ((wait[0].revents | wait[1].revents) & POLLERR) {
			forwarder->error = ENETDOWN;
			break;
		}
		for (i = 0; i < 2; i++)
			blocked[i] = forward_some(forwarder, (uint8_t)i);
	}
	if (forwarder->error)
		kill(getpid(), FW_SIGNAL_ENDED);
	return NULL;
}

static bool failed(const char *what, const char *port, int error, const char *hint)
{
	fprintf(stderr, "firewall-netmap: could not %s `%s`: %s\nhint: %s\n", what, port,
		strerror(error), hint);
	return false;
}

static bool open_port(struct forwarder *forwarder, uint8_t side, const char *name)
{
	char path[64 + IFNAMSIZ];
	/* One memory for both, so that buffers can be exchanged. */
	struct nm_desc *first = side == FW_OUT ? forwarder->ports[FW_IN] : NULL;

	snprintf(path, sizeof(path), "netmap:%s", name);
	forwarder->ports[side] = nm_open(path, NULL, first ? NM_OPEN_NO_MMAP : 0, first);
	if (!forwarder->ports[side])
		return failed("open", path, errno, "is netmap loaded, is there such a port, and "
			      "are there rings enough? see dmesg");
	if (first && first->mem != forwarder->ports[side]->mem)
		return failed("share memory with", path, EINVAL, "load netmap with one allocator");
	return true;
}

static bool has_link(int any, const char *name)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(any, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING);
}

static bool wait_for_links(const struct fw_options *options)
{
	static const struct timespec interval = { .tv_nsec = 20 * 1000 * 1000 };
	uint64_t end = fw_now_ms() + LINK_WAIT_MS;
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool well;

	do {
		well = has_link(any, options->in) && has_link(any, options->out);
		if (!well)
			nanosleep(&interval, NULL);
	} while (!well && fw_now_ms() < end);
	close(any);
	return well || failed("see a link at both", options->in, ETIMEDOUT,
			      "are both ports up, and is there a cable?");
}

static int pin(pthread_t thread, int cpu)
{
	cpu_set_t cpus;

	if (cpu < 0)
		return 0;
	if (cpu >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return pthread_setaffinity_np(thread, sizeof(cpus), &cpus);
}

static bool run(struct forwarder *forwarder, const struct fw_options *options)
{
	pthread_t thread;
	bool well;
	int error = pthread_create(&thread, NULL, forwarder_main, forwarder);

	if (error)
		return failed("start the thread of", options->in, error, "is there memory?");
	error = pin(thread, options->cpu[FW_IN]);
	well = error ? failed("pin the thread of", options->in, error, "is that CPU online?") :
		       fw_control_run(forwarder->engine, options, NULL);
	atomic_store(&forwarder->stop, true);
	pthread_join(thread, NULL);
	if (forwarder->error)
		failed("forward what comes in at", options->in, forwarder->error,
		       "did a port vanish?");
	return well;
}

static int forward(const struct fw_options *options)
{
	struct forwarder forwarder = { .batch = options->batch };
	bool well;
	int i;

	fw_control_block();
	forwarder.engine = fw_front_engine(options);
	if (!forwarder.engine)
		return 1;
	well = open_port(&forwarder, FW_IN, options->in) &&
	       open_port(&forwarder, FW_OUT, options->out) && wait_for_links(options) &&
	       run(&forwarder, options);
	for (i = FW_OUT; i >= FW_IN; i--)
		if (forwarder.ports[i])
			nm_close(forwarder.ports[i]);
	fw_control_report(forwarder.engine, NULL);
	fw_engine_free(forwarder.engine);
	return well ? 0 : 1;
}

int main(int argc, char *argv[])
{
	return fw_front("firewall-netmap", argc, argv, forward);
}
