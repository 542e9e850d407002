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
nsb_ticks
perf stat -x, -a -e "$nsb_events" -- sh -c 'echo "nsb-perf counting"; timeout 3600 head -n 1 >/dev/null' 2>&1
nsb_status=$?
nsb_ticks
echo "nsb-perf status $nsb_status"
