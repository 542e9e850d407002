//! Kernel parameters under /proc/sys.

use anyhow::Result;

use super::Step;
use super::template::Template;
use crate::host::shell::quote;
use crate::profile::SysctlAction;

/// Sets a kernel parameter.
pub fn sysctl(action: &SysctlAction, words: &Template) -> Result<Step> {
    let value = words.fill(&action.value)?;
    let (name, file) = (&action.name, quote(&format!("/proc/sys/{}", action.name.replace('.', "/"))));
    Ok(Step {
        title: format!("{name} = {value}"),
        save: format!("echo \"echo '$(cat {file})' >\"{file}"),
        apply: format!("echo {} >{file}", quote(&value)),
        verify: format!("[ \"$(cat {file})\" = {} ]", quote(&value)),
        payload: None,
    })
}
