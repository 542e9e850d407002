# shellcheck shell=sh disable=SC2034
# Processes that begin at the same moment, however many they are, in one session: sshd refuses an eleventh on a connection
# unless it is told otherwise. What they write comes line by line, behind the process's number and `o` or `e`: its output,
# its complaints. `NUMBER x STATUS` is its end. POSIX sh; between the processes and us there is nothing but shells.

# nsb_tell NUMBER LETTER: puts both in front of each line.
nsb_tell() {
	while IFS= read -r nsb_line || [ -n "$nsb_line" ]; do
		printf '%s %s %s\n' "$1" "$2" "$nsb_line"
	done
}

# nsb_job NUMBER COMMAND...: says its process number, and becomes the command when the gate opens. A line that comes
# through the gate is for one process, and sends it home; the end of what comes lets all of them go.
nsb_job() {
	nsb_number=$1
	shift
	exec 3>&1
	{
		{
			# shellcheck disable=SC2016 # expanded there
			sh -c 'echo "nsbench-pid $$"; ! read -r home || exit 1; exec "$@" </dev/null' sh "$@" 3>&- 4>&-
			printf '%s x %s\n' "$nsb_number" "$?" >&3
		} 2>&4 | nsb_tell "$nsb_number" o >&3
	} 4>&1 | nsb_tell "$nsb_number" e >&3
}

# nsb_gate COUNT: opens when a line comes. Where none comes any more, nobody is there who would want to know what they do.
nsb_gate() {
	! read -r go || return 0
	nsb_left=$1
	while [ "$nsb_left" -gt 0 ]; do
		echo
		nsb_left=$((nsb_left - 1))
	done
}
