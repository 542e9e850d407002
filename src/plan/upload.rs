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
    put(&product.name, format!("upload {}", product.path.display()), Payload::File(product.path.clone()))
}

/// A file of the user's, that the framework reads.
pub fn given(name: &str, path: &str) -> Step {
    put(name, format!("upload {path}"), Payload::File(PathBuf::from(path)))
}

/// The same with a program that nsbench brings along.
pub fn brought(name: &str, program: &[u8]) -> Step {
    put(name, format!("upload nsbench's own {name}"), Payload::Bytes(program.to_vec()))
}

fn put(name: &str, title: String, payload: Payload) -> Step {
    let to = quote(&format!("{WORK}/{name}"));
    Step {
        title,
        save: String::new(),
        apply: format!("cat >{to}\nchmod 755 {to}"),
        verify: format!("[ -s {to} ]"),
        payload: Some(payload),
    }
}
