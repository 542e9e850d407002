//! Kernel modules.

use anyhow::Result;

use super::template::Template;
use super::{MUST, Step, WORK, say};
use crate::host::shell::{Argv, quote};
use crate::profile::{Insmod, Modprobe};

/// Reads `insmod PATH …` lines in the order of loading; prints what unloads, in reverse, those that are not loaded now.
const UNLOAD: &str = r#"undo=
while read -r verb path rest; do
  [ "$verb" = insmod ] || continue
  name=${path##*/}; name=$(echo "${name%%.ko*}" | tr - _)
  [ -d "/sys/module/$name" ] || undo="[ ! -d /sys/module/$name ] || rmmod $name$or; $undo"
done
[ -z "$undo" ] || echo "${undo%; }""#;

/// Whether the module is in. The kernel writes its name with underscores, however its file is called.
fn loaded(module: &str) -> String {
    format!("[ -d {} ]", quote(&format!("/sys/module/{}", module.replace('-', "_"))))
}

/// A module from a file that was built. One that is loaded already is somebody's.
pub fn insmod(insmod: &Insmod, words: &Template) -> Result<Step> {
    let module = &insmod.module;
    let mut argv = vec!["insmod".to_owned(), format!("{WORK}/{}", insmod.file)];
    argv.extend(words.assignments(&insmod.parameters)?);
    Ok(Step {
        title: format!("module {module}"),
        save: format!(
            "if {}; then {} >&2; false; else {}; fi",
            loaded(module),
            say(&format!("module {module} is already loaded; unload it with: rmmod {module}")),
            say(&format!("{MUST}\n{} || rmmod {}", loaded(module).replacen("[ -d", "[ ! -d", 1), quote(module)))
        ),
        apply: Argv(argv).to_string(),
        verify: loaded(module),
        payload: None,
    })
}

/// A module of the kernel's, and what it depends on; each taken out again where it was not in before. `modprobe -r`
/// alone leaves some dependencies behind. What is built into the kernel is there, and `modprobe` need not know of it.
pub fn modprobe(modprobe: &Modprobe, words: &Template) -> Result<Step> {
    let module = &modprobe.module;
    let mut argv = vec!["modprobe".to_owned(), module.clone()];
    argv.extend(words.assignments(&modprobe.parameters)?);
    Ok(Step {
        title: format!("module {module}"),
        save: format!("{} || modprobe -D {} | {{\nor=\n{UNLOAD}\n}}", loaded(module), quote(module)),
        apply: format!("{} || {}", loaded(module), Argv(argv)),
        verify: loaded(module),
        payload: None,
    })
}

/// A module that the kernel loads by itself when a program of the framework asks for something: taken out afterwards
/// where it was not in before. Where it cannot be, somebody else uses it by now.
pub fn autoloaded(module: &str) -> Step {
    Step {
        title: format!("module {module}, should it come, goes again"),
        save: format!("modprobe -D {} 2>/dev/null | {{\nor=' || :'\n{UNLOAD}\n}}", quote(module)),
        apply: ":".to_owned(),
        verify: ":".to_owned(),
        payload: None,
    }
}
