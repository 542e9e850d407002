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

#[test]
fn every_framework_is_planned_on_one_to_four_lines() {
    let testbed = Testbed::shipped("fractus").unwrap();
    for framework in Profile::names() {
        let artifacts = match Profile::find(framework).unwrap().build {
            Some(build) => Artifacts::OnHost(Sources { key: "k".into(), archive: vec![], products: build.products }),
            None => Artifacts::None,
        };
        let sizes: Vec<_> = (1..=4)
            .map(|lines| plan(&testbed, &cell(framework, lines), &artifacts).unwrap().steps[&Role::Middlebox].len())
            .collect();
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]), "{framework}: {sizes:?}");
    }
}
