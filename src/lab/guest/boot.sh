#!/bin/sh
# Brings a lab guest to the point where it answers over SSH; run once by busybox init.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/hugepages /run/sshd /run/lock
mount -t devpts -o gid=5,mode=620 devpts /dev/pts
mount -t hugetlbfs hugetlbfs /dev/hugepages
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing
role=$(sed -n 's/.*nsbench\.role=\([a-z]*\).*/\1/p' /proc/cmdline)
hostname "$role"
# Router solicitations and duplicate address detection would be counted as traffic.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/kernel/sysrq
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
for port in /sys/class/net/eth[1-9]*; do
	ip link set "${port##*/}" up
done
