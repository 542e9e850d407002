//! Where CPUs go round until a lock is free, told from call chains.
//!
//! The kernel's tracepoints for it leave out the first that waits for a spinlock (Linux, kernel/locking/qspinlock.c: `contention_begin`
//! is for those that queue behind it), and where two CPUs share a lock there never is a second.

/// Functions that go round.
const SPINS: [&str; 9] = [
    "__pv_queued_spin_lock_slowpath",
    "mutex_spin_on_owner",
    "native_queued_spin_lock_slowpath",
    "osq_lock",
    "queued_read_lock_slowpath",
    "queued_spin_lock_slowpath",
    "queued_write_lock_slowpath",
    "rwsem_optimistic_spin",
    "rwsem_spin_on_owner",
];

/// By which a virtual CPU gives away its time meanwhile; also those of one that has nothing to do.
const HALTS: [&str; 7] =
    ["halt", "hv_qlock_wait", "kvm_wait", "native_halt", "native_safe_halt", "pv_native_safe_halt", "xen_qlock_wait"];

/// How the names begin of functions that take locks for others.
const TAKERS: [&str; 12] = [
    "_raw_read_lock",
    "_raw_spin_lock",
    "_raw_spin_trylock",
    "_raw_write_lock",
    "__raw_callee_save_",
    "__mutex_lock",
    "mutex_lock",
    "mutex_optimistic_spin",
    "down_read",
    "down_write",
    "rwsem_down_",
    "do_raw_",
];

/// Whether a function goes round until a lock is free.
pub fn spins(name: &str) -> bool {
    SPINS.contains(&name)
}

/// Whether it only waits, for a lock or for something to do.
pub fn halts(name: &str) -> bool {
    HALTS.contains(&name)
}

/// Whether a function goes round, or takes the lock, for who called it.
pub fn for_others(name: &str) -> bool {
    spins(name) || TAKERS.iter().any(|taker| name.starts_with(taker))
}
