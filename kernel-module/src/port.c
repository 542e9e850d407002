// SPDX-License-Identifier: GPL-2.0
/*
 * Ports and their ingress hooks. Everything here but the hook itself runs under
 * nsl_control.
 */
#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/slab.h>

#include "port.h"
#include "slice.h"

/**
 * struct nsl_port - a device that slices receive from
 * @node: in nsl_ports; nsl_control
 * @dev: the device, referenced; constant
 * @tracker: of that reference; constant
 * @hook: the registered ingress hook; constant
 * @claims: slots in use, @rest included; nsl_control
 * @rest: slice of the CPUs that nobody claims; nsl_control and RCU
 * @by_cpu: slice of each CPU; nsl_control and RCU
 */
struct nsl_port {
	struct list_head node;
	struct net_device *dev;
	netdevice_tracker tracker;
	struct nf_hook_ops hook;
	unsigned int claims;
	struct nsl_slice __rcu *rest;
	struct nsl_slice __rcu *by_cpu[];
};

static LIST_HEAD(nsl_ports);

static unsigned int nsl_port_hook(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct nsl_port *port = priv;
	struct nsl_slice *slice;

	slice = rcu_dereference(port->by_cpu[raw_smp_processor_id()]);
	if (!slice)
		slice = rcu_dereference(port->rest);
	if (!slice)
		return NF_ACCEPT;
	return nsl_receive(slice, skb);
}

static struct nsl_slice __rcu **nsl_port_slot(struct nsl_port *port, int cpu)
{
	return cpu == NETSLICE_CPU_ANY ? &port->rest : &port->by_cpu[cpu];
}

static struct nsl_port *nsl_port_find(const struct net_device *dev)
{
	struct nsl_port *port;

	list_for_each_entry(port, &nsl_ports, node)
		if (port->dev == dev)
			return port;
	return NULL;
}

/* The hook is in place when this returns, and finds no slice yet. */
static struct nsl_port *nsl_port_create(struct net_device *dev)
{
	struct nsl_port *port;
	int err;

	port = kzalloc(struct_size(port, by_cpu, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->dev = dev;
	port->hook.hook = nsl_port_hook;
	port->hook.priv = port;
	port->hook.dev = dev;
	port->hook.pf = NFPROTO_NETDEV;
	port->hook.hooknum = NF_NETDEV_INGRESS;
	/* Before anything a firewall hangs there: the port is the slice's. */
	port->hook.priority = INT_MIN;

	err = nf_register_net_hook(dev_net(dev), &port->hook);
	if (err) {
		kfree(port);
		return ERR_PTR(err);
	}
	netdev_hold(dev, &port->tracker, GFP_KERNEL);
	list_add(&port->node, &nsl_ports);
	return port;
}

/* Unhooks; the caller waits for hooks that run and then calls nsl_port_free(). */
static void nsl_port_unhook(struct nsl_port *port)
{
	list_del(&port->node);
	nf_unregister_net_hook(dev_net(port->dev), &port->hook);
}

static void nsl_port_free(struct nsl_port *port)
{
	netdev_put(port->dev, &port->tracker);
	kfree(port);
}

/**
 * nsl_port_claim - give a device's frames of one CPU to a slice
 * @dev: the device; the caller holds RTNL and has seen that it is registered
 * @slice: the slice, ready to receive
 * @cpu: a possible CPU, or NETSLICE_CPU_ANY for those that nobody claims
 * @claimed: where to store the port
 *
 * Return: 0, -EBUSY when the slot is taken, -ENOMEM or what the hook said
 */
int nsl_port_claim(struct net_device *dev, struct nsl_slice *slice, int cpu,
		   struct nsl_port **claimed)
{
	struct nsl_slice __rcu **slot;
	struct nsl_port *port;

	lockdep_assert_held(&nsl_control);
	port = nsl_port_find(dev);
	if (!port) {
		port = nsl_port_create(dev);
		if (IS_ERR(port))
			return PTR_ERR(port);
	}
	/* A new port has its slots free, so this never leaves one without claims. */
	slot = nsl_port_slot(port, cpu);
	if (rcu_access_pointer(*slot))
		return -EBUSY;
	rcu_assign_pointer(*slot, slice);
	port->claims++;
	*claimed = port;
	return 0;
}

/**
 * nsl_port_move - exchange a slice's claim for another on the same port
 * @port: the port
 * @slice: the slice
 * @from: its present slot
 * @to: the slot it wants, which may be @from
 *
 * Return: 0, or -EBUSY when @to is another slice's
 */
int nsl_port_move(struct nsl_port *port, struct nsl_slice *slice, int from, int to)
{
	struct nsl_slice __rcu **slot = nsl_port_slot(port, to);

	lockdep_assert_held(&nsl_control);
	if (from == to)
		return 0;
	if (rcu_access_pointer(*slot))
		return -EBUSY;
	rcu_assign_pointer(*slot, slice);
	RCU_INIT_POINTER(*nsl_port_slot(port, from), NULL);
	return 0;
}

/**
 * nsl_port_release - give a claim up
 * @port: the port; freed with its last claim
 * @cpu: the claim
 *
 * When this returns no hook knows the slice any more, and no other reader of
 * RCU knows what was unpublished before the call.
 */
void nsl_port_release(struct nsl_port *port, int cpu)
{
	bool last;

	lockdep_assert_held(&nsl_control);
	RCU_INIT_POINTER(*nsl_port_slot(port, cpu), NULL);
	last = --port->claims == 0;
	if (last)
		nsl_port_unhook(port);
	synchronize_net();
	if (last)
		nsl_port_free(port);
}

/**
 * nsl_port_is - is this the port of that device?
 * @port: a port, or NULL
 * @dev: the device
 */
bool nsl_port_is(const struct nsl_port *port, const struct net_device *dev)
{
	return port && port->dev == dev;
}
