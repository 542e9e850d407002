# shellcheck shell=sh
# Undoes what the journal on this host says, last change first. Prints `nsb undone N`, and `nsb kept FILE CHANGE` for
# what could not be undone, which stays in the journal; then the exit status is 1. Runs by hand as well:
#     sh /var/lib/nsbench/journal/undo
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal
if [ ! -d "$nsb_dir" ] || { [ -n "${nsb_only-}" ] && [ "$(sed -n 2p "$nsb_dir/holder")" != "$nsb_only" ]; }; then
	echo "nsb nothing"
	exit 0
fi

# nsb_group PID: its process group; nothing where it is gone.
nsb_group() {
	if read -r nsb_stat 2>/dev/null <"/proc/$1/stat"; then echo "${nsb_stat##*) }" | cut -d' ' -f3; fi
}

# A script that still applies steps must not race with this one, and neither must the command that it waits for.
if [ -s "$nsb_dir/applying" ]; then
	read -r nsb_pid <"$nsb_dir/applying"
	if tr '\0' ' ' 2>/dev/null <"/proc/$nsb_pid/cmdline" | grep -q '^sh -s'; then
		nsb_target=-$(nsb_group "$nsb_pid")
		[ "$nsb_target" != "-$(nsb_group $$)" ] && [ "$nsb_target" != - ] || nsb_target=$nsb_pid
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
	rm -f "$nsb_dir"/*.sh
	rm -rf "$nsb_home/work"
fi
nsb_applied=$(tr '\n' ' ' 2>/dev/null <"$nsb_dir/done")
nsb_done=0
nsb_kept=0
for nsb_file in $(find "$nsb_dir" -name '*.sh' | sort -r); do
	nsb_number=${nsb_file##*/}
	nsb_said=$(sh -e "$nsb_file" 2>&1 </dev/null)
	nsb_status=$?
	# A change that failed or was cut off may have nothing to take back, and then its undo fails.
	case " $nsb_applied" in
	*" ${nsb_number%.sh} "*) ;;
	*) nsb_status=0 ;;
	esac
	if [ "$nsb_status" -eq 0 ]; then
		rm -f "$nsb_file"
		nsb_done=$((nsb_done + 1))
	else
		nsb_kept=$((nsb_kept + 1))
		printf 'nsb kept %s %s\n' "$nsb_file" "$(sed -n '1s/^# undoes: //p' "$nsb_file")"
	fi
	[ -z "$nsb_said" ] || printf '%s\n' "$nsb_said"
done
echo "nsb undone $nsb_done"
[ "$nsb_kept" -eq 0 ] || exit 1
rm -rf "$nsb_dir"
rmdir "$nsb_home" 2>/dev/null
exit 0
