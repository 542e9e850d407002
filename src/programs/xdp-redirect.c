// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * xdp-redirect --in PORT --out PORT [--mode native|generic]
 *
 * Forwards a line in both directions by XDP: each port gets a program of four
 * instructions that redirects every frame to the other port. The hosts have no
 * compiler, no libbpf and no loader, so the instructions are written down here
 * and go to the kernel by bpf(2) itself.
 *
 * The programs are attached by links whose only holders are this process's
 * descriptors: the kernel detaches them when it ends, kill -9 included. Nothing
 * is pinned, nothing stays on the host.
 *
 * Prints one line when both ports forward, with the mode that the kernel says
 * they are in, not the one that was asked for:
 *	forwarding eth1 <-> eth2, mode native
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#ifndef BPF_F_XDP_HAS_FRAGS	/* headers before Linux 5.18 */
#define BPF_F_XDP_HAS_FRAGS	(1U << 5)
#endif

#define ANSWER_BYTES	16384	/* more than the kernel has to say of one port */

static const char usage[] =
"usage: xdp-redirect --in PORT --out PORT [--mode native|generic]\n"
"\n"
"Forwards frames between two ports, in both directions, by XDP redirect: in the\n"
"driver (native, the default) or in the kernel's receive path (generic). Prints\n"
"`forwarding IN <-> OUT, mode MODE` once it does, and ends on SIGINT and SIGTERM.\n"
"Exit status: 0 ended by a signal, 1 failed, 2 bad arguments.\n";

/**
 * struct port - one end of the line
 * @name: as the user calls it
 * @index: as the kernel calls it
 * @attached: XDP_ATTACHED_*, as the kernel last said
 */
struct port {
	const char *name;
	unsigned int index;
	unsigned char attached;
};

static struct port ports[2];	/* in, out */
static unsigned int mode = XDP_FLAGS_DRV_MODE;
static int rtnetlink;	/* where to ask for ports */

static const char *const mode_names[] = {
	[XDP_ATTACHED_DRV] = "native",
	[XDP_ATTACHED_SKB] = "generic",
	[XDP_ATTACHED_HW] = "hardware",
	[XDP_ATTACHED_MULTI] = "mixed",
};

/* Says what failed, with which @name, why and what to do; zero is for what there is none of. */
static bool failed(const char *what, const char *name, int error, const char *hint)
{
	fprintf(stderr, name ? "xdp-redirect: %s `%s`" : "xdp-redirect: %s", what, name);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	if (hint)
		fprintf(stderr, "hint: %s\n", hint);
	return false;	/* for the caller to pass on */
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Loads the program that sends every frame to port @target; its descriptor, or -1. */
static int load(unsigned int target, unsigned int flags)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = (int)target },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	/* Kernels look at all of it, so the gaps between the members must be zero as well. */
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.expected_attach_type = BPF_XDP;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = sizeof(program) / sizeof(*program);
	attr.license = (uintptr_t)"MIT";	/* bpf_redirect() is for everybody */
	attr.prog_flags = flags;
	strcpy(attr.prog_name, "xdp_redirect");
	return bpf(BPF_PROG_LOAD, &attr);
}

/* Attaches for as long as the descriptor that is returned stays open, or -1. */
static int link_program(int program, unsigned int index)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (unsigned int)program;
	attr.link_create.target_ifindex = index;
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = mode;
	return bpf(BPF_LINK_CREATE, &attr);
}

static int open_rtnetlink(unsigned int groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		failed("could not open a socket to ask for ports", NULL, errno, NULL);
	return fd;
}

static unsigned char attached_in(const struct rtattr *xdp)
{
	const struct rtattr *at = RTA_DATA(xdp);
	int left = (int)RTA_PAYLOAD(xdp);

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == IFLA_XDP_ATTACHED)
			return *(const unsigned char *)RTA_DATA(at);
	return XDP_ATTACHED_NONE;
}

/* The part of an answer that is about XDP. Zero, or an errno: what the kernel refused with. */
static int read_answer(const struct nlmsghdr *head, unsigned int length, struct port *port)
{
	const struct rtattr *at;
	int left;

	if (!NLMSG_OK(head, length))
		return EBADMSG;
	if (head->nlmsg_type == NLMSG_ERROR)
		return -((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	port->attached = XDP_ATTACHED_NONE;
	left = (int)IFLA_PAYLOAD(head);
	at = IFLA_RTA((const struct ifinfomsg *)NLMSG_DATA(head));
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if ((at->rta_type & NLA_TYPE_MASK) == IFLA_XDP)
			port->attached = attached_in(at);
	return 0;
}

/* Asks the kernel how XDP is attached to the port. Zero, or an errno: ENODEV where it is gone. */
static int ask(struct port *port)
{
	static union {
		struct nlmsghdr head;
		char bytes[ANSWER_BYTES];
	} answer;
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} question = {
		.head = { sizeof(question), RTM_GETLINK, NLM_F_REQUEST, 0, 0 },
		.link.ifi_index = (int)port->index,
	};
	ssize_t length;

	if (send(rtnetlink, &question, sizeof(question), 0) < 0)
		return errno;
	length = recv(rtnetlink, &answer, sizeof(answer), 0);
	return length < 0 ? errno : read_answer(&answer.head, (unsigned int)length, port);
}

static bool taken(const struct port *port)
{
	/* Off without a mode means the driver's program where the driver can have one. */
	const char *what = port->attached == XDP_ATTACHED_SKB ? "xdpgeneric" :
			   port->attached == XDP_ATTACHED_HW ? "xdpoffload" : "xdp";
	char hint[192];

	snprintf(hint, sizeof(hint), "`ip link set dev %s %s off` takes it off; where the kernel "
		 "refuses that, a running program holds it: stop that one", port->name, what);
	return failed("there is an XDP program of somebody else on port", port->name, 0, hint);
}

static bool find(struct port *port)
{
	int error;

	port->index = if_nametoindex(port->name);
	error = port->index ? ask(port) : errno;
	if (error == ENODEV)
		return failed("there is no port", port->name, 0, "`ip link` lists the ports");
	if (error)
		return failed("could not ask for port", port->name, error, NULL);
	return port->attached == XDP_ATTACHED_NONE || taken(port);
}

static bool not_loaded(int error)
{
	bool old = error == ENOSYS || error == EINVAL || error == E2BIG;

	return failed("could not load an XDP program into the kernel", NULL, error,
		      error == EPERM ? "it takes root" :
		      old ? "it takes Linux 5.9 or later, with CONFIG_BPF_SYSCALL" : NULL);
}

static bool not_attached(const struct port *port, int error)
{
	/* The kernel's own words for it would come by netlink only, and not by bpf(2). */
	if (mode == XDP_FLAGS_DRV_MODE)
		return failed("could not attach in native mode to port", port->name, error,
			"likely its driver has no native XDP, or its MTU, its number of queues or "
			"its offloads (LRO) are too much for it, or Linux is older than 5.9; "
			"`--mode generic` needs nothing of the driver");
	return failed("could not attach in generic mode to port", port->name, error,
		      error == EINVAL ? "it takes Linux 5.9 or later" : NULL);
}

/* Sends what arrives on @port to @other, until this process ends. */
static bool attach(struct port *port, const struct port *other)
{
	/* Jumbo frames need the first; kernels before 5.18 take the second only. */
	const unsigned int tries[] = { BPF_F_XDP_HAS_FRAGS, 0 };
	bool loaded = false;
	int program, error = 0;

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		program = load(other->index, tries[i]);
		if (program < 0) {
			error = loaded ? error : errno;
			continue;
		}
		loaded = true;
		/* The link keeps the program; nobody keeps the link but its descriptor. */
		if (link_program(program, port->index) >= 0)
			return true;
		error = errno;
		close(program);
	}
	if (!loaded)
		return not_loaded(error);
	/* Somebody was faster than we between looking and attaching. */
	if ((error == EBUSY || error == EEXIST) && !ask(port) && port->attached)
		return taken(port);
	return not_attached(port, error);
}

static bool start(void)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct port *in = &ports[0], *out = &ports[1];

	/* Before 5.11 programs count as locked memory, of which the default allows next to none. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (!find(in) || !find(out))
		return false;
	if (in->index == out->index)
		return failed("`--in` and `--out` both name port", in->name, 0, NULL);
	if (!attach(in, out) || !attach(out, in))
		return false;
	for (int i = 0; i < 2; i++) {
		int error = ask(&ports[i]);

		if (error || ports[i].attached == XDP_ATTACHED_NONE)
			return failed("attached, but the kernel shows no program on port",
				      ports[i].name, error, NULL);
	}
	return true;
}

static void say(void)
{
	const struct port *in = &ports[0], *out = &ports[1];
	bool same = in->attached == out->attached;

	printf("forwarding %s <-> %s, mode %s%s%s\n", in->name, out->name,
	       mode_names[in->attached], same ? "" : "/", same ? "" : mode_names[out->attached]);
	fflush(stdout);
}

/* Returns true when a signal ends the program, false when a port is gone. */
static bool wait_for_end(int signals, int changes)
{
	struct pollfd polled[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = changes, .events = POLLIN },
	};
	char change[ANSWER_BYTES];

	for (;;) {
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[0].revents)
			return true;
		/* Asked for and not read: of a flood of changes some are lost. */
		(void)!recv(changes, change, sizeof(change), MSG_DONTWAIT);
		for (int i = 0; i < 2; i++)
			if (ask(&ports[i]) == ENODEV)
				return failed("lost port", ports[i].name, ENODEV, NULL);
	}
}

static bool redirect(void)
{
	int changes, signals;
	sigset_t set;

	/* Blocked, a signal is kept for us even where the shell that started us had it ignored. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A reader of our output that went away is no reason to stop forwarding. */
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return failed("could not wait for signals", NULL, errno, NULL);

	/* Listens before it looks: a port that goes away in between is not missed. */
	changes = open_rtnetlink(RTMGRP_LINK);
	rtnetlink = open_rtnetlink(0);
	if (changes < 0 || rtnetlink < 0 || !start())
		return false;
	say();
	return wait_for_end(signals, changes);
}

static bool wrong(const char *what, const char *text)
{
	return failed(what, text, 0, "see `xdp-redirect --help`");
}

static bool parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "in", required_argument, NULL, 0 },
		{ "out", required_argument, NULL, 1 },
		{ "mode", required_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	bool native;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:", known, NULL)) != -1) {
		if (option == ':')
			return wrong("a value is missing after", argv[optind - 1]);
		if (option == '?')
			return wrong("unknown option", argv[optind - 1]);
		if (option == 'm') {
			native = !strcmp(optarg, "native");
			if (!native && strcmp(optarg, "generic"))
				return wrong("`--mode` is `native` or `generic`, not", optarg);
			mode = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
		} else {
			ports[option].name = optarg;
		}
	}
	if (optind < argc)
		return wrong("unexpected argument", argv[optind]);
	if (!ports[0].name || !ports[1].name)
		return wrong("missing option", ports[0].name ? "--out" : "--in");
	if (!strcmp(ports[0].name, ports[1].name))
		return wrong("`--in` and `--out` are both", ports[0].name);
	return true;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (!parse(argc, argv))
		return 2;
	return redirect() ? 0 : 1;
}
