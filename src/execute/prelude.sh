# shellcheck shell=sh
# What every script of nsbench on a host begins with: waiting, daemons, and steps whose undo is on this host's disk
# before they change anything. POSIX sh; needs coreutils or busybox.

umask 022
# Where sudo or a login without a shell leaves out the administrator's programs.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal
# Whether the coming step has a file to be fed with.
nsb_payload=no

# nsb_wait SECONDS CONDITION: polls until the condition holds. On a host whose CPUs poll a look takes long, so the clock
# tells when it is enough.
nsb_wait() {
	read -r nsb_up _ </proc/uptime
	nsb_end=$((${nsb_up%.*} + $1))
	until eval "$2"; do
		read -r nsb_up _ </proc/uptime
		[ "${nsb_up%.*}" -lt "$nsb_end" ] || return 1
		sleep 0.1
	done
}

# busybox has no `setsid -f`. What it starts there ignores SIGINT until it says otherwise, as everything behind `&` does.
case $(setsid --help 2>&1) in
*--fork*) ;;
*) setsid() {
	shift
	command setsid "$@" &
} ;;
esac

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

# nsb_open RUN HOLDER: takes this host. The journal's directory is the lock: making it is atomic. The file `applying`
# tells an undo that comes in the middle which script is at work.
nsb_open() {
	mkdir -p "$nsb_home" 2>/dev/null
	# What it holds is nobody else's: command lines, and values that were found.
	if ! mkdir -m 700 "$nsb_dir" 2>/dev/null; then
		if [ -d "$nsb_dir" ]; then
			printf 'nsb held %s\n' "$(head -n 1 "$nsb_dir/holder" 2>/dev/null)"
			exit 1
		fi
		nsb_full
	fi
	if ! {
		printf '%s\n%s\n' "$2, run $1, since $(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >"$nsb_dir/holder" &&
			cat /proc/sys/kernel/random/boot_id >"$nsb_dir/boot_id" &&
			nsb_undo_script >"$nsb_dir/undo" &&
			echo $$ >"$nsb_dir/applying"
	} 2>/dev/null; then
		nsb_full
	fi
	trap 'rm -f "$nsb_dir/applying"' EXIT
}

# nsb_full: a host that cannot take the journal is left as it is.
nsb_full() {
	rm -rf "$nsb_dir" 2>/dev/null
	rmdir "$nsb_home" 2>/dev/null
	echo "nsb full"
	exit 1
}

# nsb_step NUMBER TITLE, the number with leading zeros: runs nsb_save, nsb_apply and nsb_verify, which stand before each
# call. `set -e` holds in them only because their status is asked for afterwards: behind `if` or before `||` some shells
# ignore it.
nsb_step() {
	nsb_undo=$(
		set -e
		nsb_save 2>"$nsb_dir/said" </dev/null
	)
	nsb_status=$?
	[ "$nsb_status" -eq 0 ] || nsb_fail "$1" "$nsb_undo $(cat "$nsb_dir/said")"
	if [ -n "$nsb_undo" ]; then
		# In braces a file that was cut off does nothing, rather than something else.
		if ! printf '# undoes: %s\n{\n%s\n}\n' "$2" "$nsb_undo" 2>/dev/null >"$nsb_dir/$1.sh"; then
			nsb_fail "$1" "could not write $nsb_dir/$1.sh"
		fi
		sync "$nsb_dir/$1.sh" 2>/dev/null || sync
	fi
	if [ "$nsb_payload" = yes ]; then
		nsb_said=$(
			set -e
			nsb_feed | nsb_apply 2>&1
		)
	else
		nsb_said=$(
			set -e
			nsb_apply 2>&1 </dev/null
		)
	fi
	nsb_status=$?
	[ "$nsb_status" -eq 0 ] || nsb_fail "$1" "$nsb_said"
	echo "$1" >>"$nsb_dir/done"
	nsb_seen=$(
		set -e
		nsb_verify 2>&1 </dev/null
	)
	nsb_status=$?
	[ "$nsb_status" -eq 0 ] || nsb_fail "$1" "${nsb_seen:-it was done but is not there} $nsb_said"
	echo "nsb ok $1"
}

nsb_fail() {
	echo "nsb failed $1"
	printf '%s\n' "$2"
	exit 1
}
