// SPDX-License-Identifier: GPL-2.0
#include "libnetslice.h"

#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int nsl_open(int flags)
{
	return open(NETSLICE_DEVICE, O_RDWR | O_CLOEXEC | flags);
}

int nsl_attach(int slice, const char *rx, const char *tx, int kernel_cpu, int user_cpu)
{
	struct netslice_attach request = {
		.size = sizeof(request),
		.version = NETSLICE_ABI_VERSION,
		.rx_ifindex = if_nametoindex(rx),
		.tx_ifindex = if_nametoindex(tx),
		.kernel_cpu = kernel_cpu,
		.user_cpu = user_cpu,
	};

	/* The kernel knows no port 0 and says ENODEV, whatever errno was here. */
	return ioctl(slice, NETSLICE_ATTACH, &request);
}

ssize_t nsl_read(int slice, struct netslice_pkt *pkts, size_t count)
{
	return read(slice, pkts, count);
}

ssize_t nsl_write(int slice, const struct netslice_pkt *pkts, size_t count)
{
	return write(slice, pkts, count);
}

int nsl_set_cpus(int slice, int kernel_cpu, int user_cpu)
{
	struct netslice_cpus request = {
		.size = sizeof(request),
		.version = NETSLICE_ABI_VERSION,
		.kernel_cpu = kernel_cpu,
		.user_cpu = user_cpu,
	};

	return ioctl(slice, NETSLICE_SET_CPUS, &request);
}

int nsl_set_checksum(int slice, enum netslice_checksum_mode mode)
{
	struct netslice_checksum request = {
		.size = sizeof(request),
		.version = NETSLICE_ABI_VERSION,
		.mode = mode,
	};

	return ioctl(slice, NETSLICE_SET_CHECKSUM, &request);
}

int nsl_attach_filter(int slice, const struct sock_filter *instructions, uint32_t count)
{
	struct netslice_filter request = {
		.size = sizeof(request),
		.version = NETSLICE_ABI_VERSION,
		.count = count,
		.instructions = (uint64_t)(uintptr_t)instructions,
	};

	return ioctl(slice, NETSLICE_ATTACH_FILTER, &request);
}

int nsl_detach_filter(int slice)
{
	return ioctl(slice, NETSLICE_DETACH_FILTER);
}

int nsl_get_info(int slice, struct netslice_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->version = NETSLICE_ABI_VERSION;
	return ioctl(slice, NETSLICE_GET_INFO, info);
}

int nsl_get_stats(int slice, struct netslice_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->size = sizeof(*stats);
	stats->version = NETSLICE_ABI_VERSION;
	return ioctl(slice, NETSLICE_GET_STATS, stats);
}

int nsl_rings_open(struct nsl_rings *rings, int slice, uint32_t rx_room, uint32_t tx_room,
		   uint32_t tx_entries)
{
	struct netslice_ring_setup *shape = &rings->shape;
	unsigned char *memory;

	memset(rings, 0, sizeof(*rings));
	shape->size = sizeof(*shape);
	shape->version = NETSLICE_ABI_VERSION;
	shape->rx_room = rx_room;
	shape->tx_room = tx_room;
	shape->tx_entries = tx_entries;
	if (ioctl(slice, NETSLICE_RING_SETUP, shape) < 0)
		return -1;
	memory = mmap(NULL, shape->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, slice, 0);
	if (memory == MAP_FAILED)
		return -1;
	rings->slice = slice;
	rings->memory = memory;
	rings->rx_producer = (const uint32_t *)(memory + shape->rx_producer);
	rings->rx_consumer = (uint32_t *)(memory + shape->rx_consumer);
	rings->tx_producer = (uint32_t *)(memory + shape->tx_producer);
	rings->tx_consumer = (const uint32_t *)(memory + shape->tx_consumer);
	rings->rx_descs = (const struct netslice_rx_desc *)(memory + shape->rx_descs);
	rings->tx_descs = (struct netslice_tx_desc *)(memory + shape->tx_descs);
	return 0;
}

void nsl_rings_close(struct nsl_rings *rings)
{
	munmap(rings->memory, rings->shape.map_size);
	rings->memory = NULL;
}

int nsl_rings_sync(struct nsl_rings *rings, bool wait)
{
	/* The orders first: the kernel looks at them before it takes the frames back. */
	__atomic_store_n(rings->tx_producer, rings->tx_next, __ATOMIC_RELEASE);
	__atomic_store_n(rings->rx_consumer, rings->rx_next, __ATOMIC_RELEASE);
	return ioctl(rings->slice, NETSLICE_RING_SYNC, wait ? NETSLICE_SYNC_WAIT : 0);
}
