//! Several programs on one host that begin at the same moment, over one channel of its connection.
//!
//! Must not know what the programs are, nor what their output means.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use crate::host::shell::Argv;
use crate::host::{Host, Process};

/// POSIX sh: programs that wait behind a gate, and whose output comes line by line.
const VOLLEY: &str = include_str!("volley.sh");

/// Programs that were started, and wait for the gate to be opened.
#[derive(Debug)]
pub struct Volley {
    process: Process,
    pids: Vec<u32>,
}

/// What one of them did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; `None` where it did not end.
    pub status: Option<i32>,
    /// What it wrote.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

/// One line of what comes over the channel.
#[derive(Debug, PartialEq, Eq)]
enum Said<'a> {
    Output(&'a str),
    Complaint(&'a str),
    Exit(i32),
}

impl Volley {
    /// Starts the programs, as root or as the login. They are at the gate when this returns.
    pub async fn start(host: &Host, commands: &[Argv], root: bool) -> Result<Self> {
        let script = script(commands);
        let mut process = if root { host.spawn_script(&script).await } else { host.spawn_login_script(&script).await }?;
        let mut pids = vec![None; commands.len()];
        while pids.contains(&None) {
            let Some(line) = process.line().await? else {
                let (status, stderr) = process.wait().await?;
                bail!("the shell on `{}` ended with status {status}: `{}`", host.name, stderr.trim());
            };
            let (number, said) = parse(&line).with_context(|| format!("`{}` said `{line}`", host.name))?;
            let pid = match said {
                Said::Output(text) => text.strip_prefix("nsbench-pid ").and_then(|pid| pid.parse().ok()),
                Said::Complaint(_) | Said::Exit(_) => None,
            };
            match (pids.get_mut(number), pid) {
                (Some(place), Some(pid)) => *place = Some(pid),
                _ => bail!("a program could not be started on `{}`: it said `{line}`", host.name),
            }
        }
        Ok(Self { process, pids: pids.into_iter().flatten().collect() })
    }

    /// Process numbers, in the order of the commands.
    pub fn pids(&self) -> &[u32] {
        &self.pids
    }

    /// Opens the gate and reads to the end of the last; `heard` gets each line of output with the program's place among
    /// the commands. What came stands in `ended`, also where this fails or is given up.
    pub async fn follow(mut self, ended: &mut Vec<Ended>, mut heard: impl FnMut(usize, &str)) -> Result<()> {
        ended.clear();
        ended.resize(self.pids.len(), Ended::default());
        self.process.write("go\n").await?;
        while let Some(line) = self.process.line().await? {
            let (number, said) = parse(&line).with_context(|| format!("it said `{line}`"))?;
            let of = ended.get_mut(number).with_context(|| format!("it said `{line}`"))?;
            match said {
                Said::Output(text) => {
                    heard(number, text);
                    of.stdout.push_str(text);
                    of.stdout.push('\n');
                }
                Said::Complaint(text) => {
                    of.stderr.push_str(text);
                    of.stderr.push('\n');
                }
                Said::Exit(status) => of.status = Some(status),
            }
        }
        let (status, stderr) = self.process.wait().await?;
        if ended.iter().any(|of| of.status.is_none()) {
            bail!("the shell that ran them ended with status {status}: `{}`", stderr.trim());
        }
        Ok(())
    }
}

fn script(commands: &[Argv]) -> String {
    let mut script = format!("{VOLLEY}\nnsb_gate {} | {{\nexec 5<&0\n", commands.len());
    for (number, command) in commands.iter().enumerate() {
        // Behind `&` the standard input is nobody's unless it is named.
        let _ = writeln!(script, "( nsb_job {number} {command} ) <&5 &");
    }
    // Else the shell would look for more to do in what it gets.
    script + "exec 5<&-\nwait\n}\nexit 0\n"
}

fn parse(line: &str) -> Result<(usize, Said<'_>)> {
    let mut words = line.splitn(3, ' ');
    let number = words.next().unwrap_or_default().parse().context("that is no program's")?;
    let (kind, text) = (words.next(), words.next().unwrap_or_default());
    let said = match kind {
        Some("o") => Said::Output(text),
        Some("e") => Said::Complaint(text),
        Some("x") => Said::Exit(text.parse().context("that is no exit status")?),
        _ => bail!("that is neither output nor an end"),
    };
    Ok((number, said))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    const SHELLS: [&[&str]; 3] = [&["dash"], &["bash", "--posix"], &["busybox", "sh"]];

    /// What the programs say when `gate` is what comes through the gate; sorted, without process numbers.
    fn run(shell: &[&str], commands: &[Argv], gate: &str) -> Option<Vec<String>> {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            println!("skipped: there is no `{}` on this machine", shell[0]);
            return None;
        };
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{{\n{}\n}}\n", script(commands)).as_bytes()).unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        for _ in commands {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            assert!(line.contains(" o nsbench-pid "), "{shell:?}: {line}");
        }
        stdin.write_all(gate.as_bytes()).unwrap();
        // Where the gate opens, the end is that of the programs, and not of what comes through it.
        let open = (!gate.is_empty()).then_some(stdin);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success());
        drop(open);
        let mut lines: Vec<_> = rest.lines().map(str::to_owned).collect();
        lines.sort();
        Some(lines)
    }

    #[test]
    fn programs_go_when_the_gate_opens_and_what_each_says_is_told_apart() {
        let say = "printf 'a  \\\\n b\\n'; printf 'no newline'; echo complaint >&2; exit 3";
        let commands = [Argv::new(["sh", "-c", say]), Argv::new(["true"]), Argv::new(["echo", "it's", "$HOME"])];
        for shell in SHELLS {
            let Some(lines) = run(shell, &commands, "go\n") else { continue };
            let expected =
                ["0 e complaint", "0 o a  \\n b", "0 o no newline", "0 x 3", "1 x 0", "2 o it's $HOME", "2 x 0"];
            assert_eq!(lines, expected, "{shell:?}");
        }
    }

    #[test]
    fn nothing_is_run_where_nobody_opens_the_gate() {
        let commands: Vec<_> = (0..20).map(|_| Argv::new(["echo", "ran"])).collect();
        for shell in SHELLS {
            let Some(lines) = run(shell, &commands, "") else { continue };
            assert!(lines.len() == 20 && lines.iter().all(|line| line.ends_with(" x 1")), "{shell:?}: {lines:?}");
        }
    }

    #[test]
    fn lines_that_are_no_program_s_are_not_taken_for_one_s() {
        assert_eq!(parse("12 o ").unwrap(), (12, Said::Output("")));
        assert_eq!(parse("0 x 124").unwrap(), (0, Said::Exit(124)));
        for line in ["", "1", "o 1 x", "1 x", "1 x many", "1 y 2", "-1 o x"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
