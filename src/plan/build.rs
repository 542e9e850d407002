//! Building the framework on the middlebox, once for each of its kernels.

use std::path::Path;

use anyhow::Result;

use super::template::Template;
use super::{Payload, Step, WORK};
use crate::host::shell::quote;
use crate::profile::Build;

/// Where builds are kept on a host between runs.
pub const CACHE: &str = "/var/cache/nsbench";

/// Sources to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// Names their content and how they are built.
    pub key: String,
    /// The sources as a tar archive.
    pub archive: Vec<u8>,
    /// sh that builds them, in their directory; see [`commands`].
    pub commands: String,
    /// Files that the build makes, relative to the sources.
    pub products: Vec<String>,
}

/// sh that builds sources, to be run in their directory with `KDIR` in the environment; `parameters` are what its words may
/// hold of the framework's.
pub fn commands(build: &Build, parameters: &Template) -> Result<String> {
    let mut lines = Vec::new();
    if let Some(directory) = &build.directory {
        // `cd -` goes elsewhere.
        let here = if directory.starts_with('-') { "./" } else { "" };
        lines.push(format!("cd {}", quote(&format!("{here}{directory}"))));
    }
    if !build.configure.is_empty() {
        lines.push(parameters.argv(&build.configure)?.to_string());
    }
    let make = parameters.argv(&build.make)?.to_string();
    lines.push(format!("make -j \"$(nproc)\" {make}").trim_end().to_owned());
    Ok(lines.join("\n"))
}

/// Where the products are, relative to the sources.
pub fn products(build: &Build) -> Vec<String> {
    let directory = build.directory.as_ref().map_or(String::new(), |directory| format!("{directory}/"));
    build.products.iter().map(|product| format!("{directory}{product}")).collect()
}

/// A module cannot be built without them, and `make` would say so in its own way.
const HEADERS: &str = r#"[ -e "$KDIR/Makefile" ] || { echo "the headers of kernel $(uname -r) are not installed"; echo "hint: apt install linux-headers-$(uname -r)"; exit 1; }
"#;

/// Builds the sources unless that was done before for the running kernel, and links the products into the work
/// directory. The build stays in [`CACHE`]; it changes nothing else on the host.
pub fn build(sources: &Sources) -> Vec<Step> {
    let dir = format!("{CACHE}/{}-$(uname -r)", sources.key);
    let products: Vec<_> = sources.products.iter().map(|product| quote(product)).collect();
    let built = products.iter().map(|product| format!("[ -f \"{dir}\"/{product} ]")).collect::<Vec<_>>().join(" && ");
    let is_module = sources.products.iter().any(|product| Path::new(product).extension() == Some("ko".as_ref()));
    let headers = if is_module { HEADERS } else { "" };
    let make = format!(
        "if {built}; then cat >/dev/null; exit 0; fi\nKDIR=/lib/modules/$(uname -r)/build; export KDIR\n\
         {headers}rm -rf \"{dir}.new\" \"{dir}\"\nmkdir -p \"{dir}.new\"\n\
         tar -x -C \"{dir}.new\"\ncd \"{dir}.new\"\n{}\ncd /\nmv \"{dir}.new\" \"{dir}\"",
        sources.commands
    );
    let link =
        products.iter().map(|product| format!("ln -s \"{dir}\"/{product} {WORK}/")).collect::<Vec<_>>().join("\n");
    let names = sources.products.iter().map(|product| quote(product.rsplit('/').next().unwrap_or(product)));
    let linked = names.map(|name| format!("[ -f {WORK}/{name} ]"));
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
