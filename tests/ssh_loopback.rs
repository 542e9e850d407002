//! Hosts as nsbench has them, over a real sshd on 127.0.0.1: the connection, steps, their undo, and what becomes of
//! them when something breaks in the middle.
//!
//! Every test has an sshd of its own, in namespaces of its own, so that nothing of this machine is touched.

#[path = "ssh/apply.rs"]
mod apply;
#[path = "ssh/awake.rs"]
mod awake;
#[path = "ssh/connection.rs"]
mod connection;
#[path = "ssh/daemons.rs"]
mod daemons;
#[path = "ssh/deadman.rs"]
mod deadman;
#[path = "../src/executable.rs"]
mod executable;
#[path = "ssh/hops.rs"]
mod hops;
#[path = "words/hostile.rs"]
mod hostile;
#[path = "ssh/journal.rs"]
mod journal;
#[path = "ssh/lines.rs"]
mod lines;
#[path = "ssh/locks.rs"]
mod locks;
#[path = "ssh/lost.rs"]
mod lost;
#[path = "ssh/perf.rs"]
mod perf;
#[path = "ssh/plans.rs"]
mod plans;
#[path = "ssh/profile.rs"]
mod profile;
#[path = "ssh/recovery.rs"]
mod recovery;
#[path = "ssh/refusals.rs"]
mod refusals;
#[path = "ssh/restore.rs"]
mod restore;
#[path = "ssh/secrecy.rs"]
mod secrecy;
#[path = "ssh/sessions.rs"]
mod sessions;
#[path = "ssh/sshd.rs"]
mod sshd;
#[path = "ssh/streams.rs"]
mod streams;
#[path = "ssh/three.rs"]
mod three;
#[path = "ssh/topology.rs"]
mod topology;
#[path = "ssh/undos.rs"]
mod undos;
#[path = "ssh/watch.rs"]
mod watch;
#[path = "ssh/words.rs"]
mod words;
