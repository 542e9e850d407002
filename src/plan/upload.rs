//! Files brought to a host.

use std::path::PathBuf;

use super::{Payload, Step, WORK};
use crate::host::shell::quote;

/// A file that was built on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its name in the work directory.
    pub name: String,
    /// Where it is on this machine.
    pub path: PathBuf,
}

/// Puts the file into the work directory, whose removal is its undo.
pub fn upload(product: &Product) -> Step {
    let to = quote(&format!("{WORK}/{}", product.name));
    Step {
        title: format!("upload {}", product.path.display()),
        save: String::new(),
        apply: format!("cat >{to}\nchmod 755 {to}"),
        verify: format!("[ -s {to} ]"),
        payload: Some(Payload::File(product.path.clone())),
    }
}
