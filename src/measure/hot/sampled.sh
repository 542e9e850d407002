# shellcheck shell=sh disable=SC2154 # nsb_hz is set before
# Looks nsb_hz times a second where each CPU of this host is, from the answer to the next line of input on, and prints every
# look with its call chain. Says `nsb-perf WORD`.
LC_ALL=C
export LC_ALL
command -v perf >/dev/null || {
	echo "nsb-perf missing"
	exit 0
}
# A kernel that hides its addresses gives zeros, from which no function can be told.
if ! grep -q -m 1 '^0*[1-9a-f][0-9a-f]* ' /proc/kallsyms; then
	echo "nsb-perf hidden"
	exit 0
fi
# A CPU that cannot count its cycles, as most virtual ones cannot, has a timer.
event=cpu-clock
case $(perf stat -x, -a -e cycles -- true 2>&1) in
[0-9]*,cycles* | *[0-9],,cpu_*/cycles/*) event=cycles ;;
esac
nsb_dir=$(mktemp -d) || exit 1
trap 'rm -rf "$nsb_dir"' EXIT
trap 'exit 1' HUP INT TERM
# The shell that perf runs is what it looks for: until there is a line, or nobody there to write one; for an hour where nobody hears of that.
# shellcheck disable=SC2016 # that shell expands it
perf record -q -a -g -F "$nsb_hz" -e "$event" -k CLOCK_MONOTONIC -o "$nsb_dir/data" -- \
	sh -c 'read -r uptime _ </proc/uptime; echo "nsb-perf counting '"$event"' $uptime"; timeout 3600 head -n 1 >/dev/null' 2>&1
nsb_status=$?
if [ "$nsb_status" -eq 0 ]; then
	echo "nsb-perf samples"
	perf script -i "$nsb_dir/data" -F comm,cpu,time,event,ip,sym,symoff,dso 2>"$nsb_dir/said"
	nsb_status=$?
	[ "$nsb_status" -eq 0 ] || cat "$nsb_dir/said"
	# Where it cannot read their files, perf takes modules for the kernel.
	echo "nsb-perf modules"
	grep -i ' [tw] .*]$' /proc/kallsyms
fi
echo "nsb-perf status $nsb_status"
