# shellcheck shell=sh
# Prints the counters of each port that is an argument: `PORT COUNTER N`. A port that is not there (a user-space driver
# has it) prints nothing. Nothing but the shell itself: on an emulated host each new process is felt.
for port do
	for counter in rx_packets tx_packets rx_bytes tx_bytes rx_dropped rx_errors rx_missed_errors rx_fifo_errors \
		rx_over_errors rx_crc_errors rx_frame_errors rx_length_errors rx_nohandler tx_dropped tx_errors tx_fifo_errors \
		tx_aborted_errors tx_carrier_errors collisions; do
		value=
		{ read -r value <"/sys/class/net/$port/statistics/$counter"; } 2>/dev/null || continue
		printf '%s %s %s\n' "$port" "$counter" "$value"
	done
done
