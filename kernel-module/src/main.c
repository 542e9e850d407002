// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its parameters, what it sets up on loading and takes down again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/sysfs.h>

#include "device.h"
#include "slice.h"

static char *mode = "classic";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode, "how received frames are queued: classic (default), splice, ring");

static char *wakeup = "always";
module_param(wakeup, charp, 0444);
MODULE_PARM_DESC(wakeup, "when a reader is woken: always (default), sleeper");

static char *counters = "each";
module_param(counters, charp, 0444);
MODULE_PARM_DESC(counters, "when mode classic counts: with each frame (each, default), batched");

static char *sleep = "schedule";
module_param(sleep, charp, 0444);
MODULE_PARM_DESC(sleep, "how read() sleeps: schedule (default), timeout (10 ms at most)");

/* What Kbuild had the compiler do: a fact that a measurement can read, and nothing to choose. */
static int nsl_optimize_set(const char *value, const struct kernel_param *kp)
{
	pr_err("optimize is chosen when the module is built: make OPTIMIZE=O3\n");
	return -EINVAL;
}

static int nsl_optimize_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", NSL_OPTIMIZE);
}

static const struct kernel_param_ops nsl_optimize_ops = {
	.set = nsl_optimize_set,
	.get = nsl_optimize_get,
};
module_param_cb(optimize, &nsl_optimize_ops, NULL, 0444);
MODULE_PARM_DESC(optimize, "how the module was compiled, O2 or O3; to be read in sysfs");

static unsigned int queue_len = 4096;
module_param(queue_len, uint, 0444);
MODULE_PARM_DESC(queue_len, "frames in a slice's receive queue, 64 to 1048576 (default 4096)");

static const struct nsl_mode *const nsl_modes[] = {
	&nsl_mode_classic,
	&nsl_mode_splice,
	&nsl_mode_ring,
};

static const struct nsl_wakeup *const nsl_wakeups[] = {
	&nsl_wakeup_always,
	&nsl_wakeup_sleeper,
};

static const struct nsl_sleep *const nsl_sleeps[] = {
	&nsl_sleep_schedule,
	&nsl_sleep_timeout,
};

/*
 * What follows has its place in no other mode: there it is refused, since whoever
 * asked for it would measure something else than they think.
 */
static const struct nsl_mode *nsl_mode_find(void)
{
	const struct nsl_mode *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nsl_modes); i++)
		if (!strcmp(nsl_modes[i]->name, mode))
			found = nsl_modes[i];
	if (!found) {
		pr_err("unknown mode `%s`: it can be `classic`, `splice`, `ring`\n", mode);
		return NULL;
	}
	if (!strcmp(counters, "each"))
		return found;
	if (strcmp(counters, "batched")) {
		pr_err("unknown counters `%s`: it can be `each`, `batched`\n", counters);
		return NULL;
	}
	if (found != &nsl_mode_classic) {
		pr_err("counters `batched` is for mode `classic` only, not for `%s`\n", mode);
		return NULL;
	}
	return &nsl_mode_classic_batched;
}

static const struct nsl_wakeup *nsl_wakeup_find(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nsl_wakeups); i++)
		if (!strcmp(nsl_wakeups[i]->name, wakeup))
			return nsl_wakeups[i];
	pr_err("unknown wakeup `%s`: it can be `always`, `sleeper`\n", wakeup);
	return NULL;
}

static const struct nsl_sleep *nsl_sleep_find(void)
{
	const struct nsl_sleep *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nsl_sleeps); i++)
		if (!strcmp(nsl_sleeps[i]->name, sleep))
			found = nsl_sleeps[i];
	if (!found)
		pr_err("unknown sleep `%s`: it can be `schedule`, `timeout`\n", sleep);
	return found;
}

static int __init nsl_choose(struct nsl_kind *kind)
{
	kind->mode = nsl_mode_find();
	if (!kind->mode)
		return -EINVAL;
	kind->wakeup = nsl_wakeup_find();
	kind->sleep = nsl_sleep_find();
	if (!kind->wakeup || !kind->sleep)
		return -EINVAL;
	if (kind->mode == &nsl_mode_ring && kind->sleep != &nsl_sleep_schedule) {
		pr_err("sleep `%s` is for modes that read() serves, not for `%s`\n", sleep, mode);
		return -EINVAL;
	}
	if (!nsl_queue_len_valid(queue_len)) {
		pr_err("queue_len %u is not within %u to %u\n", queue_len, NSL_QUEUE_LEN_MIN,
		       NSL_QUEUE_LEN_MAX);
		return -EINVAL;
	}
	kind->queue_len = queue_len;
	return 0;
}

static int nsl_netdev_event(struct notifier_block *block, unsigned long event, void *info)
{
	/* Sent on a move to another network namespace as well. */
	if (event == NETDEV_UNREGISTER)
		nsl_slice_device_gone(netdev_notifier_info_to_dev(info));
	return NOTIFY_DONE;
}

static struct notifier_block nsl_netdev_notifier = {
	.notifier_call = nsl_netdev_event,
};

static int __init nsl_init(void)
{
	struct nsl_kind kind;
	int err = nsl_choose(&kind);

	if (err)
		return err;
	err = register_netdevice_notifier(&nsl_netdev_notifier);
	if (err)
		return err;
	err = nsl_device_register(&kind);
	if (err)
		goto err_notifier;
	pr_info("mode %s, wakeup %s, queue_len %u, counters %s, sleep %s\n", mode, wakeup,
		queue_len, counters, sleep);
	return 0;

err_notifier:
	unregister_netdevice_notifier(&nsl_netdev_notifier);
	return err;
}

static void __exit nsl_exit(void)
{
	nsl_device_unregister();
	unregister_netdevice_notifier(&nsl_netdev_notifier);
}

module_init(nsl_init);
module_exit(nsl_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_DESCRIPTION("NetSlice: frames between network ports and user space, one slice per CPU");
