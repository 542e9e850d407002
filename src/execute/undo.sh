# Undoes what the journal on this host says, last change first. Prints `nsb undone N` or `nsb kept FILE` lines;
# exit status 1 when something could not be undone, which then stays in the journal. Runs by hand as well:
#     sh /var/lib/nsbench/journal/undo
nsb_home=/var/lib/nsbench
nsb_dir=$nsb_home/journal
if [ ! -d "$nsb_dir" ] || { [ -n "${nsb_only-}" ] && [ "$(sed -n 2p "$nsb_dir/holder")" != "$nsb_only" ]; }; then
	echo "nsb nothing"
	exit 0
fi
# A script that still applies steps must not race with this one.
if [ -s "$nsb_dir/applying" ]; then
	read -r nsb_pid <"$nsb_dir/applying"
	if grep -q . "/proc/$nsb_pid/cmdline" 2>/dev/null && tr '\0' ' ' <"/proc/$nsb_pid/cmdline" | grep -q '^sh -s'; then
		kill "$nsb_pid" 2>/dev/null
		nsb_left=100
		while kill -0 "$nsb_pid" 2>/dev/null && [ "$nsb_left" -gt 0 ]; do
			sleep 0.1
			nsb_left=$((nsb_left - 1))
		done
		kill -s KILL "$nsb_pid" 2>/dev/null
	fi
fi
if [ "$(cat "$nsb_dir/boot_id" 2>/dev/null)" != "$(cat /proc/sys/kernel/random/boot_id)" ]; then
	# Every change is to the running system, so a reboot has undone them all.
	echo "nsb rebooted"
	rm -f "$nsb_dir"/*.sh
fi
nsb_done=0
nsb_kept=0
for nsb_file in $(find "$nsb_dir" -name '*.sh' | sort -r); do
	if nsb_said=$(sh "$nsb_file" 2>&1 </dev/null); then
		rm -f "$nsb_file"
		nsb_done=$((nsb_done + 1))
	else
		nsb_kept=$((nsb_kept + 1))
		echo "nsb kept $nsb_file"
	fi
	[ -z "$nsb_said" ] || echo "$nsb_said"
done
echo "nsb undone $nsb_done"
[ "$nsb_kept" -eq 0 ] || exit 1
rm -rf "$nsb_dir"
rmdir "$nsb_home" 2>/dev/null
exit 0
