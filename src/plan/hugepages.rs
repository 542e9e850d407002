//! Huge pages of 2 MiB for programs that ask for them.

use anyhow::{Context, Result, ensure};

use super::Step;
use super::template::Template;
use crate::profile::Hugepages;

/// MiB of a page.
const PAGE_MIB: u64 = 2;

/// So many more pages than there are; on `node` where it is known, else wherever the kernel has room.
pub fn hugepages(action: &Hugepages, node: Option<u32>, words: &Template) -> Result<Step> {
    let mib = words.fill(&action.mib)?;
    let pages = mib.parse::<u64>().with_context(|| format!("`{mib}` MiB of huge pages is no whole number"))?;
    // A shell counts in 64 bits with a sign, and no machine has so many.
    ensure!(u32::try_from(pages).is_ok(), "`{mib}` MiB of huge pages are more than there can be");
    let pages = pages.div_ceil(PAGE_MIB);
    let (page_kib, kib) = (PAGE_MIB * 1024, pages * PAGE_MIB * 1024);
    let (place, dir) = match node {
        Some(node) => (format!(" on node {node}"), format!("/sys/devices/system/node/node{node}/hugepages")),
        None => (String::new(), "/sys/kernel/mm/hugepages".to_owned()),
    };
    let file = format!("{dir}/hugepages-2048kB/nr_hugepages");
    Ok(Step {
        title: format!("{pages} more huge pages of 2 MiB{place}"),
        save: format!(
            "[ -f {file} ] || {{ echo 'the kernel has no huge pages of 2 MiB: there is no {file}' >&2; false; }}\n\
             read -r now <{file}; echo \"echo $now >{file}\""
        ),
        // The kernel would take other programs' memory for them until the host thrashes. Whether what is free is in pieces
        // large enough shows only when they are asked for.
        apply: format!(
            "free=$(sed -n 's/^MemAvailable: *\\([0-9]*\\) kB$/\\1/p' /proc/meminfo)\n\
             [ \"${{free:-0}}\" -ge {kib} ] || {{ echo \"only $((${{free:-0}} / {page_kib})) of {pages} huge pages could be had\"; \
             echo 'hint: free memory, or add some'; false; }}\n\
             read -r now <{file}; echo $((now + {pages})) >{file}; read -r got <{file}\n\
             [ \"$got\" -ge $((now + {pages})) ] || {{ echo \"only $((got - now)) of {pages} huge pages could be had\"; \
             echo 'hint: free memory, or reserve them at boot: hugepages=N'; false; }}"
        ),
        verify: ":".to_owned(),
        payload: None,
    })
}
