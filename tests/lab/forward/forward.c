// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * forward PORT PORT: every frame that comes in on one port goes out on the other, through
 * packet sockets. The smallest forwarder there is, for the test that a framework is a profile
 * and needs nothing from nsbench.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

static int open_port(const char *name)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	/* What goes out on the port must not come back as if it had come in. */
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		perror(name);
		return -1;
	}
	return fd;
}

int main(int argc, char **argv)
{
	static char frame[65536];
	struct pollfd ports[2];

	if (argc != 3)
		return 2;
	for (int i = 0; i < 2; i++) {
		ports[i] = (struct pollfd){ .fd = open_port(argv[i + 1]), .events = POLLIN };
		if (ports[i].fd < 0)
			return 1;
	}
	printf("forwarding %s <-> %s\n", argv[1], argv[2]);
	fflush(stdout);
	while (poll(ports, 2, -1) > 0) {
		for (int i = 0; i < 2; i++) {
			ssize_t length = 0;

			if (ports[i].revents)
				length = recv(ports[i].fd, frame, sizeof(frame), MSG_DONTWAIT);
			/* A frame for which there is no room is lost, as on any wire. */
			if (length > 0 && send(ports[1 - i].fd, frame, (size_t)length, 0) < 0)
				continue;
		}
	}
	return 1;
}
