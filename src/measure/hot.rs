//! Where the time of a middlebox goes: addresses, or samples, put together by function.
//!
//! Must not know which framework forwards, nor how its code was built.

pub mod calls;
pub mod followed;
pub mod lines;
pub mod sampled;
pub mod scheduling;
mod spins;
pub mod symbols;

use std::collections::BTreeMap;

use crate::record::{Function, Part};

/// A function, as counts are put down to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// What it belongs to.
    pub part: Part,
    /// `kernel`, a module, or the file of a program.
    pub object: String,
    /// Its name.
    pub name: String,
}

/// What the framework under test is made of: names of modules and programs, by which its code is told from the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Modules, as the kernel calls them.
    pub modules: Vec<String>,
    /// Programs, as their files are called.
    pub programs: Vec<String>,
}

impl Own {
    /// Whose code of the kernel's is, given the module that it is in.
    pub fn kernel(&self, module: Option<&str>) -> Part {
        let own = module.is_some_and(|module| self.modules.iter().any(|own| same_module(own, module)));
        if own { Part::Module } else { Part::Kernel }
    }

    /// Whose code of a program or library is, given its file.
    pub fn user(&self, file: &str) -> Part {
        if self.programs.iter().any(|own| own == file) { Part::Program } else { Part::Other }
    }
}

/// The kernel writes `_` in a module's name where a file has `-`.
fn same_module(one: &str, other: &str) -> bool {
    one.replace('-', "_") == other.replace('-', "_")
}

/// What functions took, by CPU.
pub type Tally = BTreeMap<Place, BTreeMap<u32, f64>>;

/// The functions of a tally with their shares, those that took most first; a packet's part where `packets` went through.
pub fn functions(tally: Tally, packets: Option<u64>) -> (f64, Vec<Function>) {
    let total: f64 = tally.values().flat_map(BTreeMap::values).sum();
    let mut functions: Vec<_> = tally
        .into_iter()
        .map(|(place, cpus)| {
            let count: f64 = cpus.values().sum();
            Function {
                name: place.name,
                object: place.object,
                part: place.part,
                count,
                share: if total > 0.0 { count / total } else { 0.0 },
                per_packet: packets.filter(|packets| *packets > 0).map(|packets| count / packets as f64),
                cpus,
            }
        })
        .collect();
    functions.sort_by(|one, other| other.count.total_cmp(&one.count).then_with(|| one.name.cmp(&other.name)));
    (total, functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_stand_by_what_they_took_with_their_share_and_a_packets_part() {
        let place = |name: &str| Place { part: Part::Kernel, object: "kernel".to_owned(), name: name.to_owned() };
        let tally = Tally::from([(place("a"), [(0, 10.0)].into()), (place("b"), [(0, 20.0), (1, 10.0)].into())]);
        let (total, functions) = functions(tally, Some(10));
        let got: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.share, f.per_packet)).collect();
        assert_eq!((total, got), (40.0, vec![("b", 0.75, Some(3.0)), ("a", 0.25, Some(1.0))]));
    }

    #[test]
    fn code_of_the_framework_is_told_from_the_rest_by_its_files() {
        let own = Own { modules: vec!["my-mod".to_owned()], programs: vec!["my-bridge".to_owned()] };
        assert_eq!((own.kernel(Some("my_mod")), own.kernel(Some("e1000e"))), (Part::Module, Part::Kernel));
        assert_eq!(
            (own.kernel(None), own.user("my-bridge"), own.user("sshd")),
            (Part::Kernel, Part::Program, Part::Other)
        );
    }
}
