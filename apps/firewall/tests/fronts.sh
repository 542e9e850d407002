# shellcheck shell=sh disable=SC2154
# Fronts of the firewall between `in` and `out`, for verdicts.sh, which sets $front, $dir, and $DIR.
#
# open_front and close_front are for all its files of rules: the ports and the module. start_front runs it with $dir/rules, of
# which it gets a copy, $dir/in_force; stop_front ends it.

skip() {
	echo "skipped: $front: $1"
	return 1
}

# make_ports: what is near and far here is the wire's; `in` and `out` are the firewall's. No neighbours are looked for on any.
make_ports() {
	for pair in "near in" "far out"; do
		# shellcheck disable=SC2086 # two names
		set -- $pair
		ip link add "$1" type veth peer name "$2"
		for port; do
			[ ! -e "/proc/sys/net/ipv6/conf/$port" ] || echo 1 >"/proc/sys/net/ipv6/conf/$port/disable_ipv6"
			ip link set "$port" promisc on up
		done
	done
}

# insert MODULE PARAMETER...
insert() {
	file=$DIR/$1.ko
	module=$1
	shift
	insmod "$file" "$@" || { module=''; return 1; }
}

open_front() {
	case $front in
	nft) command -v nft >/dev/null || { skip "nft is not installed (Debian: nftables)"; return; } ;;
	*) [ -x "$DIR/firewall-${front%%-*}" ] || { skip "there is no firewall-${front%%-*} in $DIR: make ${front%%-*}"; return; } ;;
	esac
	case $front in
	netslice-*)
		[ -e "$DIR/netslice.ko" ] || { skip "there is no netslice.ko in $DIR"; return; }
		insert netslice mode="${front#*-}" || return
		;;
	netmap)
		[ -e "$DIR/netmap.ko" ] || { skip "there is no netmap.ko in $DIR"; return; }
		insert netmap buf_num=16384 || return
		# Emulated, as a pair of virtual ports of the kernel's is no card that netmap has a driver for.
		echo 2 >/sys/module/netmap/parameters/admode
		;;
	esac
	make_ports
}

close_front() {
	for port in near far; do ip link delete "$port"; done
	[ -z "$module" ] || rmmod "$module"
	module=''
}

start_front() {
	cp "$dir/rules" "$dir/in_force"
	: >"$dir/log"
	case $front in
	nft) make_bridge && return ;;
	dpdk)
		# By libpcap: DPDK's packet sockets have the kernel put fragments together first.
		run_front env RUNTIME_DIRECTORY="$dir" "$DIR/firewall-dpdk" --no-pci --no-huge -m 64 --no-telemetry \
			--file-prefix "verdicts$$" --vdev net_pcap0,rx_iface_in=in,tx_iface=in \
			--vdev net_pcap1,rx_iface_in=out,tx_iface=out -- --in net_pcap0 --out net_pcap1 --name-in in --name-out out --rules "$dir/in_force" \
			--cpu-forward "$(($(nproc) - 1))"
		;;
	*) run_front "$DIR/firewall-${front%%-*}" --in in --out out --rules "$dir/in_force" ;;
	esac
}

run_front() {
	"$@" >"$dir/log" 2>&1 &
	pid=$!
	wait_for 'firewall: forwarding'
}

# soon COMMAND...: tries it until it succeeds. Tries are counted, not timed: a machine that stands still makes none.
soon() {
	tries=0
	until "$@"; do
		[ $tries -lt 200 ] || return 1
		sleep 0.05
		tries=$((tries + 1))
	done
}

has_said() { grep -q "$1" "$dir/log"; }

has_said_or_ended() { has_said "$1" || ! kill -0 "$pid"; }

# wait_for TEXT: in what the firewall says.
wait_for() {
	soon has_said_or_ended "$1" || :
	has_said "$1" && return
	echo "the firewall did not say \`$1\`:"
	cat "$dir/log"
	return 1
}

# generation: of the rules in force, as the firewall told last.
generation() { sed -n 's/^firewall: rules: .* generation //p' "$dir/log" | tail -n 1; }

stop_front() {
	if [ "$front" = nft ]; then
		ip link show bridge >/dev/null 2>&1 || return 0
		nft flush ruleset
		ip link delete bridge
		return
	fi
	[ -n "$pid" ] || return 0
	kill -INT "$pid" 2>/dev/null || :
	kill -CONT "$pid" 2>/dev/null || :
	ended=0
	wait "$pid" || ended=$?
	pid=''
	return $ended
}

make_bridge() {
	"$DIR/firewall-nft" "$dir/rules" firewall in out >"$dir/nft"
	ip link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0
	for port in in out; do
		ip link set "$port" master bridge
		ip link set dev "$port" type bridge_slave learning off
	done
	ip link set bridge up
	# Where a bridge hands its packets to iptables, it looks at checksums as well.
	for knob in /proc/sys/net/bridge/bridge-nf-call-*; do
		[ ! -e "$knob" ] || echo 0 >"$knob"
	done
	tries=0
	until [ "$(ip -details link show master bridge | grep -c "state forwarding")" = 2 ]; do
		[ $tries -lt 100 ] || { echo "the bridge does not forward"; return 1; }
		sleep 0.05
		tries=$((tries + 1))
	done
	nft -f "$dir/nft"
}

# is_stopped: all threads of the firewall are, so that none takes a frame any more.
is_stopped() { ! grep -q '^State:[[:space:]]*[^T[:space:]]' "/proc/$pid"/task/*/status; }

# sent: how many frames ever went into `near`. Not from /sys, which shows the ports of the namespace that mounted it.
sent() { awk '$1 == "near:" { print $11 }' /proc/net/dev; }

have_sent() { [ "$(sent)" -ge "$1" ]; }

# A slice of a firewall that is stopped drops what its queue has no room for, and the firewall tells how much.
queue_that_is_full() {
	printf 'default accept\n' >"$dir/rules"
	rmmod netslice
	insert netslice mode="${front#*-}" queue_len=64
	start_front || { say 1 "${front}__starts" "it did not"; return; }
	kill -STOP "$pid"
	soon is_stopped || say 1 "${front}__can_be_stopped" "it went on"
	before=$(sent)
	# Each sends 33 frames, and waits for the last.
	wires=
	for wire in 1 2 3; do
		"$DIR/wire" near far "$dir/sent.pcap.$wire" 32 1 >/dev/null 2>&1 &
		wires="$wires $!"
	done
	soon have_sent $((before + 99)) || say 1 "${front}__is_sent_all_of_it" "$(($(sent) - before)) of 99 frames"
	kill -CONT "$pid"
	kill -USR1 "$pid"
	wait_for '"generation":' || { say 1 "${front}__tells_its_counters" "it did not"; return; }
	dropped=$(sed -n 's/.*"framework":{"forward":{[^}]*"rx_dropped_full":\([0-9]*\),.*/\1/p' "$dir/log" | tail -n 1)
	[ "${dropped:-0}" -gt 0 ]
	say $? "${front}__tells_what_a_full_queue_dropped" "${dropped:-nothing} of 99"
	for wire in $wires; do
		kill "$wire" 2>/dev/null || :
		wait "$wire" || :
	done
	stop_front || say 1 "${front}__ends_well" "it did not"
}
