# shellcheck shell=sh
# Counts what all CPUs of this host do, from the answer to the next line of input on. EVENTS that are not known here are
# left out, so that those are counted that are. Says `nsb-perf WORD`, and prints what perf prints.
LC_ALL=C
export LC_ALL
command -v perf >/dev/null || {
	echo "nsb-perf missing"
	exit 0
}
# nsb_knows EVENT: whether perf and the CPU do. What is only forbidden comes to light when it counts.
nsb_knows() {
	said=$(perf stat -x, -a -e "$1" -- true 2>&1) || ! echo "$said" | grep -q "parser error\|event syntax error"
}
# nsb_first EVENT...: the first of them that is known.
nsb_first() {
	for event; do
		! nsb_knows "$event" || {
			echo ",$event"
			return
		}
	done
}
events=instructions,cycles$(nsb_first l2_rqsts.miss l2_cache_req_stat.ic_dc_miss_in_l2 l2d_cache_refill)$(nsb_first LLC-load-misses cache-misses)
# The shell that perf runs is what it counts for: until there is a line, or nobody there to write one; for an hour where nobody hears of that.
perf stat -x, -a -e "$events" -- sh -c 'echo "nsb-perf counting"; timeout 3600 head -n 1 >/dev/null' 2>&1
echo "nsb-perf status $?"
