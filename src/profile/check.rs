//! What makes a profile sound, beyond its keys and types: each refusal at its place, before a host is asked.
//!
//! Must not know what a placeholder stands for, only which there are.

use std::collections::BTreeMap;
use std::str::FromStr;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::action::{Action, CommandAction, DaemonAction};
use super::{FIREWALL_SOURCE, Fact, MODULE_SOURCE, Profile, is_brought_source, words};
use crate::plan::template::Template;
use crate::programs;
use crate::yaml::{Diagnostic, Document};

type Checked = Result<(), Diagnostic>;

/// Refuses what cannot be done, or would not arrive on a host as it is written.
pub fn check(document: &Document<Profile>) -> Checked {
    let checker = Checker { document };
    checker.texts(&serde_json::to_value(&document.value).unwrap_or_default(), &mut Vec::new())?;
    checker.names()?;
    checker.parameters()?;
    checker.programs()?;
    checker.build()?;
    checker.ports()?;
    checker.actions(&["load"], &document.value.load, &checker.template(true))?;
    let mut line = checker.template(true);
    for name in words::LINE {
        line.set(name, "1");
    }
    checker.actions(&["line"], &document.value.line, &line)?;
    checker.cost(&line)?;
    if !document.value.counts.is_empty() {
        checker.command(&["counts"], &document.value.counts, &line)?;
    }
    checker.facts()
}

/// Whether the kernel may call a module so.
pub fn is_module(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !name.starts_with('-') && !name.is_empty() && name.len() < 56 && name.chars().all(plain)
}

/// Whether a file of the work directory may be called so.
pub fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0', '\n'])
}

struct Checker<'a> {
    document: &'a Document<Profile>,
}

impl Checker<'_> {
    fn profile(&self) -> &Profile {
        &self.document.value
    }

    fn refuse(&self, path: &[&str], message: &str, label: &str, hint: &str) -> Checked {
        Err(self.document.at(path, message, label, hint))
    }

    /// A template in which every placeholder of a cell stands for a number, so that sums can be tried.
    fn template(&self, lists: bool) -> Template {
        let parameters = self.profile().parameters.keys().map(|name| (name.clone(), "1".to_owned()));
        let mut template = Template::new(&parameters.collect());
        for name in words::CELL {
            template.set(name, "1");
        }
        if lists {
            for name in words::LISTS {
                template.set_list(name, Vec::new());
            }
        }
        template
    }

    /// No shell, file name or argument can hold a zero byte.
    fn texts(&self, value: &Value, path: &mut Vec<String>) -> Checked {
        let is_bad = |text: &str| text.contains('\0');
        let children: Vec<(String, &Value)> = match value {
            Value::String(text) if is_bad(text) => return self.zero(path),
            Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
            Value::Object(entries) => entries.iter().map(|(key, item)| (key.clone(), item)).collect(),
            _ => return Ok(()),
        };
        for (step, child) in children {
            let is_key = value.is_object() && is_bad(&step);
            path.push(step);
            if is_key {
                return self.zero(path);
            }
            self.texts(child, path)?;
            path.pop();
        }
        Ok(())
    }

    fn zero(&self, path: &[String]) -> Checked {
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        self.refuse(&path, "a text with a zero byte in it", "no command can hold one", "leave `\\0` out")
    }

    fn names(&self) -> Checked {
        let name = &self.profile().name;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) || name.len() > 64 {
            return self.refuse(
                &["name"],
                &format!("`{name}` cannot name a framework"),
                "becomes part of `--set NAME.PARAMETER` and of file names",
                "write at most 64 letters, digits, `-` and `_`, a letter or digit first",
            );
        }
        Ok(())
    }

    fn parameters(&self) -> Checked {
        let template = self.template(false);
        for (name, parameter) in &self.profile().parameters {
            let path = ["parameters", name];
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(plain) {
                return self.refuse(
                    &path,
                    &format!("`{name}` cannot name a parameter"),
                    "becomes part of `--set NAME.PARAMETER`",
                    "write letters, digits, `-` and `_`, a letter first",
                );
            }
            let taken = [&words::CELL[..], &words::LISTS, &words::LINE].concat();
            if taken.contains(&name.as_str()) {
                let label = "a placeholder of nsbench's own has this name";
                let hint = format!("choose another than {}", taken.join(", "));
                return self.refuse(&path, &format!("`{name}` cannot be a parameter"), label, &hint);
            }
            if let Some(auto) = &parameter.auto {
                self.filled(&["parameters", name, "auto"], auto, &template)?;
            }
        }
        Ok(())
    }

    fn programs(&self) -> Checked {
        let known: Vec<_> = programs::names().collect();
        for (index, name) in self.profile().bring.iter().enumerate() {
            if programs::find(name).is_none() {
                let message = format!("nsbench brings no program `{name}` along");
                let hint = format!("there are {}", known.join(", "));
                return self.refuse(&["bring", &index.to_string()], &message, "not one of them", &hint);
            }
        }
        for (index, module) in self.profile().autoloads.iter().enumerate() {
            self.module(&["autoloads", &index.to_string()], module)?;
        }
        Ok(())
    }

    fn build(&self) -> Checked {
        let Some(build) = &self.profile().build else { return Ok(()) };
        // A build is made before the hardware is known that `auto` depends on.
        let known = self.profile().parameters.iter().filter(|(_, p)| p.auto.is_none() && !p.file);
        let parameters = Template::new(&known.map(|(name, _)| (name.clone(), "1".to_owned())).collect());
        self.filled(&["build", "source"], &build.source, &parameters)?;
        for (index, name) in build.with.iter().enumerate() {
            if !is_brought_source(name) {
                let message = format!("nsbench brings no sources `{name}` along");
                let hint = format!("there are {MODULE_SOURCE}, {FIREWALL_SOURCE}");
                return self.refuse(&["build", "with", &index.to_string()], &message, "not one of them", &hint);
            }
        }
        if !build.configure.is_empty() {
            self.command(&["build", "configure"], &build.configure, &parameters)?;
        }
        for (index, word) in build.make.iter().enumerate() {
            self.filled(&["build", "make", &index.to_string()], word, &parameters)?;
        }
        for (index, product) in build.products.iter().enumerate() {
            let last = product.rsplit('/').next().unwrap_or(product);
            if !is_file_name(last) {
                let message = format!("`{product}` is not a file");
                let hint = "write the path of a file that the build makes, like `user/forward`";
                return self.refuse(&["build", "products", &index.to_string()], &message, "no name at its end", hint);
            }
        }
        Ok(())
    }

    fn ports(&self) -> Checked {
        let ports = &self.profile().ports;
        for (feature, value) in &ports.offloads {
            if value != "on" && value != "off" {
                let hint = "write \"on\" or \"off\", with the quotes";
                return self.refuse(&["ports", "offloads", feature], "an offload is put on or off", "neither", hint);
            }
        }
        let Some(driver) = &ports.driver else { return Ok(()) };
        if !driver.contains('{') {
            self.module(&["ports", "driver"], driver)?;
        }
        self.filled(&["ports", "driver"], driver, &self.template(false))
    }

    fn cost(&self, line: &Template) -> Checked {
        let Some(cost) = &self.profile().cost else { return Ok(()) };
        self.actions(&["cost", "line"], &cost.line, line)?;
        if cost.counts.is_empty() && cost.refused.is_none() {
            let hint = "write `counts`, a command that prints `counted INSTRUCTIONS PACKETS`, or `refused`, and why";
            return self.refuse(&["cost"], "a cost that is not counted", "neither counts nor is refused", hint);
        }
        if cost.counts.is_empty() { Ok(()) } else { self.command(&["cost", "counts"], &cost.counts, line) }
    }

    fn actions(&self, section: &[&str], actions: &[Action], template: &Template) -> Checked {
        for (index, action) in actions.iter().enumerate() {
            let index = index.to_string();
            let path = [section, &[&index]].concat();
            if action.count() != 1 {
                let message = format!("an action is exactly one of {}", Action::KEYS);
                let label = format!("this has {}", action.count());
                let hint = "write each action as a list item of its own, `- command: { do: […] }`";
                return self.refuse(&path, &message, &label, hint);
            }
            self.action(&path, action, template)?;
        }
        Ok(())
    }

    fn action(&self, path: &[&str], action: &Action, template: &Template) -> Checked {
        let at = |steps: &[&'static str]| [path, steps].concat();
        let assignments = |key: &'static str, parameters: &BTreeMap<String, String>| {
            for (name, value) in parameters {
                self.filled(&[&at(&[key, "parameters"])[..], &[name]].concat(), value, template)?;
            }
            Ok(())
        };
        if let Some(insmod) = &action.insmod {
            self.module(&at(&["insmod", "module"]), &insmod.module)?;
            self.file(&at(&["insmod", "file"]), &insmod.file)?;
            assignments("insmod", &insmod.parameters)?;
        }
        if let Some(modprobe) = &action.modprobe {
            self.module(&at(&["modprobe", "module"]), &modprobe.module)?;
            assignments("modprobe", &modprobe.parameters)?;
        }
        if let Some(CommandAction { apply, undo }) = &action.command {
            self.command(&at(&["command", "do"]), apply, template)?;
            if !undo.is_empty() {
                self.command(&at(&["command", "undo"]), undo, template)?;
            }
        }
        if let Some(daemon) = &action.daemon {
            self.daemon(&at(&["daemon"]), daemon, template)?;
        }
        if let Some(sysctl) = &action.sysctl {
            self.filled(&at(&["sysctl", "value"]), &sysctl.value, template)?;
        }
        if let Some(pages) = &action.hugepages {
            self.filled(&at(&["hugepages", "mib"]), &pages.mib, template)?;
        }
        Ok(())
    }

    fn daemon(&self, path: &[&str], daemon: &DaemonAction, template: &Template) -> Checked {
        let at = |key: &'static str| [path, &[key]].concat();
        self.file(&at("name"), &daemon.name)?;
        self.filled(&at("name"), &daemon.name, template)?;
        self.command(&at("command"), &daemon.command, template)?;
        if daemon.ready.contains('\n') {
            let hint = "write a text of one line that the program prints when it is ready";
            return self.refuse(&at("ready"), "a text of several lines", "looked for line by line", hint);
        }
        if Signal::from_str(&format!("SIG{}", daemon.stop)).is_err() {
            let message = format!("`{}` is no signal", daemon.stop);
            return self.refuse(&at("stop"), &message, "not one", "write its name without `SIG`: TERM, INT, QUIT, HUP");
        }
        Ok(())
    }

    fn facts(&self) -> Checked {
        let template = self.template(true);
        for (name, fact) in &self.profile().facts {
            let path = ["facts", name];
            match fact {
                Fact::File(file) if !file.starts_with(['/', '{']) => {
                    let message = format!("`{file}` is not the path of a file");
                    let hint = "write a path from the root, /sys/…, or a command as a list of words";
                    return self.refuse(&path, &message, "does not begin with `/`", hint);
                }
                Fact::File(file) => self.filled(&path, file, &template)?,
                Fact::Command(command) => self.command(&path, command, &template)?,
            }
        }
        for (index, name) in self.profile().show.iter().enumerate() {
            if !self.profile().facts.contains_key(name) {
                let message = format!("`{name}` is none of the facts");
                let path = ["show", &index.to_string()];
                return self.refuse(&path, &message, "shown, and never asked", "write it under `facts` too");
            }
        }
        Ok(())
    }

    fn module(&self, path: &[&str], name: &str) -> Checked {
        if is_module(name) {
            return Ok(());
        }
        let message = format!("`{name}` cannot name a kernel module");
        self.refuse(path, &message, "not a module's name", "write letters, digits, `_` and `-`, as `lsmod` shows it")
    }

    fn file(&self, path: &[&str], name: &str) -> Checked {
        if is_file_name(name) {
            return Ok(());
        }
        let message = format!("`{name}` cannot name a file");
        self.refuse(path, &message, "becomes a file in `{work}`", "write a name without `/`, of one line")
    }

    /// A program, which cannot be mistaken for an option of what starts it, and its arguments.
    fn command(&self, path: &[&str], words: &[String], template: &Template) -> Checked {
        let hint = "write the program and its arguments as a list of words: [ip, link, show]";
        let Some(program) = words.first() else {
            return self.refuse(path, "a command without words", "nothing to run", hint);
        };
        let at = |index: usize| index.to_string();
        if program.is_empty() || program.starts_with('-') {
            let message = format!("`{program}` cannot be a program");
            return self.refuse(&[path, &[&at(0)]].concat(), &message, "what is run", hint);
        }
        for (index, word) in words.iter().enumerate() {
            if !template.is_list(word) {
                self.filled(&[path, &[&at(index)]].concat(), word, template)?;
            }
        }
        Ok(())
    }

    /// Every placeholder of `text` means something here, and every sum can be worked out.
    fn filled(&self, path: &[&str], text: &str, template: &Template) -> Checked {
        let Err(error) = template.fill(text) else { return Ok(()) };
        let said = format!("{error:#}");
        let (what, hint) =
            said.rsplit_once("\nhint: ").unwrap_or((&said, "write a name in braces, `{name}`, or a sum"));
        self.refuse(path, what, "cannot be filled in", hint)
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
