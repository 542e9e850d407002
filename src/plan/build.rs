//! Building the framework on the middlebox, once for each of its kernels.

use super::{Payload, Step, WORK};
use crate::host::shell::quote;

/// Where builds are kept on a host between runs.
pub const CACHE: &str = "/var/cache/nsbench";

/// Sources to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Names their content.
    pub key: String,
    /// The sources as a tar archive.
    pub archive: Vec<u8>,
    /// Files that the build makes, relative to the sources.
    pub products: Vec<String>,
}

/// Builds the sources unless that was done before for the running kernel, and links the products into the work
/// directory. The build stays in [`CACHE`]; it changes nothing else on the host.
pub fn build(sources: &Sources) -> Vec<Step> {
    let dir = format!("{CACHE}/{}-$(uname -r)", sources.key);
    let products: Vec<_> = sources.products.iter().map(|product| quote(product)).collect();
    let built = products.iter().map(|product| format!("[ -f \"{dir}\"/{product} ]")).collect::<Vec<_>>().join(" && ");
    let make = format!(
        "if {built}; then cat >/dev/null; exit 0; fi\nrm -rf \"{dir}.new\" \"{dir}\"\nmkdir -p \"{dir}.new\"\n\
         tar -x -C \"{dir}.new\"\nmake -j \"$(nproc)\" -C \"{dir}.new\"\nmv \"{dir}.new\" \"{dir}\""
    );
    let link =
        products.iter().map(|product| format!("ln -s \"{dir}\"/{product} {WORK}/")).collect::<Vec<_>>().join("\n");
    let linked = products.iter().map(|product| format!("[ -f {WORK}/\"$(basename {product})\" ]"));
    vec![
        Step {
            title: format!("build for the running kernel, in {CACHE}"),
            save: String::new(),
            apply: make,
            verify: built,
            payload: Some(Payload::Bytes(sources.archive.clone())),
        },
        Step {
            title: format!("the build's products in {WORK}"),
            save: String::new(),
            apply: link,
            verify: linked.collect::<Vec<_>>().join(" && "),
            payload: None,
        },
    ]
}
