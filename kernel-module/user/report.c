// SPDX-License-Identifier: GPL-2.0
#include "report.h"

#include <inttypes.h>

/* An interface may be called anything without a slash, a colon or white space. */
static void print_string(FILE *stream, const char *text)
{
	const unsigned char *at;

	fputc('"', stream);
	for (at = (const unsigned char *)text; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(stream, "\\%c", *at);
		else if (*at < 0x20 || *at >= 0x7F)
			fprintf(stream, "\\u%04x", *at);
		else
			fputc(*at, stream);
	}
	fputc('"', stream);
}

static void print_count(FILE *stream, const char *separator, const char *name, uint64_t value)
{
	fprintf(stream, "%s\"%s\":%" PRIu64, separator, name, value);
}

static void print_stats(FILE *stream, const struct netslice_stats *stats)
{
	print_count(stream, "{", "rx_received", stats->rx_received);
	print_count(stream, ",", "rx_filtered", stats->rx_filtered);
	print_count(stream, ",", "rx_refused_gso", stats->rx_refused_gso);
	print_count(stream, ",", "rx_dropped_full", stats->rx_dropped_full);
	print_count(stream, ",", "rx_dropped_error", stats->rx_dropped_error);
	print_count(stream, ",", "rx_queued", stats->rx_queued);
	print_count(stream, ",", "rx_delivered", stats->rx_delivered);
	print_count(stream, ",", "rx_delivered_bytes", stats->rx_delivered_bytes);
	print_count(stream, ",", "rx_truncated", stats->rx_truncated);
	print_count(stream, ",", "rx_wakeups", stats->rx_wakeups);
	print_count(stream, ",", "queue_packets", stats->queue_packets);
	print_count(stream, ",", "queue_bytes", stats->queue_bytes);
	print_count(stream, ",", "tx_packets", stats->tx_packets);
	print_count(stream, ",", "tx_bytes", stats->tx_bytes);
	print_count(stream, ",", "tx_dropped", stats->tx_dropped);
	print_count(stream, ",", "tx_busy_waits", stats->tx_busy_waits);
	print_count(stream, ",", "tx_refused", stats->tx_refused);
	print_count(stream, ",", "tx_too_long", stats->tx_too_long);
	print_count(stream, ",", "tx_link_down", stats->tx_link_down);
	print_count(stream, ",", "tx_forwarded", stats->tx_forwarded);
	fputc('}', stream);
}

static void print_account(FILE *stream, const struct account *account)
{
	const struct tally *tally = &account->tally;

	print_count(stream, "{", "packets", tally->packets);
	print_count(stream, ",", "bytes", tally->bytes);
	print_count(stream, ",", "read_calls", tally->read_calls);
	print_count(stream, ",", "write_calls", tally->write_calls);
	print_count(stream, ",", "dropped_truncated", tally->dropped_truncated);
	print_count(stream, ",", "dropped_too_long", tally->dropped_too_long);
	print_count(stream, ",", "dropped_link_down", tally->dropped_link_down);
	print_count(stream, ",", "dropped_stopping", tally->dropped_stopping);
	fputs(",\"slice\":", stream);
	print_stats(stream, &account->stats);
	fputc('}', stream);
}

void report_print(FILE *stream, const char *in, const char *out, const struct account *forward,
		  const struct account *reverse)
{
	fputs("{\"in\":", stream);
	print_string(stream, in);
	fputs(",\"out\":", stream);
	print_string(stream, out);
	fputs(",\"forward\":", stream);
	print_account(stream, forward);
	fputs(",\"reverse\":", stream);
	print_account(stream, reverse);
	fputs("}\n", stream);
}
