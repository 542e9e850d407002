//! The program itself, on this machine.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::record::streams::Ticks;
use crate::{executable, poll};

const BOUND: Duration = Duration::from_secs(20);

/// The program in a folder that goes away with the value.
struct Program(tempfile::TempDir);

impl Program {
    fn new() -> Self {
        let program = Self(tempfile::tempdir().unwrap());
        executable::write(&program.path(), PROGRAM);
        program
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("hoststream")
    }

    /// Runs it to its end, with no input.
    fn run(&self, words: &[&str]) -> Output {
        Command::new(self.path()).args(words).stdin(Stdio::null()).output().unwrap()
    }

    fn start(&self, words: &[&str]) -> Child {
        let mut command = Command::new(self.path());
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// What it prints until there are so many lines, and whatever more, as a file of a series.
    fn series(&self, words: &[&str], lines: usize) -> Stream {
        let mut child = self.start(words);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while text.lines().count() < lines {
            assert!(output.read_line(&mut text).unwrap() > 0, "{text}");
        }
        drop(child.stdin.take());
        output.read_to_string(&mut text).unwrap();
        assert_eq!(end(child), (0, String::new()));
        let times: Times = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let preface = Preface {
            stream: FORMAT,
            host: "sink".to_owned(),
            zero_s: None,
            from_s: times.monotonic_s,
            lines: BTreeMap::new(),
        };
        Stream::parse(&format!("{}\n{text}", serde_json::to_string(&preface).unwrap())).unwrap()
    }
}

/// Waits for an end within the bound, and gives what it said.
fn end(mut child: Child) -> (i32, String) {
    poll::until(BOUND, "the program to end", || Ok(child.try_wait()?.map(|_| ()))).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn it_tells_of_every_cpu_and_of_ports_that_are_there() {
    let stream = Program::new().series(&["--every", "50", "--", "lo", "nowhere0"], 21);
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let cpus = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    assert_eq!((stream.cpus.len(), stream.ports.as_slice()), (cpus, &["lo".to_owned(), "nowhere0".to_owned()][..]));
    let (first, sample) = (&stream.samples[0], stream.samples.last().unwrap());
    let seconds = sample.until_s - first.from_s;
    // One in each 50 ms; a machine that stands still misses some, and catches up with none.
    assert!(stream.samples.len() as f64 <= seconds / 0.05 + 1.0, "{} in {seconds} s", stream.samples.len());
    assert!(sample.ports[0].is_some() && sample.ports[1].is_none(), "{sample:?}");
    assert!(sample.memory_available_kib > Some(0) && sample.interrupts.is_some() && sample.own_us.is_some());
    let ticks: u64 = stream.samples.iter().flat_map(|sample| sample.cpus.iter().flatten()).map(Ticks::all).sum();
    let expected = 100.0 * cpus as f64 * seconds;
    assert!((ticks as f64) < expected * 2.0, "{ticks} ticks of {cpus} CPUs in {seconds} s");
    // What a machine stood still is in no tick.
    let stood_still = stream.samples.iter().any(|sample| sample.duration_s() > 0.2);
    assert!(stood_still || ticks as f64 > expected / 2.0, "{ticks} ticks of {cpus} CPUs in {seconds} s");
}

#[test]
fn whoever_speaks_to_it_gets_what_it_has_at_once() {
    let program = Program::new();
    let mut child = program.start(&["--every", "5000"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"hoststream\":1,"));
    let begin = Instant::now();
    child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    assert!(lines.next().unwrap().unwrap().starts_with("{\"t\":"));
    // By itself it would send ten lines after 50 seconds.
    assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
    drop(child.stdin.take());
    assert_eq!(end(child).0, 0);
}

#[test]
fn it_ends_when_nobody_reads_it_any_more() {
    let program = Program::new();
    let mut child = program.start(&[]);
    let input = child.stdin.take();
    drop(child.stdout.take());
    assert_eq!(end(child), (1, "hoststream: nobody takes its lines any more\n".to_owned()));
    drop(input);
}

#[test]
fn what_it_cannot_do_is_refused_with_how_it_is_called() {
    let program = Program::new();
    for (words, why) in [
        (["--every", "9"], "hoststream: --every takes 10 to 10000 ms\n"),
        (["--every", "many"], "hoststream: --every takes 10 to 10000 ms\n"),
        (["--avoid", "one"], "hoststream: --avoid takes numbers of CPUs: 1,2\n"),
    ] {
        let output = program.run(&words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with(why) && said.contains("\nusage: hoststream "), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
    let many = vec!["eth0"; 65];
    assert_eq!(program.run(&many).status.code(), Some(2));
    let help = program.run(&["--help"]);
    assert_eq!((help.status.code(), help.stdout.starts_with(b"usage: hoststream ")), (Some(0), true));
}

#[test]
fn it_keeps_off_cpus_where_that_leaves_it_one() {
    let allowed = |words: &[&str]| {
        let program = Program::new();
        let mut child = program.start(words);
        let mut first = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        drop(child.stdin.take());
        child.wait().unwrap();
        status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap().to_owned()
    };
    let all = allowed(&[]);
    let every: Vec<String> = (0..1024).map(|cpu: u32| cpu.to_string()).collect();
    assert_eq!(allowed(&["--avoid", &every.join(",")]), all, "none would be left");
    if all.ends_with("\t0-1") {
        assert!(allowed(&["--avoid", "1"]).ends_with("\t0"));
    }
}
