//! The firewall's verdicts on every framework, frame by frame, beside those of its engine alone and of nftables: on the
//! middlebox, between ports of the kernel's own that nobody else sees. Rules are changed while frames pass.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use nsbench::plan::{Artifacts, Cell};
use nsbench::profile::Profile;
use nsbench::role::Role;
use nsbench::sources;

use crate::bench::Bench;
use crate::firewall::ALL;
use crate::frameworks::{NETMAP, has_netmap};

/// Where everything lies on the middlebox.
const PLACE: &str = "/tmp/verdicts";

/// Frames that meet each file of rules, and how many where there is time.
const FRAMES: u32 = 600;
const MORE: u32 = 20_000;

/// What each front is asked: four files of rules, the last of which is not for nftables, and new rules while frames pass.
const CLAIMS: [&str; 8] = [
    "has_the_same_verdicts_with_a_few_rules",
    "has_the_same_verdicts_that_let_the_rest_pass",
    "has_the_same_verdicts_by_the_port_they_came_in_at",
    "has_the_same_verdicts_on_tags_and_fragments_with_connections",
    "loses_nothing_to_new_rules",
    "tells_of_broken_rules",
    "keeps_its_rules_when_the_file_is_broken",
    "judges_by_the_new_rules",
];

pub fn are_the_same(bench: &mut Bench) {
    let files = bench.dir.path().join("verdicts");
    fs::create_dir(&files).unwrap();
    programs(&files);
    let mut fronts = vec!["nft", "netslice-classic", "netslice-splice", "netslice-ring", "dpdk"];
    built("netslice-firewall", &files);
    built("dpdk-firewall", &files);
    if has_netmap() {
        built("netmap-firewall", &files);
        fronts.push("netmap");
    }
    send(bench, &files);
    let frames = if std::env::var_os(ALL).is_some() { MORE } else { FRAMES };
    let said = bench.on(
        Role::Middlebox,
        &format!(
            "lsmod | cut -d' ' -f1 | sort >/tmp/modules; \
             DIR={PLACE} FRAMES={frames} {PLACE}/verdicts.sh {}; rm -r {PLACE}; {CLEAN}",
            fronts.join(" ")
        ),
    );
    print!("{said}");
    for front in &fronts {
        let claims = if *front == "nft" { &CLAIMS[..3] } else { &CLAIMS[..] };
        for claim in claims {
            assert!(said.contains(&format!("ok {front}__{claim}: ")), "{front}__{claim} is missing:\n{said}");
        }
        let overflow = format!("ok {front}__tells_what_a_full_queue_dropped: ");
        assert_eq!(said.contains(&overflow), front.starts_with("netslice"), "{said}");
    }
    assert!(said.contains(" passed, 0 failed"), "{said}");
    bench.assert_pristine();
}

/// Modules that came meanwhile go, those that others need last.
const CLEAN: &str = "for try in 1 2 3 4 5 6; do \
     lsmod | cut -d' ' -f1 | sort | comm -13 /tmp/modules - | xargs -r -n 1 rmmod 2>/dev/null; done; rm /tmp/modules";

/// What needs no framework, as programs that run anywhere.
fn programs(to: &Path) {
    let source = tempfile::tempdir().unwrap();
    for file in sources::brought() {
        let Ok(below) = Path::new(&file.path).strip_prefix("apps/firewall") else { continue };
        let path = source.path().join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &file.content).unwrap();
    }
    let names = ["firewall-pcap", "firewall-nft", "wire"];
    let mut make = Command::new("make");
    make.args(["-s", "CFLAGS=-O2", "LDFLAGS=-static", "-C"]).arg(source.path()).args(names);
    assert!(make.status().unwrap().success());
    for name in names {
        fs::copy(source.path().join(name), to.join(name)).unwrap();
    }
    for name in ["verdicts.sh", "fronts.sh"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("apps/firewall/tests").join(name);
        fs::copy(from, to.join(name)).unwrap();
    }
}

/// What a run of this framework puts on the middlebox.
fn built(name: &str, to: &Path) {
    let profile = Profile::find(name).unwrap();
    let params = BTreeMap::from([("source".to_owned(), std::env::var(NETMAP).unwrap_or_default())]);
    let all = profile.parameters.iter().map(|(name, known)| (name.clone(), known.default.clone().unwrap_or_default()));
    let params = all.chain(params).collect();
    let cell = Cell { profile, params, lines: 1, frame_size: None };
    let Artifacts::Here(products) = sources::artifacts(&cell, true, false).unwrap() else {
        panic!("{name} is not built")
    };
    for product in products {
        fs::copy(&product.path, to.join(&product.name)).unwrap();
    }
}

fn send(bench: &Bench, files: &Path) {
    let archive = files.with_extension("tar.gz");
    let packed = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(files).arg(".").status().unwrap();
    assert!(packed.success());
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(bench.lab().ssh_config()).arg("middlebox");
    ssh.arg(format!("mkdir {PLACE} && tar -xmz --no-same-owner -C {PLACE}"));
    let status = ssh.stdin(File::open(&archive).unwrap()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "the programs did not get to the middlebox");
}
