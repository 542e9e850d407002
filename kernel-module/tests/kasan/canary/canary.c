// SPDX-License-Identifier: GPL-2.0
/*
 * A module that does wrong on purpose, one thing for each load, and is in no use
 * otherwise: insmod canary.ko sing=NAME. tests/kasan/canaries.sh loads it to see
 * that the kernel tells, before that kernel's silence on netslice.ko is believed.
 * It must know nothing of NetSlice.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

static char *sing = "";
module_param(sing, charp, 0444);
MODULE_PARM_DESC(sing, "what to do wrong: a name of canary.c's table");

static DEFINE_MUTEX(canary_first);
static DEFINE_MUTEX(canary_second);
static DEFINE_SPINLOCK(canary_lock);
static DEFINE_SPINLOCK(canary_softirq_lock);

/* Read as the compiler cannot foresee, so that it warns of nothing and keeps all. */
static noinline int canary_peek(const volatile char *byte)
{
	return *byte;
}

static void canary_use_after_free(void)
{
	char *memory = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
	canary_peek(memory + 8);
}

/* As the rings are: memory of vmalloc(), and whoever reads past its end. */
static void canary_out_of_bounds(void)
{
	char *memory = vmalloc(5000);

	OPTIMIZER_HIDE_VAR(memory);
	if (memory)
		canary_peek(memory + 5000);
	vfree(memory);
}

/* Each order once: nobody waits for anybody, and it is wrong all the same. */
static void canary_deadlock(void)
{
	mutex_lock(&canary_first);
	mutex_lock(&canary_second);
	mutex_unlock(&canary_second);
	mutex_unlock(&canary_first);
	mutex_lock(&canary_second);
	mutex_lock(&canary_first);
	mutex_unlock(&canary_first);
	mutex_unlock(&canary_second);
}

static void canary_softirq(struct tasklet_struct *unused)
{
	spin_lock(&canary_softirq_lock);
	spin_unlock(&canary_softirq_lock);
}

/* What the first NetSlice did: a lock of softirqs, taken with them on. */
static void canary_softirq_deadlock(void)
{
	DECLARE_TASKLET(tasklet, canary_softirq);

	tasklet_schedule(&tasklet);
	tasklet_kill(&tasklet);
	spin_lock(&canary_softirq_lock);
	spin_unlock(&canary_softirq_lock);
}

static void canary_sleep_under_lock(void)
{
	spin_lock(&canary_lock);
	usleep_range(100, 200);
	spin_unlock(&canary_lock);
}

static void canary_rcu(void)
{
	static int __rcu *pointer;

	(void)rcu_dereference(pointer);
}

static void canary_leak(void)
{
	int i;

	/* More than one: a stale copy in a register or on a stack may hide one. */
	for (i = 0; i < 16; i++)
		memset(kmalloc(333, GFP_KERNEL), 0xCA, 333);
}

static void canary_list(void)
{
	struct list_head entry;
	LIST_HEAD(list);

	list_add(&entry, &list);
	list_del(&entry);
	list_del(&entry);
}

static int __init canary_init(void)
{
	static const struct {
		const char *name;
		void (*function)(void);
	} songs[] = {
		{ "use-after-free", canary_use_after_free },
		{ "out-of-bounds", canary_out_of_bounds },
		{ "deadlock", canary_deadlock },
		{ "softirq-deadlock", canary_softirq_deadlock },
		{ "sleep-under-lock", canary_sleep_under_lock },
		{ "rcu", canary_rcu },
		{ "leak", canary_leak },
		{ "list", canary_list },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(songs); i++) {
		if (strcmp(songs[i].name, sing))
			continue;
		songs[i].function();
		return 0;
	}
	return -EINVAL;
}

static void __exit canary_exit(void)
{
}

module_init(canary_init);
module_exit(canary_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("does wrong on purpose, so that who looks on can be seen to notice");
