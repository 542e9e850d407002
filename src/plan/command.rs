//! A command of the profile's that ends by itself.

use anyhow::Result;

use super::template::Template;
use super::{Step, say};
use crate::profile::CommandAction;

/// Runs the command; its undo is what the profile says.
pub fn command(action: &CommandAction, words: &Template) -> Result<Step> {
    let apply = words.argv(&action.apply)?.to_string();
    let save = if action.undo.is_empty() { String::new() } else { say(&words.argv(&action.undo)?.to_string()) };
    Ok(Step { title: apply.clone(), save, apply, verify: ":".to_owned(), payload: None })
}
