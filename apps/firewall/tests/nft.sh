#!/bin/sh
# Compares verdicts with nftables: frames by chance, whole and malformed, go through a bridge that filters by the same rules,
# and the capture of what was sent through firewall-pcap. Each frame must meet one fate, but for malformed ones: those we
# drop, whatever the kernel does.
#
#     near -- in [bridge: nftables] out -- far
set -eu
cd "$(dirname "$0")/.."
if [ "${1-}" != inside ]; then
	command -v nft >/dev/null || { echo "skipped: nft is not installed (Debian: nftables)"; exit 0; }
	map=
	[ "$(id -u)" -eq 0 ] || map=--map-root-user
	# shellcheck disable=SC2086 # nothing, or one option
	unshare $map --net true 2>/dev/null || { echo "skipped: this user may have no network namespace"; exit 0; }
	# shellcheck disable=SC2086
	exec unshare $map --net "$0" inside
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0

for pair in "near in" "far out"; do
	# shellcheck disable=SC2086 # two names
	set -- $pair
	ip link add "$1" type veth peer name "$2"
	ip link set "$1" up
done
ip link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0
for port in in out; do
	ip link set "$port" master bridge
	ip link set dev "$port" type bridge_slave learning off
	ip link set "$port" up
done
ip link set bridge up
# Where a bridge hands its packets to iptables, it looks at checksums as well.
for knob in /proc/sys/net/bridge/bridge-nf-call-*; do
	[ ! -e "$knob" ] || echo 0 >"$knob"
done
tries=0
until [ "$(ip -details link show master bridge | grep -c "state forwarding")" = 2 ]; do
	[ "$tries" -lt 100 ] || { echo "the bridge does not forward"; exit 1; }
	sleep 0.05
	tries=$((tries + 1))
done

# compare NAME SIDE FROM TO SEED: with the rules on standard input.
compare() {
	cat >"$dir/rules"
	./firewall-nft "$dir/rules" firewall in out >"$dir/nft"
	nft flush ruleset
	nft -f "$dir/nft"
	tests/wire "$3" "$4" "$dir/sent.pcap" 20000 "$5" | sort -n >"$dir/arrived"
	./firewall-pcap "$dir/rules" "$dir/sent.pcap" "$2" >"$dir/verdicts" 2>/dev/null
	if said=$(awk '
		NR == FNR { arrived[$1] = 1; next }
		{ ours = $2 == "accept"; count[$2]++; kernels = ($1 in arrived) }
		$3 == "malformed" { if (ours) bad = bad "\n" $0; malformed++; next }
		ours != kernels { bad = bad "\nframe " $0 ", and nftables " (kernels ? "accepts" : "drops"); wrong++ }
		END {
			printf "%d accepted, %d dropped, %d of them malformed", count["accept"], count["drop"], malformed
			if (bad != "") print substr(bad, 1, 600)
			exit bad != "" || count["accept"] < 1000 || count["drop"] - malformed < 1000 || malformed < 1000
		}' "$dir/arrived" "$dir/verdicts"); then
		echo "ok nftables__has_the_same_verdicts_$1: $said"
		passed=$((passed + 1))
	else
		echo "FAILED nftables__has_the_same_verdicts_$1: $said"
		failed=$((failed + 1))
	fi
}

compare with_a_few_rules i near far 1 <<-'RULES'
	default drop
	accept tcp from 10.0.0.0/8 to any port 1-100
	drop udp to any port 53-54
	accept udp
	accept icmp type 8
	accept icmp6 from fd00::/8
	accept tcp to fd00::2
RULES
compare that_let_the_rest_pass i near far 2 <<-'RULES'
	default accept
	accept tcp from any port 1024 to 192.0.2.0/24 port 80,443,8000-9000
	drop tcp
	drop ip6 from any to fd00::/64
	drop icmp
RULES
compare by_the_port_they_came_in_at o far near 3 <<-'RULES'
	default drop
	drop on out tcp to 192.0.2.1 port 80
	accept on in ip6
	accept on out udp
	accept protocol 6
	accept on out icmp6 type 128
RULES
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
