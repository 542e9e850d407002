# shellcheck shell=sh
# Takes a host, and says who has it. The journal's directory is the lock: making it is atomic.
# shellcheck disable=SC2154 # hold.sh and prelude.sh stand in front

# nsb_take RUN ID SECONDS HOLDER CONTROLLER: the journal ID is RUN's. Its dead man's switch waits for SECONDS; 0 is none.
nsb_take() {
	nsb_vain=0
	# What the journal holds is nobody else's: command lines, and values that were found.
	until mkdir -p "$nsb_home" 2>/dev/null && mkdir -m 700 "$nsb_dir" 2>/dev/null; do
		if [ -d "$nsb_dir" ]; then
			nsb_holder
			exit 1
		fi
		# Who gives the host back in this moment takes the directory around it away.
		nsb_vain=$((nsb_vain + 1))
		[ "$nsb_vain" -lt 5 ] || nsb_full
	done
	if ! {
		echo "$2" >"$nsb_dir/id" &&
			printf '%s\n%s\n%s\n' "$4, run $1, since $(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$5" >"$nsb_dir/holder" &&
			cat /proc/sys/kernel/random/boot_id >"$nsb_dir/boot_id" &&
			nsb_undo_script >"$nsb_dir/undo" &&
			nsb_deadman_script >"$nsb_dir/deadman" &&
			nsb_alive
	} 2>/dev/null; then
		rm -rf "$nsb_dir" 2>/dev/null
		nsb_full
	fi
	if [ "$3" -gt 0 ]; then
		setsid -f sh "$nsb_dir/deadman" "$2" "$3" </dev/null >/dev/null 2>&1
		nsb_wait 30 "[ -s $nsb_dir/deadman.pid ]" || {
			echo "nsb unwatched"
			exit 1
		}
	fi
	if [ -s "$nsb_home/undone" ]; then
		sed 's/^/nsb note /' "$nsb_home/undone"
		rm -f "$nsb_home/undone"
	fi
	echo "nsb taken"
}

# nsb_full: a host that cannot take the journal is left as it is.
nsb_full() {
	rmdir "$nsb_home" 2>/dev/null
	echo "nsb full"
	exit 1
}

# nsb_holder: who has this host; nothing where nobody has it.
nsb_holder() {
	[ -d "$nsb_dir" ] || return 0
	printf 'nsb held %s\n' "$(sed -n 1p "$nsb_dir/holder" 2>/dev/null)"
	printf 'nsb controller %s\n' "$(sed -n 3p "$nsb_dir/holder" 2>/dev/null)"
	echo "nsb journal $(cat "$nsb_dir/id" 2>/dev/null)"
}
