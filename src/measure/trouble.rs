//! Lines of a kernel's log that make a figure suspect, told from those that do not.
//!
//! Pure. Must not know where the lines come from.

use std::fmt;

/// What is wrong with a host, as its kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The end.
    Panic,
    /// A report of KASAN and its like.
    Sanitizer,
    /// A report of lockdep or of RCU's proofs.
    Lockdep,
    /// A CPU that ran in the kernel for long and let nothing else run.
    SoftLockup,
    /// The same, with interrupts off.
    HardLockup,
    /// RCU waits in vain for a CPU or a task.
    RcuStall,
    /// A task that waits for minutes.
    HungTask,
    /// A bad access, or a state that must not be; what ran is gone.
    Oops,
    /// `WARN_ON`.
    Warning,
    /// No memory, whether or not something was killed for it.
    OutOfMemory,
    /// What a module or a port left in the kernel that should have gone with it.
    Leak,
    /// A card that was reset, or whose transmit queue stood still.
    NicReset,
    /// A memory, bus or processor error that the hardware reports.
    Hardware,
    /// A cable that lost or found its signal: usual in a set-up, trouble in a trial.
    Link,
}

/// What a line contains, in lower case, and what that means. The first that fits counts: a soft lockup says `BUG:` too.
const SIGNS: &[(&str, Trouble)] = &[
    ("kernel panic", Trouble::Panic),
    ("bug: kasan:", Trouble::Sanitizer),
    ("bug: kfence:", Trouble::Sanitizer),
    ("bug: kcsan:", Trouble::Sanitizer),
    ("bug: kmsan:", Trouble::Sanitizer),
    ("ubsan:", Trouble::Sanitizer),
    ("possible circular locking dependency", Trouble::Lockdep),
    ("possible recursive locking", Trouble::Lockdep),
    ("possible irq lock inversion", Trouble::Lockdep),
    ("inconsistent lock state", Trouble::Lockdep),
    ("bad unlock balance", Trouble::Lockdep),
    ("suspicious rcu usage", Trouble::Lockdep),
    ("trying to register non-static key", Trouble::Lockdep),
    ("bug: invalid wait context", Trouble::Lockdep),
    ("soft lockup", Trouble::SoftLockup),
    ("bug: workqueue lockup", Trouble::SoftLockup),
    ("hard lockup", Trouble::HardLockup),
    ("self-detected stall on cpu", Trouble::RcuStall),
    ("detected stalls on cpus", Trouble::RcuStall),
    ("detected expedited stalls", Trouble::RcuStall),
    ("kthread starved for", Trouble::RcuStall),
    ("kthread timer wakeup didn't happen", Trouble::RcuStall),
    (" seconds.", Trouble::HungTask),
    ("out of memory", Trouble::OutOfMemory),
    ("invoked oom-killer", Trouble::OutOfMemory),
    ("oom-kill:", Trouble::OutOfMemory),
    ("page allocation failure", Trouble::OutOfMemory),
    ("unregister_netdevice: waiting for", Trouble::Leak),
    ("objects remaining in", Trouble::Leak),
    ("leaked reference", Trouble::Leak),
    ("new suspected memory leaks", Trouble::Leak),
    ("netdev watchdog:", Trouble::NicReset),
    ("reset adapter", Trouble::NicReset),
    ("resetting adapter", Trouble::NicReset),
    ("initiating reset", Trouble::NicReset),
    ("detected tx unit hang", Trouble::NicReset),
    ("detected hardware unit hang", Trouble::NicReset),
    ("tx timeout", Trouble::NicReset),
    ("transmit queue", Trouble::NicReset),
    ("general protection fault", Trouble::Oops),
    ("unable to handle", Trouble::Oops),
    ("oops:", Trouble::Oops),
    ("kernel bug at", Trouble::Oops),
    ("bug:", Trouble::Oops),
    ("double fault", Trouble::Oops),
    ("invalid opcode:", Trouble::Oops),
    ("divide error:", Trouble::Oops),
    ("bad page state", Trouble::Oops),
    ("warning: ", Trouble::Warning),
    ("[hardware error]", Trouble::Hardware),
    ("aer: uncorrect", Trouble::Hardware),
    ("temperature above threshold", Trouble::Hardware),
    ("link is down", Trouble::Link),
    ("link is up", Trouble::Link),
    ("link down", Trouble::Link),
    ("link up", Trouble::Link),
];

impl Trouble {
    /// What `line`, the text of one record, tells of; nothing where it is one of the many that a healthy host has.
    pub fn of(line: &str) -> Option<Self> {
        let lower = line.to_ascii_lowercase();
        let fits = |(sign, trouble): &&(&str, Self)| lower.contains(sign) && trouble.is_meant(&lower);
        SIGNS.iter().find(fits).map(|(_, trouble)| *trouble)
    }

    /// Whether a line that has a sign of this is what the sign stands for.
    fn is_meant(self, lower: &str) -> bool {
        // A user's program that crashes; the kernel only tells.
        let users = lower.starts_with("traps: ") && lower.contains(" ip:");
        match self {
            Self::Oops => !users,
            Self::Warning => lower.starts_with("warning: ") && (lower.contains(" at ") || lower.contains("cpu")),
            Self::HungTask => lower.contains("blocked for more than"),
            Self::NicReset if lower.contains("transmit queue") => lower.contains("timed out"),
            _ => true,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Panic => "panic",
            Self::Sanitizer => "sanitizer report",
            Self::Lockdep => "lockdep report",
            Self::SoftLockup => "soft lockup",
            Self::HardLockup => "hard lockup",
            Self::RcuStall => "RCU stall",
            Self::HungTask => "hung task",
            Self::Oops => "oops",
            Self::Warning => "kernel warning",
            Self::OutOfMemory => "out of memory",
            Self::Leak => "leak",
            Self::NicReset => "NIC reset",
            Self::Hardware => "hardware error",
            Self::Link => "link change",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As kernels 3.2 to 6.18 write them.
    const TROUBLES: &[(&str, &str)] = &[
        ("Kernel panic - not syncing: Fatal exception in interrupt", "panic"),
        ("BUG: KASAN: slab-use-after-free in netslice_poll+0x1a2/0x2c0 [netslice]", "sanitizer report"),
        ("UBSAN: array-index-out-of-bounds in drivers/net/ethernet/intel/ice/ice_main.c:1", "sanitizer report"),
        ("WARNING: possible circular locking dependency detected", "lockdep report"),
        ("WARNING: suspicious RCU usage", "lockdep report"),
        ("WARNING: inconsistent lock state", "lockdep report"),
        ("watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [ksoftirqd/1:23]", "soft lockup"),
        ("BUG: soft lockup - CPU#3 stuck for 22s! [netserver:4242]", "soft lockup"),
        ("NMI watchdog: Watchdog detected hard LOCKUP on cpu 2", "hard lockup"),
        ("watchdog: Watchdog detected hard LOCKUP on cpu 0", "hard lockup"),
        ("rcu: INFO: rcu_preempt self-detected stall on CPU", "RCU stall"),
        ("rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "RCU stall"),
        ("rcu: rcu_preempt kthread starved for 5252 jiffies! g1357 f0x0 RCU_GP_WAIT_FQS(5)", "RCU stall"),
        ("INFO: task rmmod:1234 blocked for more than 120 seconds.", "hung task"),
        ("general protection fault: 0000 [#1] SMP", "oops"),
        ("Oops: general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1]", "oops"),
        ("BUG: unable to handle kernel NULL pointer dereference at 0000000000000008", "oops"),
        ("BUG: kernel NULL pointer dereference, address: 0000000000000008", "oops"),
        ("kernel BUG at net/core/skbuff.c:2041!", "oops"),
        ("BUG: scheduling while atomic: swapper/1/0/0x00000100", "oops"),
        ("Unable to handle kernel paging request at virtual address ffff80001000", "oops"),
        ("WARNING: CPU: 1 PID: 99 at net/core/dev.c:3208 skb_warn_bad_offload+0x82/0xf0", "kernel warning"),
        ("WARNING: net/core/dev.c:3208 at skb_warn_bad_offload+0x82/0xf0, CPU#1: netperf/99", "kernel warning"),
        ("WARNING: at net/sched/sch_generic.c:255 dev_watchdog+0x26b/0x280()", "kernel warning"),
        ("netserver invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0", "out of memory"),
        ("Out of memory: Killed process 812 (dpdk-testpmd) total-vm:1234kB, anon-rss:99kB", "out of memory"),
        ("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,task=testpmd,pid=8", "out of memory"),
        ("ksoftirqd/0: page allocation failure: order:0, mode:0x20(GFP_ATOMIC)", "out of memory"),
        ("unregister_netdevice: waiting for eth1 to become free. Usage count = 2", "leak"),
        ("BUG netslice_slice (Tainted: G O): Objects remaining in netslice_slice on __kmem_cache_shutdown()", "leak"),
        ("kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)", "leak"),
        ("NETDEV WATCHDOG: eth7 (ixgbe): transmit queue 3 timed out", "NIC reset"),
        ("NETDEV WATCHDOG: CPU: 1: transmit queue 0 timed out 5376 ms", "NIC reset"),
        ("ixgbe 0000:03:00.0 eth7: Reset adapter", "NIC reset"),
        ("e1000e 0000:00:19.0 eth0: Reset adapter unexpectedly", "NIC reset"),
        ("ixgbe 0000:03:00.0 eth7: Detected Tx Unit Hang", "NIC reset"),
        ("e1000e 0000:00:1f.6 eno1: Detected Hardware Unit Hang:", "NIC reset"),
        ("virtio_net virtio3 eth2: TX timeout on queue: 0, sq: output.0, vq: 0x1", "NIC reset"),
        ("mce: [Hardware Error]: Machine check events logged", "hardware error"),
        ("CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)", "hardware error"),
        ("ixgbe 0000:03:00.0 eth7: NIC Link is Down", "link change"),
        ("ixgbe 0000:03:00.0: eth7: NIC Link is Up 10 Gbps, Flow Control: RX/TX", "link change"),
        ("mlx5_core 0000:05:00.0 ens1f0: Link up", "link change"),
    ];

    const USUAL: &[&str] = &[
        "netslice: loading out-of-tree module taints kernel.",
        "netslice: module verification failed: signature and/or required key missing - tainting kernel",
        "nsb1: port 1(in1) entered disabled state",
        "eth1: left promiscuous mode",
        "ixgbe 0000:03:00.0: registered PHC device on eth7",
        "ixgbe 0000:03:00.0: Multiqueue Enabled: Rx Queue count = 16, Tx Queue count = 16 XDP Queue count = 0",
        "traps: dpdk-testpmd[812] general protection fault ip:7f2c error:0 in librte_eal.so.23[7f2c+1000]",
        "dpdk-testpmd[812]: segfault at 8 ip 000055 sp 00007f error 4 in dpdk-testpmd[55+1000]",
        "virtio_net virtio3 eth2: XDP request 4 queues but max is 1. XDP_TX and XDP_REDIRECT will operate in a slower \
         locked tx mode.",
        "perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate to 79750",
        "clocksource: timekeeping watchdog on CPU1: Marking clocksource 'tsc' as unstable",
        "Warning: unable to open an initial console.",
        "IPv6: ADDRCONF(NETDEV_CHANGE): eth7: link becomes ready",
        "rcu: INFO: rcu_preempt: fine",
        "systemd[1]: Started a timer of 30 seconds.",
        "",
    ];

    #[test]
    fn every_kind_of_trouble_is_called_by_its_name() {
        for (line, name) in TROUBLES {
            let found = Trouble::of(line).map(|trouble| trouble.to_string());
            assert_eq!(found.as_deref(), Some(*name), "{line}");
        }
    }

    #[test]
    fn what_a_healthy_host_says_is_no_trouble() {
        for line in USUAL {
            assert_eq!(Trouble::of(line), None, "{line}");
        }
    }

    #[test]
    fn every_sign_is_written_as_it_is_looked_for() {
        for (sign, trouble) in SIGNS {
            assert_eq!(*sign, sign.to_ascii_lowercase(), "{trouble}");
        }
    }
}
