//! How a missing program is installed, in the words of the host's own distribution.
//!
//! Pure. Knows programs by their Debian packages, as the generators and profiles name them.

use crate::testbed::facts::Facts;

/// The command of each program that installs, beside `apt install`, which is also taken where none of them is there.
const INSTALLERS: [(&str, &str); 5] = [
    ("apk", "apk add"),
    ("dnf", "dnf install"),
    ("yum", "yum install"),
    ("zypper", "zypper install"),
    ("pacman", "pacman -S"),
];

/// What a Debian package is called elsewhere, where it has another name.
const ELSEWHERE: [(&str, &str, &str); 9] = [
    ("apk", "gcc", "build-base"),
    ("apk", "linux-perf", "perf"),
    ("dnf", "iproute2", "iproute"),
    ("dnf", "linux-perf", "perf"),
    ("yum", "iproute2", "iproute"),
    ("yum", "linux-perf", "perf"),
    ("zypper", "iperf3", "iperf"),
    ("zypper", "linux-perf", "perf"),
    ("pacman", "linux-perf", "perf"),
];

/// What to do about a missing `package`.
pub fn install(facts: &Facts, package: &str) -> String {
    if package == "netmap" {
        return "build netmap from its sources for that kernel, and `make install` it there with its module and pkt-gen".to_owned();
    }
    let found = INSTALLERS.iter().find(|(program, _)| facts.tool(program).is_some());
    let Some((program, command)) = found else {
        let non_free = if package == "netperf" { " (up to Debian 12 from non-free)" } else { "" };
        return format!("install it: `apt install {package}`{non_free}, or what your distribution calls it");
    };
    let own = ELSEWHERE.iter().find(|(known, debian, _)| known == program && *debian == package);
    let name = own.map_or(package, |(.., name)| name);
    format!("install it: `{command} {name}`, or what your distribution calls it")
}

/// What to do about the missing headers of the kernel that runs.
pub fn install_headers(facts: &Facts) -> String {
    let kernel = &facts.kernel;
    let has = |program| facts.tool(program).is_some();
    let package = if has("apk") {
        // `6.12.13-0-lts` is of the package `linux-lts`.
        format!("linux-{}-dev", kernel.rsplit('-').next().unwrap_or("lts"))
    } else if has("dnf") || has("yum") {
        format!("kernel-devel-{kernel}")
    } else if has("zypper") {
        format!("kernel-{}-devel", kernel.rsplit('-').next().unwrap_or("default"))
    } else if has("pacman") {
        "linux-headers".to_owned()
    } else {
        format!("linux-headers-{kernel}")
    };
    install(facts, &package)
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;

    fn on(installer: &str, kernel: &str) -> Facts {
        let own = format!("tool\t{installer}\t/usr/bin/{installer}\t-\nend\n");
        let text = answer(&["eth6"]).replace("6.12.48-amd64", kernel).replace("end\n", &own);
        Facts::parse(&text).unwrap()
    }

    #[test]
    fn a_missing_program_is_installed_as_the_host_does_it() {
        let alpine = on("apk", "6.12.13-0-lts");
        assert_eq!(install(&alpine, "gcc"), "install it: `apk add build-base`, or what your distribution calls it");
        assert!(install_headers(&alpine).contains("`apk add linux-lts-dev`"));
        let fedora = on("dnf", "6.11.4-301.fc41.x86_64");
        assert!(install(&fedora, "iproute2").contains("`dnf install iproute`"));
        assert!(install_headers(&fedora).contains("`dnf install kernel-devel-6.11.4-301.fc41.x86_64`"));
        assert!(
            install_headers(&on("zypper", "6.4.0-150600.21-default")).contains("`zypper install kernel-default-devel`")
        );
        assert!(install_headers(&on("pacman", "6.11.5-arch1-1")).contains("`pacman -S linux-headers`"));
        let debian = on("apt-get", "6.12.48-amd64");
        assert!(
            install(&debian, "netperf")
                .starts_with("install it: `apt install netperf` (up to Debian 12 from non-free)")
        );
        assert!(install_headers(&debian).contains("`apt install linux-headers-6.12.48-amd64`"));
        assert!(install(&alpine, "netmap").starts_with("build netmap from its sources"));
    }
}
