use super::*;

fn cell(framework: &str, lines: usize) -> Cell {
    let profile = Profile::find(framework).unwrap();
    let params = profile.parameters(&BTreeMap::new()).unwrap();
    Cell { profile, params, lines }
}

#[test]
fn what_a_profile_says_never_reaches_a_shell_unquoted() {
    let mut testbed = Testbed::shipped("lab").unwrap();
    testbed.lines[0].input.0 = "eth1;reboot".to_owned();
    let plan = plan(&testbed, &cell("bridge", 1), &Artifacts::None).unwrap();
    for step in &plan.steps[&Role::Middlebox] {
        for text in [&step.apply, &step.save, &step.verify] {
            // Outside of quotes the semicolon would end the command.
            assert!(
                !text.replace("'eth1;reboot'", "").replace("/sys/class/net/eth1;reboot/", "").contains("eth1;reboot\n"),
                "{text}"
            );
        }
    }
}

/// Sources whose key does not change with every line of them.
fn built(framework: &str) -> Artifacts {
    let Some(build) = Profile::find(framework).unwrap().build else { return Artifacts::None };
    Artifacts::OnHost(Sources { key: "0123456789abcdef".into(), archive: vec![], products: build.products })
}

#[test]
fn the_plan_of_the_bridge_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(plan(&testbed, &cell("bridge", 1), &built("bridge")).unwrap());
}

#[test]
fn the_plan_of_netslice_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(plan(&testbed, &cell("netslice", 1), &built("netslice")).unwrap());
}

#[test]
fn every_step_is_told_on_one_line_whatever_its_words_are() {
    let text = "name: x\nsummary: y\nload:\n  - command: { do: [echo, \"a\\nrm -rf b\"] }\n";
    let profile = Profile::parse("x.yaml", text).unwrap();
    let cell = Cell { profile, params: BTreeMap::new(), lines: 0 };
    let plan = plan(&Testbed::shipped("lab").unwrap(), &cell, &Artifacts::None).unwrap().to_string();
    assert!(plan.contains("\n# echo 'a rm -rf b'\necho 'a\nrm -rf b'\n"), "{plan}");
}

#[test]
fn a_test_address_is_on_the_lines_own_network_and_no_line_beyond_those_asked_for_is_touched() {
    let plan = plan(&Testbed::shipped("fractus").unwrap(), &cell("bridge", 3), &Artifacts::None).unwrap();
    let addresses = |role: Role| {
        let steps = plan.steps[&role].iter().map(|step| step.apply.as_str());
        steps.filter(|apply| apply.starts_with("ip address add")).map(str::to_owned).collect::<Vec<_>>()
    };
    let of = |host: u8, ports: [&str; 3]| {
        let lines = (1..=3).zip(ports);
        lines.map(|(line, port)| format!("ip address add 198.18.{line}.{host}/24 dev {port}")).collect::<Vec<_>>()
    };
    assert_eq!(addresses(Role::Source), of(1, ["eth6", "eth7", "eth8"]));
    assert_eq!(addresses(Role::Sink), of(2, ["eth6", "eth7", "eth8"]));
    assert_eq!(addresses(Role::Middlebox), Vec::<String>::new());
    assert!(!plan.to_string().contains("eth13"), "a port of line 4");
}

#[test]
fn a_placeholder_that_means_nothing_is_an_error_that_lists_those_that_do() {
    let text = "name: x\nsummary: y\nload:\n  - sysctl: { name: a.b, value: '{in}' }\n";
    let profile = Profile::parse("x.yaml", text).unwrap();
    let cell = Cell { profile, params: BTreeMap::new(), lines: 1 };
    let error = plan(&Testbed::shipped("lab").unwrap(), &cell, &Artifacts::None).unwrap_err().to_string();
    assert!(error.contains("asks for `{in}`") && error.ends_with("hint: there are lines, mtu, work"), "{error}");
}

#[test]
fn every_framework_is_planned_on_one_to_four_lines() {
    let testbed = Testbed::shipped("fractus").unwrap();
    for framework in Profile::names() {
        let artifacts = built(framework);
        let sizes: Vec<_> = (1..=4)
            .map(|lines| plan(&testbed, &cell(framework, lines), &artifacts).unwrap().steps[&Role::Middlebox].len())
            .collect();
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]), "{framework}: {sizes:?}");
    }
}
