# What every script of nsbench on a host begins with: waiting, daemons, and steps whose undo is on this host's disk
# before they change anything. POSIX sh; needs coreutils or busybox.

nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal
# Whether the coming step has a file to be fed with.
nsb_payload=no

# nsb_wait SECONDS CONDITION: polls until the condition holds.
nsb_wait() {
	nsb_left=$(($1 * 10))
	until eval "$2"; do
		nsb_left=$((nsb_left - 1))
		[ "$nsb_left" -gt 0 ] || return 1
		sleep 0.1
	done
}

# nsb_daemon_alive PIDFILE: the process that wrote the file is still there.
nsb_daemon_alive() {
	[ -s "$1" ] || return 1
	read -r nsb_pid nsb_stat <"$1"
	read -r nsb_now 2>/dev/null <"/proc/$nsb_pid/stat" || return 1
	nsb_now=${nsb_now##*) }
	case $nsb_now in Z*) return 1 ;; esac
	[ "$(echo "$nsb_now" | cut -d' ' -f20)" = "$(echo "$nsb_stat" | cut -d' ' -f20)" ]
}

# nsb_daemon_starting PIDFILE: it may still become ready.
nsb_daemon_starting() {
	[ ! -s "$1" ] || nsb_daemon_alive "$1"
}

# nsb_open RUN HOLDER: takes this host. The journal's directory is the lock: making it is atomic.
nsb_open() {
	if ! { mkdir -p "$nsb_home" && echo probe >"$nsb_home/probe" && [ -s "$nsb_home/probe" ]; } 2>/dev/null; then
		echo "nsb full"
		exit 1
	fi
	rm -f "$nsb_home/probe"
	if ! mkdir "$nsb_dir" 2>/dev/null; then
		echo "nsb held $(head -n 1 "$nsb_dir/holder" 2>/dev/null)"
		exit 1
	fi
	printf '%s\n%s\n' "$2, run $1, since $(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >"$nsb_dir/holder"
	cat /proc/sys/kernel/random/boot_id >"$nsb_dir/boot_id"
	nsb_resume
}

# nsb_resume: this script applies steps; an undo that comes in the middle finds out by this file.
nsb_resume() {
	echo $$ >"$nsb_dir/applying"
	trap 'rm -f "$nsb_dir/applying"' EXIT
}

# nsb_step NUMBER TITLE, the number with leading zeros: runs nsb_save, nsb_apply and nsb_verify, which stand before each call.
nsb_step() {
	nsb_undo=$(
		set -e
		nsb_save 2>&1
	) || nsb_fail "$1" "$nsb_undo"
	if [ -n "$nsb_undo" ]; then
		nsb_file=$nsb_dir/$1.sh
		printf '#!/bin/sh\n# undoes: %s\n%s\n' "$2" "$nsb_undo" >"$nsb_file" || nsb_fail "$1" "could not write $nsb_file"
		sync "$nsb_file" 2>/dev/null || sync
	fi
	nsb_said=$(
		set -e
		if [ "$nsb_payload" = yes ]; then nsb_feed | nsb_apply 2>&1; else nsb_apply 2>&1 </dev/null; fi
	) || nsb_fail "$1" "$nsb_said"
	nsb_seen=$(
		set -e
		nsb_verify 2>&1 </dev/null
	) || nsb_fail "$1" "it was done but is not there: $nsb_seen $nsb_said"
	echo "nsb ok $1"
}

nsb_fail() {
	echo "nsb failed $1"
	echo "$2"
	exit 1
}
