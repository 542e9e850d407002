// SPDX-License-Identifier: GPL-2.0
/*
 * Checksums as the receiving side judges them: the kernel's own stack for IPv4, and
 * arithmetic that is not the module's for IPv6.
 */
#define _GNU_SOURCE
#include "abi.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define HERE		"198.18.79.1"
#define THERE		"198.18.79.2"
#define PORT		7777
#define PAYLOAD		33
/* In a field, before the module computes it. */
#define WRONG		0xDEAD

static bool hardware_address(const char *name, unsigned char *address)
{
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	bool found;

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	found = ioctl(any, SIOCGIFHWADDR, &request) == 0;
	memcpy(address, request.ifr_hwaddr.sa_data, 6);
	close(any);
	return found;
}

/* A datagram for the kernel at the outer end, both its checksums wrong. */
static uint32_t make_datagram(unsigned char *frame, unsigned char number)
{
	struct udphdr *udp = (struct udphdr *)(frame + 14 + sizeof(struct iphdr));
	uint16_t length = sizeof(struct iphdr) + sizeof(*udp) + PAYLOAD;
	struct iphdr ip = {
		.version = 4, .ihl = 5, .tot_len = htons(length), .ttl = 64,
		.protocol = IPPROTO_UDP, .check = WRONG,
		.saddr = inet_addr(THERE), .daddr = inet_addr(HERE),
	};

	make_frame(frame, 14 + length, ETH_P_IP, number);
	EXPECT(hardware_address(outside, frame));
	memcpy(frame + 14, &ip, sizeof(ip));
	udp->source = htons(PORT);
	udp->dest = htons(PORT);
	udp->len = htons(sizeof(*udp) + PAYLOAD);
	udp->check = WRONG;
	return 14U + length;
}

static int listen_here(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(HERE),
	};
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	EXPECT(bind(handle, (struct sockaddr *)&at, sizeof(at)) == 0);
	return handle;
}

static bool write_datagram(int slice, enum netslice_checksum_mode mode, unsigned char number)
{
	prepare(ROOM);
	pkts[0].length = make_datagram(frames[0], number);
	return nsl_set_checksum(slice, mode) == 0 && nsl_write(slice, pkts, 1) == 1;
}

/* The last one only has both right. Frames do not overtake each other: none came before it. */
void checksum__convinces_the_kernel(void)
{
	unsigned char payload[ROOM];
	int slice = open_slice(0), handle;
	char command[128];

	snprintf(command, sizeof(command), "ip address add " HERE "/24 dev %s", outside);
	EXPECT(system(command) == 0);
	handle = listen_here();
	EXPECT(write_datagram(slice, NETSLICE_CHECKSUM_NONE, 1));
	EXPECT(write_datagram(slice, NETSLICE_CHECKSUM_IP, 2));
	EXPECT(write_datagram(slice, NETSLICE_CHECKSUM_TRANSPORT, 3));
	EXPECT(recv(handle, payload, sizeof(payload), 0) == PAYLOAD && payload[0] == 3);
	EXPECT(recv(handle, payload, sizeof(payload), MSG_DONTWAIT) == -1);
	close(handle);
	close(slice);
	snprintf(command, sizeof(command), "ip address del " HERE "/24 dev %s", outside);
	EXPECT(system(command) == 0);
}

/* What RFC 1071 wants to be 0xFFFF. */
static uint32_t sum_words(const unsigned char *bytes, size_t length, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (length & 1)
		sum += (uint32_t)(bytes[length - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum;
}

void checksum__of_tcp_over_tagged_ipv6_adds_up(void)
{
	const uint16_t segment = sizeof(struct tcphdr) + PAYLOAD;
	struct ip6_hdr ip = {
		.ip6_flow = htonl(6U << 28), .ip6_plen = htons(segment),
		.ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64,
	};
	int vlans = packet_socket(outside, ETH_P_ALL), slice = open_slice(0), patience;
	unsigned char got[ROOM], *network = got;
	ssize_t length = 0;

	ip.ip6_src.s6_addr[0] = 0xFD;
	ip.ip6_dst.s6_addr[15] = 7;
	prepare(ROOM);
	pkts[0].length = 18 + sizeof(ip) + segment;
	make_frame(frames[0], pkts[0].length, ETH_P_8021Q, 0x5A);
	memcpy(frames[0] + 14, "\0\7\x86\xDD", 4);
	memcpy(frames[0] + 18, &ip, sizeof(ip));
	frames[0][18 + sizeof(ip) + 12] = 0x50;
	EXPECT(nsl_set_checksum(slice, NETSLICE_CHECKSUM_TRANSPORT) == 0);
	EXPECT(nsl_write(slice, pkts, 1) == 1);
	/* The receiving side keeps the tag apart. */
	for (patience = 0; patience < 100; patience++) {
		length = recv(vlans, got, sizeof(got), 0);
		network = got + (got[12] == 0x81 ? 18 : 14);
		if (length < 0 || !memcmp(network, &ip, sizeof(ip)))
			break;
	}
	EXPECT(length >= 14 + (ssize_t)sizeof(ip) + segment);
	EXPECT(sum_words(network + sizeof(ip), segment,
			 sum_words(network + 8, 32, IPPROTO_TCP + segment)) == 0xFFFF);
	close(vlans);
	close(slice);
}
