# shellcheck shell=sh
# Counts wake-ups, context switches and the like on all CPUs of this host, from the answer to the next line of input on. What
# the kernel or the CPU does not know is left out. Says `nsb-perf WORD`, and prints what perf prints.
LC_ALL=C
export LC_ALL
command -v perf >/dev/null || {
	echo "nsb-perf missing"
	exit 0
}
nsb_events=
for event in sched:sched_wakeup sched:sched_switch irq:softirq_entry lock:contention_begin instructions cycles \
	l2_rqsts.miss l2_cache_req_stat.ic_dc_miss_in_l2 l2d_cache_refill LLC-load-misses cache-misses branch-misses; do
	! said=$(perf stat -x, -a -e "$event" -- true 2>&1) || case $said in
	[0-9]*) nsb_events=$nsb_events${nsb_events:+,}$event ;;
	esac
done
if [ -z "$nsb_events" ]; then
	echo "nsb-perf nothing"
	exit 0
fi
# What CPUs did since boot, in ticks: user nice system idle iowait irq softirq steal.
nsb_ticks() {
	sed -n 's/^cpu  /nsb-ticks /p' /proc/stat
}
# How long locks were waited for and softirqs took is between two events, which are written down where the kernel has both.
nsb_pairs=
nsb_offers() {
	perf stat -x, -a -e "$1" -e "$2" -- true >/dev/null 2>&1 && nsb_pairs=$nsb_pairs${nsb_pairs:+,}$1,$2
}
nsb_offers lock:contention_begin lock:contention_end
nsb_offers irq:softirq_entry irq:softirq_exit
nsb_dir=$(mktemp -d) || exit 1
trap 'rm -rf "$nsb_dir"' EXIT
trap 'exit 1' HUP INT TERM
nsb_record() {
	if [ -n "$nsb_pairs" ]; then
		perf record -q -a -m 1024 -k CLOCK_MONOTONIC -e "$nsb_pairs" -o "$nsb_dir/data" -- "$@" 2>"$nsb_dir/said"
	else
		"$@"
	fi
}
nsb_ticks
# What happens while both begin and end is not counted by the one, and is left out of the other.
# shellcheck disable=SC2016 # that shell expands it
nsb_record perf stat -x, -a -e "$nsb_events" -o "$nsb_dir/counts" -- sh -c '
	read -r from _ </proc/uptime
	echo "nsb-perf counting"
	timeout 3600 head -n 1 >/dev/null
	read -r until _ </proc/uptime
	echo "$from $until" >"$0/span"' "$nsb_dir"
nsb_status=$?
nsb_ticks
cat "$nsb_dir/counts"
[ "$nsb_status" -eq 0 ] || cat "$nsb_dir/said"
# A wait is a program's, on a CPU that is idle that CPU's; waits may be within waits, as a softirq's within its program's.
[ "$nsb_status" -ne 0 ] || [ -z "$nsb_pairs" ] || perf script --ns -F tid,cpu,time,event -i "$nsb_dir/data" 2>"$nsb_dir/said" |
	awk -v span="$(cat "$nsb_dir/span")" '
	BEGIN { split(span, limit, " ") }
	{
		who = $1 == 0 ? $2 : $1
		at = $3 + 0
		event = $4
		sub(/:$/, "", event)
		if (at < limit[1] || at > limit[2])
			next
	}
	event == "lock:contention_begin" { begun[who, ++depth[who]] = at }
	event == "lock:contention_end" && depth[who] > 0 { waited += at - begun[who, depth[who]--]; waits++ }
	event == "irq:softirq_entry" { since[$2] = at }
	event == "irq:softirq_exit" && $2 in since { soft += at - since[$2]; softs++; delete since[$2] }
	END { printf "nsb-took %d %.9f %d %.9f\n", waits, waited, softs, soft }'
# The time of what was lost is not known.
! grep -q -i -s lost "$nsb_dir/said" || echo "nsb-lost"
echo "nsb-pairs $nsb_pairs"
echo "nsb-perf status $nsb_status"
