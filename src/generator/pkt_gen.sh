# pkt-gen SECONDS LOG WORD...
#
# Runs `pkt-gen WORD...` until it has sent for SECONDS, however long it takes to begin, and prints what it says: its rate once a
# second, and all else at the end. LOG is where that is kept meanwhile. It is ended as by Ctrl-C, upon which it says what it sent;
# should this script be killed, after a minute more by itself.
seconds=$1 log=$2
shift 2
# With a pace it begins up to two seconds after it said that it starts.
begun='sender_body .* frags'
rm -f "$log"
timeout -s KILL $((seconds + 60)) pkt-gen "$@" >"$log" 2>&1 &
pid=$!
trap 'kill -TERM $pid; exit 143' TERM INT HUP PIPE

runs() {
	kill -0 $pid 2>/dev/null
}

while runs && ! grep -qs "$begun" "$log"; do sleep 0.1; done
while runs && [ "$seconds" -gt 0 ]; do
	sleep 1 &
	wait $!
	grep ' bps in ' "$log" | tail -n 1
	seconds=$((seconds - 1))
done
kill -INT $pid 2>/dev/null
wait $pid
status=$?
grep -v ' bps in ' "$log"
exit $status
