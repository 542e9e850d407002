#!/bin/sh
# First program of a lab guest: loads the virtio drivers, waits for the disk, hands over to the
# guest's own init. Everything a lab knows at start (role, keys) travels in this initramfs.
set -eu
export PATH=/bin
echo "nsbench: guest alive"
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r module; do
	insmod "$module"
done </modules/order
tries=0
until [ -b /dev/vda ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 1000 ] || { echo "nsbench: guest failed: no disk"; exec sh; }
	usleep 10000
done
mount -t ext4 /dev/vda /root
mkdir -p /root/etc/ssh /root/root/.ssh
cp /keys/ssh_host_ed25519_key /keys/ssh_host_ed25519_key.pub /root/etc/ssh/
cp /keys/authorized_keys /root/root/.ssh/authorized_keys
chmod 600 /root/etc/ssh/ssh_host_ed25519_key /root/root/.ssh/authorized_keys
mount --move /dev /root/dev
umount /proc /sys
exec switch_root /root /bin/busybox init
