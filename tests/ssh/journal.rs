//! The journal on the host's own disk: it is worth something when nsbench is not there, and nothing when it is stale.

use nsbench::execute;

use crate::plans::{apply, comes_to_say, is_as_found, said, steps};
use crate::sshd::Sshd;

const THREE: &str = r"
  - command: { do: [mkdir, /run/first], undo: [rmdir, /run/first] }
  - command: { do: [mkdir, /run/second], undo: [rmdir, /run/second] }
  - command: { do: [mkdir, /run/third], undo: [rmdir, /run/third] }
";

const LOOK: &str = "ls /run | grep -E 'first|second|third' | tr '\\n' ' '";

#[tokio::test]
async fn an_undo_that_fails_is_named_and_kept_while_the_others_run_and_works_once_its_cause_is_mended() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(THREE)).await.unwrap();
    said(&host, "touch /run/second/in-the-way").await;
    for _ in 0..2 {
        let error = execute::undo(&host, Some("run")).await.unwrap_err().to_string();
        let told =
            "`box` is not restored: could not undo `mkdir /run/second` (kept in /var/lib/nsbench/journal/0003.sh): ";
        assert!(error.starts_with(told), "{error}");
        assert!(error.contains("/run/second': Directory not empty\nhint: "), "{error}");
        assert!(error.ends_with("\nhint: mend the cause and run: nsbench restore -t TESTBED"), "{error}");
        assert_eq!(said(&host, LOOK).await, "second ");
    }
    // Until then the host is held.
    let held = apply(&host, &steps(THREE)).await.unwrap_err().to_string();
    assert!(held.starts_with("host `box` is held by somebody@somewhere, run run, since 20"), "{held}");
    said(&host, "rm /run/second/in-the-way").await;
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(1));
    assert_eq!(said(&host, LOOK).await, "");
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn an_undo_of_several_commands_is_kept_when_any_of_them_fails() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let mut step = steps("[]").remove(0);
    step.save = "echo false; echo true".to_owned();
    apply(&host, &[step]).await.unwrap();
    let error = execute::undo(&host, None).await.unwrap_err().to_string();
    assert!(error.contains("could not undo `directory /var/lib/nsbench/work`"), "{error}");
}

#[tokio::test]
async fn a_change_that_was_done_but_could_not_be_verified_is_undone_like_any_other() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let mut steps = steps(THREE);
    "[ -d /run/elsewhere ]".clone_into(&mut steps[2].verify);
    let error = apply(&host, &steps).await.unwrap_err().to_string();
    assert_eq!(error, "`mkdir /run/second` failed on `box`: it was done but is not there");
    said(&host, "touch /run/second/in-the-way").await;
    assert!(execute::undo(&host, None).await.is_err());
    said(&host, "rm /run/second/in-the-way").await;
    execute::undo(&host, None).await.unwrap();
    assert_eq!(said(&host, LOOK).await, "");
}

#[tokio::test]
async fn the_undo_that_lies_in_the_journal_restores_the_host_by_hand() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    let daemon = "  - daemon: { name: d, command: [sh, -c, 'echo ready; exec sleep 1000'], ready: ready }";
    apply(&host, &steps(&format!("{THREE}{daemon}"))).await.unwrap();
    assert_eq!(said(&host, LOOK).await, "first second third ");
    let by_hand = said(&host, "sh /var/lib/nsbench/journal/undo").await;
    assert_eq!(by_hand, "/var/lib/nsbench/work/d.log:\nready\nnsb undone 5\n");
    assert_eq!(said(&host, LOOK).await, "");
    comes_to_say(&host, "pgrep sleep || :", "").await;
    assert!(is_as_found(&host).await);
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, None);
}

#[tokio::test]
async fn a_journal_of_before_a_reboot_is_closed_without_running_it() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(THREE)).await.unwrap();
    said(&host, "echo 00000000-0000-0000-0000-000000000000 >/var/lib/nsbench/journal/boot_id").await;
    let undone = execute::undo(&host, None).await.unwrap();
    assert_eq!((undone.changes, undone.rebooted), (Some(0), true));
    assert_eq!(said(&host, LOOK).await, "first second third ", "what is there now is not nsbench's");
    assert_eq!(said(&host, "ls /var/lib").await, "");
}

#[tokio::test]
async fn an_undo_that_was_cut_off_while_it_was_written_does_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    apply(&host, &steps(THREE)).await.unwrap();
    let cut = "cd /var/lib/nsbench/journal\nprintf '# undoes: x\\n{\\nrmdir /run/first\\nrm -rf /run' >0005.sh";
    said(&host, cut).await;
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(5));
    assert_eq!(said(&host, "ls /run/sshd && ls /var/lib").await, "");
}

/// What is left when the power goes while a host is taken is no lock, and the next one who takes the host or gives it
/// back clears it away.
#[tokio::test]
async fn a_take_that_was_cut_off_leaves_the_host_free_and_nothing_behind() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    // No process has such a number.
    let cut = "mkdir -p /var/lib/nsbench/taking.4194305/journal; echo run >/var/lib/nsbench/taking.4194305/journal/id";
    said(&host, cut).await;
    assert_eq!(execute::look(&host).await.unwrap(), None);
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, None);
    assert!(is_as_found(&host).await);

    said(&host, cut).await;
    apply(&host, &steps(THREE)).await.unwrap();
    assert_eq!(said(&host, "ls /var/lib/nsbench | grep taking || :").await, "");
    assert_eq!(execute::undo(&host, Some("run")).await.unwrap().changes, Some(4));
    assert!(is_as_found(&host).await);
}

/// A file system may come back from a crash with the journal's directory and nothing in it.
#[tokio::test]
async fn a_journal_without_anything_in_it_holds_nobody_up() {
    let Some(sshd) = Sshd::start() else { return };
    let host = sshd.connect().await;
    said(&host, "mkdir -p /var/lib/nsbench/journal").await;
    apply(&host, &steps(THREE)).await.unwrap();
    execute::undo(&host, Some("run")).await.unwrap();
    assert!(is_as_found(&host).await);
}
