//! Compiles the programs that are uploaded to the hosts of a testbed, into the binary.
//!
//! Static, so that they run on whatever C library a host has.

use std::path::Path;
use std::process::{Command, Output};

/// One file a program, each named after its file.
const SOURCES: [&str; 3] =
    ["src/testbed/wireprobe.c", "src/programs/xdp-redirect.c", "src/measure/streams/hoststream.c"];

/// What they include.
const HEADERS: [&str; 3] =
    ["src/measure/streams/counters.h", "src/measure/streams/line.h", "src/measure/streams/sensors.h"];

/// A plugin for the lab's emulator, which runs on this machine, and the versions of the emulator's interface that it is built
/// for: up to 8.2 it takes the one, from 9.0 on the other.
const PLUGIN: &str = "src/lab/blocks/blocks.c";
const PLUGIN_APIS: [u32; 2] = [1, 2];

fn main() {
    println!("cargo::rerun-if-env-changed=CC");
    // The module's sources travel in the binary as well; a file that is added must be noticed.
    println!("cargo::rerun-if-changed=kernel-module");
    println!("cargo::rerun-if-changed=apps");
    for header in HEADERS {
        println!("cargo::rerun-if-changed={header}");
    }
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let folder = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        build(&compiler, source, Path::new(&folder));
    }
    println!("cargo::rerun-if-changed={PLUGIN}");
    for api in PLUGIN_APIS {
        plugin(&compiler, api, &Path::new(&folder).join(format!("blocks-{api}.so")));
    }
}

fn plugin(compiler: &str, api: u32, output: &Path) {
    let made = Command::new(compiler)
        .args(["-shared", "-fPIC", "-fvisibility=hidden", "-std=gnu11", "-O2", "-s", "-Wall", "-Wextra"])
        .arg(format!("-DNSBENCH_PLUGIN_API={api}"))
        .arg("-o")
        .arg(output)
        .arg(PLUGIN)
        .output();
    if !succeeded(&made) {
        println!("cargo::error=could not compile {PLUGIN} with `{compiler}`: {}", complaint(&made));
    }
}

/// Static where that can be, else against this machine's C library, and says so.
fn build(compiler: &str, source: &str, folder: &Path) {
    let is_static = compile(compiler, source, folder, &["-static"]);
    if succeeded(&is_static) {
        return;
    }
    println!(
        "cargo::warning=`{compiler} -static` cannot build {source} ({}); built against this machine's C library, \
         which hosts with an older one cannot run; a static libc (Debian: libc6-dev, Fedora: glibc-static) mends it",
        complaint(&is_static)
    );
    let dynamic = compile(compiler, source, folder, &[]);
    if !succeeded(&dynamic) {
        println!(
            "cargo::error=could not compile {source} with `{compiler}`: {}; install a C compiler (Debian: gcc libc6-dev) or name one in CC",
            complaint(&dynamic)
        );
    }
}

fn compile(compiler: &str, source: &str, folder: &Path, extra: &[&str]) -> std::io::Result<Output> {
    let program = folder.join(Path::new(source).file_stem().expect("a source is a file"));
    Command::new(compiler)
        .args(extra)
        .args(["-std=gnu11", "-Os", "-s", "-Wall", "-Wextra", "-o"])
        .arg(program)
        .arg(source)
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
