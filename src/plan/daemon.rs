//! Programs that stay until the end of the measurement: each with a pid file that says which process it is, a log, and
//! a stop that is verified.

use std::net::Ipv4Addr;

use anyhow::{Result, ensure};

use super::template::Template;
use super::{MUST, Step, WORK, say};
use crate::generator::Server;
use crate::host::shell::{Argv, quote};
use crate::profile::{DaemonAction, READY_WITHIN_S, is_file_name};

/// Pings that are sent before the first has come back, and the bytes in each: a queue that is never empty, of frames that
/// are not the smallest.
const PINGS_UNDER_WAY: &str = "16";
const PING_BYTES: &str = "512";

/// A program of the profile's.
pub fn daemon(action: &DaemonAction, words: &Template) -> Result<Step> {
    let name = words.fill(&action.name)?;
    ensure!(is_file_name(&name), "`{name}` cannot name a program: it becomes the name of its log");
    let log = quote(&format!("{WORK}/{name}.log"));
    let ready = format!("grep -qF -e {} {log}", quote(&action.ready));
    Ok(start(&name, &words.argv(&action.command)?, &action.stop, &ready, action.ready_within_s))
}

/// A server of the traffic generator's on the sink, in the foreground so that its process is known.
pub fn server(server: &Server) -> Step {
    let port = server.port;
    // Column 2 of /proc/net/tcp is the local address, 0A in column 4 means it listens.
    let listens = format!(
        "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi '^ *[0-9]*: [0-9A-F]*:{port:04X} [0-9A-F:]* 0A '"
    );
    let mut step = start(&server.name, &server.command, "TERM", &listens, READY_WITHIN_S);
    step.save = format!(
        "if {listens}; then {} >&2; false; else {}; fi",
        say(&format!("another program listens on port {port}")),
        step.save
    );
    step
}

fn start(name: &str, argv: &Argv, signal: &str, ready: &str, within_s: u32) -> Step {
    let (pid, log_path) = (pid_file(name), format!("{WORK}/{name}.log"));
    let log = quote(&log_path);
    Step {
        title: format!("program {name}"),
        save: say(&format!(
            "{MUST}\nif [ -s {pid} ]; then {stop}; {shown}; tail -n 20 {log} || :; else {never}; fi",
            stop = stop(&pid, signal),
            never = format_args!("rm -f {pid}; mkdir {pid} 2>/dev/null || :"),
            shown = say(&format!("{log_path}:"))
        )),
        // What an earlier one of the name wrote down would be taken for this one's. The process writes down its own number
        // and start time before it becomes the program: there is no moment at which it runs and nobody knows, and where it
        // cannot write it does not run. `setsid -f` and not `&`: behind that, SIGINT would be ignored from the start.
        apply: format!(
            "rm -rf {pid}; setsid -f sh -c 'read -r stat </proc/$$/stat && echo \"$$ ${{stat##*) }}\" >\"$0\" && exec \"$@\"' {pid} {argv} \
             </dev/null >{log} 2>&1"
        ),
        verify: format!(
            "nsb_wait {within_s} {} || {{ echo 'it was not ready within {within_s} s; its last words:'; tail -n 5 {log}; false; }}\n\
             nsb_daemon_alive {pid} || {{ echo 'it ended; its last words:'; tail -n 5 {log}; false; }}",
            quote(&format!("{{ {ready}; }} 2>/dev/null || ! nsb_daemon_starting {pid}"))
        ),
        payload: None,
    }
}

/// A process of the traffic generator's. Every trial starts one of its own, which is ended with it; what a controller
/// that died left running is ended by the undo.
pub fn generator(name: &str) -> Step {
    Step {
        title: format!("generator of {name}, which each trial starts and ends"),
        save: say(&format!("{MUST}\n{}", stop_generator(name))),
        apply: ":".to_owned(),
        verify: ":".to_owned(),
        payload: None,
    }
}

/// A flood of pings between the two ends of a line, from now on until it is undone: as many frames as come back, 100 a
/// second where none does, so that some come in the middle of whatever happens on the way.
///
/// Where the hosts are `emulated` there are 200 a second and no more: what they can do is little, and is needed for loading.
pub fn pings(line: usize, (from, to): (Ipv4Addr, Ipv4Addr), emulated: bool) -> Step {
    let (from, to) = (from.to_string(), to.to_string());
    let mut words = vec!["ping", "-f", "-q", "-l", PINGS_UNDER_WAY, "-s", PING_BYTES, "-I", &from, &to];
    if emulated {
        words.extend(["-i", "0.005"]);
    }
    let name = format!("pings-{line}");
    let ready = format!("grep -q '^PING' {}", quote(&format!("{WORK}/{name}.log")));
    start(&name, &Argv::new(words), "INT", &ready, READY_WITHIN_S)
}

/// sh that ends a process of the generator's, if it runs.
pub fn stop_generator(name: &str) -> String {
    let pid = generator_pid_file(name);
    format!("if [ -s {pid} ]; then {}; fi", stop(&pid, "TERM"))
}

/// sh that writes down which process of the generator's that is. It waits for its gate to be opened: one that nobody has
/// heard of ends with its connection.
pub fn generator_started(name: &str, pid: u32) -> String {
    let file = generator_pid_file(name);
    format!("read -r stat </proc/{pid}/stat && echo \"{pid} ${{stat##*) }}\" >{file} || exit 1\n")
}

/// `line 1` is in `generator-1`, `line 1 flow 2` in `generator-1-flow-2`.
fn generator_pid_file(name: &str) -> String {
    let name = name.strip_prefix("line ").unwrap_or(name);
    pid_file(&format!("generator-{}", name.replace(' ', "-")))
}

/// Where a program's number and start time are, as a word of sh.
fn pid_file(name: &str) -> String {
    quote(&format!("{WORK}/{name}.pid"))
}

/// Ends the process group of the pid file, if its leader still is the process that was started, with what outlives the
/// leader; the process alone where it leads no group. Fails where it cannot be ended. No process is started to look: on an
/// emulated host each costs 20 ms.
fn stop(pid: &str, signal: &str) -> String {
    format!(
        "read -r p rest <{pid}; set -- $rest; began=${{20}}; \
         same() {{ read -r stat 2>/dev/null <\"/proc/$p/stat\" && set -- ${{stat##*) }} && \
         [ \"${{20}}\" = \"$began\" ] && [ \"$1\" != Z ]; }}; \
         gone() {{ n=0; while same && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; ! same; }}; \
         if same; then kill {signal} \"-$p\" 2>/dev/null || kill {signal} \"$p\" 2>/dev/null || :; gone || :; kill -KILL \"-$p\" 2>/dev/null || ! same || kill -KILL \"$p\" 2>/dev/null || :; gone; fi",
        signal = quote(&format!("-{signal}")),
    )
}
