//! Twenty steps on each host of a testbed, the way a run makes them: the hosts taken, every change's undo on that host's
//! disk before the change is made, the changes verified, undone and the hosts given back. Says what each part took.
//!
//! For scripts/bench-tool. Must not know what else does the same, nor how hosts are made.
//!
//! Usage: twenty-steps TESTBED

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nsbench::execute::{Claim, Hold, Waiting};
use nsbench::host::Host;
use nsbench::interrupt::Interrupt;
use nsbench::plan::{Payload, Step};
use nsbench::role::Role;
use nsbench::testbed::Testbed;

/// Half of the steps write a file, half set a parameter of the host's own network.
const STEPS: usize = 20;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file] = arguments.as_slice() else { bail!("usage: twenty-steps TESTBED") };
    let testbed = Testbed::load(Path::new(file))?;
    let mut clock = Clock(Instant::now());
    let [source, middlebox, sink] = Host::connect_all(&testbed, testbed.ssh_config.as_deref()).await;
    let hosts = [source?, middlebox?, sink?];
    clock.tell("connected");
    let claim = Claim::of_this_process("twenty-steps", None);
    let interrupt = Interrupt::listen()?;
    let hold = Hold::take(hosts.each_ref(), &claim, Waiting::NOT_AT_ALL, &interrupt).await?;
    clock.tell("taken");
    let steps: Vec<Step> = (0..STEPS).map(step).collect();
    let (source, middlebox, sink) = tokio::join!(
        hold.apply(Role::Source, &steps),
        hold.apply(Role::Middlebox, &steps),
        hold.apply(Role::Sink, &steps)
    );
    source.and(middlebox).and(sink).context("a step failed")?;
    clock.tell("applied");
    hold.release().await?;
    clock.tell("undone");
    Ok(())
}

struct Clock(Instant);

impl Clock {
    fn tell(&mut self, what: &str) {
        println!("{what} {:.3}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

fn step(number: usize) -> Step {
    if number.is_multiple_of(2) { file(number / 2) } else { parameter(number / 2) }
}

fn file(number: usize) -> Step {
    let path = format!("/var/lib/step-{number}");
    Step {
        title: format!("file {path}"),
        save: format!("echo rm -f {path}"),
        apply: format!("cat >{path}"),
        verify: format!("[ -s {path} ]"),
        payload: Some(Payload::Bytes(format!("file {number}\n").into_bytes())),
    }
}

fn parameter(number: usize) -> Step {
    let file = format!("/proc/sys/net/ipv4/conf/lo/{}", PARAMETERS[number]);
    Step {
        title: format!("{} = 1", PARAMETERS[number]),
        save: format!("echo \"echo $(cat {file}) >{file}\""),
        apply: format!("echo 1 >{file}"),
        verify: format!("[ \"$(cat {file})\" = 1 ]"),
        payload: None,
    }
}

/// Parameters of an interface that are 0 or 1, and do no harm.
const PARAMETERS: [&str; 10] = [
    "accept_local",
    "accept_source_route",
    "arp_accept",
    "arp_announce",
    "arp_evict_nocarrier",
    "arp_filter",
    "arp_ignore",
    "arp_notify",
    "log_martians",
    "proxy_arp",
];
