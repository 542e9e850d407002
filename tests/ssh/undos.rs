//! Undos of one host that meet: each change is undone once, and nobody else's.

use nsbench::execute;
use nsbench::host::Host;

use crate::deadman::{CHANGES, SHELLS, SWITCHES, TOO_LONG_S, held, server, with_clock};
use crate::plans::{GO, comes_to_say, is_as_found, said, steps};
use crate::sshd::{Sshd, until};

/// One change whose undo takes until [`GO`].
const SLOW: &str = "[{ command: { do: [mkdir, /run/first], undo: [sh, -c, \
                    'echo first >>/run/undos; until [ -e /run/go ]; do sleep 0.05; done; rmdir /run/first'] } }]";

/// Undos that wait for another.
const WAITING: &str = "pgrep -xf 'sleep 0[.]1'; :";

/// Lets the first undo go on when a second waits for it.
async fn lets_go_on_who_is_waited_for(host: &Host) {
    until("the second undo", async || !said(host, WAITING).await.is_empty()).await;
    said(host, GO).await;
}

#[tokio::test]
async fn an_undo_that_meets_the_switchs_waits_for_it_and_finds_nothing_left_to_do() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let (host, other) = (sshd.connect().await, sshd.connect().await);
    held(&host, &steps(SLOW)).await;
    sshd.passes(TOO_LONG_S);
    until("the switch to fire", async || said(&host, "ls /run").await.contains("undos")).await;
    let (undone, ()) = tokio::join!(execute::undo(&host, None), lets_go_on_who_is_waited_for(&other));
    let undone = undone.unwrap();
    assert_eq!((undone.changes, undone.notes.len()), (None, 1), "{undone:?}");
    assert_eq!(said(&host, "cat /run/undos; ls -d /run/first 2>/dev/null; :").await, "first\n");
    until("the switch to end", async || said(&host, SWITCHES).await.is_empty()).await;
    assert!(is_as_found(&host).await);
}

#[tokio::test]
async fn many_undos_at_once_undo_every_change_once_in_every_shell() {
    for sh in SHELLS {
        let Some(sshd) = server(sh) else { continue };
        let host = sshd.connect().await;
        held(&host, &steps(CHANGES)).await;
        let crowd = "for n in 1 2 3 4 5 6 7 8; do sh /var/lib/nsbench/journal/undo >>/run/said 2>&1 & done; wait";
        said(&host, crowd).await;
        assert_eq!(said(&host, "cat /run/undos; grep -c 'nsb undone 4' /run/said").await, "second\nfirst\n1\n", "{sh}");
        assert!(is_as_found(&host).await, "{sh}");
    }
}

#[tokio::test]
async fn an_undo_that_waited_for_another_leaves_the_run_alone_that_came_next() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let (host, other, next) = (sshd.connect().await, sshd.connect().await, sshd.connect().await);
    for _ in 0..3 {
        said(&host, "rm -f /run/go").await;
        held(&host, &steps(SLOW)).await;
        // Takes it in the moment in which it is free.
        let takes = "n=/var/lib/nsbench; j=$n/taking.$$/journal\n\
                     until mkdir -p $j && echo next >$j/id && cat /proc/sys/kernel/random/boot_id >$j/boot_id &&\n\
                       mv $j $n/. 2>/dev/null; do :; done; rmdir $n/taking.$$";
        let (first, second, _, ()) = tokio::join!(
            execute::undo(&host, None),
            execute::undo(&other, None),
            next.script(takes),
            lets_go_on_who_is_waited_for(&next)
        );
        let changes = [first.unwrap().changes, second.unwrap().changes];
        assert!(changes.contains(&Some(2)) && changes.contains(&None), "{changes:?}");
        assert_eq!(said(&host, "cat /var/lib/nsbench/journal/id").await, "next\n");
        execute::undo(&host, Some("next")).await.unwrap();
        assert!(is_as_found(&host).await);
    }
}

#[tokio::test]
async fn an_undo_goes_on_where_one_was_killed() {
    let Some(sshd) = Sshd::start_as(&with_clock()) else { return };
    let host = sshd.connect().await;
    held(&host, &steps(SLOW)).await;
    for _ in 0..2 {
        let killed = "rm -f /run/undos; setsid -f sh /var/lib/nsbench/journal/undo >/dev/null 2>&1\n\
                      while [ ! -s /run/undos ]; do sleep 0.05; done; pkill -KILL -f nsbench/journal/undo";
        said(&host, killed).await;
    }
    // The killed one's own children go on.
    said(&host, GO).await;
    comes_to_say(&host, "pgrep -f '[r]mdir /run/first'; :", "").await;
    said(&host, "mkdir -p /run/first").await;
    assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(2));
    assert!(is_as_found(&host).await);
}
