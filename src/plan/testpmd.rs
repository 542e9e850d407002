//! DPDK's testpmd on the source, which sends over packet sockets: what it leaves behind is taken back.

use super::{Step, link, module};

/// Steps for a source that sends on these ports. testpmd makes a port promiscuous and leaves it so, and while DPDK looks for RDMA
/// cards the kernel loads what that takes.
pub fn steps<'a>(ports: impl Iterator<Item = &'a str>) -> Vec<Step> {
    std::iter::once(module::autoloaded("ib_core")).chain(ports.map(link::promiscuous)).collect()
}
