//! Frames that arrive at ports of a host: whether any do, and how many in a span of time.
//!
//! Must not know who sends them, nor what they come through.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::host::Host;
use crate::host::shell::quote;

/// POSIX sh that waits for frames and counts them.
const SCRIPT: &str = include_str!("arrivals.sh");

/// Frames at a port by which traffic is told from what the two hosts of a cable say to each other.
pub const LEAST: u64 = 10;

/// How long these are waited for. A host that has lost its neighbour's address asks for it once a second.
pub const BOUND: Duration = Duration::from_secs(10);

/// Frames at each of `ports`, in their order: waits for the first [`LEAST`] of each, and from then on for `time`.
pub async fn count(host: &Host, ports: &[&str], time: Duration) -> Result<Vec<u64>> {
    let words: Vec<_> = ports.iter().map(|port| quote(port)).collect();
    let (bound, time) = (BOUND.as_secs(), time.as_secs_f64());
    let script = format!("{SCRIPT}\nnsb_arrivals {bound} {LEAST} {time:.3} {}\n", words.join(" "));
    let what = format!("counting frames at `{}`", host.name);
    let text = host.script(&script).await?.success(&what)?;
    parse(&text, ports).with_context(|| format!("could not understand the frame counts of `{}`", host.name))
}

fn parse(text: &str, ports: &[&str]) -> Result<Vec<u64>> {
    let lines: Vec<_> = text.lines().collect();
    ensure!(lines.len() == ports.len(), "`{}` is not a count for each of {}", text.trim(), ports.join(", "));
    let counts = lines.iter().zip(ports).map(|(line, port)| {
        let count = line.strip_prefix(port).and_then(|rest| rest.trim().parse().ok());
        count.with_context(|| format!("`{line}` is no count of frames at {port}"))
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_count_for_each_port_is_read_and_anything_else_is_quoted() {
        assert_eq!(parse("eth1 12\neth2 0\n", &["eth1", "eth2"]).unwrap(), [12, 0]);
        for text in ["", "eth1 12\n", "eth1 12\neth2 -3\n", "eth1 12\neth3 4\n"] {
            let error = format!("{:#}", parse(text, &["eth1", "eth2"]).unwrap_err());
            assert!(error.contains(text.lines().last().unwrap_or("``")), "{error}");
        }
    }

    #[test]
    fn a_port_at_which_nothing_arrives_is_waited_for_and_no_longer_than_it_may_take() {
        for shell in [&["dash"][..], &["bash", "--posix"], &["busybox", "sh"]] {
            let script = format!("{SCRIPT}\nnsb_arrivals 1 1000000000000 0 lo lo\n");
            let Ok(said) = Command::new(shell[0]).args(&shell[1..]).args(["-c", &script]).output() else { continue };
            assert!(said.status.success(), "{shell:?}: {}", String::from_utf8_lossy(&said.stderr));
            assert_eq!(parse(&String::from_utf8_lossy(&said.stdout), &["lo", "lo"]).unwrap().len(), 2, "{shell:?}");
            let script = format!("{SCRIPT}\nnsb_arrivals 1 0 0.1 nothing-here\n");
            let said = Command::new(shell[0]).args(&shell[1..]).args(["-c", &script]).output().unwrap();
            assert!(!said.status.success(), "{shell:?}");
        }
    }
}
