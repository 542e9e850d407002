//! Compiles the wire probe, which is uploaded to the hosts of a testbed, into the binary.
//!
//! Static, so that it runs on whatever C library a host has.

use std::path::Path;
use std::process::{Command, Output};

const SOURCE: &str = "src/testbed/wireprobe.c";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-env-changed=CC");
    // The module's sources travel in the binary as well; a file that is added must be noticed.
    println!("cargo::rerun-if-changed=kernel-module");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let folder = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let probe = Path::new(&folder).join("wireprobe");

    let is_static = compile(&compiler, &probe, &["-static"]);
    if succeeded(&is_static) {
        return;
    }
    println!(
        "cargo::warning=`{compiler} -static` cannot build {SOURCE} ({}); built against this machine's C library, \
         which hosts with an older one cannot run; a static libc (Debian: libc6-dev, Fedora: glibc-static) mends it",
        complaint(&is_static)
    );
    let dynamic = compile(&compiler, &probe, &[]);
    if !succeeded(&dynamic) {
        println!(
            "cargo::error=could not compile {SOURCE} with `{compiler}`: {}; install a C compiler (Debian: gcc libc6-dev) or name one in CC",
            complaint(&dynamic)
        );
    }
}

fn compile(compiler: &str, probe: &Path, extra: &[&str]) -> std::io::Result<Output> {
    Command::new(compiler)
        .args(extra)
        .args(["-std=gnu11", "-Os", "-s", "-Wall", "-Wextra", "-o"])
        .arg(probe)
        .arg(SOURCE)
        .output()
}

fn succeeded(output: &std::io::Result<Output>) -> bool {
    output.as_ref().is_ok_and(|output| output.status.success())
}

/// The one line that says most: the first with an error in it.
fn complaint(output: &std::io::Result<Output>) -> String {
    match output {
        Err(error) => error.to_string(),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            let telling = text.lines().find(|line| line.contains("error") || line.contains("cannot find"));
            telling.or(text.lines().next()).unwrap_or("it said nothing").to_owned()
        }
    }
}
