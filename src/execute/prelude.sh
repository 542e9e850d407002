# shellcheck shell=sh
# What every script of nsbench on a host begins with: waiting, daemons, and steps whose undo is on this host's disk
# before they change anything. POSIX sh; needs coreutils or busybox.
# shellcheck disable=SC2154 # hold.sh stands in front

umask 022
# Where sudo or a login without a shell leaves out the administrator's programs.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# Whether the coming step has a file to be fed with.
nsb_payload=no
# What of the coming step does nothing: `save`, `verify`. Each would be a process.
nsb_idle=

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

# nsb_sync FILE...: they are on the disk. Some have a `sync` that knows nothing of files.
nsb_sync() {
	sync "$@" 2>/dev/null || sync
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
	# shellcheck disable=SC2086 # its fields
	set -- $nsb_stat
	nsb_began=${20}
	# shellcheck disable=SC2086 # its fields
	set -- ${nsb_now##*) }
	[ "$1" != Z ] && [ "${20}" = "$nsb_began" ]
}

# nsb_daemon_starting PIDFILE: it may still become ready.
nsb_daemon_starting() {
	[ ! -s "$1" ] || nsb_daemon_alive "$1"
}

# nsb_enter ID BELOW: begins to change the host that is held as ID, on top of its first BELOW changes. The file `applying`
# tells an undo that comes in the middle which script is at work; whichever of the two comes second sees the other.
nsb_enter() {
	# A script that comes late, over a connection that was cut, must not take the place of what is there.
	for nsb_file in "$nsb_dir"/[0-9]*.sh; do
		nsb_number=${nsb_file##*/}
		[ ! -e "$nsb_file" ] || [ "${nsb_number%.sh}" -le "$2" ] || {
			echo "nsb lost changes of an earlier set-up are there"
			exit 1
		}
	done
	{ nsb_holds "$1" && echo $$ >"$nsb_dir/applying" && nsb_holds "$1"; } || exit 1
	trap 'rm -f "$nsb_dir/applying"' EXIT
}

# nsb_step NUMBER TITLE, the number with leading zeros: runs nsb_save, nsb_apply and nsb_verify, which stand before each
# call. `set -e` holds in them only because their status is asked for afterwards: behind `if` or before `||` some shells
# ignore it.
nsb_step() {
	nsb_undo=
	nsb_status=0
	case $nsb_idle in
	*save*) ;;
	*)
		nsb_undo=$(
			set -e
			nsb_save 2>"$nsb_dir/said" </dev/null
		)
		nsb_status=$?
		;;
	esac
	[ "$nsb_status" -eq 0 ] || nsb_fail "$1" "$nsb_undo $(cat "$nsb_dir/said")"
	if [ -n "$nsb_undo" ]; then
		# In braces a file that was cut off does nothing, rather than something else.
		if ! printf '# undoes: %s\n{\n%s\n}\n' "$2" "$nsb_undo" 2>/dev/null >"$nsb_dir/$1.sh"; then
			nsb_fail "$1" "could not write $nsb_dir/$1.sh"
		fi
		nsb_sync "$nsb_dir/$1.sh"
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
	echo "$1" 2>/dev/null >>"$nsb_dir/done" || nsb_fail "$1" "could not write $nsb_dir/done"
	case $nsb_idle in
	*verify*)
		echo "nsb ok $1"
		return
		;;
	esac
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
