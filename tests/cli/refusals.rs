//! What cannot be is refused before anything happens: exit status 2 for what the user wrote, and a way out.

use insta::assert_snapshot;

use crate::program::{Ended, nsbench};

/// A run that must be refused for what the user wrote, before anything is made or printed.
pub fn refused(arguments: &str) -> Ended {
    let ended = nsbench(arguments).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""), "{ended}");
    assert_eq!(ended.left, Vec::<String>::new(), "{ended}");
    ended
}

#[test]
fn numbers_of_lines_that_cannot_be_are_refused() {
    assert_snapshot!(refused("run -f bridge -l 0"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0' for '--lines <LINES>': `0` is no number of lines; write 4, or 1,2,4, or 1..4

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge -l 9 -t fractus"), @r"
    [exit status 2]
    --- stderr
    error: the testbed `fractus` has 4 lines, not 9
    hint: write --lines with numbers from 1 to 4
    ");
    assert_snapshot!(refused("run -f bridge -l 4..1"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '4..1' for '--lines <LINES>': `4..1` is no number of lines; write 4, or 1,2,4, or 1..4

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge -l 1,,2"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '1,,2' for '--lines <LINES>': `` is no number of lines; write 4, or 1,2,4, or 1..4

    For more information, try '--help'.
    ");
}

#[test]
fn durations_that_cannot_be_are_refused() {
    assert_snapshot!(refused("run -f bridge --duration 0s"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0s' for '--duration <DURATION>': a measurement takes between 1 s and a day

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --duration 500ms"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '500ms' for '--duration <DURATION>': `500ms` is no duration; write whole seconds or minutes, 10s or 2min

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --duration 2d"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '2d' for '--duration <DURATION>': `2d` is no duration; write whole seconds or minutes, 10s or 2min

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --duration 99999999999999999999min"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '99999999999999999999min' for '--duration <DURATION>': `99999999999999999999min` is no duration; write whole seconds or minutes, 10s or 2min

    For more information, try '--help'.
    ");
}

#[test]
fn frameworks_and_parameters_that_are_not_there_are_refused() {
    assert_snapshot!(refused("run -f click"), @r"
    [exit status 2]
    --- stderr
    error: there is no framework `click`
    hint: there are bridge, bridge-firewall, dpdk, dpdk-af_packet, dpdk-af_xdp, dpdk-firewall, netmap, netmap-firewall, netslice, netslice-firewall, xdp; or give the path of a profile, FILE.yaml
    ");
    assert_snapshot!(refused("run -f mine.yaml"), @r"
    [exit status 2]
    --- stderr
    error: could not read the profile `mine.yaml`: No such file or directory (os error 2)
    hint: nsbench brings along bridge, bridge-firewall, dpdk, dpdk-af_packet, dpdk-af_xdp, dpdk-firewall, netmap, netmap-firewall, netslice, netslice-firewall, xdp
    ");
    assert_snapshot!(refused("run"), @r"
    [exit status 2]
    --- stderr
    error: the following required arguments were not provided:
      --framework <NAME>

    Usage: nsbench run --framework <NAME>

    For more information, try '--help'.
    hint: nsbench run -f netslice -l 4
    ");
    assert_snapshot!(refused("run -f bridge --set mtu=9000"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'mtu=9000' for '--set <FRAMEWORK.PARAMETER=VALUE>': write FRAMEWORK.PARAMETER=VALUE

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --set bridge.mtu"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'bridge.mtu' for '--set <FRAMEWORK.PARAMETER=VALUE>': write FRAMEWORK.PARAMETER=VALUE

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --set netslice.mode=classic"), @r"
    [exit status 2]
    --- stderr
    error: `--set netslice.mode=…` is for none of the frameworks
    hint: write FRAMEWORK.PARAMETER=VALUE
    ");
    assert_snapshot!(refused("run -f bridge,netslice --set netslice.colour=red"), @r"
    [exit status 2]
    --- stderr
    error: framework `netslice` has no parameter `colour`
    hint: it has batch, counters, mode, optimize, queue_len, sleep, touch, wakeup
    ");
    assert_snapshot!(refused("run -f netslice --set netslice.mode=fast"), @r"
    [exit status 2]
    --- stderr
    error: `netslice.mode` cannot be `fast`
    hint: it can be: classic, splice, ring
    ");
}

#[test]
fn other_values_that_cannot_be_are_refused() {
    assert_snapshot!(refused("run -f bridge --precision 0"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0' for '--precision <PERCENT>': `0` is no precision; write percent of the mean, above 0 and up to 100: 1, or 0.5%

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --trials 6 --max-trials 5"), @r"
    [exit status 2]
    --- stderr
    error: at most 5 trials are fewer than the 6 that are to be made
    hint: --max-trials 6 or more
    ");
    assert_snapshot!(refused("run -f bridge --trials 0"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '0' for '--trials <TRIALS>': 0 is not in 1..=1000

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("run -f bridge --protocol sctp"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'sctp' for '--protocol <PROTOCOL>'
      [possible values: tcp, udp]

      tip: a similar value exists: 'tcp'

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("compare --format yaml"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'yaml' for '--format <FORMAT>': `yaml` is not a format
    hint: the formats are `text`, `markdown`, `csv` and `json`

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("compare --fail-under 0.9"), @r"
    [exit status 2]
    --- stderr
    error: the following required arguments were not provided:
      --baseline <RUN>

    Usage: nsbench compare --baseline <RUN> --fail-under <RATIO> [RUNS]...

    For more information, try '--help'.
    hint: nsbench compare --baseline 20261126-0933 --fail-under 0.95
    ");
    assert_snapshot!(refused("compare --reference figure9"), @r"
    [exit status 2]
    --- stderr
    error: no reference is named `figure9`
    hint: the references are `figure3` and `figure5`
    ");
    assert_snapshot!(refused("restore -t lab host"), @r"
    [exit status 2]
    --- stderr
    error: the argument '--testbed <FILE>' cannot be used with '[HOST]...'

    Usage: nsbench restore --testbed <FILE> [HOST]...

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("lab ssh nowhere"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'nowhere' for '<HOST>': there are source, middlebox and sink

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("frobnicate"), @r"
    [exit status 2]
    --- stderr
    error: unrecognized subcommand 'frobnicate'

    Usage: nsbench [OPTIONS] <COMMAND>

    For more information, try '--help'.
    hint: nsbench topology show
    ");
}

#[test]
fn cables_that_cannot_be_crossed_are_refused() {
    assert_snapshot!(refused("lab up --cross middlebox:1,2"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'middlebox:1,2' for '--cross <HOST:LINE,LINE>': cables are crossed at the source or the sink

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("lab up --cross source:2"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'source:2' for '--cross <HOST:LINE,LINE>': write it like source:1,2 or sink:3,4

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("lab up --cross source:1,5"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'source:1,5' for '--cross <HOST:LINE,LINE>': write it like source:1,2 or sink:3,4

    For more information, try '--help'.
    ");
    assert_snapshot!(refused("lab up --cross source:2,2"), @r"
    [exit status 2]
    --- stderr
    error: invalid value 'source:2,2' for '--cross <HOST:LINE,LINE>': a cable is crossed with another line's

    For more information, try '--help'.
    ");
}

#[test]
fn a_testbed_file_that_is_not_there_is_refused() {
    assert_snapshot!(refused("run -f bridge -t no/such.yaml"), @r"
    [exit status 2]
    --- stderr
    error: could not read the testbed `no/such.yaml`: No such file or directory (os error 2)
    hint: `nsbench topology show` without `-t` shows the lab's; `nsbench files testbeds/example.yaml >testbed.yaml` begins one of your own
    ");
    assert_snapshot!(nsbench("restore").variable("NSBENCH_TESTBED", "no/such.yaml").run(), @r"
    [exit status 2]
    --- stderr
    error: could not read the testbed `no/such.yaml`: No such file or directory (os error 2)
    hint: `nsbench topology show` without `-t` shows the lab's; `nsbench files testbeds/example.yaml >testbed.yaml` begins one of your own
    ");
}

#[test]
fn a_testbed_file_with_a_mistake_is_refused_at_its_place() {
    let text = "name: mine\nhosts:\n  source: { ssh: a }\n  middlebox: { ssh: b }\n  sink: { ssh: c }\n\
                lines:\n  - { source: eth1, in: eth1, out: eth1, sink: eth1 }\n";
    assert_snapshot!(nsbench("run -f bridge -t mine.yaml").file("mine.yaml", text).run(), @r"
    [exit status 2]
    --- stderr
    error: port `eth1` of the middlebox is used twice
     --> mine.yaml:7:36
      |
    7 |   - { source: eth1, in: eth1, out: eth1, sink: eth1 }
      |                         ----       ^^^^ used again here
      |                         |
      |                         first used here
      |
      = hint: write another port of the middlebox: one cable goes into one port
    ");
    // Whoever writes `testbed.yaml` means it, also where the lab would do.
    assert_snapshot!(nsbench("restore").file("testbed.yaml", "hosts: [").run(), @r"
    [exit status 2]
    --- stderr
    error: this is not YAML
     --> testbed.yaml:1:9
      |
    1 | hosts: [
      |         ^ while parsing a node, did not find expected node content
      |
      = hint: check indentation, brackets and quotes here and on the line above
    ");
}

#[test]
fn a_profile_with_a_mistake_is_refused_at_its_place() {
    let text = "name: mine\nsummary: for a test\nline:\n  - command: { do: [tell, '{port}'] }\n";
    let planned = nsbench("run --dry-run -f mine.yaml -t fractus").file("mine.yaml", text).run();
    assert_snapshot!(planned, @r"
    [exit status 2]
    --- stderr
    error: `{port}` asks for `{port}`, which means nothing here
     --> mine.yaml:4:27
      |
    4 |   - command: { do: [tell, '{port}'] }
      |                           ^^^^^^^^ cannot be filled in
      |
      = hint: there are buffer, cpu_forward, cpu_reverse, frame, in, in_slot, line, lines, mtu, out, out_slot, port_rings, ring_slots, rings, user_driver, work, ports, slots
    ");
    let text = "name: mine\nsummary: for a test\nlines: []\n";
    assert_snapshot!(nsbench("run -f mine.yaml").file("mine.yaml", text).run(), @r"
    [exit status 2]
    --- stderr
    error: unknown key `lines`
     --> mine.yaml:3:1
      |
    3 | lines: []
      | ^^^^^ not a key of this file
      |
      = hint: did you mean `line`? the keys here are `name`, `summary`, `variant_of`, `app`, `makes_possible`, `parameters`, `programs`, `bring`, `build`, `autoloads`, `ports`, `cost`, `load`, `line`, `counts`, `facts`, `show`, `functions`
    ");
}

#[test]
fn results_that_cannot_be_written_are_refused_before_any_host_is_asked() {
    let program = nsbench("run -f bridge -t fractus --results file").file("file", "");
    assert_snapshot!(program.run(), @r"
    [exit status 2]
    --- stderr
    error: cannot write results to `file`: File exists (os error 17)
    hint: a file stands where the directory belongs: move it away
    ");
}

#[test]
fn a_name_that_no_lab_can_have_is_refused() {
    assert_snapshot!(refused("lab up --name ../x"), @r"
    [exit status 2]
    --- stderr
    error: invalid value '../x' for '--name <NAME>': `../x` cannot name a lab
    hint: use up to 32 of a-z, 0-9 and `-`

    For more information, try '--help'.
    ");
}

#[test]
fn an_application_that_is_not_there_and_rules_that_nothing_reads_are_refused() {
    assert_snapshot!(refused("run -f xdp --app firewall"), @r"
    [exit status 2]
    --- stderr
    error: `xdp` has no application `firewall`
    hint: it is there for bridge, dpdk, netmap, netslice
    ");
    assert_snapshot!(refused("run -f netslice --app router"), @r"
    [exit status 2]
    --- stderr
    error: there is no application `router`
    hint: there are bridge, firewall
    ");
    assert_snapshot!(refused("run -f netslice --rules web.rules"), @r"
    [exit status 2]
    --- stderr
    error: `--rules` is for an application, and none is asked for
    hint: add --app firewall
    ");
    assert_snapshot!(refused("run -f netslice --app firewall"), @r"
    [exit status 2]
    --- stderr
    error: `netslice-firewall.rules` has no value (the file of rules, see docs/firewall.md; --rules names it)
    hint: give it one: --set netslice-firewall.rules=VALUE
    ");
    assert_snapshot!(refused("run -f netslice --app firewall --rules web.rules"), @r"
    [exit status 2]
    --- stderr
    error: could not read `web.rules`, the rules of `netslice-firewall`: No such file or directory (os error 2)
    hint: --set netslice-firewall.rules=FILE names it, and so does --rules
    ");
}
