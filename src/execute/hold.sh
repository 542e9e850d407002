# shellcheck shell=sh
# Whether this host is still held, and that its holder was heard from. Little, because it runs every few seconds, also
# while something is measured: nothing but the shell's own commands. POSIX sh.
nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal

# nsb_holds ID: the journal is the one of that name, of this boot, and nobody undoes it. Says so where it is not.
nsb_holds() {
	nsb_id=
	read -r nsb_id 2>/dev/null <"$nsb_dir/id"
	if [ "$nsb_id" != "$1" ]; then
		echo "nsb lost its journal is gone, as after \`nsbench restore\`"
		return 1
	fi
	nsb_then=
	read -r nsb_then 2>/dev/null <"$nsb_dir/boot_id"
	read -r nsb_boot </proc/sys/kernel/random/boot_id
	if [ "$nsb_then" != "$nsb_boot" ]; then
		echo "nsb lost it was booted since"
		return 1
	fi
	for nsb_other in "$nsb_dir"/undoing.*; do
		if [ -L "$nsb_other" ]; then
			echo "nsb lost it is being restored"
			return 1
		fi
	done
}

# nsb_alive JOURNAL: tells the dead man's switch that the holder was heard from. The uptime, because the wall clock may
# jump. Written over the old one, all at once: it is never half there, and needs no room on a disk that has become full.
nsb_alive() {
	read -r nsb_up _ </proc/uptime
	printf '%-20s\n' "$nsb_up" 1<>"$1/alive"
}

# nsb_beat ID: one heartbeat; on a host that is not held any more, also what the host did by itself.
nsb_beat() {
	if nsb_holds "$1"; then
		nsb_alive "$nsb_dir" && echo "nsb alive"
		return
	fi
	while read -r nsb_note; do
		echo "nsb note $nsb_note"
	done 2>/dev/null <"$nsb_home/undone"
	return 0
}
