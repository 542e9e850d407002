# shellcheck shell=sh
# Undoes what the journal on this host says, last change first. Prints `nsb undone N`, and `nsb kept FILE CHANGE` for
# what could not be undone, which stays in the journal; then the exit status is 1. Runs by hand as well:
#     sh /var/lib/nsbench/journal/undo
# Where there is no journal, settings that were changed to stay (keep.sh) are undone, the newest first.
# nsb_only=ID leaves any other journal alone. nsb_keep=yes undoes the changes and keeps the host held; nsb_below=NUMBER keeps
# the first so many changes as well. nsb_deadman=TIME: the dead man's switch fired after that time of silence.
# Who asked for this may be gone before it is done.
trap '' HUP INT PIPE
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal
nsb_link=

# nsb_end STATUS: tells what this host did by itself, once, and leaves nothing behind that is of no use any more.
nsb_end() {
	[ -z "$nsb_link" ] || rm -f "$nsb_link"
	if [ -z "${nsb_deadman-}" ] && [ -s "$nsb_home/undone" ]; then
		sed 's/^/nsb note /' "$nsb_home/undone"
		rm -f "$nsb_home/undone"
	fi
	for nsb_left in "$nsb_home"/taking.*; do
		[ -d "/proc/${nsb_left##*.}" ] || rm -rf "$nsb_left"
	done
	rm -rf "$nsb_home"/ended.*
	rmdir "$nsb_home" 2>/dev/null
	exit "$1"
}

nsb_nothing() {
	echo "nsb nothing"
	nsb_end 0
}

# nsb_id: the name of the journal that is there.
nsb_id() {
	cat "$nsb_dir/id" 2>/dev/null
}

# nsb_stat PID FIELD: of its line in /proc, counted from its state; nothing where it is gone.
nsb_stat() {
	read -r nsb_line 2>/dev/null <"/proc/$1/stat" || return
	nsb_field=$2
	# shellcheck disable=SC2086 # its fields
	set -- ${nsb_line##*) }
	shift $((nsb_field - 1))
	echo "$1"
}

# nsb_undoes PID-START: the process of that number that began then is still there.
nsb_undoes() {
	[ "$(nsb_stat "${1%-*}" 20)" = "${1#*-}" ]
}

# nsb_lock: one undo at a time. The first link is the first undo's and names its process; should that die, the next one's
# link stands behind it, and it stays. Where no link can be made, on a full disk, the undo matters more than the lock.
nsb_lock() {
	read -r nsb_up _ </proc/uptime
	nsb_late=$((${nsb_up%.*} + 150))
	nsb_vain=0
	while [ -d "$nsb_dir" ] && [ "$nsb_vain" -lt 5 ]; do
		nsb_last=0
		while [ -L "$nsb_dir/undoing.$((nsb_last + 1))" ]; do nsb_last=$((nsb_last + 1)); done
		nsb_owner=$(readlink "$nsb_dir/undoing.$nsb_last" 2>/dev/null)
		if [ "$nsb_last" -eq 0 ] || { [ -n "$nsb_owner" ] && ! nsb_undoes "$nsb_owner"; }; then
			nsb_link=$nsb_dir/undoing.$((nsb_last + 1))
			if ln -s "$$-$(nsb_stat $$ 20)" "$nsb_link" 2>/dev/null; then
				[ "$(readlink "$nsb_dir/undoing.$nsb_last" 2>/dev/null)" != "$nsb_owner" ] || return
				# That one was at its end, not dead, and somebody else may have begun.
				rm -f "$nsb_link"
			elif [ ! -L "$nsb_link" ]; then
				nsb_vain=$((nsb_vain + 1))
			fi
			nsb_link=
		fi
		read -r nsb_up _ </proc/uptime
		if [ "${nsb_up%.*}" -ge "$nsb_late" ]; then
			echo "nsb busy ${nsb_owner%-*}"
			exit 1
		fi
		sleep 0.1
	done
}

# nsb_unwatch: ends the dead man's switch and what it waits for, unless it is the one that undoes.
nsb_unwatch() {
	[ -z "${nsb_deadman-}" ] || return
	read -r nsb_pid nsb_rest 2>/dev/null <"$nsb_dir/deadman.pid" || return
	[ "$(nsb_stat "$nsb_pid" 20)" != "$(echo "$nsb_rest" | cut -d' ' -f20)" ] || kill -KILL "-$nsb_pid" 2>/dev/null
}

# nsb_note: what the dead man's switch did, for the next one who comes by.
nsb_note() {
	[ -n "${nsb_deadman-}" ] || return
	nsb_left=
	[ "$nsb_kept" -eq 0 ] || nsb_left=", $nsb_kept could not be undone and are in the journal"
	nsb_left="$nsb_deadman after its controller was last heard from: $nsb_done changes undone$nsb_left"
	printf 'run %s was undone by this host itself at %s, %s\n' "$(sed -n 2p "$nsb_dir/holder")" \
		"$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$nsb_left" >>"$nsb_home/undone" 2>/dev/null
}

# nsb_adopt: settings that were changed to stay are an older set-up than the journal's, and their turn comes after it: the
# newest of them becomes the journal. The directory around it is moved along only in name: a journal that another run has
# put there in this moment is in the way.
nsb_adopt() {
	nsb_newest=
	for nsb_kept in "$nsb_home"/kept.[0-9]*; do
		[ ! -d "$nsb_kept/journal" ] || nsb_newest=$nsb_kept
	done
	[ -n "$nsb_newest" ] && mv -f "$nsb_newest/journal" "$nsb_home/." 2>/dev/null && rmdir "$nsb_newest"
}

[ -d "$nsb_dir" ] || [ -n "${nsb_only-}${nsb_deadman-}" ] || nsb_adopt
nsb_here=$(nsb_id)
if [ ! -d "$nsb_dir" ] || { [ -n "${nsb_only-}" ] && [ "$nsb_here" != "$nsb_only" ]; }; then
	nsb_nothing
fi
nsb_lock
# Whoever undid it meanwhile may have been followed by a run of somebody else's.
if [ ! -d "$nsb_dir" ] || [ "$(nsb_id)" != "$nsb_here" ]; then
	nsb_nothing
fi

# A script that still applies steps must not race with this one, and neither must the command that it waits for.
if [ -s "$nsb_dir/applying" ]; then
	read -r nsb_pid <"$nsb_dir/applying"
	if tr '\0' ' ' 2>/dev/null <"/proc/$nsb_pid/cmdline" | grep -q '^sh -s'; then
		nsb_target=-$(nsb_stat "$nsb_pid" 3)
		[ "$nsb_target" != "-$(nsb_stat $$ 3)" ] && [ "$nsb_target" != - ] || nsb_target=$nsb_pid
		kill -TERM "$nsb_target" 2>/dev/null
		nsb_left=100
		while kill -0 "$nsb_target" 2>/dev/null && [ "$nsb_left" -gt 0 ]; do
			sleep 0.1
			nsb_left=$((nsb_left - 1))
		done
		kill -KILL "$nsb_target" 2>/dev/null
	fi
fi
if [ "$(cat "$nsb_dir/boot_id" 2>/dev/null)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then
	# Every change is to the running system, so a reboot has undone them all; only the work directory is on disk.
	echo "nsb rebooted"
	rm -f "$nsb_dir"/*.sh "$nsb_dir/deadman.pid"
	rm -rf "$nsb_home/work"
	nsb_keep=
	nsb_below=
fi
nsb_applied=$(tr '\n' ' ' 2>/dev/null <"$nsb_dir/done")
nsb_done=0
nsb_kept=0
nsb_empty=
# One that hangs keeps nobody from the others.
nsb_bound="timeout -k 5 120"
$nsb_bound true 2>/dev/null || nsb_bound=
for nsb_file in $(find "$nsb_dir" -name '*.sh' | sort -r); do
	nsb_number=${nsb_file##*/}
	[ "${nsb_number%.sh}" -gt "${nsb_below:-0}" ] || break
	if [ ! -s "$nsb_file" ]; then
		nsb_empty="$nsb_empty $nsb_file"
		continue
	fi
	# shellcheck disable=SC2086 # words
	nsb_said=$($nsb_bound sh -e "$nsb_file" 2>&1 </dev/null)
	nsb_status=$?
	# A change that failed or was cut off may have nothing to take back, and then its undo fails, unless it says otherwise.
	case " $nsb_applied" in
	*" ${nsb_number%.sh} "*) ;;
	*) grep -q '^# succeeds in any case$' "$nsb_file" && [ "$(tail -n 1 "$nsb_file")" = '}' ] || nsb_status=0 ;;
	esac
	if [ "$nsb_status" -eq 0 ]; then
		# Whoever comes after a crash finds nothing in it to do again. A process less than to remove it.
		printf '' 2>/dev/null >"$nsb_file" || rm -f "$nsb_file"
		nsb_empty="$nsb_empty $nsb_file"
		nsb_done=$((nsb_done + 1))
	else
		nsb_kept=$((nsb_kept + 1))
		printf 'nsb kept %s %s\n' "$nsb_file" "$(sed -n '1s/^# undoes: //p' "$nsb_file")"
	fi
	[ -z "$nsb_said" ] || printf '%s\n' "$nsb_said"
done
# shellcheck disable=SC2086 # words, none with a space
[ -z "$nsb_empty" ] || rm -f $nsb_empty
echo "nsb undone $nsb_done"
if [ "$nsb_kept" -eq 0 ] && [ "${nsb_keep-}" = yes ]; then
	rm -f "$nsb_dir/done" "$nsb_dir/said" "$nsb_dir/applying"
	# What stayed there would count as done where it is cut off the next time.
	[ "${nsb_below:-0}" -eq 0 ] || for nsb_number in $nsb_applied; do
		[ "$nsb_number" -gt "$nsb_below" ] || echo "$nsb_number"
	done 2>/dev/null >"$nsb_dir/done"
	nsb_end 0
fi
nsb_unwatch
nsb_note
[ "$nsb_kept" -eq 0 ] || nsb_end 1
# Gone all at once: nobody sees half a journal, and a heartbeat that comes now finds none to write to.
nsb_link=
mv "$nsb_dir" "$nsb_home/ended.$$" 2>/dev/null || rm -rf "$nsb_dir"
nsb_end 0
