// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/netslice. Copies structures in and out and checks their form; what they
 * ask for is done elsewhere.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "../pure/abi_check.h"
#include "device.h"
#include "ring.h"
#include "slice.h"

/* What new slices are made of; written once, before the device is there. */
static struct nsl_kind nsl_new_kind;

static bool nsl_permitted(void)
{
	return ns_capable(current->nsproxy->net_ns->user_ns, CAP_NET_ADMIN);
}

static int nsl_device_open(struct inode *inode, struct file *file)
{
	struct nsl_slice *slice;

	if (!nsl_permitted())
		return -EPERM;
	slice = nsl_slice_create(&nsl_new_kind);
	if (IS_ERR(slice))
		return PTR_ERR(slice);
	file->private_data = slice;
	return stream_open(inode, file);
}

static int nsl_device_release(struct inode *inode, struct file *file)
{
	nsl_slice_destroy(file->private_data);
	return 0;
}

static ssize_t nsl_device_read(struct file *file, char __user *buffer, size_t asked, loff_t *pos)
{
	return nsl_read(file->private_data, (struct netslice_pkt __user *)buffer, asked,
			file->f_flags & O_NONBLOCK);
}

static ssize_t nsl_device_write(struct file *file, const char __user *buffer, size_t asked,
				loff_t *pos)
{
	return nsl_write(file->private_data, (const struct netslice_pkt __user *)buffer, asked,
			 file->f_flags & O_NONBLOCK);
}

static __poll_t nsl_device_poll(struct file *file, poll_table *table)
{
	return nsl_poll(file->private_data, file, table);
}

static int nsl_ioctl_attach(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_attach request;
	int err;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	err = nsl_abi_check(request.size, request.version, sizeof(request),
			    request.reserved[0] | request.reserved[1]);
	if (err)
		return err;
	if (!nsl_permitted())
		return -EPERM;
	return nsl_slice_attach(slice, current->nsproxy->net_ns, &request);
}

static int nsl_ioctl_get_info(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_info info;
	int err;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	err = nsl_abi_check(info.size, info.version, sizeof(info),
			    info.reserved[0] | info.reserved[1]);
	if (err)
		return err;
	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	info.version = NETSLICE_ABI_VERSION;
	nsl_slice_info(slice, &info);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int nsl_ioctl_set_cpus(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_cpus request;
	int err;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	err = nsl_abi_check(request.size, request.version, sizeof(request), request.reserved);
	if (err)
		return err;
	return nsl_slice_set_cpus(slice, request.kernel_cpu, request.user_cpu);
}

static int nsl_ioctl_set_checksum(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_checksum request;
	int err;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	err = nsl_abi_check(request.size, request.version, sizeof(request), request.reserved);
	if (err)
		return err;
	return nsl_slice_set_checksum(slice, request.mode);
}

static int nsl_ioctl_attach_filter(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_filter request;
	int err;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	err = nsl_abi_check(request.size, request.version, sizeof(request), request.reserved);
	if (err)
		return err;
	return nsl_filter_attach(slice, &request);
}

static int nsl_ioctl_get_stats(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_stats stats;
	int err;

	if (copy_from_user(&stats, arg, sizeof(stats)))
		return -EFAULT;
	err = nsl_abi_check(stats.size, stats.version, sizeof(stats), 0);
	if (err)
		return err;
	memset(&stats, 0, sizeof(stats));
	stats.size = sizeof(stats);
	stats.version = NETSLICE_ABI_VERSION;
	nsl_slice_stats(slice, &stats);
	return copy_to_user(arg, &stats, sizeof(stats)) ? -EFAULT : 0;
}

static int nsl_ioctl_ring_setup(struct nsl_slice *slice, void __user *arg)
{
	struct netslice_ring_setup setup;
	int err;

	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	err = nsl_abi_check(setup.size, setup.version, sizeof(setup), setup.reserved);
	if (err)
		return err;
	err = nsl_ring_setup(slice, &setup);
	if (err)
		return err;
	/* The rings stay where this faults: a program that cannot be told closes. */
	return copy_to_user(arg, &setup, sizeof(setup)) ? -EFAULT : 0;
}

static int nsl_device_mmap(struct file *file, struct vm_area_struct *vma)
{
	return nsl_ring_mmap(file->private_data, vma);
}

static long nsl_device_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct nsl_slice *slice = file->private_data;
	void __user *arg = (void __user *)argument;

	switch (command) {
	case NETSLICE_ATTACH:
		return nsl_ioctl_attach(slice, arg);
	case NETSLICE_GET_INFO:
		return nsl_ioctl_get_info(slice, arg);
	case NETSLICE_SET_CPUS:
		return nsl_ioctl_set_cpus(slice, arg);
	case NETSLICE_SET_CHECKSUM:
		return nsl_ioctl_set_checksum(slice, arg);
	case NETSLICE_ATTACH_FILTER:
		return nsl_ioctl_attach_filter(slice, arg);
	case NETSLICE_DETACH_FILTER:
		return nsl_filter_detach(slice);
	case NETSLICE_GET_STATS:
		return nsl_ioctl_get_stats(slice, arg);
	case NETSLICE_RING_SETUP:
		return nsl_ioctl_ring_setup(slice, arg);
	case NETSLICE_RING_SYNC:
		return nsl_ring_sync(slice, argument, file->f_flags & O_NONBLOCK);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations nsl_device_fops = {
	.owner = THIS_MODULE,	/* an open slice keeps the module in */
	.open = nsl_device_open,
	.release = nsl_device_release,
	.read = nsl_device_read,
	.write = nsl_device_write,
	.poll = nsl_device_poll,
	.mmap = nsl_device_mmap,
	.unlocked_ioctl = nsl_device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice nsl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "netslice",
	.mode = 0600,
	.fops = &nsl_device_fops,
};

/**
 * nsl_device_register - make the device appear
 * @kind: what slices opened from now on are made of
 *
 * Return: 0 or a negative errno
 */
int nsl_device_register(const struct nsl_kind *kind)
{
	nsl_new_kind = *kind;
	return misc_register(&nsl_device);
}

/**
 * nsl_device_unregister - take the device away; no slice is open any more
 */
void nsl_device_unregister(void)
{
	misc_deregister(&nsl_device);
}
