//! Words of a user's files on a host: programs get them as they are, and no shell acts on them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nsbench::execute;
use nsbench::generator::Load;
use nsbench::host::Host;
use nsbench::host::shell::{Argv, quote};
use nsbench::plan::layout::Layout;
use nsbench::plan::{Artifacts, Cell, Plan, plan};
use nsbench::profile::Profile;
use nsbench::role::Role;
use nsbench::testbed::Testbed;

use crate::hostile::{HOSTILE, yaml};
use crate::plans::{apply, claim, is_as_found, said, steps};
use crate::sshd::{Setup, Sshd};

const SHELLS: [&str; 3] = ["/bin/dash", "/bin/bash", "/bin/busybox"];

/// Notes the words it is given: each ended by a zero, all of them by a record separator.
const TELL: &str = "#!/bin/sh\n{ printf '%s\\0' \"${0##*/}\" \"$@\"; printf '\\036'; } >>/run/told\n";

/// Does to a port of /sys/class/net what the real one would.
const IP: &str = r#"#!/bin/sh
{ printf '%s\0' ip "$@"; printf '\036'; } >>/run/told
[ "$1 $2" = "link set" ] || exit 0
cd "/sys/class/net/$4" || exit 1
read -r flags <flags
case "$5 $6" in
"mtu "*) echo "$6" >mtu ;;
"up ") echo $((flags | 1)) >flags && echo 1 >carrier ;;
"down ") echo $((flags & ~1)) >flags ;;
"promisc on") echo $((flags | 0x100)) >flags ;;
"promisc off") echo $((flags & ~0x100)) >flags ;;
esac
"#;

/// Has one feature that is on, and changes nothing.
const ETHTOOL: &str = r#"#!/bin/sh
[ "$1" != -k ] || { [ -e /run/off ] || echo 'fea$(>owned): on'; exit; }
{ printf '%s\0' ethtool "$@"; printf '\036'; } >>/run/told
case $4 in off) >/run/off ;; *) rm /run/off ;; esac
"#;

/// What the stubs were given, oldest first.
async fn told(host: &Host) -> Vec<Vec<String>> {
    let text = said(host, "cat /run/told 2>/dev/null; rm -f /run/told").await;
    let calls = text.split_terminator('\u{1e}');
    calls.map(|call| call.split_terminator('\0').map(str::to_owned).collect()).collect()
}

/// Whether some word was acted on: it leaves a file in the login's home, which is where scripts run, or where a stub ran.
async fn is_owned(sshd: &Sshd, host: &Host) -> bool {
    let look = format!("find {} /run /var/lib / -maxdepth 2 -name 'owned*' 2>/dev/null || :", sshd.dir().display());
    !said(host, &look).await.is_empty()
}

fn call(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn every_word_of_a_command_a_daemon_and_their_undo_arrives_in_every_shell() {
    for sh in SHELLS {
        let setup = Setup { sh: Some(sh), programs: vec![("tell", TELL)], ..Setup::default() };
        let Some(sshd) = Sshd::start_as(&setup) else { continue };
        let host = sshd.connect().await;
        let words: Vec<_> = HOSTILE.iter().map(|word| yaml(word)).collect();
        let words = words.join(", ");
        let steps = steps(&format!(
            "\n  - command: {{ do: [tell, {words}], undo: [tell, undo, {words}] }}\n  - daemon: {{ name: \"d$(>owned)\", \
             command: [sh, -c, 'tell \"$@\"; echo ready; exec sleep 1000', {words}], ready: ready }}\n"
        ));
        apply(&host, &steps).await.unwrap();
        execute::undo(&host, None).await.unwrap();
        let with = |first: &[&str], words: &[&str]| call(&[first, words].concat());
        let expected = [with(&["tell"], &HOSTILE), with(&["tell"], &HOSTILE[1..]), with(&["tell", "undo"], &HOSTILE)];
        assert_eq!(told(&host).await, expected, "{sh}");
        assert!(!is_owned(&sshd, &host).await, "{sh}");
        assert!(is_as_found(&host).await, "{sh}");
    }
}

#[tokio::test]
async fn a_word_that_is_no_program_is_run_by_no_shell_and_named_in_the_error() {
    for sh in SHELLS {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        let words =
            HOSTILE.iter().chain(&["A=b", "if", "while"]).filter(|word| !word.is_empty() && !word.starts_with('-'));
        let calls = words.clone().map(|word| format!("{}\necho $?\n", Argv::new([*word, "c"])));
        let statuses = said(&host, &calls.collect::<String>()).await;
        assert_eq!(statuses.lines().filter(|status| *status == "127").count(), words.count(), "{sh}: {statuses}");
        for word in ["$(>owned)", "A=b", "a\n>owned\n"] {
            let steps = steps(&format!("[{{ command: {{ do: [{}, c] }} }}]", yaml(word)));
            let error = apply(&host, &steps).await.unwrap_err().to_string();
            assert!(error.contains("c` failed on `box`: ") && error.contains("not found"), "{sh} {word:?}: {error}");
            execute::undo(&host, None).await.unwrap();
        }
        assert!(!is_owned(&sshd, &host).await, "{sh}");
    }
}

#[tokio::test]
async fn a_kernel_parameter_is_set_and_set_back_whatever_is_in_it() {
    for sh in SHELLS {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        let value = "cat /proc/sys/kernel/domainname";
        // One line each, for the kernel takes no more; and blanks in it are one each.
        let is_line = |word: &&&str| !word.trim().is_empty() && !word.contains(['\n', '\t', '\r']);
        let lines: Vec<_> = HOSTILE.iter().filter(is_line).collect();
        let action = |word: &&&str| format!("{{ sysctl: {{ name: kernel.domainname, value: {} }} }}", yaml(word));
        // Each step's undo holds what the step before wrote; whether it is there is looked at step by step.
        let steps = steps(&format!("[{}]", lines.iter().map(action).collect::<Vec<_>>().join(", ")));
        for before in ["it's '$(>owned)' \\n\\c", "-n", "\\\\"] {
            said(&host, &format!("printf '%s\\n' {} >/proc/sys/kernel/domainname", quote(before))).await;
            apply(&host, &steps).await.unwrap();
            assert_eq!(said(&host, value).await, format!("{}\n", lines.last().unwrap()), "{sh}");
            assert_eq!(execute::undo(&host, None).await.unwrap().changes, Some(lines.len() + 1));
            assert_eq!(said(&host, value).await, format!("{before}\n"), "{sh}");
        }
        assert!(!is_owned(&sshd, &host).await, "{sh}");
    }
}

/// Names that the kernel takes for interfaces: no blank, no slash and no colon, and 15 bytes at most.
const PORTS: [&str; 8] =
    ["e$(>owned)", "e`>owned`", "e';>owned;'", "e\";>owned;\"", "e&>owned", "e*", "~\\n\\c", "é|$HOME"];

/// A bridge of the user's over one line whose ports have such names.
fn bridge_over(input: &str, output: &str) -> Plan {
    let text = format!(
        "name: t\nhosts: {{ source: {{ ssh: a }}, middlebox: {{ ssh: b }}, sink: {{ ssh: c }} }}\nmtu: 9000\n\
         lines: [{{ source: {0}, in: {0}, out: {1}, sink: {1} }}]\n",
        yaml(input),
        yaml(output)
    );
    let testbed = Testbed::parse("t.yaml", &text).unwrap();
    let text = "name: mine\nsummary: for a test\nprograms: { tell: \"a$(>owned)\" }\nautoloads: [m1]\n\
                ports: { promiscuous: true, spread_interrupts: true, replaces_qdisc: true, offloads: { \"fea$(>owned)\": \"off\" } }\n\
                line: [{ command: { do: [tell, \"{in}\", \"{out}\", \"{ports}\"] } }]\n";
    let cell = Cell {
        profile: Profile::parse("mine.yaml", text).unwrap(),
        params: BTreeMap::new(),
        lines: 1,
        frame_size: None,
    };
    plan(&testbed, &Layout::default(), &cell, &Artifacts::None, &Load::default()).unwrap()
}

/// Calls of an apply and of its undo, in order, that change `port`.
fn changes(port: &str) -> Vec<Vec<String>> {
    let set = |words: &[&str]| call(&[&["ip", "link", "set", "dev", port], words].concat());
    let offload = |value: &str| call(&["ethtool", "-K", port, "fea$(>owned)", value]);
    let apply = [set(&["mtu", "9000"]), set(&["promisc", "on"]), offload("off"), set(&["up"])];
    let delete = call(&["tc", "qdisc", "delete", "dev", port, "root"]);
    let undo = [set(&["down"]), delete, offload("on"), set(&["promisc", "off"]), set(&["mtu", "1500"])];
    apply.into_iter().chain(undo).collect()
}

#[tokio::test]
async fn a_port_is_set_up_and_back_whatever_its_name_is() {
    // Not busybox: its own `ip` comes before any other.
    for sh in &SHELLS[..2] {
        let programs =
            vec![("tell", TELL), ("ip", IP), ("ethtool", ETHTOOL), ("tc", TELL), ("modprobe", "#!/bin/sh\n")];
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), programs, ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        let mut ports = "mount -t tmpfs tmpfs /sys/class/net || exit 77\n".to_owned();
        for port in PORTS {
            let dir = quote(&format!("/sys/class/net/{port}"));
            writeln!(ports, "mkdir -p {dir}/device/msi_irqs; cd {dir}; echo 1500 >mtu; echo 2 >flags; echo 0 >carrier")
                .unwrap();
        }
        if host.script(&ports).await.unwrap().status == 77 {
            println!("skipped: nothing can be mounted over /sys/class/net here");
            return;
        }
        for pair in PORTS.chunks(2) {
            let mut plan = bridge_over(pair[0], pair[1]);
            apply(&host, &plan.steps[&Role::Middlebox]).await.unwrap();
            execute::undo(&host, None).await.unwrap();
            let all = told(&host).await;
            assert!(all.contains(&call(&["tell", pair[0], pair[1], pair[0], pair[1]])), "{all:?}");
            for port in pair {
                let of = all.iter().filter(|call| call[0] != "tell" && call.iter().any(|word| word == port));
                let of: Vec<_> = of.filter(|call| !call.contains(&"show".to_owned())).cloned().collect();
                // The second port finds the feature off already: the stub has but one.
                let expected = changes(port).into_iter().filter(|call| call[0] != "ethtool" || *port == pair[0]);
                assert_eq!(of, expected.collect::<Vec<_>>(), "{sh} {port}");
            }
            // The source's steps: the port with a test address.
            let steps = plan.steps.remove(&Role::Source).unwrap();
            let error = apply(&host, &steps).await.unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{}: address 198.18.1.1/24` failed", pair[0])),
                "the stub gives none: {error}"
            );
            execute::undo(&host, None).await.unwrap();
            let all = told(&host).await;
            assert!(all.contains(&call(&["ip", "address", "add", "198.18.1.1/24", "dev", pair[0]])), "{all:?}");
        }
        assert!(!is_owned(&sshd, &host).await, "{sh}");
        assert!(is_as_found(&host).await, "{sh}");
    }
}

#[tokio::test]
async fn a_holder_and_a_run_may_be_called_anything() {
    for sh in SHELLS {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        let (holder, run) = (HOSTILE.join(" "), HOSTILE.join("-").replace('\n', ""));
        execute::take(&host, &claim(&run, &holder), "run").await.unwrap();
        execute::apply(&host, "run", &steps("[]")).await.unwrap();
        let error = execute::take(&host, &claim("other", "other"), "other").await.unwrap_err().to_string();
        let shown: String = holder.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        assert!(error.contains(&format!("is held by {shown}, run {run}, since 20")), "{sh} {error}");
        assert_eq!(execute::undo(&host, Some("other")).await.unwrap().changes, None, "{sh}");
        assert_eq!(execute::undo(&host, Some("run")).await.unwrap().changes, Some(1), "{sh}");
        assert!(!is_owned(&sshd, &host).await, "{sh}");
    }
}

#[tokio::test]
async fn a_message_that_a_step_fails_with_is_shown_as_it_was_said() {
    for sh in SHELLS {
        let Some(sshd) = Sshd::start_as(&Setup { sh: Some(sh), ..Setup::default() }) else { continue };
        let host = sshd.connect().await;
        let steps = steps(r#"[{ command: { do: [sh, -c, 'printf "%s\n" "C:\new\c -n"; false'] } }]"#);
        let error = apply(&host, &steps).await.unwrap_err().to_string();
        assert!(error.ends_with("failed on `box`: C:\\new\\c -n"), "{sh}: {error}");
        execute::undo(&host, None).await.unwrap();
    }
}
