// SPDX-License-Identifier: GPL-2.0
#include "../pure/abi_check.h"
#include "check.h"

static void nsl_abi_check__accepts_the_present_layout(void)
{
	CHECK_EQUAL(nsl_abi_check(24, NETSLICE_ABI_VERSION, 24, 0), 0);
}

static void nsl_abi_check__refuses_other_sizes(void)
{
	CHECK_EQUAL(nsl_abi_check(0, NETSLICE_ABI_VERSION, 24, 0), -EINVAL);
	CHECK_EQUAL(nsl_abi_check(23, NETSLICE_ABI_VERSION, 24, 0), -EINVAL);
	CHECK_EQUAL(nsl_abi_check(25, NETSLICE_ABI_VERSION, 24, 0), -EINVAL);
	CHECK_EQUAL(nsl_abi_check(0xFFFFFFFF, NETSLICE_ABI_VERSION, 24, 0), -EINVAL);
}

static void nsl_abi_check__refuses_other_versions(void)
{
	CHECK_EQUAL(nsl_abi_check(24, 0, 24, 0), -EPROTONOSUPPORT);
	CHECK_EQUAL(nsl_abi_check(24, NETSLICE_ABI_VERSION + 1, 24, 0), -EPROTONOSUPPORT);
}

static void nsl_abi_check__refuses_any_reserved_bit(void)
{
	CHECK_EQUAL(nsl_abi_check(24, NETSLICE_ABI_VERSION, 24, 1), -EINVAL);
	CHECK_EQUAL(nsl_abi_check(24, NETSLICE_ABI_VERSION, 24, 1ULL << 63), -EINVAL);
}

/* 32-bit programs use the same layout, so no field may be padded into place. */
static void netslice_abi__has_no_padding(void)
{
	CHECK_EQUAL(sizeof(struct netslice_pkt), 8 + 2 * 4);
	CHECK_EQUAL(sizeof(struct netslice_attach), 6 * 4 + 2 * 8);
	CHECK_EQUAL(sizeof(struct netslice_cpus), 4 * 4 + 8);
	CHECK_EQUAL(sizeof(struct netslice_info), 10 * 4 + 2 * NETSLICE_NAME_SIZE + 2 * 8);
	CHECK_EQUAL(sizeof(struct netslice_checksum), 4 * 4);
	CHECK_EQUAL(sizeof(struct netslice_filter), 4 * 4 + 8);
	CHECK_EQUAL(sizeof(struct netslice_stats), 2 * 4 + 16 * 8 + 4 * 8);
}

/* What is in the field cannot change: these numbers are compiled into programs. */
static void netslice_abi__keeps_its_numbers(void)
{
	CHECK_EQUAL(NETSLICE_ATTACH, 0x4028F001);
	CHECK_EQUAL(NETSLICE_GET_INFO, 0xC058F002);
	CHECK_EQUAL(NETSLICE_SET_CPUS, 0x4018F003);
	CHECK_EQUAL(NETSLICE_SET_CHECKSUM, 0x4010F004);
	CHECK_EQUAL(NETSLICE_ATTACH_FILTER, 0x4018F005);
	CHECK_EQUAL(NETSLICE_DETACH_FILTER, 0x0000F006);
	CHECK_EQUAL(NETSLICE_GET_STATS, 0xC0A8F007);
}

const struct test abi_check_tests[] = {
	TEST(nsl_abi_check__accepts_the_present_layout),
	TEST(nsl_abi_check__refuses_other_sizes),
	TEST(nsl_abi_check__refuses_other_versions),
	TEST(nsl_abi_check__refuses_any_reserved_bit),
	TEST(netslice_abi__has_no_padding),
	TEST(netslice_abi__keeps_its_numbers),
	TESTS_END,
};
