//! Debian roots from packages, and commands inside them, as root or as an ordinary user (in a user namespace).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::cache;
use crate::progress::Progress;

/// A root to be made: a suite of Debian and what is installed in it beside the essentials.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// `trixie`, `bookworm`, …
    pub suite: &'static str,
    /// Further `deb` lines, for backports.
    pub extra_sources: &'static [&'static str],
    /// Packages; `name/suite` takes one from a suite of `extra_sources`.
    pub packages: &'static [&'static str],
}

impl Recipe {
    /// What the cache key of the root is made of.
    pub fn key_parts(&self) -> Vec<String> {
        let lists = [self.extra_sources, self.packages, &EXCLUDED];
        std::iter::once(self.suite.to_owned()).chain(lists.iter().map(|list| list.join(" "))).collect()
    }

    /// Downloads and installs the packages into the tarball `output`.
    pub fn bootstrap(&self, output: &Path) -> Result<()> {
        let mode = if nix::unistd::geteuid().is_root() { "root" } else { "unshare" };
        let mut command = Command::new("mmdebstrap");
        command.arg(format!("--mode={mode}")).arg("--variant=minbase").arg("--quiet");
        command.arg("--aptopt=APT::Install-Recommends \"false\"");
        for path in EXCLUDED {
            command.arg(format!("--dpkgopt=path-exclude={path}"));
        }
        command.arg(format!("--include={}", self.packages.join(",")));
        command.arg(self.suite).arg(output);
        if !self.extra_sources.is_empty() {
            command.arg(format!("deb {MIRROR} {} main", self.suite)).args(self.extra_sources);
        }
        let progress =
            Progress::start(format!("downloading and installing Debian {} (a minute or two, once)", self.suite));
        run(command)?;
        progress.done("installed");
        Ok(())
    }
}

/// Files of packages that no guest and no build needs; DPDK's static libraries alone are a few hundred megabytes.
const EXCLUDED: [&str; 5] = [
    "/usr/share/man/*",
    "/usr/share/doc/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/lib/x86_64-linux-gnu/librte_*.a",
];

const MIRROR: &str = "http://deb.debian.org/debian";

/// Where a kernel module is built for the kernel that a root's headers belong to.
#[derive(Debug)]
pub struct BuildRoot {
    /// Directory that holds `root/`.
    pub dir: PathBuf,
}

impl BuildRoot {
    /// A root with kernel headers and a compiler, from the cache or made.
    pub fn ensure(recipe: &Recipe) -> Result<Self> {
        let dir = cache::ensure("roots", &cache::key(recipe.key_parts()), |dir| {
            let tarball = dir.join("root.tar");
            recipe.bootstrap(&tarball)?;
            let root = dir.join("root");
            fs::create_dir(&root)?;
            let mut tar = in_namespace("tar");
            tar.args(["-x", "--exclude=./dev/*", "--numeric-owner", "-f"]).arg(&tarball).arg("-C").arg(&root);
            run(tar)?;
            fs::remove_file(&tarball).context("could not remove the root's tarball")
        })?;
        Ok(Self { dir })
    }

    /// The kernel release whose headers are installed; an error where there is not exactly one.
    pub fn release(&self) -> Result<String> {
        let modules = self.dir.join("root/lib/modules");
        let mut names = Vec::new();
        for entry in fs::read_dir(&modules).with_context(|| format!("no kernel headers in `{}`", modules.display()))? {
            let entry = entry?;
            // `build` is a link that leads out of the root when it is absolute.
            if entry.path().join("build").symlink_metadata().is_ok() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        match names.as_slice() {
            [name] => Ok(name.clone()),
            _ => bail!("expected the headers of one kernel in `{}`, found {names:?}", modules.display()),
        }
    }

    /// Copies `source` into the root's /tmp, runs `commands` (sh) there with `KDIR` in the environment, and copies
    /// `products` to `output`. Gives what was printed.
    pub fn build(&self, source: &Path, commands: &str, products: &[&str], output: &Path) -> Result<String> {
        let mut command = in_namespace("sh");
        command.args(["-c", BUILD, "build"]).arg(self.dir.join("root")).arg(source).arg(output);
        command.args([&format!("/lib/modules/{}/build", self.release()?), commands]).args(products);
        run(command)
    }
}

/// `build ROOT SOURCE OUTPUT KDIR COMMANDS PRODUCT…`; the mounts end with the namespace. Modules come out stripped of
/// debug information, which stands beside them in `NAME.ko.debug`: it is most of a module, and has to be uploaded.
const BUILD: &str = r#"set -eu
root=$1 source=$2 output=$3 kdir=$4 commands=$5
shift 5
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -t tmpfs build "$root/tmp"
cp -r "$source" "$root/tmp/src"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C KDIR="$kdir" sh -ec "cd /tmp/src
$commands"
for product; do
	name=${product##*/}
	cp "$root/tmp/src/$product" "$output/$name"
	case $name in *.ko)
		cp "$output/$name" "$output/$name.debug"
		cp "$output/$name" "$root/tmp/$name"
		chroot "$root" strip --strip-debug "/tmp/$name"
		cp "$root/tmp/$name" "$output/$name"
		;;
	esac
done
"#;

/// `program` in a mount namespace of its own; for an ordinary user as root of a user namespace as well.
pub fn in_namespace(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !nix::unistd::geteuid().is_root() {
        command.args(["--map-root-user", "--map-auto"]);
    }
    command.arg("--").arg(program);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    command
}

/// Removes a tree that may hold files of a user namespace's other users. A tree that is not there is no error.
pub fn remove_tree(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    let mut rm = in_namespace("rm");
    rm.arg("-rf").arg("--").arg(path);
    run(rm).map(drop)
}

/// Runs to the end; a failure quotes what the program said last. Gives its standard output.
pub fn run(mut command: Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("could not run `{program}`"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let said = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = said.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n  ");
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy().into_owned()).collect();
    let call: String = format!("{program} {}", arguments.join(" ")).chars().take(400).collect();
    bail!("`{call}` failed ({}):\n  {last}", output.status)
}
