//! Kernel modules.

use anyhow::Result;

use super::template::Template;
use super::{Step, WORK, say};
use crate::host::shell::{Argv, quote};
use crate::profile::{Insmod, Modprobe};

fn loaded(module: &str) -> String {
    format!("[ -d {} ]", quote(&format!("/sys/module/{module}")))
}

/// A module from a file that was built. One that is loaded already is somebody's.
pub fn insmod(insmod: &Insmod, words: &Template) -> Result<Step> {
    let module = &insmod.module;
    let mut argv = vec!["insmod".to_owned(), format!("{WORK}/{}", insmod.file)];
    argv.extend(words.assignments(&insmod.parameters)?);
    Ok(Step {
        title: format!("module {module}"),
        save: format!(
            "if {}; then echo {} >&2; false; else {}; fi",
            loaded(module),
            quote(&format!("module {module} is already loaded; unload it with: rmmod {module}")),
            say(&format!("{} || rmmod {}", loaded(module).replacen("[ -d", "[ ! -d", 1), quote(module)))
        ),
        apply: Argv(argv).to_string(),
        verify: loaded(module),
        payload: None,
    })
}

/// A module of the kernel's; taken out again where it was not in before.
pub fn modprobe(modprobe: &Modprobe, words: &Template) -> Result<Step> {
    let module = &modprobe.module;
    let mut argv = vec!["modprobe".to_owned(), module.clone()];
    argv.extend(words.assignments(&modprobe.parameters)?);
    Ok(Step {
        title: format!("module {module}"),
        save: format!("{} || {}", loaded(module), say(&Argv::new(["modprobe", "-r", module]).to_string())),
        apply: Argv(argv).to_string(),
        verify: loaded(module),
        payload: None,
    })
}
