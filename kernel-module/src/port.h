/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port: one network device that slices receive from, with one ingress hook
 * and one slot a CPU. Knows slices only as something to hand frames to.
 */
#ifndef NSL_PORT_H
#define NSL_PORT_H

#include <linux/netdevice.h>

struct nsl_port;
struct nsl_slice;

int nsl_port_claim(struct net_device *dev, struct nsl_slice *slice, int cpu,
		   struct nsl_port **claimed);
int nsl_port_move(struct nsl_port *port, struct nsl_slice *slice, int from, int to);
void nsl_port_release(struct nsl_port *port, int cpu);
bool nsl_port_is(const struct nsl_port *port, const struct net_device *dev);

#endif /* NSL_PORT_H */
