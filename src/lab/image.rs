//! What the guests boot from: kernel, initramfs and disk, made from Debian's packages.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::cache;
use super::root::{self, BuildRoot, Recipe};
use crate::progress::Progress;

/// The guests' system. Trixie has netperf in its main section, and a kernel of today.
const RECIPE: Recipe = Recipe {
    suite: "trixie",
    extra_sources: &[],
    packages: &[
        "linux-image-amd64",
        "linux-headers-amd64",
        "make",
        "gcc",
        "libc6-dev",
        "kmod",
        "iproute2",
        "ethtool",
        "nftables",
        "netperf",
        "iperf3",
        // Holds dpdk-testpmd.
        "dpdk-dev",
        "openssh-server",
        "procps",
        "iputils-ping",
        "pciutils",
        // For `nsbench profile --by samples`; 100 MB, with what it needs.
        "linux-perf",
        "sudo",
        "busybox-static",
    ],
};

/// Files that go into the guests, and the script that puts them there.
const GUEST_FILES: [(&str, &str); 6] = [
    ("initramfs-init.sh", include_str!("guest/initramfs-init.sh")),
    ("boot.sh", include_str!("guest/boot.sh")),
    ("sshd.sh", include_str!("guest/sshd.sh")),
    ("sshd_config", include_str!("guest/sshd_config")),
    ("inittab", include_str!("guest/inittab")),
    ("build-image.sh", include_str!("guest/build-image.sh")),
];

/// An image in the cache.
#[derive(Debug)]
pub struct Image {
    /// Names the content.
    pub key: String,
    /// Where it is.
    pub dir: PathBuf,
}

impl Image {
    /// The image, from the cache or made.
    pub fn ensure() -> Result<Self> {
        let parts = RECIPE.key_parts().into_iter().chain(GUEST_FILES.map(|(name, text)| format!("{name}\n{text}")));
        let key = cache::key(parts);
        let dir = cache::ensure("images", &key, |dir| {
            let tarball = dir.join("root.tar");
            RECIPE.bootstrap(&tarball)?;
            let guest = dir.join("guest");
            fs::create_dir(&guest)?;
            for (name, text) in GUEST_FILES {
                fs::write(guest.join(name), text).with_context(|| format!("could not write `{name}`"))?;
            }
            let progress = Progress::start("making the guests' disk");
            let mut build = root::in_namespace("sh");
            build.arg(guest.join("build-image.sh")).args([&tarball, dir, &guest]);
            root::run(build)?;
            progress.done("made");
            fs::remove_file(&tarball).context("could not remove the image's tarball")
        })?;
        Ok(Self { key, dir })
    }

    /// Where modules for the guests' kernel are built.
    pub fn build_root(&self) -> BuildRoot {
        BuildRoot { dir: self.dir.clone() }
    }
}
