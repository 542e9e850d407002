//! Kernel parameters under /proc/sys.

use anyhow::Result;

use super::template::Template;
use super::{Step, say};
use crate::host::shell::quote;
use crate::profile::SysctlAction;

/// Sets a kernel parameter as a profile says.
pub fn sysctl(action: &SysctlAction, words: &Template) -> Result<Step> {
    Ok(set(&action.name, &words.fill(&action.value)?))
}

/// Sets a kernel parameter. One that is several numbers is read back with tabs between them, however it was written.
pub fn set(name: &str, value: &str) -> Step {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let file = quote(&format!("/proc/sys/{}", name.replace('.', "/")));
    Step {
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
    }
}
