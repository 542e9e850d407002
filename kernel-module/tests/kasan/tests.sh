#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The module's tests in a kernel that looks on: tests/netns.sh in every mode with
# every wake-up policy (MODES, WAKEUPS), the fuzzer in each for FUZZ_SECONDS from SEED
# on, then whether anything leaked, and whether lockdep was awake to the end. Prints a
# line for each and `N passed, N failed`. The kernel's log is not judged here.

set -u
module=/run/nsl/netslice.ko
kmemleak=/sys/kernel/debug/kmemleak
passed=0
failed=0

check() { # check NAME COMMAND...
	name=$1
	shift
	if "$@" >/tmp/check 2>&1; then
		passed=$((passed + 1))
		echo "ok     $name"
	else
		failed=$((failed + 1))
		echo "FAILED $name"
	fi
	sed '/^skipped: /!s/^/       | /' /tmp/check
}

# Leaks are told when they are five seconds old and were seen twice.
find_leaks() {
	sleep 6
	echo scan >"$kmemleak"
	sleep 1
	echo scan >"$kmemleak"
}

# What the kernel's own boot left behind is no concern of ours.
forget_leaks() {
	find_leaks
	echo "kmemleak before the module: $(grep -c '^unreferenced' "$kmemleak") objects of the kernel's own"
	echo clear >"$kmemleak"
}

nothing_leaked() {
	find_leaks
	cat "$kmemleak"
	! grep -q '^unreferenced' "$kmemleak"
}

lockdep_is_awake() { grep -q 'debug_locks: *1$' /proc/lockdep_stats; }

# Only the fuzzer's own processes: those that ask by /proc/thread-self/fail-nth.
let_allocations_fail() {
	for kind in failslab fail_page_alloc; do
		echo N >"/sys/kernel/debug/$kind/ignore-gfp-wait" &&
			echo 0 >"/sys/kernel/debug/$kind/verbose" || return 1
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

fuzz() { # fuzz MODE WAKEUP
	insmod "$module" mode="$1" wakeup="$2" queue_len=512 || return 1
	tests/fuzz "$FUZZ_SECONDS" ${SEED:+"$SEED"}
	status=$?
	rmmod netslice && return "$status"
}

still_keeps_the_abi() { # still_keeps_the_abi MODE WAKEUP: as if nothing had been
	insmod "$module" mode="$1" wakeup="$2" queue_len=512 || return 1
	ip link add a0 type veth peer name a1 && ip link set a0 up && ip link set a1 up
	tests/abi a0 a1
	status=$?
	ip link del a0
	rmmod netslice && return "$status"
}

forget_leaks
MODES=${MODES:-classic splice ring}
WAKEUPS=${WAKEUPS:-always sleeper}
# Looked at so closely, and beside whatever else runs here, a program takes longer to end.
END_MS=30000
export MODES WAKEUPS END_MS
# What the kernel's own first processes made it say is above this line.
echo 'the tests of netslice begin' >/dev/kmsg
sh tests/netns.sh "$module"
check 'allocations can be made to fail' let_allocations_fail
for mode in $MODES; do
	for wakeup in $WAKEUPS; do
		check "[$mode, $wakeup] $FUZZ_SECONDS s of calls made of chance" fuzz "$mode" "$wakeup"
		check "[$mode, $wakeup] the interface keeps its promises after that" \
			still_keeps_the_abi "$mode" "$wakeup"
	done
done
check 'nothing leaked' nothing_leaked
check 'lockdep was awake to the end' lockdep_is_awake

echo "$passed passed, $failed failed"
