//! Steps applied and undone: what they say is there is there, and afterwards nothing is.

use std::collections::BTreeMap;
use std::fs;

use nsbench::execute::{self, ApplyError, Undone};
use nsbench::host::shell::quote;
use nsbench::plan::{Artifacts, Cell, Product};
use nsbench::profile::Profile;
use nsbench::sources;

use crate::plans::{apply, claim, comes_to_say, is_as_found, said, steps, steps_with};
use crate::sshd::{Setup, Sshd};

/// One step of every kind that needs no port and no module of the kernel's.
const EVERY_KIND: &str = r#"
  - command: { do: [mkdir, /run/made], undo: [rmdir, /run/made] }
  - command: { do: [touch, /run/made/kept], undo: [rm, /run/made/kept] }
  - sysctl: { name: kernel.domainname, value: changed.example }
  - sysctl: { name: kernel.sem, value: "250  32000 32 200" }
  - daemon:
      name: talker
      command: [sh, -c, "echo about to; echo ready to go; exec sleep 1000"]
      ready: ready to go
"#;

/// Everything that `EVERY_KIND` changes.
const LOOK: &str = "ls -R /run/made 2>&1; cat /proc/sys/kernel/domainname /proc/sys/kernel/sem; pgrep -x sleep || :";

/// How many processes of the host are called `sleep`: a daemon is ready before it has become one.
const SLEEPERS: &str = "pgrep -x sleep | wc -l";

async fn every_kind_comes_and_goes(sshd: &Sshd) {
    let host = sshd.connect().await;
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
    let path = sshd.dir().join("product");
    fs::write(&path, &bytes).unwrap();
    let product = Product { name: "it's a product".to_owned(), path };
    let steps = steps_with(EVERY_KIND, &Artifacts::Here(vec![product]));
    let before = said(&host, LOOK).await;

    apply(&host, &steps).await.unwrap();
    comes_to_say(&host, SLEEPERS, "1\n").await;
    let after = said(&host, LOOK).await;
    assert!(after.contains("kept\n") && after.contains("changed.example\n250\t32000\t32\t200\n"), "{after}");
    let copy = sshd.dir().join("copy").display().to_string();
    said(&host, &format!("cp '/var/lib/nsbench/work/it'\\''s a product' {}", quote(&copy))).await;
    assert!(fs::read(copy).unwrap() == bytes);

    let undone = execute::undo(&host, Some("run")).await.unwrap();
    assert_eq!((undone.changes, undone.rebooted), (Some(6), false));
    assert_eq!(undone.said, "/var/lib/nsbench/work/talker.log:\nabout to\nready to go\n");
    comes_to_say(&host, LOOK, &before).await;
    assert!(is_as_found(&host).await);
    let nothing = Undone::default();
    assert_eq!(execute::undo(&host, Some("run")).await.unwrap(), nothing);
    assert_eq!(execute::undo(&host, None).await.unwrap(), nothing);
}

/// What is on top comes and goes, and what is below stays.
const ON_TOP: &str = r#"
  - command: { do: [mkdir, /run/top], undo: [rmdir, /run/top] }
  - daemon: { name: top, command: [sh, -c, "echo ready to go; exec sleep 2000"], ready: ready to go }
"#;

#[tokio::test]
async fn steps_on_top_of_others_come_and_go_and_restore_takes_both() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let below = steps(EVERY_KIND);
    let top: Vec<_> = steps(ON_TOP).into_iter().skip(1).collect();
    let before = said(&host, LOOK).await;
    apply(&host, &below).await.unwrap();
    comes_to_say(&host, SLEEPERS, "1\n").await;
    let ready = said(&host, LOOK).await;
    for _ in 0..3 {
        execute::apply_onto(&host, "run", below.len(), &top).await.unwrap();
        comes_to_say(&host, SLEEPERS, "2\n").await;
        assert_eq!(said(&host, "ls -d /run/top").await, "/run/top\n");
        let error = execute::apply_onto(&host, "run", below.len(), &top).await.unwrap_err();
        assert!(error.to_string().contains("changes of an earlier set-up are there"), "{error}");
        let undone = execute::rewind_to(&host, "run", below.len()).await.unwrap();
        assert_eq!(undone.changes, Some(2));
        comes_to_say(&host, LOOK, &ready).await;
        let done = said(&host, "wc -l </var/lib/nsbench/journal/done").await;
        assert_eq!(done.trim(), below.len().to_string(), "what was undone still counts as done");
    }
    execute::apply_onto(&host, "run", below.len(), &top).await.unwrap();
    execute::undo(&host, None).await.unwrap();
    comes_to_say(&host, LOOK, &before).await;
    assert_eq!(said(&host, "[ ! -e /run/top ] && echo gone").await, "gone\n");
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn a_step_on_top_that_fails_is_named_and_what_is_below_stays() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let below = steps(EVERY_KIND);
    apply(&host, &below).await.unwrap();
    comes_to_say(&host, SLEEPERS, "1\n").await;
    let ready = said(&host, LOOK).await;
    let failing =
        "\n  - command: { do: [mkdir, /run/top], undo: [rmdir, /run/top] }\n  - command: { do: [\"false\"] }\n";
    let top: Vec<_> = steps(failing).into_iter().skip(1).collect();
    let error = execute::apply_onto(&host, "run", below.len(), &top).await.unwrap_err();
    assert!(error.to_string().contains("`false` failed"), "{error}");
    assert_eq!(execute::rewind_to(&host, "run", below.len()).await.unwrap().changes, Some(1));
    assert_eq!(said(&host, LOOK).await, ready);
    execute::undo(&host, None).await.unwrap();
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn every_kind_of_step_is_there_after_apply_and_gone_after_undo() {
    let Some(sshd) = Sshd::start() else { return };
    every_kind_comes_and_goes(&sshd).await;
}

#[tokio::test]
async fn every_kind_of_step_comes_and_goes_where_sh_is_bash() {
    let Some(sshd) = Sshd::start_as(&Setup { sh: Some("/bin/bash"), ..Setup::default() }) else { return };
    every_kind_comes_and_goes(&sshd).await;
}

#[tokio::test]
async fn every_kind_of_step_comes_and_goes_where_sh_is_busybox() {
    let Some(sshd) = Sshd::start_as(&Setup { sh: Some("/bin/busybox"), ..Setup::default() }) else { return };
    every_kind_comes_and_goes(&sshd).await;
}

async fn a_failure_in_the_middle_is_told_and_taken_back(sshd: &Sshd) {
    let host = sshd.connect().await;
    let steps = steps(
        r"
  - command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] }
  - command: { do: [rmdir, /run/absent], undo: [rmdir, /run/absent] }
  - command: { do: [mkdir, /run/third], undo: [rmdir, /run/third] }
",
    );
    let error = apply(&host, &steps).await.unwrap_err();
    let Some(ApplyError::Step { host: name, step, said: why }) = error.downcast_ref() else { panic!("{error:#}") };
    assert_eq!((name.as_str(), step.as_str()), ("box", "rmdir /run/absent"));
    assert!(why.contains("No such file or directory"), "{why}");
    assert_eq!(error.to_string(), format!("`rmdir /run/absent` failed on `box`: {why}"));
    assert_eq!(said(&host, "ls -d /run/first /run/third 2>/dev/null || :").await, "/run/first\n");

    // The undo of what failed has nothing to take back, and is not held against the host.
    assert_eq!(execute::undo(&host, Some("run")).await.unwrap().changes, Some(3));
    assert_eq!(said(&host, "ls -d /run/first 2>/dev/null || :").await, "");
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn a_step_that_fails_is_named_with_what_it_said_and_the_earlier_ones_are_taken_back() {
    let Some(sshd) = Sshd::start() else { return };
    a_failure_in_the_middle_is_told_and_taken_back(&sshd).await;
}

#[tokio::test]
async fn a_command_that_fails_ends_its_step_in_every_shell() {
    for sh in ["/bin/dash", "/bin/bash", "/bin/busybox"] {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        for part in ["save", "apply", "apply with input", "verify"] {
            let mut step = steps("[]").remove(0);
            let failing = "echo before\nfalse\ntouch /run/went-on".to_owned();
            match part {
                "save" => step.save = failing,
                "verify" => step.verify = failing,
                _ => step.apply = failing,
            }
            if part == "apply with input" {
                step.payload = Some(nsbench::plan::Payload::Bytes(b"input".to_vec()));
            }
            let error = apply(&host, &[step]).await.unwrap_err().to_string();
            assert!(error.ends_with("failed on `box`: before"), "{sh}, {part}: {error}");
            execute::undo(&host, None).await.unwrap();
            assert_eq!(said(&host, "ls /run/went-on 2>/dev/null || :").await, "", "{sh}, {part}");
        }
    }
}

#[tokio::test]
async fn what_saving_the_state_complains_about_does_not_become_part_of_the_undo() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let mut step = steps("[]").remove(0);
    step.save = "echo touch /run/complaint >&2; echo touch /run/undone".to_owned();
    apply(&host, &[step]).await.unwrap();
    execute::undo(&host, None).await.unwrap();
    assert_eq!(said(&host, "ls /run/complaint /run/undone 2>/dev/null || :").await, "/run/undone\n");
}

#[tokio::test]
async fn a_second_run_is_refused_by_name_and_its_undo_touches_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let steps = steps("[{ command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] } }]");
    // A user's command line may have any words in it.
    execute::take(&host, &claim("1st", "ann@desk (nsbench run 'a\nsecond\nline')"), "first").await.unwrap();
    execute::apply(&host, "first", &steps).await.unwrap();
    let error = execute::take(&host, &claim("2nd", "bob@desk"), "second").await.unwrap_err();
    let Some(ApplyError::Held { host: name, holder, .. }) = error.downcast_ref() else { panic!("{error:#}") };
    assert_eq!(name, "box");
    assert!(holder.words.starts_with("ann@desk (nsbench run 'a second line'), run 1st, since 20"), "{holder}");
    assert!(error.to_string().contains("\nhint: --wait waits for it; if that run is dead, "), "{error}");
    assert!(error.to_string().ends_with(": nsbench restore -t TESTBED"), "{error}");

    assert_eq!(execute::undo(&host, Some("second")).await.unwrap().changes, None);
    assert_eq!(said(&host, "ls -d /run/first").await, "/run/first\n");
    assert_eq!(execute::undo(&host, Some("first")).await.unwrap().changes, Some(2));
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn words_of_a_profile_reach_the_program_unchanged_and_nothing_else_runs() {
    for sh in ["/bin/dash", "/bin/bash", "/bin/busybox"] {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        // In YAML's double quotes \n is a line break and \\ one backslash.
        let steps = steps(
            r##"
  - command:
      do: &words
        [sh, -c, 'printf "<%s>\n" "$@" >>/run/words', it's, "$(touch /run/bad)", "`touch /run/bad`", "two\ntouch /run/bad",
         "", "a; touch /run/bad", "\\", "-n", '"', "*", "~", "#", "NSB_UNDO", "{{", "!", "tab\tbed"]
      undo: *words
  - daemon:
      name: "it's $(id) & co"
      command: [sh, -c, 'printf "<%s>\n" "$@" >>/run/words; printf "%s\n" "$1"; exec sleep 1000', sh, "-ready $(it)\ntouch /run/bad\n"]
      ready: "-ready $(it)"
  - sysctl: { name: kernel.domainname, value: "a $(touch /run/bad) 'b" }
"##
            .replace("{{", "(")
            .as_str(),
        );
        apply(&host, &steps).await.unwrap();
        let words = "<$(touch /run/bad)>\n<`touch /run/bad`>\n<two\ntouch /run/bad>\n<>\n<a; touch /run/bad>\n<\\>\n<-n>\n\
                     <\">\n<*>\n<~>\n<#>\n<NSB_UNDO>\n<(>\n<!>\n<tab\tbed>\n";
        let daemon = "<-ready $(it)\ntouch /run/bad\n>\n";
        assert_eq!(said(&host, "cat /run/words").await, format!("{words}{daemon}"), "{sh}");
        assert_eq!(said(&host, "cat /proc/sys/kernel/domainname").await, "a $(touch /run/bad) 'b\n", "{sh}");
        execute::undo(&host, None).await.unwrap();
        assert_eq!(said(&host, "cat /run/words").await, format!("{words}{daemon}{words}"), "{sh}");
        assert_eq!(said(&host, "ls /run/bad 2>/dev/null || :").await, "", "{sh}");
        assert!(is_as_found(&host).await);
    }
}

#[tokio::test]
async fn a_kernel_parameter_that_is_not_there_is_an_error_before_anything_is_written() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let steps = steps("[{ sysctl: { name: 'kernel.$(touch /run/bad)', value: '1' } }]");
    let error = apply(&host, &steps).await.unwrap_err().to_string();
    assert!(error.contains("No such file or directory"), "{error}");
    execute::undo(&host, None).await.unwrap();
    assert_eq!(said(&host, "ls /run/bad 2>/dev/null || :").await, "");
}

async fn has_no_journal(var_lib: &'static str, prepare: &str) {
    let Some(sshd) = Sshd::start_as(&Setup { var_lib, ..Setup::default() }) else { return };
    let host = sshd.connect().await;
    host.script(prepare).await.unwrap();
    let before = said(&host, "ls /run; find /var/lib").await;
    let error = apply(&host, &steps("[{ command: { do: [mkdir, /run/first] } }]")).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(ApplyError::NoJournal { host }) if host == "box"), "{error:#}");
    assert_eq!(said(&host, "ls /run; find /var/lib").await, before);
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, None);
}

#[tokio::test]
async fn a_host_whose_disk_is_full_is_left_as_it_is() {
    has_no_journal("size=64k", "cat /dev/zero >/var/lib/filler").await;
    // Room for the directories and a file or two, not for the journal.
    for pages in [1, 2, 3] {
        let prepare = format!("cat /dev/zero >/var/lib/filler; truncate -s -{} /var/lib/filler", pages * 4096);
        has_no_journal("size=64k", &prepare).await;
    }
    has_no_journal("nr_inodes=4", ":").await;
}

#[tokio::test]
async fn a_host_whose_disk_is_read_only_is_left_as_it_is() {
    has_no_journal("ro", ":").await;
}

#[tokio::test]
async fn a_framework_is_built_there_once_and_a_build_that_fails_quotes_make() {
    let Some(sshd) = Sshd::start_as(&Setup { sh: Some("/bin/bash"), ..Setup::default() }) else { return };
    let host = sshd.connect().await;
    if host.script("make --version").await.unwrap().status != 0 {
        println!("skipped: there is no make");
        return;
    }
    let source = sshd.dir().join("source");
    fs::create_dir_all(source.join("sub")).unwrap();
    fs::write(source.join("Makefile"), "all:\n\tcp sub/in sub/out\n\techo built >>/run/builds\n").unwrap();
    fs::write(source.join("sub/in"), "input").unwrap();
    let text =
        format!("name: mine\nsummary: for a test\nbuild: {{ source: '{}', products: [sub/out] }}\n", source.display());
    let cell = || Cell {
        profile: Profile::parse("mine.yaml", &text).unwrap(),
        params: BTreeMap::new(),
        lines: 0,
        frame_size: None,
    };
    let built = steps_with("[]", &sources::artifacts(&cell(), false, false).unwrap());
    for _ in 0..2 {
        apply(&host, &built).await.unwrap();
        assert_eq!(said(&host, "cat /var/lib/nsbench/work/out /run/builds").await, "inputbuilt\n");
        execute::undo(&host, None).await.unwrap();
    }
    fs::write(source.join("Makefile"), "all:\n\t@cp sub/in sub/out; echo the reason >&2; false\n").unwrap();
    let broken = steps_with("[]", &sources::artifacts(&cell(), false, false).unwrap());
    for _ in 0..2 {
        let error = apply(&host, &broken).await.unwrap_err().to_string();
        assert!(error.contains("the reason") && error.starts_with("`build for the running kernel"), "{error}");
        execute::undo(&host, None).await.unwrap();
    }
}
