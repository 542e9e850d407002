//! Every framework on the lab: that it carries netperf, says what it is, and leaves the hosts as they were.

use std::path::Path;

use nsbench::role::Role;
use serde_json::Value;

use crate::bench::Bench;

/// Environment variable that names netmap's source tree.
pub const NETMAP: &str = "NSBENCH_NETMAP_SRC";

/// Whether netmap can be built here.
pub fn has_netmap() -> bool {
    let there = std::env::var_os(NETMAP).is_some_and(|path| Path::new(&path).join("LINUX/configure").exists());
    if !there {
        println!("skipped: no netmap source (set {NETMAP})");
    }
    there
}

/// `run` with short trials, as JSON, which must end with `status`.
fn run(bench: &Bench, status: i32, words: &[&str]) -> Value {
    let results = bench.results();
    let short =
        ["run", "--trials", "1", "--duration", "2s", "--format", "json", "--results", results.to_str().unwrap()];
    bench.expect(status, &[&short[..], words].concat()).json()
}

/// Trials of `framework` in a run, by their numbers of lines.
fn trials<'r>(run: &'r Value, framework: &str) -> Vec<&'r Value> {
    run["trials"].as_array().unwrap().iter().filter(|trial| trial["framework"] == framework).collect()
}

/// Each line of the trial carried packets from source to sink.
fn assert_carried(trial: &Value) {
    assert_eq!(trial["status"], "ok", "{trial}");
    let lines = trial["per_line"].as_array().unwrap();
    assert_eq!(lines.len() as u64, trial["lines"].as_u64().unwrap());
    for line in lines {
        assert!(line["throughput_bps"].as_f64().unwrap() > 1e4, "{line}");
        for port in ["source_tx_packets", "sink_rx_packets"] {
            assert!(line["ports"][port].as_u64().unwrap() > 5, "{port} of {line}");
        }
    }
}

pub fn all(bench: &mut Bench) {
    let netmap = has_netmap();
    let run = run(bench, if netmap { 0 } else { 4 }, &["--framework", "all", "--lines", "1,4"]);
    let facts = |framework: &str, fact: &str| {
        trials(&run, framework)[0]["framework_facts"][fact].as_str().unwrap_or_default().to_owned()
    };
    for framework in ["bridge", "dpdk", "netmap", "netslice", "xdp"] {
        let trials = trials(&run, framework);
        assert_eq!(trials.len(), 2, "{framework}: {run}");
        for trial in trials {
            if framework != "netmap" || netmap {
                assert_carried(trial);
            } else {
                // What cannot be built leaves its cells with the reason, and the others went on.
                assert!(trial["reason"].as_str().unwrap().contains(NETMAP), "{trial}");
            }
        }
    }
    // What was read back on the middlebox, not what was asked for.
    assert_eq!(facts("xdp", "mode"), "native");
    assert_eq!(facts("dpdk", "driver"), "uio_pci_generic");
    assert!(facts("dpdk", "version").starts_with("DPDK "), "{run}");
    if netmap {
        // virtio's driver here is the kernel's own, which knows nothing of netmap.
        assert_eq!(facts("netmap", "adapter"), "generic");
    }
    // The kernel counts nothing at cards that were taken from it; testpmd does.
    for line in trials(&run, "dpdk").iter().flat_map(|trial| trial["per_line"].as_array().unwrap()) {
        for (sent, received) in
            [("source_tx_packets", "middlebox_rx_packets"), ("middlebox_tx_packets", "sink_rx_packets")]
        {
            let [sent, received] = [sent, received].map(|name| line["ports"][name].as_u64().unwrap());
            assert!(received > 5 && received <= sent + 20, "{line}");
        }
    }
    assert_eq!(run["cores"].as_array().unwrap().len(), 4);
    bench.assert_pristine();
}

pub fn paper(bench: &mut Bench) {
    let netmap = has_netmap();
    let results = bench.results();
    let said = bench.expect(0, &["compare", "--reference", "figure3", "--results", results.to_str().unwrap()]);
    let text = &said.stdout;
    assert!(text.contains("uio_pci_generic") && text.contains("native") && text.contains("`io`"), "{text}");
    assert!(!netmap || text.contains("as many rings and buffers as the ports"), "{text}");
    let cells = bench.expect(0, &["compare", "--format", "json", "--results", results.to_str().unwrap()]).json();
    let four = cells["cells"].as_array().unwrap().iter().filter(|cell| cell["lines"] == 4);
    let filled: Vec<_> = four.filter(|cell| cell["throughput_bps"].is_f64()).map(|cell| &cell["framework"]).collect();
    assert_eq!(filled.len(), if netmap { 5 } else { 4 }, "{filled:?}");
}

/// The paper's fourth instance, made to fail again, and a framework for which the host has no memory.
pub fn start_failures(bench: &mut Bench) {
    let greedy = ["-f", "dpdk,bridge", "-l", "1", "--set", "dpdk.hugepages_mib=4096"];
    let run_greedy = run(bench, 4, &greedy);
    let reason = trials(&run_greedy, "dpdk")[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("of 2048 huge pages could be had"), "{reason}");
    assert_carried(trials(&run_greedy, "bridge")[0]);
    bench.assert_pristine();
    if has_netmap() {
        // A ring a queue and direction is 16 on four lines of the lab; as few as the paper had are too few for the last.
        let run = run(bench, 4, &["-f", "netmap", "-l", "3,4", "--set", "netmap.ring_num=14"]);
        let netmap = trials(&run, "netmap");
        assert_carried(netmap[0]);
        let reason = netmap[1]["reason"].as_str().unwrap();
        assert!(reason.contains("the kernel's last words: ") && reason.contains("netmap_ring"), "{reason}");
        bench.assert_pristine();
    }
}

pub fn variants(bench: &mut Bench) {
    let run = run(bench, 0, &["-f", "dpdk-af_xdp,dpdk-af_packet", "-l", "1"]);
    for framework in ["dpdk-af_xdp", "dpdk-af_packet"] {
        let trial = trials(&run, framework)[0];
        assert_carried(trial);
        // The ports stayed with the kernel, which counts.
        assert!(trial["per_line"][0]["ports"]["middlebox_rx_packets"].as_u64().unwrap() > 5, "{trial}");
    }
    bench.assert_pristine();
}

pub fn own_file(bench: &mut Bench) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/forward/forward.yaml");
    let run = run(bench, 0, &["-f", file.to_str().unwrap(), "-l", "2"]);
    assert_carried(trials(&run, "forward")[0]);
    assert_eq!(trials(&run, "forward")[0]["framework_facts"]["ports"], "eth1 eth2 eth3 eth4");
    bench.assert_pristine();
}

/// What somebody may have set up on the ports of a shared machine. Whoever takes a port from the kernel takes all of it.
const SOMEBODYS: &str = "set -e
ip link set dev eth1 down
ip link set dev eth1 address 52:54:00:aa:00:01 mtu 1400 txqueuelen 777
ip link set dev eth1 up
# With a qdisc of this MTU, as any new one has it.
tc qdisc add dev eth1 root pfifo; tc qdisc delete dev eth1 root
ip address add 192.0.2.1/24 broadcast 192.0.2.255 dev eth1
ip route add 203.0.113.0/24 via 192.0.2.9 dev eth1
ethtool -K eth1 generic-receive-offload off
echo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter
for i in /sys/class/net/eth1/device/../msi_irqs/*; do
  echo 0 >/proc/irq/${i##*/}/smp_affinity_list 2>/dev/null || :
done
ip link set dev eth2 down";

pub fn vfio(bench: &mut Bench) {
    bench.lab_command(0, "down", &[]);
    bench.lab_command(0, "up", &["--iommu"]);
    bench.on(Role::Middlebox, SOMEBODYS);
    let before = bench.states()[Role::Middlebox as usize].clone();
    assert!(before.contains("192.0.2.1/24") && before.contains("203.0.113.0/24"), "{before}");
    bench.pristine = Some(bench.state());
    let run = run(bench, 0, &["-f", "dpdk", "-l", "1"]);
    assert_carried(trials(&run, "dpdk")[0]);
    assert_eq!(trials(&run, "dpdk")[0]["framework_facts"]["driver"], "vfio-pci");
    bench.assert_pristine();
}
