//! What the kernel of a host allows, and what stands in the way of those who look into it.
//!
//! Pure. Judges only what the host says; what it does not say is no finding.

use super::packages::install;
use super::{Finding, Part, Role};
use crate::testbed::facts::Interface;
use crate::testbed::facts::cpus::{cpus, list};
use crate::testbed::finding::Fix;

impl Part<'_> {
    /// Everything about the kernel's settings; what needs nothing done stands in one row at the end.
    pub(super) fn kernel(&self) -> Vec<Finding> {
        let mut found: Vec<_> = self.addresses_hidden().into_iter().chain(self.perf()).collect();
        found.extend(self.translated());
        found.extend(self.pages_taken());
        found.extend(self.isolated());
        found.extend(self.set_up());
        found
    }

    fn addresses_hidden(&self) -> Option<Finding> {
        (self.role == Role::Middlebox && self.facts.setting("kptr_restrict") == Some("2")).then(|| {
            Finding::note("the kernel hides its addresses even from root, so that a profile names no functions")
                .evidence("kernel.kptr_restrict is 2")
                .cure("sysctl -w kernel.kptr_restrict=1")
                .fix(Fix::KernelAddresses)
        })
    }

    /// What `profile` and `--measure cost` need. In the lab the emulator counts, and nobody asks the guest.
    fn perf(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.role != Role::Middlebox || self.testbed.lab.is_some() {
            return found;
        }
        let facts = self.facts;
        let wanted = "`nsbench profile` and `--measure cost` need it";
        if facts.tools.contains_key("perf") && facts.tool("perf").is_none() {
            let finding = Finding::note("`perf` is not installed").evidence(wanted);
            found.push(finding.cure(install(facts, "linux-perf")));
        }
        if facts.setting("counters") == Some("no") {
            let what = "the CPUs have no counters of their own: instructions and cycles cannot be counted";
            found.push(
                Finding::note(what)
                    .evidence("/sys/bus/event_source/devices has no `cpu`, as in most virtual machines")
                    .cure("let the virtual machine have them (QEMU: `-cpu host,pmu=on`), or measure throughput"),
            );
        }
        if facts.lockdown.as_deref() == Some("confidentiality") {
            let what = "the kernel lets nobody look into it, root neither: perf sees none of its functions";
            found.push(
                Finding::note(what)
                    .evidence("/sys/kernel/security/lockdown: confidentiality")
                    .cure("boot with lockdown=none, or turn Secure Boot off in the firmware"),
            );
        }
        found
    }

    /// Cards whose buffers the kernel maps and unmaps packet by packet.
    fn translated(&self) -> Option<Finding> {
        let kind = |port: &Interface| self.facts.translated.get(port.pci.as_ref()?);
        let translates = |port: &&Interface| kind(port).is_some_and(|kind| kind.starts_with("DMA"));
        let ports: Vec<_> = self.test_ports().into_iter().filter(translates).collect();
        let first = ports.first()?;
        let names: Vec<_> = ports.iter().map(|port| port.name.as_str()).collect();
        let what = format!("the IOMMU translates the DMA of {}: each buffer is mapped and unmapped", names.join(", "));
        let slot = first.pci.as_deref().unwrap_or_default();
        Some(
            Finding::note(what)
                .evidence(format!("/sys/bus/pci/devices/{slot}/iommu_group/type is {}", kind(first)?))
                .cure("boot with iommu=pt: cards of the kernel's are then left alone, and vfio works all the same"),
        )
    }

    fn pages_taken(&self) -> Option<Finding> {
        let number = |name: &str| self.facts.setting(name)?.parse::<u64>().ok();
        let (all, free) = (number("HugePages_Total")?, number("HugePages_Free")?);
        (free < all).then(|| {
            Finding::note(format!("{} of {all} huge pages are taken: something else uses them", all - free))
                .evidence(format!("/proc/meminfo: HugePages_Total {all}, HugePages_Free {free}"))
                .cure("see who it is, `grep -l huge /proc/[0-9]*/numa_maps`; a run reserves its own beside them")
        })
    }

    /// A program that nobody binds runs on CPUs that are not isolated: where they are too few, a generator has less of the
    /// host than there is.
    fn isolated(&self) -> Option<Finding> {
        let isolated = cpus(self.facts.setting("isolated")?)?;
        let left = (self.facts.cpus as usize).saturating_sub(isolated.len());
        let lines = self.testbed.lines.len();
        (self.role != Role::Middlebox && !isolated.is_empty() && left < lines).then(|| {
            let are = if left == 1 { "CPU is" } else { "CPUs are" };
            let what = format!(
                "CPUs {} are isolated, and {left} {are} left for the traffic of {lines} lines",
                list(&isolated)
            );
            Finding::warning(what)
                .evidence(format!("/sys/devices/system/cpu/isolated: {}", list(&isolated)))
                .cure("boot without isolcpus=: generators are bound to no CPU, and never run on those")
        })
    }

    fn set_up(&self) -> Option<Finding> {
        let mut told = Vec::new();
        let mut tell = |name: &str, value: Option<String>| told.extend(value.map(|value| format!("{name} {value}")));
        let setting = |name: &str| self.facts.setting(name).map(str::to_owned);
        tell("governor", setting("governor"));
        tell("IOMMU", setting("iommu").map(|iommu| if iommu == "yes" { "on".to_owned() } else { "off".to_owned() }));
        tell("isolated CPUs", setting("isolated"));
        let pages = setting("HugePages_Total").zip(setting("HugePages_Free")).zip(setting("Hugepagesize"));
        let pages = pages.map(|((all, free), size)| format!("{free} of {all} free, {size} KiB each"));
        tell("huge pages", pages);
        if self.role == Role::Middlebox {
            tell("perf_event_paranoid", setting("perf_event_paranoid"));
        }
        tell("queues", self.queues_told());
        tell("interrupts", self.interrupts_told());
        tell("firmware", self.firmware());
        (!told.is_empty()).then(|| Finding::ok("set up").evidence(told.join("; ")))
    }

    /// Of the cards under test, each version once.
    fn firmware(&self) -> Option<String> {
        let ports = self.test_ports();
        let of = |port: &&Interface| {
            let link = self.facts.links.iter().find(|link| link.interface == port.name)?;
            Some(format!("{} {}", port.driver.as_deref().unwrap_or("unknown driver"), link.firmware.as_ref()?))
        };
        let mut versions: Vec<_> = ports.iter().filter_map(of).collect();
        versions.sort();
        versions.dedup();
        (!versions.is_empty()).then(|| versions.join(", "))
    }
}

#[cfg(test)]
mod tests;
