# shellcheck shell=sh
# Follows this host's kernel log until standard input ends, or brings no line for a minute: whatever became of the
# controller, nothing stays behind. POSIX sh; needs coreutils or busybox.
#
# Prints `nsb last LINE`, the newest line there is, and `nsb up SECONDS`, to tell old from new by; `nsb unreadable` where
# the log cannot be read; `nsb begin`; then all of the log as /dev/kmsg has it; `nsb end`, when nothing runs any more.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

nsb_follow() {
	trap 'kill $! 2>/dev/null; wait; exit 0' TERM
	while :; do
		cat /dev/kmsg 2>/dev/null &
		# It ends where the log was faster than its reader. What is left is read again; lines have numbers.
		wait $!
		sleep 1
	done
}

dmesg 2>/dev/null | sed -n '$s/^/nsb last /p'
sed -n 's/^\([0-9.]*\).*/nsb up \1/p' /proc/uptime
if (: </dev/kmsg) 2>/dev/null; then
	nsb_follow </dev/null &
else
	echo "nsb unreadable"
	: &
fi
nsb_follower=$!
echo "nsb begin"
while timeout 60 sh -c 'read -r nsb_heartbeat'; do :; done
kill "$nsb_follower" 2>/dev/null
wait "$nsb_follower"
echo "nsb end"
exit 0
