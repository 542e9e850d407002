// SPDX-License-Identifier: GPL-2.0
#include "../pure/ring_layout.h"
#include "../pure/queue_count.h"
#include "check.h"

#define PAGE	4096U

static struct netslice_ring_setup asked(__u32 rx_room, __u32 tx_room, __u32 tx_entries)
{
	return (struct netslice_ring_setup){
		.rx_room = rx_room, .tx_room = tx_room, .tx_entries = tx_entries,
	};
}

static int layout(__u32 rx_room, __u32 tx_room, __u32 tx_entries)
{
	struct netslice_ring_setup setup = asked(rx_room, tx_room, tx_entries);

	return nsl_ring_layout(&setup, 4096, PAGE);
}

static void nsl_ring_layout__takes_its_bounds(void)
{
	CHECK_EQUAL(layout(NETSLICE_RING_ROOM_MIN, 0, NETSLICE_RING_TX_MIN), 0);
	CHECK_EQUAL(layout(NETSLICE_RING_ROOM_MIN, NETSLICE_RING_ROOM_MIN, 64), 0);
	CHECK_EQUAL(layout(NETSLICE_RING_ROOM_MAX, 0, NETSLICE_RING_TX_MAX), 0);
}

static void nsl_ring_layout__refuses_what_is_outside(void)
{
	CHECK_EQUAL(layout(0, 0, 64), -EINVAL);
	CHECK_EQUAL(layout(NETSLICE_RING_ROOM_MIN - 1, 0, 64), -EINVAL);
	CHECK_EQUAL(layout(NETSLICE_RING_ROOM_MAX + 1, 0, 64), -EINVAL);
	CHECK_EQUAL(layout(0xFFFFFFFF, 0, 64), -EINVAL);
	CHECK_EQUAL(layout(128, 1, 64), -EINVAL);
	CHECK_EQUAL(layout(128, 0xFFFFFFFF, 64), -EINVAL);
	CHECK_EQUAL(layout(128, 0, 0), -EINVAL);
	CHECK_EQUAL(layout(128, 0, 32), -EINVAL);
	CHECK_EQUAL(layout(128, 0, 96), -EINVAL);
	CHECK_EQUAL(layout(128, 0, 2 * NETSLICE_RING_TX_MAX), -EINVAL);
	CHECK_EQUAL(layout(128, 0, 0x80000000), -EINVAL);
}

static void nsl_ring_layout__refuses_a_mapping_beyond_all_measure(void)
{
	struct netslice_ring_setup setup = asked(NETSLICE_RING_ROOM_MAX, NETSLICE_RING_ROOM_MAX,
						 NETSLICE_RING_TX_MAX);

	CHECK_EQUAL(nsl_ring_layout(&setup, NSL_QUEUE_LEN_MAX, PAGE), -ENOMEM);
	CHECK(setup.map_size > NSL_RING_MAP_MAX);
}

static void nsl_ring_layout__keeps_indices_on_lines_of_their_own(void)
{
	struct netslice_ring_setup setup = asked(128, 0, 64);
	__u32 at[5];
	int i, j;

	CHECK_EQUAL(nsl_ring_layout(&setup, 4096, PAGE), 0);
	at[0] = setup.rx_producer;
	at[1] = setup.rx_consumer;
	at[2] = setup.tx_producer;
	at[3] = setup.tx_consumer;
	at[4] = setup.tx_flags;
	for (i = 0; i < 5; i++) {
		for (j = 0; j < i; j++)
			CHECK(at[i] / NETSLICE_RING_LINE != at[j] / NETSLICE_RING_LINE);
		CHECK(at[i] + sizeof(__u32) <= setup.rx_descs);
	}
}

/* Every area lies behind the one before it, and the last one in the mapping. */
static void areas_are_apart(const struct netslice_ring_setup *setup)
{
	CHECK(setup->rx_descs + setup->rx_entries * sizeof(struct netslice_rx_desc) <=
	      setup->tx_descs);
	CHECK(setup->tx_descs + setup->tx_entries * sizeof(struct netslice_tx_desc) <=
	      setup->rx_rooms);
	CHECK(setup->rx_rooms + (__u64)setup->rx_entries * setup->rx_stride <= setup->tx_rooms);
	CHECK(setup->tx_rooms + (__u64)setup->tx_entries * setup->tx_stride <= setup->map_size);
	CHECK(setup->rx_stride >= setup->rx_room && setup->tx_stride >= setup->tx_room);
	CHECK_EQUAL(setup->map_size % PAGE, 0);
	CHECK_EQUAL(setup->rx_rooms % PAGE, 0);
}

static void nsl_ring_layout__keeps_areas_apart(void)
{
	static const __u32 rooms[] = { 64, 65, 127, 128, 1536, 9280, 65535, 65536 };
	struct netslice_ring_setup setup;
	unsigned int i, j;
	__u32 queue_len;

	for (i = 0; i < 8; i++)
		for (j = 0; j < 8; j++)
			for (queue_len = NSL_QUEUE_LEN_MIN; queue_len < 5000; queue_len += 977) {
				setup = asked(rooms[i], j ? rooms[j] : 0, 64);
				CHECK_EQUAL(nsl_ring_layout(&setup, queue_len, PAGE), 0);
				CHECK(setup.rx_entries >= queue_len);
				areas_are_apart(&setup);
			}
}

static void nsl_ring_entries__is_the_next_power_of_two(void)
{
	CHECK_EQUAL(nsl_ring_entries(64), 64);
	CHECK_EQUAL(nsl_ring_entries(65), 128);
	CHECK_EQUAL(nsl_ring_entries(4096), 4096);
	CHECK_EQUAL(nsl_ring_entries(NSL_QUEUE_LEN_MAX), NSL_QUEUE_LEN_MAX);
	CHECK_EQUAL(nsl_ring_entries(1000000), NSL_QUEUE_LEN_MAX);
}

const struct test ring_layout_tests[] = {
	TEST(nsl_ring_layout__takes_its_bounds),
	TEST(nsl_ring_layout__refuses_what_is_outside),
	TEST(nsl_ring_layout__refuses_a_mapping_beyond_all_measure),
	TEST(nsl_ring_layout__keeps_indices_on_lines_of_their_own),
	TEST(nsl_ring_layout__keeps_areas_apart),
	TEST(nsl_ring_entries__is_the_next_power_of_two),
	TESTS_END,
};
