# shellcheck shell=sh
# Lets changes stay and gives the host back all the same: the journal is put aside, where it locks nobody out and `restore`
# finds it.
# shellcheck disable=SC2154 # hold.sh stands in front

# nsb_keep ID: the journal of that name, which the host is held by.
nsb_keep() {
	nsb_holds "$1" || exit 1
	nsb_number=1
	while ! mkdir "$nsb_home/kept.$(printf '%04d' "$nsb_number")" 2>/dev/null; do
		nsb_number=$((nsb_number + 1))
		[ "$nsb_number" -lt 1000 ] || exit 1
	done
	mv "$nsb_dir" "$nsb_home/kept.$(printf '%04d' "$nsb_number")/." || exit 1
	nsb_sync "$nsb_home"
	echo "nsb kept aside"
}
