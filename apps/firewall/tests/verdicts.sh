#!/bin/sh
# Compares the verdicts of firewalls on real frames with those of the engine alone: verdicts.sh FRONT...
#
#     near -- in [the firewall] out -- far
#
# FRONT is nft (the kernel's bridge, filtering by the same rules), netslice-classic, netslice-splice, netslice-ring, netmap, or dpdk
# (by libpcap). Frames by chance, whole and malformed, are sent into `near`; those that arrive at `far` have to be those that
# firewall-pcap accepts of the capture of what was sent. The same seed makes the same frames, so that all fronts judge one capture.
# FRAMES is how many frames a file of rules meets, 20,000 without it. Malformed ones we drop, whatever the kernel does.
#
# Programs and modules are looked for in DIR, without it in apps/firewall. As root, or where users may have namespaces.
set -eu
home=$(cd "$(dirname "$0")" && pwd)
: "${DIR:=$(dirname "$home")}" "${FRAMES:=20000}"
export DIR FRAMES
if [ "${1-}" != inside ]; then
	map=
	[ "$(id -u)" -eq 0 ] || map=--map-root-user
	# shellcheck disable=SC2086 # nothing, or one option
	unshare $map --net true 2>/dev/null || { echo "skipped: this user may have no network namespace"; exit 0; }
	# shellcheck disable=SC2086
	exec unshare $map --net "$0" inside "$@"
fi
shift
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d)
pid='' module='' passed=0 failed=0
# shellcheck source=apps/firewall/tests/fronts.sh
. "$home/fronts.sh"
trap 'stop_front || :; rm -rf "$dir"' EXIT
trap 'exit 130' HUP INT PIPE TERM

# say WHETHER CLAIM WHAT
say() {
	if [ "$1" = 0 ]; then
		echo "ok $2: $3"
		passed=$((passed + 1))
	else
		echo "FAILED $2: $3"
		failed=$((failed + 1))
		[ ! -s "$dir/log" ] || tail -n 5 "$dir/log"
	fi
}

# judge: what arrived beside what firewall-pcap says. What the kernel makes of malformed frames is its own affair.
judge() {
	awk -v front="$front" '
		NR == FNR { arrived[$1] = 1; next }
		{ ours = $2 == "accept"; count[$2]++; came = ($1 in arrived) }
		$3 == "malformed" { malformed++; if (ours || (came && front != "nft")) bad = bad "\n" $0; next }
		ours != came { bad = bad "\nframe " $0 ", and " front " " (came ? "accepts" : "drops") }
		END {
			enough = NR / 60
			printf "%d accepted, %d dropped, %d of them malformed", count["accept"], count["drop"], malformed
			if (bad != "") print substr(bad, 1, 600)
			exit bad != "" || count["accept"] < enough || count["drop"] - malformed < enough || malformed < enough
		}' "$dir/arrived" "$dir/verdicts"
}

# send SIDE FROM TO SEED: frames through the front, and the capture of them through the engine.
send() {
	status=0
	"$DIR/wire" "$2" "$3" "$dir/sent.pcap" "$FRAMES" "$4" ${kinds:+"$kinds"} >"$dir/numbers" 2>"$dir/wire.log" || status=1
	sort -n "$dir/numbers" >"$dir/arrived"
	"$DIR/firewall-pcap" "$dir/rules" "$dir/sent.pcap" "$1" >"$dir/verdicts" 2>/dev/null || status=1
	if [ $status -eq 0 ]; then said=$(judge) || status=1; else said=$(cat "$dir/wire.log"); fi
}

# compare NAME SIDE FROM TO SEED: with the rules on standard input.
compare() {
	cat >"$dir/rules"
	start_front || { say 1 "${front}__starts" "it did not"; return; }
	send "$2" "$3" "$4" "$5"
	say $status "${front}__has_the_same_verdicts_$1" "$said"
	stop_front || say 1 "${front}__ends_well" "it did not"
}

# What every front meets; then, of ours alone, what the kernel judges by other rules: two tags, and later fragments.
all_rules() {
	kinds=
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
	[ "$front" != nft ] || return 0
	kinds=all
	compare on_tags_and_fragments_with_connections i near far 4 <<-'RULES'
		default drop
		accept tcp to any port 80 keep
		accept udp to any port 53 keep
		accept icmp
		accept icmp6
		accept protocol 6 from 10.0.0.0/8
	RULES
}

# Both files have the same verdicts; a third is broken. Not one frame may meet another fate, and none may be lost.
rules_while_frames_pass() {
	printf 'default drop\naccept tcp\naccept icmp6\n' >"$dir/one"
	printf 'default accept\ndrop udp\ndrop icmp\naccept tcp\naccept icmp6\ndrop ip\ndrop ip6\n' >"$dir/two"
	printf 'default drop\naccept tcp prot 80\n' >"$dir/broken"
	kinds=''
	cp "$dir/one" "$dir/rules"
	start_front || { say 1 "${front}__starts" "it did not"; return; }
	: >"$dir/go"
	new_rules_all_the_time &
	changer=$!
	kinds=all send i near far 5
	rm "$dir/go"
	wait $changer || say 1 "${front}__takes_new_rules" "not whenever it was told to"
	say $status "${front}__loses_nothing_to_new_rules" "$said, $(generation) generations"
	[ "$(generation)" -ge 3 ] || say 1 "${front}__takes_new_rules" "there were $(generation) generations"
	broken_rules_change_nothing
	stop_front || say 1 "${front}__ends_well" "it did not"
}

# The engine judges the capture by $dir/rules, which stay what they are meanwhile. Each file is waited for, so that no two
# signals merge into one, and none is on its way at the end.
new_rules_all_the_time() {
	new=$(generation)
	while :; do
		for file in two one; do
			cp "$dir/$file" "$dir/next" && mv "$dir/next" "$dir/in_force"
			kill -HUP "$pid"
			new=$((new + 1))
			wait_for "generation $new\$" || return
		done
		[ -e "$dir/go" ] || return 0
	done
}

broken_rules_change_nothing() {
	before=$(generation)
	cp "$dir/broken" "$dir/in_force"
	kill -HUP "$pid"
	wait_for 'stay as they were' || { say 1 "${front}__tells_of_broken_rules" "it did not"; return; }
	said=$(grep -c 'in_force:2:12: ' "$dir/log") || :
	[ "$said" = 1 ] && [ "$(generation)" = "$before" ]
	say $? "${front}__tells_of_broken_rules" "$(grep 'in_force:2:' "$dir/log" | tail -n 1)"
	FRAMES=$((FRAMES / 4)) send i near far 6
	say $status "${front}__keeps_its_rules_when_the_file_is_broken" "$said"
	printf 'default drop\naccept udp\n' >"$dir/rules"
	cp "$dir/rules" "$dir/in_force"
	kill -HUP "$pid"
	wait_for "rules: 1, generation $((before + 1))" || { say 1 "${front}__takes_new_rules" "it did not"; return; }
	FRAMES=$((FRAMES / 4)) send i near far 7
	say $status "${front}__judges_by_the_new_rules" "$said"
}

for front; do
	open_front || continue
	all_rules
	[ "$front" = nft ] || rules_while_frames_pass
	case $front in netslice-*) queue_that_is_full ;; esac
	close_front
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
