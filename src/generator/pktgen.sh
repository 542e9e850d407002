# pktgen SECONDS PACE SIZES [LINE PORT FROM TO MAC SOURCE SINK FLOWS]...
#
# Sends frames on all lines for SECONDS, PACE of them a second on each line or, where that is 0, as many as it can, and prints
# what the kernel says of each. SIZES is the bytes of every frame, or sizes and their percentages, which are mixed: "60,58
# 590,34 1514,8". On a line they go from the interface PORT and the address FROM to the address TO and the hardware address MAC,
# from FLOWS UDP ports from SOURCE on to the port SINK. A line has a CPU for each of its flows as far as there are CPUs.
#
# A frame is made once and sent BURST times in a row, where the driver takes one that is still being sent: making frames is most
# of the work. Frames of a mix are all made anew, as pktgen counts them by size when it makes them; so are those that are sent
# at a pace, which pktgen keeps by the frames it makes.
set -f
pg=/proc/net/pktgen
seconds=$1 pace=$2 sizes="pkt_size $3" size=$3 burst=32
case $3 in *,*)
	sizes="imix_weights $3" size=0 burst=1
	for part in $3; do
		size=$((size + ${part%,*} * ${part#*,}))
	done
	size=$((size / 100))
	;;
esac
[ "$pace" -eq 0 ] || burst=1
shift 3

tell() { # FILE COMMAND
	echo "$2" >"$pg/$1" && return
	echo "pktgen refused \`$2\` for $1: $(sed -n 's/^Result: //p' "$pg/$1")" >&2
	case $2 in imix_weights*) echo "hint: kernels before Linux 5.15 mix no sizes: send one size after another" >&2 ;; esac
	exit 1
}

total() {
	sum=0
	for device in $devices; do
		sum=$((sum + $(sed -n 's/^ *pkts-sofar: \([0-9]*\) .*/\1/p' "$pg/${device#*:}")))
	done
	echo "$sum"
}

echo reset >"$pg/pgctrl" || exit 1
cpus=$(find "$pg/" -name 'kpktgend_*' | sed 's/.*_//' | sort -n)
count=$(echo "$cpus" | wc -l)
most=$((count / ($# / 8)))
# Lines that share a CPU take turns only where they wait between frames; without, the kernel serves the first of them alone.
# A microsecond makes up soon for the time by which one begins earlier.
least=0
[ "$most" -ge 1 ] || most=1 least=1000
devices='' next=0
while [ $# -gt 0 ]; do
	line=$1 port=$2 from=$3 to=$4 mac=$5 source=$6 sink=$7 flows=$8
	shift 8
	threads=$((most < flows ? most : flows)) thread=0
	# From one frame of a thread to its next, in whole nanoseconds.
	delay=$least
	[ "$pace" -eq 0 ] || delay=$(((1000000000 * threads + pace / 2) / pace))
	while [ "$thread" -lt "$threads" ]; do
		device=$port@$thread
		tell "kpktgend_$(echo "$cpus" | sed -n "$((next % count + 1))p")" "add_device $device"
		# The highest port is one that is not used.
		for setting in "count 0" "delay $delay" "clone_skb 0" "$sizes" "flag QUEUE_MAP_CPU" \
			"src_min $from" "src_max $from" "dst_min $to" "dst_max $to" "dst_mac $mac" \
			"udp_src_min $((source + flows * thread / threads))" \
			"udp_src_max $((source + flows * (thread + 1) / threads))" \
			"udp_dst_min $sink" "udp_dst_max $sink"; do
			tell "$device" "$setting"
		done
		if [ "$burst" -gt 1 ] && ! echo "burst $burst" 2>/dev/null >"$pg/$device" && [ "$thread" -eq 0 ]; then
			echo "remark: line $line: the driver of $port takes no frame twice, so the source makes each anew, which is slower"
		fi
		devices="$devices $line:$device" next=$((next + 1)) thread=$((thread + 1))
	done
done

# Who starts it is held in the kernel until it ends, and a signal to that one ends it.
trap 'echo stop >"$pg/pgctrl"; wait; exit 143' TERM INT HUP
echo start >"$pg/pgctrl" &
starter=$! second=0 before=0
while :; do
	sleep 1 &
	wait $!
	second=$((second + 1))
	# Reading takes time of the CPU that sends: at the end, what it does not send then it could not catch up with.
	[ "$second" -lt "$seconds" ] || break
	now=$(total)
	echo "sending $(((now - before) * size * 8))"
	before=$now
done
echo stop >"$pg/pgctrl"
wait "$starter" || exit 1
echo "sending $((($(total) - before) * size * 8))"
for device in $devices; do
	echo "== line ${device%%:*} ${device#*:}"
	cat "$pg/${device#*:}" || exit 1
done
echo reset >"$pg/pgctrl"
