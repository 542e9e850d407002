//! A tree of which function called which, and what each took there: from it come the paths through the framework's module and
//! the chains of a flame graph.
//!
//! Must not know how calls were seen.

use std::collections::{BTreeMap, HashMap};

use super::{Place, spins};
use crate::record::{Part, Path, Paths, Spin, Stack};

/// Where softirqs begin: whoever had the CPU when one came has nothing to do with what it does.
const SOFTIRQ: [&str; 2] = ["__do_softirq", "handle_softirqs"];

/// A place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Node(u32);

/// Where nothing was called yet.
pub const ROOT: Node = Node(u32::MAX);

/// A function, as called by what is above it.
#[derive(Debug, Clone, PartialEq)]
struct Called {
    by: Node,
    function: u32,
    count: f64,
    times: f64,
}

/// What was called by what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calls {
    functions: Vec<Place>,
    numbers: HashMap<Place, u32>,
    /// Whoever calls stands before what it called.
    nodes: Vec<Called>,
    children: HashMap<(Node, u32), Node>,
}

/// Of which way through the module a node is.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// The function by which the module was entered.
    entry: Option<u32>,
    /// In another module, or in what that called.
    in_driver: bool,
}

impl Calls {
    /// The number of a function.
    pub fn function(&mut self, place: Place) -> u32 {
        if let Some(number) = self.numbers.get(&place) {
            return *number;
        }
        let number = self.functions.len() as u32;
        self.functions.push(place.clone());
        self.numbers.insert(place, number);
        number
    }

    /// A function, as called from `by`.
    pub fn called(&mut self, by: Node, function: u32) -> Node {
        let nodes = &mut self.nodes;
        *self.children.entry((by, function)).or_insert_with(|| {
            nodes.push(Called { by, function, count: 0.0, times: 0.0 });
            Node(nodes.len() as u32 - 1)
        })
    }

    /// Who called at a node, and which function; `None` at the root.
    pub fn parent(&self, node: Node) -> Option<(Node, u32)> {
        self.nodes.get(node.0 as usize).map(|called| (called.by, called.function))
    }

    /// Adds to what a function took there.
    pub fn add(&mut self, node: Node, count: f64) {
        self.nodes[node.0 as usize].count += count;
    }

    /// Notes that a function began there.
    pub fn began(&mut self, node: Node) {
        self.nodes[node.0 as usize].times += 1.0;
    }

    /// All that was taken.
    pub fn total(&self) -> f64 {
        self.nodes.iter().fold(0.0, |sum, node| sum + node.count)
    }

    /// What each way into the framework's modules took, with all that was called on it, the dearest first; `None` where no
    /// module of its own was entered. `packets` went through meanwhile; where calls were seen to begin, `counts` says so.
    pub fn paths(&self, packets: Option<u64>, counts: bool) -> Option<Paths> {
        let mut ways: Vec<Way> = Vec::with_capacity(self.nodes.len());
        let mut paths = Paths { packets, ..Paths::default() };
        let mut entries: BTreeMap<u32, Path> = BTreeMap::new();
        for node in &self.nodes {
            let place = &self.functions[node.function as usize];
            let above = ways.get(node.by.0 as usize).copied().unwrap_or_default();
            let way = above.into(node.function, place);
            ways.push(way);
            let Some(entry) = way.entry else {
                *(if place.part == Part::Program { &mut paths.programs } else { &mut paths.rest }) += node.count;
                continue;
            };
            let path = entries.entry(entry).or_insert_with(|| Path {
                function: self.functions[entry as usize].name.clone(),
                object: self.functions[entry as usize].object.clone(),
                entered: counts.then_some(0.0),
                ..Path::default()
            });
            path.count += node.count;
            if place.part == Part::Module {
                path.module += node.count;
            } else if way.in_driver {
                path.drivers += node.count;
            }
            if let Some(entered) = path.entered.as_mut().filter(|_| above.entry != Some(entry)) {
                *entered += node.times;
            }
        }
        paths.entries = entries.into_values().collect();
        paths.entries.sort_by(|one, other| other.count.total_cmp(&one.count));
        (!paths.entries.is_empty()).then_some(paths)
    }

    /// Who went round for a lock, those seen most often first.
    pub fn spins(&self) -> Vec<Spin> {
        let mut seen: BTreeMap<u32, f64> = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| node.count > 0.0) {
            if let Some(wanted) = self.wants_a_lock(node) {
                *seen.entry(wanted).or_default() += node.count;
            }
        }
        let spin = |(function, count)| {
            let Place { object, name, .. } = self.functions[function as usize].clone();
            Spin { function: name, object, count }
        };
        let mut seen: Vec<_> = seen.into_iter().map(spin).collect();
        seen.sort_by(|one, other| other.count.total_cmp(&one.count));
        seen
    }

    /// The function for which a lock is being waited for there.
    fn wants_a_lock(&self, node: &Called) -> Option<u32> {
        let name = |node: &Called| self.functions[node.function as usize].name.as_str();
        let above = |node: &Called| self.nodes.get(node.by.0 as usize);
        let mut at = node;
        while spins::halts(name(at)) {
            at = above(at)?;
        }
        if !spins::spins(name(at)) {
            return None;
        }
        while let Some(by) = above(at).filter(|_| spins::for_others(name(at))) {
            at = by;
        }
        Some(at.function)
    }

    /// Chains of functions, outermost first, those that took most first, at most so many.
    pub fn chains(&self, most: usize) -> Vec<Stack> {
        let mut dear: Vec<_> = (0..self.nodes.len()).filter(|node| self.nodes[*node].count > 0.0).collect();
        dear.sort_by(|one, other| self.nodes[*other].count.total_cmp(&self.nodes[*one].count));
        dear.truncate(most);
        let stack = |node: usize| Stack { chain: self.chain(Node(node as u32)), count: self.nodes[node].count };
        dear.into_iter().map(stack).collect()
    }

    fn chain(&self, mut node: Node) -> String {
        let mut names = Vec::new();
        while node != ROOT {
            let called = &self.nodes[node.0 as usize];
            names.push(self.functions[called.function as usize].name.replace(';', ":"));
            node = called.by;
        }
        names.reverse();
        names.join(";")
    }
}

impl Way {
    /// On into a function.
    fn into(self, function: u32, place: &Place) -> Self {
        if SOFTIRQ.contains(&place.name.as_str()) {
            return Self::default();
        }
        let own = place.part == Part::Module;
        let entry = self.entry.or(own.then_some(function));
        let other_module = place.part == Part::Kernel && place.object != "kernel";
        Self { entry, in_driver: entry.is_some() && !own && (self.in_driver || other_module) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Chain<'a> = &'a [(Part, &'a str, &'a str)];

    /// Adds chains, outermost first, with what their last function took.
    fn calls(chains: &[(Chain, f64)]) -> Calls {
        let mut calls = Calls::default();
        for (chain, count) in chains {
            let mut node = ROOT;
            for (part, object, name) in *chain {
                let place = Place { part: *part, object: (*object).to_owned(), name: (*name).to_owned() };
                let function = calls.function(place);
                node = calls.called(node, function);
            }
            calls.add(node, *count);
            calls.began(node);
        }
        calls
    }

    const VFS: (Part, &str, &str) = (Part::Kernel, "kernel", "vfs_write");
    const WRITE: (Part, &str, &str) = (Part::Module, "netslice", "nsl_device_write");
    const XMIT: (Part, &str, &str) = (Part::Module, "netslice", "nsl_xmit");
    const DRIVER: (Part, &str, &str) = (Part::Kernel, "virtio_net", "start_xmit");
    const ALLOC: (Part, &str, &str) = (Part::Kernel, "kernel", "kmalloc");
    const SOFT: (Part, &str, &str) = (Part::Kernel, "kernel", "__do_softirq");
    const HOOK: (Part, &str, &str) = (Part::Module, "netslice", "nsl_hook");
    const MAIN: (Part, &str, &str) = (Part::Program, "netslice-bridge", "main");

    #[test]
    fn a_path_is_what_the_module_took_from_where_it_was_entered_and_what_it_called() {
        let calls = calls(&[
            (&[VFS], 1.0),
            (&[VFS, WRITE], 2.0),
            (&[VFS, WRITE, ALLOC], 4.0),
            (&[VFS, WRITE, XMIT], 8.0),
            (&[VFS, WRITE, XMIT, DRIVER], 16.0),
            (&[VFS, WRITE, XMIT, DRIVER, ALLOC], 32.0),
            (&[MAIN], 64.0),
        ]);
        let paths = calls.paths(Some(10), true).unwrap();
        let write = Path {
            function: "nsl_device_write".to_owned(),
            object: "netslice".to_owned(),
            entered: Some(1.0),
            count: 62.0,
            module: 10.0,
            drivers: 48.0,
        };
        assert_eq!(paths, Paths { packets: Some(10), entries: vec![write], programs: 64.0, rest: 1.0 });
        assert!((calls.total() - 127.0).abs() < 1e-9);
    }

    #[test]
    fn a_softirq_is_not_of_the_path_that_it_came_upon() {
        let calls = calls(&[
            (&[VFS, WRITE], 1.0),
            (&[VFS, WRITE, SOFT], 2.0),
            (&[VFS, WRITE, SOFT, HOOK], 4.0),
            (&[VFS, WRITE, SOFT, HOOK, ALLOC], 8.0),
        ]);
        let paths = calls.paths(None, false).unwrap();
        let got: Vec<_> = paths.entries.iter().map(|path| (path.function.as_str(), path.count, path.entered)).collect();
        assert_eq!((got, paths.rest), (vec![("nsl_hook", 12.0, None), ("nsl_device_write", 1.0, None)], 2.0));
    }

    const LOCK: (Part, &str, &str) = (Part::Kernel, "kernel", "_raw_spin_lock");
    const SLOW: (Part, &str, &str) = (Part::Kernel, "kernel", "native_queued_spin_lock_slowpath");
    const PV_SLOW: (Part, &str, &str) = (Part::Kernel, "kernel", "__pv_queued_spin_lock_slowpath");
    const WAIT: (Part, &str, &str) = (Part::Kernel, "kernel", "kvm_wait");
    const HALT: (Part, &str, &str) = (Part::Kernel, "kernel", "native_safe_halt");

    #[test]
    fn who_goes_round_for_a_lock_is_who_had_it_taken() {
        let calls = calls(&[
            (&[VFS, WRITE, XMIT, LOCK], 1.0),
            (&[VFS, WRITE, XMIT, LOCK, SLOW], 2.0),
            (&[SOFT, HOOK, LOCK, SLOW], 4.0),
            // A virtual CPU gives its time away.
            (&[SOFT, HOOK, LOCK, PV_SLOW, WAIT, HALT], 8.0),
            (&[HALT], 16.0),
            // What an interrupt does is not waiting.
            (&[SOFT, HOOK, LOCK, SLOW, SOFT, DRIVER], 32.0),
            // Chains may be cut short.
            (&[SLOW], 64.0),
        ]);
        let seen: Vec<_> = calls.spins().into_iter().map(|spin| (spin.function, spin.object, spin.count)).collect();
        let expected = [(SLOW.2, "kernel", 64.0), (HOOK.2, "netslice", 12.0), (XMIT.2, "netslice", 2.0)];
        assert_eq!(seen, expected.map(|(function, object, count)| (function.to_owned(), object.to_owned(), count)));
    }

    #[test]
    fn without_a_module_of_the_frameworks_there_are_no_paths() {
        assert_eq!(calls(&[(&[VFS, DRIVER], 5.0)]).paths(Some(1), true), None);
    }

    #[test]
    fn chains_are_given_outermost_first_the_dearest_first() {
        let calls = calls(&[(&[VFS, WRITE], 2.0), (&[VFS, WRITE, ALLOC], 4.0), (&[MAIN], 1.0)]);
        let chains: Vec<_> = calls.chains(2).into_iter().map(|stack| (stack.chain, stack.count)).collect();
        let expected = [("vfs_write;nsl_device_write;kmalloc", 4.0), ("vfs_write;nsl_device_write", 2.0)];
        assert_eq!(chains, expected.map(|(chain, count)| (chain.to_owned(), count)));
    }
}
