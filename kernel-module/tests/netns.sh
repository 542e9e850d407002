#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The module, loaded, and netslice-bridge between two network namespaces:
#
#      nsl-source                nsl-middle                  nsl-sink
#   +---------------+   +--------------------------+   +---------------+
#   |  198.18.77.1  |   |                          |   |  198.18.77.2  |
#   |      s0 o=====|===|==o m0  netslice-bridge   |   |               |
#   |               |   |                   m1 o===|===|==o k0         |
#   |  VLAN 7:      |   |                          |   |       VLAN 7: |
#   |  198.18.78.1  |   |    o a0 ====== a1 o      |   |   198.18.78.2 |
#   +---------------+   |      (tests/abi)         |   +---------------+
#                       +--------------------------+
#
# Run as root where the module may be loaded: tests/netns.sh [netslice.ko]
# All that depends on them runs for every mode and every wake-up policy, or for those
# named in MODES and WAKEUPS; and for mode classic with each of what the paper tried,
# or with the parameters named in ATTEMPTS. MODES= or ATTEMPTS= leaves them out.
# Needs ip, ping, ethtool, insmod, rmmod, dmesg and `make all tests`.
# Ends with `N passed, N failed`; exit status 0 only if none failed.

set -u

here=$(cd "$(dirname "$0")" && pwd)
module=${1:-$here/../netslice.ko}
bridge=$here/../user/netslice-bridge
transfer=$here/transfer
abi=$here/abi
work=$(mktemp -d)
out=$work/bridge.out
err=$work/bridge.err
pid=
passed=0
failed=0

# --- what tests are made of ---------------------------------------------------

# For the foreground only: behind a function, $! is a shell and not the program.
in_source() { ip netns exec nsl-source "$@"; }
in_middle() { ip netns exec nsl-middle "$@"; }
in_sink() { ip netns exec nsl-sink "$@"; }

now_ms() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# try TIMES COMMAND...: until it succeeds, 0.05 s from one try to the next. Counted, not
# timed: a machine that stands still for longer than we would wait has had one try.
try() {
	left=$1
	shift
	while ! "$@" 2>/dev/null; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.05
	done
}

check() {
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok     $name"
		grep '^skipped: ' "$work/log"
	else
		failed=$((failed + 1))
		echo "FAILED $name"
		sed 's/^/       | /' "$work/log"
	fi
}

cleanup() {
	drop_bridge
	for ns in nsl-source nsl-middle nsl-sink; do
		ip netns del "$ns" 2>/dev/null
	done
	rmmod netslice 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

wire() { # wire NAMESPACE PORT PEER-NAMESPACE PEER
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3" || return 1
	# Merged frames are refused, so nobody may send or make any.
	ip netns exec "$1" ethtool -K "$2" tso off gso off gro off >/dev/null || return 1
	ip netns exec "$3" ethtool -K "$4" tso off gso off gro off >/dev/null || return 1
	ip -n "$1" link set "$2" up && ip -n "$3" link set "$4" up
}

address() { # address NAMESPACE PORT NUMBER
	ip -n "$1" address add "198.18.77.$3/24" dev "$2" &&
		ip -n "$1" link add "$2.7" link "$2" type vlan id 7 &&
		ip -n "$1" address add "198.18.78.$3/24" dev "$2.7" &&
		ip -n "$1" link set "$2.7" up
}

build_net() {
	ip netns add nsl-source && ip netns add nsl-middle && ip netns add nsl-sink || return 1
	# Quiet ports: what the tests do not send is not counted.
	for ns in nsl-source nsl-middle nsl-sink; do
		ip netns exec "$ns" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
	done
	wire nsl-source s0 nsl-middle m0 && wire nsl-sink k0 nsl-middle m1 &&
		wire nsl-middle a0 nsl-middle a1 && address nsl-source s0 1 && address nsl-sink k0 2
}

mode=classic
wakeup=always
attempt= # one parameter more, or none
load() { insmod "$module" mode="$mode" wakeup="$wakeup" ${attempt:+"$attempt"} "$@"; }
load_short() { load queue_len=512; }
unload() { try 200 rmmod netslice; }

is_ready() { grep -qx 'netslice-bridge: forwarding m0 <-> m1' "$out"; }

drop_bridge() { # one that a failed test left behind
	[ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null
	pid=
}

start_bridge() {
	drop_bridge
	ip netns exec nsl-middle "$bridge" --in m0 --out m1 "$@" >"$out" 2>"$err" &
	pid=$!
	try 400 is_ready || { cat "$err"; return 1; }
}

# gone PID: is it no more? A zombie is gone; wait(1) tells its status later.
gone() { ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }

# stop_bridge SIGNAL STATUS: ends within a second (END_MS, for slow kernels), with that status
stop_bridge() {
	begun=$(now_ms)
	kill -s "$1" "$pid"
	bridge_ended || return 1
	took=$(($(now_ms) - begun))
	[ "$took" -lt "${END_MS:-1000}" ] || { echo "took $took ms"; return 1; }
	[ "$status" -eq "$2" ] || { echo "status $status"; cat "$err"; return 1; }
}

reports() { [ "$(grep -c '^{"in":"m0","out":"m1","forward":{' "$out")" -eq "$1" ]; }

# count FIELD: its value in both directions of the last report, added up
count() {
	tail -n 1 "$out" | tr ',{}' '\n' | awk -F: -v field="\"$1\"" '
		$1 == field { sum += $2; seen = 1 } END { if (!seen) exit 1; print sum }'
}

flood() {
	ip netns exec nsl-source ping -f -q 198.18.77.2 >/dev/null 2>&1 &
	flood=$!
}
end_flood() { kill "$flood" && wait "$flood" 2>/dev/null; }

# bridge_ended: by itself, soon; its status is then in $status
bridge_ended() {
	try 600 gone "$pid" || { echo 'still there'; return 1; }
	wait "$pid"
	status=$?
	pid=
}

pings() { in_source ping -c 5 -i 0.2 -W 2 -q "$1"; }

# --- the tests ------------------------------------------------------------------

refuses() { # refuses MESSAGE PARAMETER...
	message=$1
	shift
	if insmod "$module" "$@"; then
		rmmod netslice
		return 1
	fi
	dmesg | tail -n 5 | grep -q "$message"
}

parameter() { cat "/sys/module/netslice/parameters/$1"; }

describes_itself() {
	[ -s /sys/module/netslice/srcversion ] && [ -s /sys/module/netslice/version ] &&
		[ "$(parameter mode)" = "$mode" ] && [ "$(parameter wakeup)" = "$wakeup" ] &&
		[ "$(parameter queue_len)" = 512 ] || return 1
	case $(parameter optimize) in O2 | O3 | Os) ;; *) return 1 ;; esac
	[ -z "$attempt" ] || [ "$(parameter "${attempt%%=*}")" = "${attempt#*=}" ]
}

device_is_private() { [ "$(stat -c %a /dev/netslice)" = 600 ]; }

keeps_the_abi() { in_middle "$abi" a0 a1; }

transfers() { # transfers BYTES
	ip netns exec nsl-sink "$transfer" receive 9000 "$1" >"$work/receive" &
	receiver=$!
	try 200 grep -q listening "$work/receive" || return 1
	in_source "$transfer" send 198.18.77.2 9000 "$1"
	sent=$?
	wait "$receiver" && [ "$sent" -eq 0 ]
}

reports_on_request() {
	kill -s USR1 "$pid"
	try 200 reports 1 && pings 198.18.77.2
}

refuses_a_second_bridge() {
	in_middle "$bridge" --in m0 --out m1 >"$work/second" 2>&1
	[ $? -eq 1 ] && grep -q 'could not attach .m0. to .m1.:' "$work/second" &&
		grep -q '^hint: ' "$work/second" && pings 198.18.77.2
}

refuses_unknown_ports() {
	in_middle "$bridge" --in m0 --out nowhere >"$work/second" 2>&1
	[ $? -eq 1 ] && grep -q 'No such device' "$work/second"
}

is_held_by_the_bridge() { ! rmmod netslice; }

ends_well() { # ends_well SIGNAL REPORTS
	stop_bridge "$1" 0 && reports "$2"
}

# The policy `always` wakes for every frame, `sleeper` more seldom. At least one wakes somebody.
wakes_as_it_should() {
	case $wakeup in
	always) [ "$(count rx_wakeups)" -eq "$(count rx_queued)" ] ;;
	*) [ "$(count rx_wakeups)" -gt 0 ] && [ "$(count rx_wakeups)" -lt "$(count rx_queued)" ] ;;
	esac
}

counts_add_up() {
	tail -n 1 "$out"
	[ "$(count packets)" -gt 1000 ] &&
		[ "$(count packets)" -eq "$(count tx_packets)" ] &&
		[ "$(count rx_queued)" -eq "$(count packets)" ] &&
		[ "$(count rx_delivered)" -eq "$(count rx_queued)" ] &&
		[ "$(count dropped_truncated)" -eq 0 ] && wakes_as_it_should
}

nothing_passes() { ! in_source ping -c 2 -i 0.2 -W 1 -q 198.18.77.2; }

# has_refused: asks for a report, and looks at the last one, maybe that of the try before.
has_refused() { kill -s USR1 "$pid" && [ "$(count rx_refused_gso)" -gt 0 ]; }

refuses_merged_frames() {
	in_source ethtool -K s0 tso on gso on >/dev/null
	start_bridge || return 1
	# TCP gets through in the end, by single frames sent again; or it does not.
	ip netns exec nsl-sink "$transfer" receive 9001 100000 >"$work/receive" 2>&1 &
	receiver=$!
	try 200 grep -q listening "$work/receive" || return 1
	ip netns exec nsl-source "$transfer" send 198.18.77.2 9001 100000 >/dev/null 2>&1 &
	sender=$!
	try 200 has_refused
	kill "$sender" "$receiver" 2>/dev/null
	wait "$sender" "$receiver" 2>/dev/null
	in_source ethtool -K s0 tso off gso off >/dev/null
	stop_bridge INT 0 && [ "$(count rx_refused_gso)" -gt 0 ]
}

honours_cpus() {
	start_bridge --cpu-forward 0 --kernel-cpu-forward 0 --batch 1 || return 1
	# A virtual wire is received from on the CPU that sends.
	in_source taskset -c 0 ping -c 3 -i 0.2 -W 2 -q 198.18.77.2 && stop_bridge TERM 0
}

survives_a_link_flap() {
	start_bridge || return 1
	ip -n nsl-sink link set k0 down
	in_source ping -c 2 -i 0.2 -W 1 -q 198.18.77.2
	ip -n nsl-sink link set k0 up
	try 20 pings 198.18.77.2 && stop_bridge INT 0 && [ "$(count dropped_link_down)" -gt 0 ]
}

# Dies with frames in flight. The next one forwards at once, and nothing is held for the dead.
survives_kill() {
	start_bridge || return 1
	flood
	sleep 0.5
	drop_bridge
	start_bridge && in_source ping -c 3 -i 0.2 -W 2 -q 198.18.77.2
	result=$?
	end_flood
	[ "$result" -eq 0 ] && stop_bridge INT 0 && [ "$(cat /sys/module/netslice/refcnt)" -eq 0 ]
}

# Deletes a port in the middle of traffic, then the network is built anew.
notices_a_lost_port() {
	start_bridge || return 1
	flood
	sleep 0.5
	ip -n nsl-middle link del m1
	bridge_ended || return 1
	end_flood
	cat "$err"
	[ "$status" -eq 1 ] && grep -q 'interface .* is gone' "$err" && unload && load || return 1
	# The new sink has another address of hardware than the source remembers.
	wire nsl-sink k0 nsl-middle m1 && address nsl-sink k0 2 &&
		ip -n nsl-source neigh flush all
}

notices_a_moved_port() {
	start_bridge || return 1
	ip -n nsl-middle link set m1 netns nsl-sink
	bridge_ended || return 1
	ip -n nsl-sink link set m1 netns nsl-middle && ip -n nsl-middle link set m1 up
	[ "$status" -eq 1 ]
}

reloads_under_traffic() {
	flood
	result=0
	i=0
	while [ "$i" -lt 10 ]; do
		i=$((i + 1))
		if ! { start_bridge && sleep 0.2 && stop_bridge INT 0 && unload && load; }; then
			echo "cycle $i"
			result=1
			break
		fi
	done
	end_flood
	return "$result"
}

outlives_its_namespace() {
	start_bridge || return 1
	ip netns del nsl-middle
	ip netns del nsl-source
	ip netns del nsl-sink
	# The bridge keeps the namespace until it ends; the wires go with their peers.
	bridge_ended || return 1
	unload
}

log_is_clean() {
	dmesg | sed "1,/$mark/d" >"$work/dmesg"
	! grep -E 'BUG|WARNING|Oops|general protection|refcount|unregister_netdevice|Call Trace|leak' "$work/dmesg"
}

forwards_in_this_mode() {
	title="[$mode, $wakeup${attempt:+, $attempt}]"
	check "$title the module loads with parameters" load_short
	check "$title the module describes itself in sysfs" describes_itself
	check "$title the device is for root only" device_is_private
	check "$title the interface keeps its promises" keeps_the_abi
	check "$title the module unloads" unload
	check "$title the module loads" load
	check "$title without the bridge nothing passes" nothing_passes
	check "$title the bridge attaches and says so" start_bridge
	check "$title a ping passes" pings 198.18.77.2
	check "$title a tagged ping passes" pings 198.18.78.2
	check "$title a transfer passes unharmed" transfers 8000000
	check "$title a report is printed on SIGUSR1, and forwarding goes on" reports_on_request
	check "$title a second bridge on the ports is refused" refuses_a_second_bridge
	check "$title a bridge on a port that is not there is refused" refuses_unknown_ports
	check "$title the module cannot go while the bridge runs" is_held_by_the_bridge
	check "$title SIGINT ends the bridge within a second, with a report" ends_well INT 2
	check "$title the counters of the report add up" counts_add_up
	check "$title after the bridge nothing passes" nothing_passes
	check "$title merged frames are refused and counted" refuses_merged_frames
	check "$title CPUs are taken and a batch of one works" honours_cpus
	check "$title a link may go down and come back" survives_a_link_flap
	check "$title a bridge killed with frames in flight leaves nothing behind" survives_kill
	check "$title a port deleted under traffic ends the bridge" notices_a_lost_port
	check "$title a port moved to another namespace ends the bridge" notices_a_moved_port
	check "$title ten loads and unloads under traffic" reloads_under_traffic
	check "$title the module goes" unload
}

# --- the run ----------------------------------------------------------------------

[ "$(id -u)" -eq 0 ] || { echo 'netns.sh: must be root' >&2; exit 2; }
for file in "$module" "$bridge" "$transfer" "$abi"; do
	[ -e "$file" ] || { echo "netns.sh: no $file" >&2; exit 2; }
done
mark="netns.sh begins $$"
echo "$mark" >/dev/kmsg
build_net || { echo 'netns.sh: could not build the network' >&2; exit 2; }

for name in mode wakeup counters sleep; do
	check "an unknown $name is refused by name" refuses "unknown $name " "$name=bogus"
done
check 'a queue_len of zero is refused' refuses 'queue_len 0 is not within' queue_len=0
check 'batched counters are refused where there are none to batch' \
	refuses 'counters .batched. is for mode .classic. only' mode=splice counters=batched
check 'a sleep is refused where read() does not' \
	refuses 'is for modes that read() serves' mode=ring sleep=timeout
check 'the compiler is not chosen on loading' refuses 'make OPTIMIZE=O3' optimize=O3
for mode in ${MODES-classic splice ring}; do
	for wakeup in ${WAKEUPS:-always sleeper}; do
		forwards_in_this_mode
	done
done
mode=classic
wakeup=always
for attempt in ${ATTEMPTS-counters=batched sleep=timeout}; do
	forwards_in_this_mode
done
attempt=
check 'the module loads once more' load
check 'the end of the namespaces ends the bridge' outlives_its_namespace
check 'the kernel log is clean' log_is_clean

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
