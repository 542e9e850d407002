//! Kernel parameters under /proc/sys.

use anyhow::Result;

use super::template::Template;
use super::{Step, say};
use crate::host::shell::quote;
use crate::profile::SysctlAction;

/// Sets a kernel parameter. One that is several numbers is read back with tabs between them, however it was written.
pub fn sysctl(action: &SysctlAction, words: &Template) -> Result<Step> {
    let value = words.fill(&action.value)?.split_whitespace().collect::<Vec<_>>().join(" ");
    let (name, file) = (&action.name, quote(&format!("/proc/sys/{}", action.name.replace('.', "/"))));
    Ok(Step {
        title: format!("{name} = {value}"),
        // The value that is there now may hold anything, quotes as well.
        save: format!(
            r#"now=$(sed "s/'/'\\\\''/g" {file})
printf "printf '%%s\\\\n' '%s' >%s\n" "$now" {}"#,
            quote(&file)
        ),
        apply: format!("{} >{file}", say(&value)),
        verify: format!("[ \"$(tr '\\t' ' ' <{file})\" = {} ]", quote(&value)),
        payload: None,
    })
}
