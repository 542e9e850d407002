//! How much is told on standard error, and in what colour: `--quiet`, `--color` and what the environment asks for.

use crate::program::nsbench;

const REFUSED: &str = "run -f bridge -l 9 -t fractus";
const PLAIN: &str = "error: the testbed `fractus` has 4 lines, not 9\nhint: write --lines with numbers from 1 to 4\n";
const RED: &str =
    "\x1b[31merror:\x1b[0m the testbed `fractus` has 4 lines, not 9\nhint: write --lines with numbers from 1 to 4\n";

#[test]
fn a_pipe_gets_no_colour_unless_it_was_asked_for() {
    let run = |options: &str| nsbench(&format!("{options}{REFUSED}")).variable("TERM", "xterm-256color");
    assert_eq!(run("").run().stderr, PLAIN);
    assert_eq!(run("--color always ").run().stderr, RED);
    assert_eq!(run("").variable("CLICOLOR_FORCE", "1").run().stderr, RED);
    assert_eq!(run("").variable("CLICOLOR_FORCE", "1").variable("NO_COLOR", "1").run().stderr, PLAIN);
    assert_eq!(run("--color always ").variable("NO_COLOR", "1").run().stderr, RED);
    assert_eq!(run("--color never ").variable("CLICOLOR_FORCE", "1").run().stderr, PLAIN);
}

#[test]
fn the_options_are_known_before_and_after_every_command() {
    assert_eq!(nsbench(&format!("{REFUSED} --color always -q")).run().stderr, RED);
    let ended = nsbench("schema testbed --color=sometimes").run();
    assert_eq!(ended.status, Some(2));
    assert!(ended.stderr.contains("[possible values: auto, always, never]"), "{ended}");
}

#[test]
fn quiet_leaves_out_how_things_go_and_keeps_what_a_reader_must_know() {
    let talks = nsbench("files testbeds --into there").run();
    assert!(talks.stderr.contains(" files are in "), "{talks}");
    let quiet = nsbench("files testbeds --into there --quiet").run();
    assert_eq!((quiet.status, quiet.stderr.as_str(), quiet.left), (Some(0), "", vec!["there".to_owned()]));
    let failed = nsbench(&format!("-q {REFUSED}")).run();
    assert_eq!((failed.status, failed.stderr.as_str()), (Some(2), PLAIN));
}

/// What the program writes to a terminal of that kind; `None` where there is no program that makes one.
fn on_terminal(term: &str, options: &str) -> Option<String> {
    let command = format!("{} {options} {REFUSED}", env!("CARGO_BIN_EXE_nsbench"));
    // Nothing of the user's is seen, as in `nsbench`.
    let dir = tempfile::tempdir().unwrap();
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).stdin(std::process::Stdio::null());
    script.current_dir(dir.path()).env_clear().env("HOME", dir.path()).env("TERM", term);
    script.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    let Ok(output) = script.output() else {
        println!("skipped: there is no `script` to make a terminal");
        return None;
    };
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}

#[test]
fn a_terminal_gets_colour_where_it_has_it_and_keeps_its_cursor() {
    let Some(text) = on_terminal("xterm-256color", "") else { return };
    assert_eq!(text, RED);
    assert!(!text.contains("\x1b[?25l"));
    assert_eq!(on_terminal("dumb", "").unwrap(), PLAIN);
    assert_eq!(on_terminal("xterm-256color", "--color never").unwrap(), PLAIN);
}
