# shellcheck shell=sh
# Takes a host, and says who has it. The journal's directory is the lock: it is moved to its place, which is atomic and
# fails where there is another.
# shellcheck disable=SC2154 # hold.sh and prelude.sh stand in front

# nsb_take RUN ID SECONDS HOLDER CONTROLLER: the journal ID is RUN's. Its dead man's switch waits for SECONDS; 0 is none.
nsb_take() {
	nsb_stage=$nsb_home/taking.$$
	nsb_vain=0
	until [ ! -s "$nsb_dir/id" ] && nsb_write "$@" && mv -f "$nsb_stage/journal" "$nsb_home/." 2>/dev/null; do
		rm -rf "$nsb_stage" 2>/dev/null
		if [ -d "$nsb_dir" ] && ! rmdir "$nsb_dir" 2>/dev/null; then
			nsb_holder
			exit 1
		fi
		# Who gives the host back in this moment takes the directory around it away.
		nsb_vain=$((nsb_vain + 1))
		[ "$nsb_vain" -lt 5 ] || nsb_full
	done
	rmdir "$nsb_stage"
	nsb_sync "$nsb_home"
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

# nsb_write RUN ID SECONDS HOLDER CONTROLLER: the journal in full, aside and on the disk: whoever sees one sees all of it,
# also after the power was cut. What it holds is nobody else's: command lines, and values that were found.
nsb_write() {
	for nsb_left in "$nsb_home"/taking.*; do
		[ -d "/proc/${nsb_left##*.}" ] || rm -rf "$nsb_left"
	done
	nsb_new=$nsb_stage/journal
	{
		mkdir -p "$nsb_home" && mkdir -m 700 "$nsb_stage" "$nsb_new" &&
			echo "$2" >"$nsb_new/id" &&
			printf '%s\n%s\n%s\n' "$4, run $1, since $(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$5" >"$nsb_new/holder" &&
			cat /proc/sys/kernel/random/boot_id >"$nsb_new/boot_id" &&
			nsb_undo_script >"$nsb_new/undo" &&
			nsb_deadman_script >"$nsb_new/deadman" &&
			nsb_alive "$nsb_new" &&
			nsb_sync "$nsb_new"/* "$nsb_new"
	} 2>/dev/null
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
	nsb_then=
	read -r nsb_then 2>/dev/null <"$nsb_dir/boot_id"
	read -r nsb_boot </proc/sys/kernel/random/boot_id
	[ "$nsb_then" = "$nsb_boot" ] || echo "nsb booted"
	printf 'nsb held %s\n' "$(sed -n 1p "$nsb_dir/holder" 2>/dev/null)"
	printf 'nsb controller %s\n' "$(sed -n 3p "$nsb_dir/holder" 2>/dev/null)"
	echo "nsb journal $(cat "$nsb_dir/id" 2>/dev/null)"
}
