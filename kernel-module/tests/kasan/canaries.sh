#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Lets canary.ko do wrong in each of the ways in SONGS, and looks whether the kernel
# says so: what the tests of the module rely on is alive. In a kernel of its own.
# Lockdep speaks once and then looks no further, also after what taints a kernel: one
# song about locks for each boot, and before the others. Ends with `N passed, N failed`.

set -u
canary=/run/nsl/canary/canary.ko
kmemleak=/sys/kernel/debug/kmemleak
passed=0
failed=0

says() { dmesg | grep -qE "$1"; }

# Kmemleak tells only of what is older than five seconds.
finds_the_leak() {
	sleep 6
	echo scan >"$kmemleak"
	sleep 1
	echo scan >"$kmemleak"
	grep -q 'ca ca ca ca ca ca ca ca' "$kmemleak"
}

is_noticed() {
	case $1 in
	rcu) says 'WARNING: suspicious RCU usage' ;;
	sleep-under-lock) says 'BUG: (scheduling while atomic|sleeping function called)' ;;
	deadlock) says 'WARNING: possible circular locking dependency' ;;
	softirq-deadlock) says 'WARNING: inconsistent lock state' ;;
	leak) finds_the_leak ;;
	list) says 'list_del corruption' ;;
	use-after-free) says 'BUG: KASAN: (slab-)?use-after-free in canary_' ;;
	out-of-bounds) says 'BUG: KASAN: vmalloc-out-of-bounds in canary_' ;;
	*) false ;;
	esac
}

for song in $SONGS; do
	dmesg -C
	insmod "$canary" sing="$song" && rmmod canary
	if is_noticed "$song"; then
		passed=$((passed + 1))
		echo "ok     the kernel notices: $song"
	else
		failed=$((failed + 1))
		echo "FAILED the kernel notices: $song"
		dmesg | tail -n 20 | sed 's/^/       | /'
	fi
done

echo "$passed passed, $failed failed"
