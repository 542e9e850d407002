//! Programs that stay until the end of the measurement: each with a pid file that says which process it is, a log, and
//! a stop that is verified.

use anyhow::{Result, ensure};

use super::template::Template;
use super::{Step, WORK, say};
use crate::host::shell::{Argv, quote};
use crate::profile::{DaemonAction, READY_WITHIN_S, is_file_name};

/// A program of the profile's.
pub fn daemon(action: &DaemonAction, words: &Template) -> Result<Step> {
    let name = words.fill(&action.name)?;
    ensure!(is_file_name(&name), "`{name}` cannot name a program: it becomes the name of its log");
    let log = quote(&format!("{WORK}/{name}.log"));
    let ready = format!("grep -qF -e {} {log}", quote(&action.ready));
    Ok(start(&name, &words.argv(&action.command)?, &action.stop, &ready, action.ready_within_s))
}

/// The netserver that nsbench starts on the sink, in the foreground so that its process is known.
pub fn netserver(port: u16) -> Step {
    let argv = Argv::new(["netserver", "-D", "-p", &port.to_string()]);
    // Column 2 of /proc/net/tcp is the local address, 0A in column 4 means it listens.
    let listens = format!(
        "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qi '^ *[0-9]*: [0-9A-F]*:{port:04X} [0-9A-F:]* 0A '"
    );
    let mut step = start("netserver", &argv, "TERM", &listens, READY_WITHIN_S);
    step.save = format!(
        "if {listens}; then {} >&2; false; else {}; fi",
        say(&format!("another program listens on port {port}")),
        step.save
    );
    step
}

fn start(name: &str, argv: &Argv, signal: &str, ready: &str, within_s: u32) -> Step {
    let (pid, log) = (quote(&format!("{WORK}/{name}.pid")), quote(&format!("{WORK}/{name}.log")));
    Step {
        title: format!("program {name}"),
        save: say(&stop(name, signal)),
        // The process writes down its own number and start time before it becomes the program: there is no moment at
        // which it runs and nobody knows. `setsid -f` and not `&`: behind that, SIGINT would be ignored from the start.
        apply: format!(
            "setsid -f sh -c 'read -r stat </proc/$$/stat; echo \"$$ ${{stat##*) }}\" >\"$0\"; exec \"$@\"' {pid} {argv} \
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

/// Ends the process group of the pid file, if it still is the process that was started, and shows its last words. Fails
/// where the process cannot be ended.
fn stop(name: &str, signal: &str) -> String {
    let log_path = format!("{WORK}/{name}.log");
    let (pid, log) = (quote(&format!("{WORK}/{name}.pid")), quote(&log_path));
    format!(
        "if [ -s {pid} ]; then read -r p rest <{pid}; \
         same() {{ read -r stat 2>/dev/null <\"/proc/$p/stat\" && \
         [ \"$(echo \"${{stat##*) }}\" | cut -d' ' -f20)\" = \"$(echo \"$rest\" | cut -d' ' -f20)\" ] && \
         [ \"$(echo \"${{stat##*) }}\" | cut -c1)\" != Z ]; }}; \
         gone() {{ n=0; while same && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; ! same; }}; \
         if same; then kill {signal} \"-$p\" || :; gone || :; kill -KILL \"-$p\" 2>/dev/null || :; gone; fi; \
         {shown}; tail -n 20 {log} || :; fi",
        signal = quote(&format!("-{signal}")),
        shown = say(&format!("{log_path}:"))
    )
}
