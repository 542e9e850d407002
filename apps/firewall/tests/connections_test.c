// SPDX-License-Identifier: MIT OR Apache-2.0
#include "check.h"
#include "connections.h"

#include <string.h>

static const uint32_t timeout_s[FW_TIMEOUTS] = { 60, 3600, 30, 30, 120, 30, 600 };

static struct fw_packet packet_of(uint8_t protocol, uint32_t client, uint8_t flags, bool answer)
{
	struct fw_packet packet = { .kind = FW_KIND_IP4, .has_ports = true, .tcp_flags = flags };
	struct fw_address one = { (uint64_t)client << 32, 0 };
	struct fw_address other = { 0xC000020100000000, 0 };

	packet.flow = (struct fw_flow){ .source = answer ? other : one,
					.destination = answer ? one : other,
					.source_port = answer ? 80 : 1024,
					.destination_port = answer ? 1024 : 80,
					.protocol = protocol, .kind = FW_KIND_IP4 };
	return packet;
}

static enum fw_connection look(struct fw_connections *table, uint8_t flags, bool answer,
			       uint64_t now_ms)
{
	struct fw_packet packet = packet_of(FW_TCP, 1, flags, answer);
	struct fw_origin origin;

	return fw_connections_look(table, &packet, answer ? FW_OUT : FW_IN, now_ms, 1, timeout_s,
				   &origin);
}

static void begin(struct fw_connections *table, uint8_t protocol, uint32_t client, uint64_t now_ms)
{
	struct fw_packet packet = packet_of(protocol, client, FW_TCP_SYN, false);

	CHECK(fw_connections_begin(table, &packet, FW_IN, now_ms, 1, timeout_s));
}

static void both_sides_are_known(void)
{
	struct fw_connections *table = fw_connections_new(100);
	struct fw_packet packet = packet_of(FW_TCP, 1, FW_TCP_SYN, false);
	struct fw_origin origin;

	check_test("connections__know_both_sides_at_their_ports_only");
	CHECK(look(table, FW_TCP_SYN, false, 0) == FW_CONNECTION_NONE);
	begin(table, FW_TCP, 1, 0);
	CHECK(look(table, FW_TCP_SYN, false, 0) == FW_CONNECTION_KNOWN);
	CHECK(look(table, FW_TCP_SYN | FW_TCP_ACK, true, 0) == FW_CONNECTION_KNOWN);
	/* The same packet at the other port is somebody else's. */
	CHECK(fw_connections_look(table, &packet, FW_OUT, 0, 1, timeout_s, &origin) ==
	      FW_CONNECTION_NONE);
	packet.flow.protocol = FW_UDP;
	CHECK(fw_connections_look(table, &packet, FW_IN, 0, 1, timeout_s, &origin) ==
	      FW_CONNECTION_NONE);
	CHECK(fw_connections_count(table) == 1);
	fw_connections_free(table);
}

static void silence_ends_them(void)
{
	struct fw_connections *table = fw_connections_new(100);
	int i;

	check_test("connections__end_after_the_timeout_of_their_state");
	begin(table, FW_TCP, 1, 0);
	CHECK(look(table, FW_TCP_SYN, false, 59999) == FW_CONNECTION_KNOWN);
	CHECK(look(table, FW_TCP_SYN, false, 59999 + 60000) == FW_CONNECTION_NONE);
	begin(table, FW_TCP, 1, 0);
	look(table, FW_TCP_SYN | FW_TCP_ACK, true, 1);
	look(table, FW_TCP_ACK, false, 2);
	CHECK(look(table, FW_TCP_ACK, true, 3599000) == FW_CONNECTION_KNOWN);
	look(table, FW_TCP_FIN | FW_TCP_ACK, true, 3600000);
	CHECK(look(table, FW_TCP_ACK, false, 3700000) == FW_CONNECTION_KNOWN);
	look(table, FW_TCP_FIN | FW_TCP_ACK, false, 3700000);
	CHECK(look(table, FW_TCP_ACK, true, 3729999) == FW_CONNECTION_KNOWN);
	/* Its ports again. */
	CHECK(look(table, FW_TCP_SYN, false, 3750000) == FW_CONNECTION_KNOWN);
	look(table, FW_TCP_SYN | FW_TCP_ACK, true, 3750000);
	look(table, FW_TCP_ACK, false, 3750000);
	CHECK(look(table, FW_TCP_RST, false, 7000000) == FW_CONNECTION_KNOWN);
	CHECK(look(table, FW_TCP_ACK, false, 7030000) == FW_CONNECTION_NONE);
	begin(table, FW_UDP, 1, 0);
	for (i = 0; i < 100; i++)
		fw_connections_sweep(table, 30001);
	CHECK(fw_connections_count(table) == 0);
	fw_connections_free(table);
}

/* Ten times as many as there is room for, none of which was answered; and one that was. */
static void the_table_is_bounded(void)
{
	struct fw_connections *table = fw_connections_new(1000);
	struct fw_packet packet;
	uint32_t i, refused = 0;

	check_test("connections__are_bounded_and_the_answered_ones_stay");
	begin(table, FW_TCP, 1, 0);
	look(table, FW_TCP_SYN | FW_TCP_ACK, true, 1);
	for (i = 2; i < 10000; i++) {
		packet = packet_of(FW_TCP, i, FW_TCP_SYN, false);
		refused += !fw_connections_begin(table, &packet, FW_IN, 2, 1, timeout_s);
		if (!CHECK(fw_connections_count(table) <= 1000))
			break;
	}
	CHECK(fw_connections_count(table) > 900);
	CHECK(refused < 10);
	CHECK(look(table, FW_TCP_ACK, false, 3) == FW_CONNECTION_KNOWN);
	CHECK(fw_connections_limit(table, 5000) == 1000);
	CHECK(fw_connections_limit(table, 10) == 10);
	fw_connections_free(table);
}

static void new_rules_ask_again(void)
{
	struct fw_connections *table = fw_connections_new(100);
	struct fw_packet packet = packet_of(FW_TCP, 1, FW_TCP_ACK, true);
	struct fw_origin origin;

	check_test("connections__of_old_rules_are_stale_until_confirmed");
	begin(table, FW_TCP, 1, 0);
	CHECK(fw_connections_look(table, &packet, FW_OUT, 1, 2, timeout_s, &origin) ==
	      FW_CONNECTION_STALE);
	CHECK(origin.from == FW_IN && origin.flow.destination_port == 80);
	fw_connections_confirm(table, &origin, 2);
	CHECK(fw_connections_look(table, &packet, FW_OUT, 1, 2, timeout_s, &origin) ==
	      FW_CONNECTION_KNOWN);
	CHECK(fw_connections_look(table, &packet, FW_OUT, 1, 3, timeout_s, &origin) ==
	      FW_CONNECTION_STALE);
	fw_connections_forget(table, &origin);
	CHECK(fw_connections_count(table) == 0);
	fw_connections_free(table);
}

static void errors_are_of_what_they_quote(void)
{
	struct fw_connections *table = fw_connections_new(100);
	struct fw_packet packet = { .kind = FW_KIND_IP4, .has_inner = true };
	struct fw_origin origin;

	check_test("connections__know_what_an_error_quotes_from_the_right_side_only");
	packet.inner = packet_of(FW_TCP, 1, 0, false).flow;
	CHECK(fw_connections_quoted(table, &packet, FW_OUT, 1, 1, &origin) == FW_CONNECTION_NONE);
	begin(table, FW_TCP, 1, 0);
	CHECK(fw_connections_quoted(table, &packet, FW_OUT, 1, 1, &origin) == FW_CONNECTION_KNOWN);
	CHECK(fw_connections_quoted(table, &packet, FW_IN, 1, 1, &origin) == FW_CONNECTION_NONE);
	fw_connections_free(table);
}

void connections_tests(void)
{
	both_sides_are_known();
	silence_ends_them();
	the_table_is_bounded();
	new_rules_ask_again();
	errors_are_of_what_they_quote();
}
