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
	# No counter, but only a port that is up tells. A driver that does not know says -1, some in 32 bits.
	value=
	{ read -r value <"/sys/class/net/$port/speed"; } 2>/dev/null
	case $value in
	'' | -* | 0 | 4294967295) ;;
	*) printf '%s speed_mbps %s\n' "$port" "$value" ;;
	esac
done
