# shellcheck shell=sh
# The dead man's switch of this host: undoes what the journal $1 says when its holder was not heard from for more than
# $2 seconds, and ends when that journal is gone. The time is the uptime's: the wall clock may jump. In braces, because
# the file goes away with the journal.
{
	trap '' HUP INT
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
	nsb_dir=/var/lib/nsbench/journal
	cd /

	# nsb_mine ID: the journal that is there is the one of that name.
	nsb_mine() {
		read -r nsb_id 2>/dev/null <"$nsb_dir/id" && [ "$nsb_id" = "$1" ]
	}

	nsb_mine "$1" || exit 0
	read -r nsb_stat <"/proc/$$/stat"
	echo "$$ ${nsb_stat##*) }" >"$nsb_dir/deadman.pid"
	nsb_pause=$(($2 / 12))
	[ "$nsb_pause" -ge 1 ] || nsb_pause=1
	[ "$nsb_pause" -le 5 ] || nsb_pause=5
	read -r nsb_heard _ </proc/uptime
	while nsb_mine "$1"; do
		# What cannot be read says nothing about the holder.
		if read -r nsb_beat 2>/dev/null <"$nsb_dir/alive" && [ -n "$nsb_beat" ]; then nsb_heard=$nsb_beat; fi
		read -r nsb_now _ </proc/uptime
		nsb_silent=$((${nsb_now%.*} - ${nsb_heard%.*}))
		if [ "$nsb_silent" -gt "$2" ]; then
			nsb_time="$nsb_silent s"
			[ "$nsb_silent" -lt 120 ] || nsb_time="$((nsb_silent / 60)) min"
			nsb_only=$1 nsb_deadman=$nsb_time sh "$nsb_dir/undo" >/dev/null 2>&1
			exit 0
		fi
		sleep "$nsb_pause"
	done
	exit 0
}
