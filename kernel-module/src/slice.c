// SPDX-License-Identifier: GPL-2.0
/*
 * A slice's life: created unattached, attached once, detached by close() or by
 * the loss of a port. Settings too. Frames are not touched here.
 */
#include <linux/cpumask.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "port.h"
#include "slice.h"

/* Serializes the control side: ports, claims, states, settings. */
DEFINE_MUTEX(nsl_control);

/* Attached slices, for the loss of a device; nsl_control. */
static LIST_HEAD(nsl_slices);

/**
 * nsl_slice_create - make a slice that belongs to no port
 * @kind: what it is made of
 *
 * Return: the slice, or an ERR_PTR
 */
struct nsl_slice *nsl_slice_create(const struct nsl_kind *kind)
{
	struct nsl_slice *slice = kzalloc(sizeof(*slice), GFP_KERNEL_ACCOUNT);

	if (!slice)
		return ERR_PTR(-ENOMEM);
	slice->mode = kind->mode;
	slice->wakeup = kind->wakeup;
	slice->sleep = kind->sleep;
	slice->state = NETSLICE_STATE_NEW;
	slice->kernel_cpu = NETSLICE_CPU_ANY;
	slice->user_cpu = NETSLICE_CPU_ANY;
	init_waitqueue_head(&slice->wait);
	mutex_init(&slice->read_lock);
	mutex_init(&slice->write_lock);
	spin_lock_init(&slice->queue.lock);
	INIT_LIST_HEAD(&slice->queue.skbs);
	INIT_LIST_HEAD(&slice->backlog);
	slice->queue.count.limit = kind->queue_len;
	return slice;
}

/* Leaves both ports for good; readers are woken and find the state changed. */
static void nsl_slice_detach(struct nsl_slice *slice)
{
	struct net_device *tx_dev;

	lockdep_assert_held(&nsl_control);
	WRITE_ONCE(slice->state, NETSLICE_STATE_GONE);
	list_del(&slice->node);
	tx_dev = rcu_replace_pointer(slice->tx_dev, NULL, lockdep_is_held(&nsl_control));
	nsl_port_release(slice->port, slice->kernel_cpu);
	slice->port = NULL;
	netdev_put(tx_dev, &slice->tx_tracker);
	slice->mode->purge(slice);
	wake_up_all(&slice->wait);
}

/**
 * nsl_slice_destroy - end a slice whose file is closed
 * @slice: the slice
 */
void nsl_slice_destroy(struct nsl_slice *slice)
{
	mutex_lock(&nsl_control);
	if (slice->state == NETSLICE_STATE_ATTACHED)
		nsl_slice_detach(slice);
	mutex_unlock(&nsl_control);
	slice->mode->destroy(slice);
	nsl_filter_free(slice);
	kfree(slice);
}

/**
 * nsl_slice_not_attached - why a slice moves no frames
 * @slice: the slice
 *
 * Return: 0 when it is attached, -ENOTCONN before that, -ENODEV after
 */
int nsl_slice_not_attached(const struct nsl_slice *slice)
{
	/* Pairs with the release in nsl_slice_join(). */
	switch (smp_load_acquire(&slice->state)) {
	case NETSLICE_STATE_ATTACHED:
		return 0;
	case NETSLICE_STATE_NEW:
		return -ENOTCONN;
	default:
		return -ENODEV;
	}
}

/**
 * nsl_slice_try_to_free - may what a lock protects be freed now?
 * @lock: read_lock or write_lock of a slice that lost a port
 *
 * Return: true with the lock taken; false when its holder is to free it, which
 * it does in nsl_slice_unlock()
 */
bool nsl_slice_try_to_free(struct mutex *lock)
{
	smp_mb();	/* the state before the lock; pairs with nsl_slice_unlock() */
	return mutex_trylock(lock);
}

/**
 * nsl_slice_unlock - end what nsl_slice_lock() began
 * @slice: the slice
 * @lock: its read_lock or write_lock, held
 *
 * A slice that lost a port while the lock was held keeps no frame: frames may be
 * of the port's own memory, and nobody can get them any more.
 */
void nsl_slice_unlock(struct nsl_slice *slice, struct mutex *lock)
{
	mutex_unlock(lock);
	smp_mb();	/* the lock before the state; pairs with nsl_slice_try_to_free() */
	if (unlikely(nsl_slice_not_attached(slice)))
		slice->mode->purge(slice);
}

static bool nsl_cpu_valid(int cpu)
{
	return cpu == NETSLICE_CPU_ANY || (cpu >= 0 && cpu < nr_cpu_ids && cpu_possible(cpu));
}

static struct net_device *nsl_device(struct net *net, u32 ifindex)
{
	struct net_device *dev;

	ASSERT_RTNL();
	if (ifindex > INT_MAX)
		return ERR_PTR(-ENODEV);
	dev = __dev_get_by_index(net, ifindex);
	if (!dev || dev->reg_state != NETREG_REGISTERED)
		return ERR_PTR(-ENODEV);
	if (dev->type != ARPHRD_ETHER)
		return ERR_PTR(-EOPNOTSUPP);
	return dev;
}

static int nsl_slice_join(struct nsl_slice *slice, struct net_device *rx, struct net_device *tx,
			  const struct netslice_attach *request)
{
	int err;

	lockdep_assert_held(&nsl_control);
	if (slice->state == NETSLICE_STATE_ATTACHED)
		return -EISCONN;
	if (slice->state == NETSLICE_STATE_GONE)
		return -ENODEV;

	err = nsl_port_claim(rx, slice, request->kernel_cpu, &slice->port);
	if (err)
		return err;
	netdev_hold(tx, &slice->tx_tracker, GFP_KERNEL);
	rcu_assign_pointer(slice->tx_dev, tx);
	slice->rx_ifindex = request->rx_ifindex;
	slice->tx_ifindex = request->tx_ifindex;
	slice->kernel_cpu = request->kernel_cpu;
	slice->user_cpu = request->user_cpu;
	list_add(&slice->node, &nsl_slices);
	/* Who sees this state sees the ports too: nsl_slice_not_attached(). */
	smp_store_release(&slice->state, NETSLICE_STATE_ATTACHED);
	return 0;
}

/**
 * nsl_slice_attach - tie a slice to its ports
 * @slice: the slice
 * @net: the network namespace that the ports are looked up in
 * @request: what user space asked for, already checked for form
 *
 * RTNL is held across: a device that is registered here stays so until the
 * notifier can find the slice.
 *
 * Return: 0 or the errors of struct netslice_attach
 */
int nsl_slice_attach(struct nsl_slice *slice, struct net *net,
		     const struct netslice_attach *request)
{
	struct net_device *rx, *tx;
	int err;

	if (!nsl_cpu_valid(request->kernel_cpu) || !nsl_cpu_valid(request->user_cpu))
		return -EINVAL;

	rtnl_lock();
	rx = nsl_device(net, request->rx_ifindex);
	tx = nsl_device(net, request->tx_ifindex);
	if (IS_ERR(rx)) {
		err = PTR_ERR(rx);
	} else if (IS_ERR(tx)) {
		err = PTR_ERR(tx);
	} else {
		mutex_lock(&nsl_control);
		err = nsl_slice_join(slice, rx, tx, request);
		mutex_unlock(&nsl_control);
	}
	rtnl_unlock();
	return err;
}

/**
 * nsl_slice_set_cpus - change the CPU pair
 * @slice: the slice
 * @kernel_cpu: CPU to claim instead, or NETSLICE_CPU_ANY
 * @user_cpu: CPU to record, or NETSLICE_CPU_ANY
 *
 * Return: 0, -EINVAL, -EBUSY, or as nsl_slice_not_attached() has it
 */
int nsl_slice_set_cpus(struct nsl_slice *slice, int kernel_cpu, int user_cpu)
{
	int err;

	if (!nsl_cpu_valid(kernel_cpu) || !nsl_cpu_valid(user_cpu))
		return -EINVAL;

	mutex_lock(&nsl_control);
	err = nsl_slice_not_attached(slice);
	if (!err)
		err = nsl_port_move(slice->port, slice, slice->kernel_cpu, kernel_cpu);
	if (!err) {
		slice->kernel_cpu = kernel_cpu;
		slice->user_cpu = user_cpu;
	}
	mutex_unlock(&nsl_control);
	return err;
}

/**
 * nsl_slice_set_checksum - choose what write() computes
 * @slice: the slice
 * @mode: one of enum netslice_checksum_mode
 *
 * Return: 0 or -EINVAL
 */
int nsl_slice_set_checksum(struct nsl_slice *slice, u32 mode)
{
	if (mode > NETSLICE_CHECKSUM_TRANSPORT)
		return -EINVAL;
	mutex_lock(&nsl_control);
	WRITE_ONCE(slice->checksum, mode);
	mutex_unlock(&nsl_control);
	return 0;
}

/**
 * nsl_slice_device_gone - detach every slice that uses a device
 * @dev: a device that is being unregistered or leaves its namespace; RTNL is held
 */
void nsl_slice_device_gone(const struct net_device *dev)
{
	struct nsl_slice *slice, *next;

	mutex_lock(&nsl_control);
	list_for_each_entry_safe(slice, next, &nsl_slices, node)
		if (nsl_port_is(slice->port, dev) || rcu_access_pointer(slice->tx_dev) == dev)
			nsl_slice_detach(slice);
	mutex_unlock(&nsl_control);
}
