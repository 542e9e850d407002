# testpmd SECONDS SIZE DIRECTORY [LINE PORT FROM TO MAC SOURCE SINK]...
#
# Sends frames of SIZE bytes on all lines for SECONDS, and prints what testpmd says of each. On a line they go from the interface
# PORT, the address FROM and the UDP port SOURCE to the address TO, the hardware address MAC and the UDP port SINK. Each line
# has a testpmd, whose thread that sends has a CPU of its own as far as there are CPUs. They are told what to do through FIFOs in
# DIRECTORY, so that all begin together, however long each took to start. Should this script die, whoever gives the host back
# finds the processes in DIRECTORY/generator-testpmd-LINE.pid.
set -f
seconds=$1 size=$2 directory=$3
shift 3
lines='' ports='' pids='' numbers=''

quit() { # STATUS
	# shellcheck disable=SC2086 # the words are process numbers
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
	wait
	exit "$1"
}
# Nobody may be there any more to read what it says.
trap 'quit 143' TERM INT HUP PIPE

# Opened for reading as well: where testpmd is gone, nobody would read, and opening it would last for ever.
tell() { # LINE COMMAND
	echo "$2" 1<>"$directory/txonly-$1.fifo"
}

failed() { # LINE WHAT [HINT]
	echo "testpmd of line $1 $2; it said:" >&2
	grep -i 'could not\|cannot\|fail\|error' "$directory/txonly-$1.log" >&2 || tail -n 5 "$directory/txonly-$1.log" >&2
	[ -z "${3-}" ] || echo "hint: $3" >&2
	quit 1
}

await() { # LINE PID TEXT: until testpmd printed it
	tries=0
	until grep -qs "$3" "$directory/txonly-$1.log"; do
		if ! kill -0 "$2" 2>/dev/null; then
			wait "$2"
			status=$?
			hint=
			[ "$status" -ne 137 ] || hint="the kernel kills where memory runs out: it takes 85 MB a line, with frames of 9000 bytes 115"
			failed "$1" "ended with status $status" "$hint"
		fi
		[ "$tries" -lt 600 ] || failed "$1" "did not say \`$3\` within a minute"
		sleep 0.1
		tries=$((tries + 1))
	done
}

has_port() { # LINE PID TEXT
	grep -q "$3" "$directory/txonly-$1.log" || failed "$1" "has no port"
}

each() { # FUNCTION TEXT: for every line
	# shellcheck disable=SC2086 # the words are process numbers
	set -- "$1" "$2" $pids
	what=$1 text=$2
	shift 2
	for one in $lines; do
		"$what" "$one" "$1" "$text"
		shift
	done
}

tell_one() { # LINE PID COMMAND
	tell "$1" "$3"
}

now() { # hundredths of a second
	read -r uptime _ </proc/uptime
	time=${uptime%.*}${uptime#*.}
}

total() { # bytes that the ports have sent
	sum=0
	for port in $ports; do
		read -r sent <"/sys/class/net/$port/statistics/tx_bytes"
		sum=$((sum + sent))
	done
}

start() { # CPU: testpmd of the line at hand, in place of the shell
	exec 3>&-
	RUNTIME_DIRECTORY=$directory exec stdbuf -oL dpdk-testpmd -v --no-pci --no-huge -m $((24 + slot / 512)) --no-telemetry \
		--file-prefix "nsbench-txonly$line" --lcores "0@0,1@$1" \
		--vdev "net_af_packet0,iface=$port,blocksz=$page,framesz=$slot,qdisc_bypass=1" -- \
		--interactive --forward-mode=txonly --port-topology=loop --nb-cores=1 --total-num-mbufs=2048 \
		--mbuf-size=$((slot + 128)) --txpkts="$size" --tx-ip="$from,$to" --tx-udp="$source,$sink" --eth-peer="0,$mac" \
		>"$directory/txonly-$line.log" 2>&1
}

cpus=$(find /sys/devices/system/cpu/ -maxdepth 1 -name 'cpu[0-9]*' | sed 's/.*cpu//' | sort -n)
count=$(echo "$cpus" | wc -l)
# A slot of the socket's ring has room for a frame and what the kernel says of it, and its pages for one slot at least.
slot=2048
while [ "$slot" -lt $((size + 128)) ]; do slot=$((slot * 2)); done
page=$((slot > 4096 ? slot : 4096))
while [ $# -gt 0 ]; do
	line=$1 port=$2 from=$3 to=$4 mac=$5 source=$6 sink=$7
	shift 7
	fifo=$directory/txonly-$line.fifo
	# What an earlier one said would be taken for this one's.
	rm -f "$fifo" "$directory/txonly-$line.log"
	mkfifo "$fifo" || quit 1
	# Held open from here on: what is told to a FIFO that nobody has open is lost.
	exec 3<>"$fifo" || quit 1
	# CPU 0, where everything else is, comes last.
	cpu=$(echo "$cpus" | sed -n "$((line % count + 1))p")
	# Its driver numbers its sockets by process and interface, in a way by which two lines may come to the same number, which
	# the kernel refuses to the second.
	read -r index <"/sys/class/net/$port/ifindex" || quit 1
	while
		start "$cpu" <&3 &
		number=$(($! ^ index))
		case " $numbers " in *" $number "*) true ;; *) false ;; esac
	do
		kill -KILL $!
		wait $!
	done
	numbers="$numbers $number"
	read -r stat <"/proc/$!/stat" && echo "$! ${stat##*) }" >"$directory/generator-testpmd-$line.pid"
	pids="$pids $!" lines="$lines $line" ports="$ports $port"
done
# It answers when it takes commands.
each tell_one "show port summary all"
each await "Number of available ports"
each has_port "Number of available ports: 1"

total
before=$sum second=0
now
begun=$time
each tell_one start
while [ "$second" -lt "$seconds" ]; do
	sleep 1 &
	wait $!
	total
	second=$((second + 1))
	echo "sending $(((sum - before) * 8))"
	before=$sum
done
now
each tell_one stop
elapsed=$((time - begun))
each await "Accumulated forward statistics"
each tell_one quit
for line in $lines; do
	printf '\n== line %s\nelapsed %d.%02d\n' "$line" $((elapsed / 100)) $((elapsed % 100))
	sed -n '/packet forwarding - /,$p' "$directory/txonly-$line.log"
done
wait
