//! Looking where a middlebox is, with a `perf` that says what a test wants it to say, and with this machine's own.

use std::time::{Duration, Instant};

use nsbench::measure::hot::sampled::Sampler;
use nsbench::measure::hot::scheduling::Counting;
use nsbench::measure::hot::{Own, functions};
use nsbench::record::Part;

use crate::plans::said;
use crate::sshd::{Setup, Sshd};

/// Has no cycles, like a CPU of a virtual machine, and of tracepoints one; its samples are of a module and of an idle CPU.
const LOOKS: &str = r#"#!/bin/sh
verb=$1
[ "$verb" != script ] || {
	printf 'swapper [000] 5.0: cpu-clock: \n\tffffffff81000010 default_idle+0x1 ([kernel.kallsyms])\n\n'
	printf 'fwd [001] 5.1: cpu-clock: \n\tffffffffc0000010 mine_read+0x10 ([mine])\n\tffffffff81000010 ksys_read+0x1 ([kernel.kallsyms])\n\n'
	exit 0
}
event= to=/dev/stderr
while [ "$1" != -- ]; do
	case $1 in -e) event=$2 ;; -o) to=$2 ;; esac
	shift
done
shift
case $event in lock:*) echo "event syntax error: '$event'" >&2; exit 129 ;; esac
"$@"
[ "$verb" = stat ] || exit 0
for one in $(echo "$event" | tr , ' '); do
	case $one in sched:sched_wakeup) echo "300,,$one,100,100.00,," ;; *) echo "<not supported>,,$one,0,100.00,," ;; esac
done >"$to"
"#;

const FORBIDDEN: &str = r#"#!/bin/sh
echo "Access to performance monitoring and observability operations is limited." >&2
echo "perf_event_paranoid setting is 4:" >&2
exit 255
"#;

fn with(perf: &'static str) -> Setup {
    Setup { programs: vec![("perf", perf)], ..Setup::default() }
}

fn own() -> Own {
    Own { modules: vec!["mine".to_owned()], programs: Vec::new() }
}

#[tokio::test]
async fn samples_of_a_module_are_told_from_the_kernel_and_nothing_is_left_running() {
    let Some(sshd) = Sshd::start_as(&with(LOOKS)) else { return };
    let host = sshd.connect().await;
    let seen = Sampler::start(&host, 99).await.unwrap().end().await.unwrap();
    assert_eq!(seen.event, "cpu-clock");
    let samples = seen.samples([0.0, 9.0], &own()).unwrap();
    assert_eq!(samples.folded(), "fwd;ksys_read;mine_read 1\n");
    let (total, functions) = functions(samples.tally, None);
    let [function] = functions.as_slice() else { panic!("{functions:?}") };
    assert_eq!((function.name.as_str(), function.part), ("mine_read", Part::Module));
    assert!((total - 1.0).abs() < f64::EPSILON && (samples.idle - 1.0).abs() < f64::EPSILON);
    assert_eq!(said(&host, "pgrep -x perf || :").await, "");
}

#[tokio::test]
async fn events_that_a_kernel_does_not_know_are_left_out_and_stay_unknown() {
    let Some(sshd) = Sshd::start_as(&with(LOOKS)) else { return };
    let counting = Counting::start(&sshd.connect().await).await.unwrap().expect("there is something to count");
    let counted = counting.end().await.unwrap();
    assert_eq!((counted.wakeups, counted.switches, counted.contentions), (Some(300.0), None, None));
    assert!(counted.elapsed_s > 0.0);
}

#[tokio::test]
async fn a_middlebox_without_perf_or_where_it_may_not_look_is_told_the_cure() {
    let sh = "#!/bin/sh\nPATH=${0%/*} exec /bin/sh \"$@\"\n";
    let Some(sshd) = Sshd::start_as(&Setup { programs: vec![("sh", sh)], ..Setup::default() }) else { return };
    let error = Sampler::start(&sshd.connect().await, 99).await.unwrap_err().to_string();
    assert!(error.contains("has no `perf`") && error.contains("hint: install it on the middlebox"), "{error}");
    let Some(sshd) = Sshd::start_as(&with(FORBIDDEN)) else { return };
    let error = Sampler::start(&sshd.connect().await, 99).await.unwrap_err().to_string();
    assert!(error.contains("is limited") && error.contains("kernel.perf_event_paranoid=-1"), "{error}");
}

#[tokio::test]
async fn this_machines_own_perf_sees_what_is_busy_in_the_window_it_is_busy_in() {
    if !std::path::Path::new("/usr/bin/perf").exists() {
        println!("skipped: there is no perf on this machine");
        return;
    }
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let looking = match Sampler::start(&host, 199).await {
        Ok(looking) => looking,
        Err(error) => {
            assert!(error.to_string().contains("hint: "), "{error}");
            println!("skipped: perf may not look here: {error}");
            return;
        }
    };
    let begun = Instant::now();
    // A second of a CPU, however long that takes where others want it too.
    said(&host, "sh -c 'ulimit -t 1; while :; do :; done' || :").await;
    let ended = Instant::now();
    let seen = looking.end().await.unwrap();
    let samples = seen.samples([seen.at(begun), seen.at(ended)], &own()).unwrap();
    let busy: f64 = samples.tally.values().flat_map(std::collections::BTreeMap::values).sum();
    assert!(busy > 10.0, "{busy} samples");
    let later = ended + Duration::from_secs(1000);
    let none = seen.samples([seen.at(later), seen.at(later) + 1.0], &own()).unwrap();
    assert!(none.tally.is_empty() && none.stacks.is_empty());
}
