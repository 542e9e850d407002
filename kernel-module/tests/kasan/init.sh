#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The first process of a user-mode kernel that scripts/test-kasan boots with this
# machine's files, read-only, for a root: makes what has to be writable, runs a script
# that lies beside this one, and stops the kernel. What all of it said is judged from
# outside, because a kernel that dies says nothing.
#
# From the kernel's command line: BUILD, where the module and the tests were built. In
# BUILD/environment: PHASE, the name of the script, and what that wants to know.

set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/tmp LC_ALL=C

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# The first console is the kernel's own; this one goes to where the test's results go.
exec </dev/null >/dev/tty1 2>&1
mount -t debugfs debugfs /sys/kernel/debug
mount -t tmpfs tmpfs /run
# BUILD may lie below /tmp.
mkdir /run/nsl
mount --bind "$BUILD" /run/nsl
mount -t tmpfs tmpfs /tmp
ip link set lo up

cd /run/nsl && set -a
# shellcheck source=/dev/null
. ./environment
sh "tests/kasan/$PHASE.sh"
echo "$PHASE ended"
busybox poweroff -f
