#!/bin/sh
# Turns a Debian root (a tarball) into what a lab guest boots from. Runs as root, or as root of a user
# namespace, in a mount namespace of its own:
#
#     build-image.sh TARBALL OUTPUT GUEST_FILES
#
# OUTPUT then holds root/ (also the place where kernel modules for the guests are built), disk.img, vmlinuz,
# initrd and the kernel's release.
set -eu
tarball=$1
output=$2
guest=$3
root=$output/root

mkdir -p "$root"
tar -x -f "$tarball" -C "$root" --exclude='./dev/*' --numeric-owner
release=$(ls "$root/lib/modules")
case $release in *"
"*) echo "build-image.sh: more than one kernel in the image: $release" >&2; exit 1 ;; esac
echo "$release" >"$output/release"
mv "$root/boot/vmlinuz-$release" "$output/vmlinuz"
rm -f "$root"/boot/initrd.img-* "$root"/etc/ssh/ssh_host_*

mkdir -p "$root/etc/nsbench"
cp "$guest/boot.sh" "$guest/sshd.sh" "$guest/sshd_config" "$root/etc/nsbench/"
chmod 755 "$root/etc/nsbench/boot.sh" "$root/etc/nsbench/sshd.sh"
cp "$guest/inittab" "$root/etc/inittab"
echo "127.0.0.1 localhost" >"$root/etc/hosts"
for applet in reboot poweroff halt; do
	ln -sf /bin/busybox "$root/usr/local/sbin/$applet"
done
# The guests are reached with keys only; the empty root password of a fresh root would let nobody in anyway.
chroot "$root" passwd -d root >/dev/null

initramfs=$output/initramfs
mkdir -p "$initramfs/bin" "$initramfs/dev" "$initramfs/proc" "$initramfs/sys" "$initramfs/root" "$initramfs/modules"
cp "$root/bin/busybox" "$initramfs/bin/"
for applet in sh mount umount insmod mkdir cp chmod usleep switch_root echo; do
	ln -s busybox "$initramfs/bin/$applet"
done
cp "$guest/initramfs-init.sh" "$initramfs/init"
chmod 755 "$initramfs/init"
: >"$initramfs/modules/order"
for module in virtio_pci virtio_blk ext4 virtio_net virtio-rng; do
	chroot "$root" modprobe --set-version "$release" --show-depends "$module"
done | while read -r verb path _; do
	[ "$verb" = insmod ] || continue
	name=$(basename "$path")
	grep -q "/${name%.xz}\$" "$initramfs/modules/order" && continue
	cp "$root$path" "$initramfs/modules/"
	case $name in *.xz) "$root/bin/busybox" unxz "$initramfs/modules/$name" ;; esac
	echo "/modules/${name%.xz}" >>"$initramfs/modules/order"
done
(cd "$initramfs" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 >"$output/initrd"
rm -r "$initramfs"

truncate -s 2G "$output/disk.img"
mke2fs -q -t ext4 -E lazy_itable_init=1,nodiscard -m 0 -d "$root" "$output/disk.img"
