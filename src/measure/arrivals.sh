# shellcheck shell=sh
# nsb_arrivals BOUND LEAST TIME PORT...: waits until LEAST frames have come in at each port, BOUND seconds at most, and then
# for TIME seconds. Prints `PORT FRAMES`, those that came in all that time. POSIX sh: the shell's own commands and sleep.
nsb_arrivals() {
	nsb_bound=$1 nsb_least=$2 nsb_time=$3
	shift 3
	nsb_start=
	for nsb_port; do
		read -r nsb_count <"/sys/class/net/$nsb_port/statistics/rx_packets" || return 1
		nsb_start="$nsb_start$nsb_count "
	done
	# Tries are counted, not timed: while a host stands still, nothing can come, and waiting is not over.
	nsb_tries=$((nsb_bound * 10))
	while nsb_look "$@" && [ "$nsb_fewest" -lt "$nsb_least" ]; do
		if [ "$nsb_tries" -eq 0 ]; then
			printf '%s' "$nsb_said"
			return
		fi
		nsb_tries=$((nsb_tries - 1))
		sleep 0.1
	done
	sleep "$nsb_time"
	nsb_look "$@" && printf '%s' "$nsb_said"
}

# nsb_look PORT...: how many have come at each, and the fewest of that.
nsb_look() {
	nsb_left=$nsb_start nsb_fewest=$nsb_least nsb_said=
	for nsb_port; do
		read -r nsb_count <"/sys/class/net/$nsb_port/statistics/rx_packets" || return 1
		nsb_count=$((nsb_count - ${nsb_left%% *}))
		nsb_left=${nsb_left#* }
		[ "$nsb_count" -ge "$nsb_fewest" ] || nsb_fewest=$nsb_count
		nsb_said="$nsb_said$nsb_port $nsb_count
"
	done
}
