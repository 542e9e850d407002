//! Many lines over one connection: an sshd takes ten sessions on each, and a line must not need one of its own.

use std::net::Ipv4Addr;
use std::time::Duration;

use nsbench::generator::{Generator, Traffic};
use nsbench::interrupt::Interrupt;
use nsbench::measure::traffic::{self, Raw};
use nsbench::measure::watch::Watch;
use nsbench::measure::{Hosts, TrialError};
use nsbench::plan::WORK;
use nsbench::role::Role;
use nsbench::testbed::Testbed;

use crate::plans::said;
use crate::sshd::{Setup, Sshd};
use crate::three;

/// What netperf prints, with the number of the line in the place of megabits; it waits until all sixteen have begun.
const NETPERF: &str = r#"#!/bin/sh
: >/run/began.$$
until [ "$(ls /run | grep -c '^began\.')" -ge 16 ]; do sleep 0.05; done
while [ "$1" != -H ]; do shift; done
line=${2#198.18.}
echo "THROUGHPUT=${line%.2}.00"
echo THROUGHPUT_UNITS=10^6bits/s
echo ELAPSED_TIME=1.00
[ "$line" != "$(failing)" ] || { echo 'no route' >&2; exit 1; }
"#;

async fn measured(failing: &'static str) -> Option<Result<(Vec<f64>, Raw), TrialError>> {
    let setup = Setup { programs: vec![("netperf", NETPERF), ("failing", failing)], ..Setup::default() };
    let sshd = Sshd::start_as(&setup)?;
    let hosts = Hosts {
        source: sshd.connect_as(Role::Source).await,
        middlebox: sshd.connect_as(Role::Middlebox).await,
        sink: sshd.connect_as(Role::Sink).await,
    };
    said(&hosts.source, &format!("mkdir -p {WORK}")).await;
    let watch = Watch::start(hosts.each()).await.unwrap();
    let one = three::traffic(&Testbed::shipped("fractus").unwrap(), Duration::from_secs(1));
    let of = |number: u8| Traffic { line: number.into(), to: Ipv4Addr::new(198, 18, number, 2), ..one.clone() };
    let lines: Vec<_> = (1..=16).map(of).collect();
    let interrupt = Interrupt::listen().unwrap();
    let outcome = traffic::run(&hosts.source, Generator::Netperf, &lines, &watch, &interrupt).await;
    let rates = |lines: Vec<nsbench::generator::Measured>| lines.iter().filter_map(|line| line.arrived_bps).collect();
    Some(outcome.map(|(lines, raw)| (rates(lines), raw)))
}

#[tokio::test]
async fn sixteen_lines_are_measured_at_once_and_each_has_its_own_figure() {
    let Some(outcome) = measured("#!/bin/sh\n").await else { return };
    let (rates, raw) = outcome.unwrap();
    let expected: Vec<_> = (1..=16).map(|line| f64::from(line) * 1e6).collect();
    assert_eq!(rates, expected);
    assert_eq!(raw["line 16"], "THROUGHPUT=16.00\nTHROUGHPUT_UNITS=10^6bits/s\nELAPSED_TIME=1.00\n");
}

#[tokio::test]
async fn of_sixteen_lines_the_one_that_fails_is_named_and_the_output_of_all_is_kept() {
    let Some(outcome) = measured("#!/bin/sh\necho 11.2\n").await else { return };
    let Err(TrialError::Failed { error, raw }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(format!("{error:#}"), "line 11: netperf failed with exit status 1: no route");
    assert_eq!(raw.len(), 16);
    assert!(raw["line 11"].ends_with("no route\n") && raw["line 12"].starts_with("THROUGHPUT=12.00\n"), "{raw:?}");
}
