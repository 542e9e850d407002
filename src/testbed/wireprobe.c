// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * wireprobe ID ROLE WINDOW_MS PORT...
 *
 * Finds out where cables go. It runs on all hosts of a testbed at the same
 * time, as root: on every port it says who it is ten times a second, in a short
 * frame and in one as long as the port may send, and listens for others that say
 * the same ID. Ports that were down are up while
 * it runs and down again afterwards.
 *
 * What it prints, one fact a line, when it is known:
 *	heard PORT ROLE PEER	a frame of ROLE's port PEER arrived at PORT
 *	no-carrier PORT		PORT had no carrier in the whole window
 *	short PORT ROLE PEER BYTES	of PEER's frames the long ones, of so many bytes,
 *				did not arrive at PORT, whose MTU has room for them
 *	error PORT TEXT		PORT could not take part
 *	done			the end: nothing was cut off
 *
 * It ends when every port has heard somebody and has sent a few times more, so
 * that the other side hears it too, or with the window. Times are counted, not
 * seconds: a host that stands still in the meantime has not sent.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>

#define MAX_PORTS	256
#define MAX_PEERS	16	/* more than a cable has ends: a switch shows */
#define MAX_FRAMES	256	/* read at once from one port: a flood stops nobody else */
#define PERIOD_MS	100
#define LINGER_ROUNDS	5
#define TAG		16
#define FRAME_MAX	(ETH_HLEN + 65535)

/* IEEE 802 sets this EtherType aside for local experiments. */
#define ETH_P_EXPERIMENT 0x88B5

static const char magic[TAG] = "nsbench-wire-1";

/**
 * struct hello - what is sent: the whole frame, or the beginning of a long one
 * @eth: from the port to everybody
 * @magic: tells our frames from other experiments
 * @id: tells this run from others
 * @role: who sends
 * @port: from where
 * @mtu: what may follow the Ethernet header there, in network order
 */
struct hello {
	struct ethhdr eth;
	char magic[TAG];
	char id[TAG];
	char role[TAG];
	char port[TAG];
	uint32_t mtu;
} __attribute__((packed));

/**
 * struct port - one port that takes part
 * @fd: packet socket, bound to the port; -1 where the port takes no part
 * @raised: it was down, and goes down at the end
 * @carrier: it has had a carrier
 * @hello: its frame
 * @mtu: its MTU
 * @heard: frames it got, each sender once
 * @whole: whether of that sender a long one came, too
 * @heard_count: how many of those
 */
struct port {
	int fd;
	bool raised;
	bool carrier;
	uint32_t mtu;
	struct hello hello;
	struct hello heard[MAX_PEERS];
	bool whole[MAX_PEERS];
	int heard_count;
};

static struct port ports[MAX_PORTS];
static int port_count;
static int control;	/* any socket, for ioctls */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Whoever listens may be gone; then there is nothing left to do but restore. */
static void say(const char *what, const char *port, const char *a, const char *b)
{
	if (printf("%s%s%s%s%s%s%s\n", what, *port ? " " : "", port, *a ? " " : "", a,
		   *b ? " " : "", b) < 0 || fflush(stdout))
		stop = 1;
}

static int flags_of(const char *name, struct ifreq *request)
{
	memset(request, 0, sizeof(*request));
	memcpy(request->ifr_name, name, IFNAMSIZ);
	return ioctl(control, SIOCGIFFLAGS, request);
}

static int change_flags(const char *name, short set, short clear)
{
	struct ifreq request;

	if (flags_of(name, &request))
		return -1;
	request.ifr_flags = (request.ifr_flags | set) & ~clear;
	return ioctl(control, SIOCSIFFLAGS, &request);
}

/* Opens the port and brings it up; what failed is said, and the port left out. */
static int open_port(struct port *port, const char *id, const char *role, const char *name)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		/* Only who listens to everything hears a port that a bridge or a hook has taken. */
		.sll_protocol = htons(ETH_P_ALL),
	};
	struct hello *hello = &port->hello;
	struct ifreq request = { 0 };

	port->fd = -1;
	memcpy(hello->magic, magic, TAG);
	strncpy(hello->id, id, TAG - 1);
	strncpy(hello->role, role, TAG - 1);
	strncpy(hello->port, name, TAG - 1);
	memcpy(request.ifr_name, hello->port, IFNAMSIZ);
	if (ioctl(control, SIOCGIFHWADDR, &request))
		return -1;
	memcpy(hello->eth.h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	memset(hello->eth.h_dest, 0xff, ETH_ALEN);
	hello->eth.h_proto = htons(ETH_P_EXPERIMENT);
	if (ioctl(control, SIOCGIFMTU, &request))
		return -1;
	port->mtu = (uint32_t)request.ifr_mtu;
	if (port->mtu > FRAME_MAX - ETH_HLEN)
		port->mtu = FRAME_MAX - ETH_HLEN;
	hello->mtu = htonl(port->mtu);

	address.sll_ifindex = (int)if_nametoindex(hello->port);
	port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (port->fd < 0)
		return -1;
	if (bind(port->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    flags_of(hello->port, &request))
		goto close;
	if (!(request.ifr_flags & IFF_UP)) {
		port->raised = true;
		if (change_flags(hello->port, IFF_UP, 0))
			goto close;
	}
	return 0;
close:
	close(port->fd);
	port->fd = -1;
	return -1;
}

/* Tags come from the wire: only what can stand in a line of output is a tag. */
static bool is_tag(const char *tag)
{
	size_t length = strnlen(tag, TAG);

	for (size_t i = 0; i < length; i++)
		if (tag[i] <= ' ' || tag[i] > '~')
			return false;
	return length > 0 && length < TAG;
}

static size_t full_length(const struct hello *hello)
{
	return ETH_HLEN + ntohl(hello->mtu);
}

static void hear(struct port *port, const struct hello *hello, size_t length)
{
	int i;

	for (i = 0; i < port->heard_count; i++)
		if (!memcmp(port->heard[i].role, hello->role, 2 * TAG))
			break;
	if (i == MAX_PEERS)
		return;
	if (i == port->heard_count) {
		port->heard[port->heard_count++] = *hello;
		say("heard", port->hello.port, hello->role, hello->port);
	}
	if (length >= full_length(hello))
		port->whole[i] = true;
}

/* A longer frame than this port's own may be dropped by the port, and says nothing of the cable. */
static void say_short(const struct port *port)
{
	char peer[2 * TAG], bytes[16];

	for (int i = 0; i < port->heard_count; i++) {
		if (port->whole[i] || ntohl(port->heard[i].mtu) > port->mtu)
			continue;
		snprintf(peer, sizeof(peer), "%s %s", port->heard[i].role, port->heard[i].port);
		snprintf(bytes, sizeof(bytes), "%zu", full_length(&port->heard[i]));
		say("short", port->hello.port, peer, bytes);
	}
}

static void receive(struct port *port)
{
	struct sockaddr_ll from;
	socklen_t from_length = sizeof(from);
	struct hello hello;
	ssize_t length;
	int left = MAX_FRAMES;

	/* A socket gets copies of what its own port sends, too. */
	while (left-- && (length = recvfrom(port->fd, &hello, sizeof(hello), MSG_TRUNC,
					    (struct sockaddr *)&from, &from_length)) >= 0) {
		from_length = sizeof(from);
		if (length < (ssize_t)sizeof(hello) || from.sll_pkttype == PACKET_OUTGOING ||
		    hello.eth.h_proto != htons(ETH_P_EXPERIMENT))
			continue;
		if (memcmp(hello.magic, magic, TAG) || memcmp(hello.id, port->hello.id, TAG) ||
		    !is_tag(hello.role) || !is_tag(hello.port))
			continue;
		hear(port, &hello, (size_t)length);
	}
}

/*
 * The driver knows first; IFF_RUNNING follows when the kernel gets round to it,
 * and is set on a port that has just come up whether there is a cable or not.
 */
static bool has_carrier(const char *name)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
	struct ifreq request;
	bool running;

	if (flags_of(name, &request))
		return false;
	running = request.ifr_flags & IFF_RUNNING;

	request.ifr_data = (char *)&link;
	return ioctl(control, SIOCETHTOOL, &request) ? running : link.data;
}

static void speak(struct port *port)
{
	static unsigned char frame[FRAME_MAX];

	if (!has_carrier(port->hello.port))
		return;
	port->carrier = true;
	/* A frame that does not go out now is followed by another in a moment. */
	(void)!send(port->fd, &port->hello, sizeof(port->hello), 0);
	memcpy(frame, &port->hello, sizeof(port->hello));
	(void)!send(port->fd, frame, full_length(&port->hello), 0);
}

static bool all_heard(void)
{
	for (int i = 0; i < port_count; i++)
		if (ports[i].fd >= 0 && !ports[i].heard_count)
			return false;
	return true;
}

/* However late it is when the window is over, the last thing done is to speak and to listen. */
static void talk(long window_ms)
{
	struct pollfd polled[MAX_PORTS];
	long start = now_ms(), end = start + window_ms, next = start;
	int rounds = LINGER_ROUNDS;
	bool lingering = false, over = false;
	long wait;

	for (int i = 0; i < port_count; i++)
		polled[i] = (struct pollfd){ .fd = ports[i].fd, .events = POLLIN };
	while (!stop && !over && rounds) {
		over = now_ms() >= end;
		if (over || now_ms() >= next) {
			for (int i = 0; i < port_count; i++)
				if (ports[i].fd >= 0)
					speak(&ports[i]);
			next = now_ms() + PERIOD_MS;
			if (lingering)
				rounds--;
		}
		wait = over ? 0 : next - now_ms();
		poll(polled, (nfds_t)port_count, wait > 0 ? (int)wait : 0);
		for (int i = 0; i < port_count; i++)
			if (ports[i].fd >= 0 && polled[i].revents)
				receive(&ports[i]);
		lingering = lingering || all_heard();
	}
}

static void catch_signals(void)
{
	const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A shell that is killed takes its children's restoring with it, unless they notice. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int main(int argc, char **argv)
{
	char *rest;
	long window_ms = argc > 4 ? strtol(argv[3], &rest, 10) : 0;

	if (argc < 5 || argc - 4 > MAX_PORTS || *rest || window_ms <= 0 || !is_tag(argv[1]) ||
	    !is_tag(argv[2])) {
		fprintf(stderr, "usage: wireprobe ID ROLE WINDOW_MS PORT...\n");
		return 2;
	}
	catch_signals();
	control = socket(AF_INET, SOCK_DGRAM, 0);
	for (int i = 4; i < argc && !stop; i++) {
		struct port *port = &ports[port_count++];

		errno = EINVAL;
		if (!is_tag(argv[i]) || open_port(port, argv[1], argv[2], argv[i])) {
			port->fd = -1;
			say("error", argv[i], strerror(errno), "");
		}
	}
	talk(window_ms);
	for (int i = 0; i < port_count; i++) {
		if (ports[i].fd >= 0 && !ports[i].carrier)
			say("no-carrier", ports[i].hello.port, "", "");
		if (!stop)
			say_short(&ports[i]);
		if (ports[i].raised && change_flags(ports[i].hello.port, 0, IFF_UP))
			say("error", ports[i].hello.port, "could not be set down again:",
			    strerror(errno));
	}
	if (stop)
		return 130;
	say("done", "", "", "");
	return stop ? 130 : 0;
}
