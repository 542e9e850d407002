//! The cases, each named as the claim it proves.

use std::ops::RangeBounds;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nsbench::lab::image::Image;
use nsbench::poll;
use nsbench::record::streams;
use nsbench::role::Role;
use nsbench::testbed::Seat;

use crate::bench::{Bench, Said};
use crate::{cost, demo, faults, firewall, frameworks, generators, ndr, profile, soak, verdicts};

type Case = fn(&mut Bench);

/// In the order in which they run.
pub const CASES: &[(&str, Case)] = &[
    ("a start that was killed in the middle is cleaned up by the next", killed_start),
    ("bringing the lab up twice is one lab", up_twice),
    ("labs of different names do not meet", names),
    ("nobody else gets at the lab: its directory, sockets and keys are their owner's", owners_alone),
    ("topology check passes on the lab, as text and JSON", topology_check),
    ("netslice carries netperf on four lines, and the hosts are as before", netslice),
    ("the bridge carries UDP, and the hosts are as before", bridge),
    ("iperf3, not only pktgen, carries flows between fixed ports, and the hosts are as before", generators::iperf3),
    ("pktgen's frames are counted at the sink, and the hosts are as before", generators::pktgen),
    ("a mix of sizes is counted in bytes at the sink, and the hosts are as before", generators::pktgen_imix),
    ("testpmd's frames are counted at the sink, and the hosts are as before", generators::testpmd),
    ("pktgen of a run killed with -9 is ended by restore", generators::pktgen_killed),
    ("the highest rate with a loss is searched for with paced frames, trial by trial", ndr::search),
    ("compare sets both side by side and says that they are emulation", compare),
    ("the five frameworks carry netperf on one line and on four, and the hosts are as before", frameworks::all),
    ("compare fills the cells that the paper has asterisks for, and says why it can", frameworks::paper),
    (
        "a framework that does not start leaves its cell with the reason, and the others go on",
        frameworks::start_failures,
    ),
    ("dpdk's variants leave the ports with the kernel", frameworks::variants),
    ("a framework that nsbench does not know is a file", frameworks::own_file),
    (
        "a firewall lets pass what its rules allow and nothing else, and the hosts are as before",
        firewall::allows_and_blocks,
    ),
    (
        "every framework's firewall judges frame by frame as its engine and nftables do, also while its rules change",
        verdicts::are_the_same,
    ),
    ("a soak loads and unloads netslice in every mode under traffic, and the hosts are as before", soak::netslice),
    ("a soak of what forwards nothing says so, and the hosts are as before", soak::silent),
    ("a demo on a terminal goes on by keys, is recorded as a run, and the hosts are as before", demo::by_keys),
    ("a measurement of cost that is killed takes its middlebox along", cost::killed),
    ("what a packet costs is the same twice, with nothing lost, and the middlebox is gone afterwards", cost::repeats),
    ("a profile has classic's dequeue path in it, which ring has not, with its lines", profile::shows_the_dequeue_path),
    ("Ctrl-C in the middle restores the hosts and exits 130", interrupt),
    ("an interrupted run goes on where it ended, and has nothing left to do afterwards", resumed),
    ("what a run killed with -9 left behind is given back by restore, and by the next run", kill_nine),
    ("after a kill -9 at every step of a set-up, restore gives the hosts back", faults::killed_after_every_step),
    ("after a reset of the middlebox in a set-up, restore gives the hosts back", faults::reset_in_the_middle),
    ("a middlebox whose ssh a firewall cuts gives itself back, and its run says so", faults::cut_by_a_firewall),
    (
        "a disk that fills up in a run ends it with what was recorded, and the hosts are as before",
        faults::disk_fills_up,
    ),
    ("of two runs at once the second is told who has the hosts, or waits", faults::two_at_once),
    ("a middlebox that dies in a trial is brought back, and the experiment goes on", faults::middlebox_dies),
    ("the same hosts as any three machines: the module is built on the middlebox", as_any_machines),
    ("with an IOMMU dpdk's cards go to vfio-pci, and come back", frameworks::vfio),
    ("no key, agent or environment of the user's is in what was recorded", secrets),
    ("crossed cables are named by topology check", crossed),
    ("down leaves no process, no socket, no lock", down),
];

fn killed_start(bench: &mut Bench) {
    // On a machine that has none it is made from packages, which takes as long as the mirror does and is no matter of a start.
    Image::ensure().expect("the guests' image can be made");
    let mut child = bench.command(&["lab", "up", "--name", &bench.name]).spawn().unwrap();
    poll::until(Duration::from_secs(300), "a guest of the first start", || Ok((bench.processes() > 0).then_some(())))
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(bench.lab().running().is_none(), "a half-started lab counts as up");
    bench.lab_command(0, "up", &[]);
    assert_eq!(bench.processes(), 3);
    bench.pristine = Some(bench.state());
}

fn up_twice(bench: &mut Bench) {
    let said = bench.lab_command(0, "up", &[]);
    assert!(said.stderr.contains("already up"), "{}", said.stderr);
    assert_eq!(bench.processes(), 3);
    let status = bench.lab_command(0, "status", &[]);
    assert!(status.stdout.contains("is up under"), "{}", status.stdout);
    let release = bench.lab_command(0, "ssh", &["sink", "--", "uname", "-n"]);
    assert_eq!(release.stdout, "sink\n");
}

fn names(bench: &mut Bench) {
    let said = bench.expect(0, &["lab", "status", "--name", &format!("{}-other", bench.name)]);
    assert!(said.stdout.contains("is down"), "{}", said.stdout);
    let said = bench.expect(3, &["lab", "ssh", "--name", &format!("{}-other", bench.name), "sink"]);
    assert!(said.stderr.contains("hint: nsbench lab up"), "{}", said.stderr);
}

fn owners_alone(bench: &mut Bench) {
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bench.lab_dir()), 0o700);
    let sockets = std::fs::read_dir(bench.lab_dir()).unwrap().map(Result::unwrap);
    let sockets: Vec<_> = sockets.filter(|entry| entry.file_type().unwrap().is_socket()).collect();
    assert!(sockets.len() >= 3 + 8, "{sockets:?}");
    for socket in sockets {
        assert_eq!(mode(&socket.path()), 0o600, "{socket:?}");
    }
    assert_eq!(mode(&bench.private_key()), 0o600);
    let config = std::fs::read_to_string(bench.lab().ssh_config()).unwrap();
    let names: Vec<_> = config.lines().filter_map(|line| line.trim().strip_prefix("HostName ")).collect();
    assert!(!names.is_empty() && names.iter().all(|name| *name == "127.0.0.1"), "{config}");
}

fn secrets(bench: &mut Bench) {
    let key = std::fs::read_to_string(bench.private_key()).unwrap();
    let secret = key.lines().filter(|line| !line.starts_with("-----")).max_by_key(|line| line.len()).unwrap();
    let (mut files, mut pending) = (0, vec![bench.results()]);
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for word in [secret, "PRIVATE KEY", crate::bench::CANARY] {
            assert!(!text.contains(word), "`{word}` is in {}", path.display());
        }
        files += 1;
    }
    // Records, what tools printed, kernel logs, and what was said of lost hosts.
    assert!(files > 50, "only {files} files were looked through");
}

fn topology_check(bench: &mut Bench) {
    let said = bench.expect(0, &["topology", "check", "--strict"]);
    assert!(said.stdout.contains("line 4"), "{}", said.stdout);
    let found = bench.expect(0, &["topology", "discover"]).stdout;
    assert!(found.contains("  - { source: eth4, in: eth7, out: eth8, sink: eth4 }"), "{found}");
    let report = bench.expect(0, &["topology", "check", "--format", "json"]).json();
    assert_eq!(report["fit"], true, "{report}");
    bench.assert_pristine();
}

fn netslice(bench: &mut Bench) {
    let results = bench.results();
    let results = results.to_str().unwrap();
    let words =
        ["run", "--framework", "netslice", "--lines", "4", "--trials", "1", "--duration", "3s", "--format", "json"];
    let run = bench.expect(0, &[&words[..], &["--results", results]].concat()).json();
    let trial = &run["trials"][0];
    assert_eq!(run["emulated"], true);
    assert_eq!(trial["status"], "ok", "{trial}");
    assert!(trial["framework_facts"]["srcversion"].as_str().is_some_and(|version| version.len() > 8), "{trial}");
    assert!(run["provenance"]["middlebox"]["kernel"].as_str().is_some_and(|kernel| kernel.contains("6.12")), "{run}");
    let lines = trial["per_line"].as_array().unwrap();
    assert_eq!(lines.len(), 4);
    for line in lines {
        // What netperf's sink got and what the sink's port counted without headers, to the control connection.
        let (said, counted) = (&line["generator"], &line["ports"]);
        let number = |value: &serde_json::Value| value.as_i64().unwrap_or_else(|| panic!("not counted: {line}"));
        let payload = number(&counted["sink_rx_bytes"]) - number(&counted["sink_rx_packets"]) * 66;
        let again = number(&said["retransmissions"]) * number(&said["segment_bytes"]);
        let beside = payload - number(&said["received_bytes"]);
        assert!((0..=again + 4096).contains(&beside), "{beside} bytes beside, {again} sent again: {line}");
        assert_eq!(line["lost"]["middlebox_nic"], 0, "{line}");
        assert!(number(&line["reverse_ports"]["source_rx_packets"]) > 10, "{line}");
        assert!(line["throughput_bps"].as_f64().unwrap() > 1e5, "{line}");
        for port in ["source_tx_packets", "middlebox_rx_packets", "middlebox_tx_packets", "sink_rx_packets"] {
            assert!(line["ports"][port].as_u64().unwrap() > 10, "{port} of {line}");
        }
    }
    watched(trial, &bench.results().join(run["id"].as_str().unwrap()));
    bench.assert_pristine();
}

/// Every host was watched all through a trial, and the series beside the record tells what each line's ports carried.
///
/// A guest that stands still for a second or two has one long sample of them, so that nothing here counts those of the
/// window, and traffic is compared in sum: an answer of netperf's control connection is a high rate in a short sample.
fn watched(trial: &serde_json::Value, directory: &std::path::Path) {
    let window = ["from_s", "duration_s"].map(|key| trial["window"][key].as_f64().unwrap_or_default());
    for role in Role::ALL {
        let host = &trial["hosts"][role.name()];
        assert!(host["reason"].is_null() && host["samples"].as_u64() >= Some(1), "{role}: {trial}");
        assert!(host["own_share"].as_f64() > Some(0.0), "{role}: {host}");
        assert!(host["cpus"].as_array().unwrap().iter().all(|cpu| cpu["busy_mean"].is_f64()), "{role}: {host}");
        let series = streams::read(&directory.join(host["stream"].as_str().unwrap())).unwrap();
        // Each begins where the one before ended: that is how they are read.
        let (first, last) = (series.samples.first().unwrap(), series.samples.last().unwrap());
        let (from_s, until_s) = (first.from_s, last.until_s);
        assert!(from_s < 0.0 && until_s > window.iter().sum(), "{role}: from {from_s} until {until_s} of {window:?}");
        assert!(series.samples.len() > 10, "{role}: {} samples", series.samples.len());
        let seats = Seat::ALL.into_iter().filter(|seat| seat.role() == role);
        for (line, seat) in seats.flat_map(|seat| (1..=4).map(move |line| (line, seat))) {
            let port = series.port_of(line, seat.key()).unwrap();
            let rates = series.port(port);
            let peak = rates.iter().filter(|rate| rate.at_s > 0.0).map(|rate| rate.rx_bps).fold(0.0, f64::max);
            assert!(peak > 1e4, "{role}, line {line}: at most {peak} bit/s came in");
            let (before, after) = (carried(&series, port, ..-0.3), carried(&series, port, 0.0..));
            assert!(before * 10 < after, "{role}, line {line}: {before} bytes before the traffic, then {after}");
        }
    }
}

/// Bytes that a port took in and sent in the samples that end in this time. Both ways: of one, a port may have little more
/// than acknowledgements.
fn carried(series: &streams::Stream, port: &str, time_s: impl RangeBounds<f64>) -> u64 {
    let index = series.ports.iter().position(|name| name == port).unwrap();
    let samples = series.samples.iter().filter(|sample| time_s.contains(&sample.until_s));
    samples.filter_map(|sample| sample.ports[index]).map(|count| count.rx_bytes + count.tx_bytes).sum()
}

fn bridge(bench: &mut Bench) {
    let results = bench.results();
    let words =
        ["run", "-f", "bridge", "-l", "1,4", "--trials", "1", "--duration", "2s", "--protocol", "udp", "--results"];
    let calibrated = ["--calibrate", "--format", "json"];
    let run = bench.expect(0, &[&words[..], &[results.to_str().unwrap()], &calibrated].concat()).json();
    for calibration in run["ceilings"]["calibrations"].as_array().unwrap() {
        for way in ["source_to_middlebox_bps", "middlebox_to_sink_bps", "source_alone_bps"] {
            assert!(calibration[way].as_f64().is_some_and(|bps| bps > 1e4), "{way} of {calibration}");
        }
    }
    assert_eq!(run["ceilings"]["calibrations"].as_array().unwrap().len(), 2, "{run}");
    // Every datagram that netperf sent is either received or lost somewhere, to the frames of the hosts' own.
    for line in run["trials"].as_array().unwrap().iter().flat_map(|trial| trial["per_line"].as_array().unwrap()) {
        let number = |value: &serde_json::Value| value.as_i64().unwrap_or_else(|| panic!("not counted: {line}"));
        let lost: i64 = line["lost"].as_object().unwrap().values().map(number).sum();
        let (sent, received) =
            (number(&line["generator"]["sent_packets"]), number(&line["generator"]["received_packets"]));
        assert_eq!(sent - received, lost, "{line}");
    }
    bench.assert_pristine();
}

fn compare(bench: &mut Bench) {
    let results = bench.results();
    let results = ["--results", results.to_str().unwrap()];
    let said = bench.expect(0, &[&["compare", "--reference", "figure3"][..], &results].concat());
    for text in ["4 Line", "netslice", "bridge", "31.8142", "emulat"] {
        assert!(said.stdout.contains(text), "`{text}` is missing:\n{}", said.stdout);
    }
    let cells = bench.expect(0, &[&["compare", "--format", "json"][..], &results].concat()).json();
    let filled = cells["cells"].as_array().unwrap().iter().filter(|cell| cell["throughput_bps"].is_f64()).count();
    assert_eq!(filled, 3, "{cells}");
}

/// Starts a long measurement and waits until traffic flows.
fn start_long_run(bench: &Bench) -> std::process::Child {
    let results = bench.results();
    let words = [
        "run",
        "-f",
        "netslice",
        "-l",
        "2",
        "--trials",
        "1",
        "--duration",
        "120s",
        "--results",
        results.to_str().unwrap(),
    ];
    let child = bench.command(&words).spawn().unwrap();
    bench.wait_for_traffic();
    child
}

pub fn signal(child: &std::process::Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

fn interrupt(bench: &mut Bench) {
    let child = start_long_run(bench);
    let device = bench.on(Role::Middlebox, "stat -c '%F %a %U' /dev/netslice");
    assert_eq!(device, "character special file 600 root\n");
    signal(&child, Signal::SIGINT);
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 130, "{}", said.stderr);
    bench.assert_pristine();
}

fn resumed(bench: &mut Bench) {
    let results = bench.dir.path().join("resumed");
    let words = ["run", "-f", "bridge", "-l", "1", "--trials", "2", "--duration", "5s", "--shuffle", "--results"];
    let child = bench.command(&[&words[..], &[results.to_str().unwrap()]].concat()).spawn().unwrap();
    let run = poll::until(Duration::from_secs(180), "the first trial to be recorded", || {
        let runs = std::fs::read_dir(&results).into_iter().flatten().flatten().map(|entry| entry.path());
        Ok(runs.into_iter().find(|run| run.join("run.json").exists()))
    })
    .unwrap();
    signal(&child, Signal::SIGTERM);
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, 130, "{}", said.stderr);
    assert!(said.stderr.contains("hint: `nsbench run --resume "), "{}", said.stderr);
    bench.assert_pristine();
    let resume = ["run", "--format", "json", "--resume", run.to_str().unwrap()];
    let record = bench.expect(0, &resume).json();
    let trials: Vec<_> = record["trials"].as_array().unwrap().iter().map(|t| (&t["trial"], &t["status"])).collect();
    assert_eq!(trials, [(&1.into(), &"ok".into()), (&2.into(), &"ok".into())], "{record}");
    bench.assert_pristine();
    let said = bench.expect(0, &resume);
    assert!(said.stderr.contains("nothing is left to do"), "{}", said.stderr);
    assert_eq!(said.json(), record);
}

fn kill_nine(bench: &mut Bench) {
    killed(bench);
    let said = bench.expect(0, &["restore"]);
    assert!(said.stdout.contains("middlebox: ") && said.stdout.contains("changes undone"), "{}", said.stdout);
    assert!(said.stderr.contains("was left behind by a run that is dead"), "{}", said.stderr);
    bench.assert_pristine();

    killed(bench);
    let results = bench.results();
    let words =
        ["run", "-f", "bridge", "-l", "1", "--trials", "1", "--duration", "1s", "--results", results.to_str().unwrap()];
    let said = bench.expect(0, &words);
    let told = "host `middlebox` was left behind by a run that is dead";
    assert!(said.stderr.contains(told) && said.stderr.contains("it was held by "), "{}", said.stderr);
    bench.assert_pristine();
}

fn killed(bench: &Bench) {
    let mut child = start_long_run(bench);
    signal(&child, Signal::SIGKILL);
    child.wait().unwrap();
}

fn as_any_machines(bench: &mut Bench) {
    let file = bench.machines();
    let results = bench.results();
    let words = [
        "run",
        "-t",
        file.to_str().unwrap(),
        "-f",
        "netslice",
        "-l",
        "1",
        "--trials",
        "1",
        "--duration",
        "2s",
        "--results",
    ];
    let said = bench.expect(0, &[&words[..], &[results.to_str().unwrap()]].concat());
    assert!(said.stdout.contains("netslice"), "{}", said.stdout);
    // The build is kept for the next run, and said so in the documentation; nothing else may stay.
    bench.on(Role::Middlebox, "rm -r /var/cache/nsbench");
    bench.assert_pristine();
}

fn crossed(bench: &mut Bench) {
    bench.lab_command(0, "down", &[]);
    bench.lab_command(0, "up", &["--cross", "source:1,2"]);
    let said = bench.expect(3, &["topology", "check"]);
    for text in ["line 1", "line 2", "eth1", "eth3"] {
        assert!(said.stdout.contains(text), "`{text}` is missing:\n{}", said.stdout);
    }
}

fn down(bench: &mut Bench) {
    let dir = bench.lab_dir();
    // As a measure of cost leaves it that was killed.
    let solo = dir.with_file_name(format!("{}_solo", bench.name));
    std::fs::create_dir(&solo).unwrap();
    bench.lab_command(0, "down", &[]);
    assert!(!solo.exists() && !solo.with_extension("lock").exists());
    assert_eq!(bench.processes(), 0);
    assert!(!dir.exists() && !dir.with_extension("lock").exists());
    let said = bench.lab_command(0, "down", &[]);
    assert!(said.stdout.contains("was not up"), "{}", said.stdout);
}
