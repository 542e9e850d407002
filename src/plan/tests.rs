use super::layout::PortHardware;
use super::*;
use crate::profile::words;

fn cell(framework: &str, lines: usize) -> Cell {
    let profile = Profile::find(framework).unwrap();
    let mut set = BTreeMap::new();
    if framework == "netmap" {
        set.insert("source".to_owned(), "/src/netmap".to_owned());
    }
    let files = profile.parameters.iter().filter(|(_, parameter)| parameter.file);
    set.extend(files.map(|(name, _)| (name.clone(), "web.rules".to_owned())));
    let params = profile.parameters(&set).unwrap();
    Cell { profile, params, lines, frame_size: None }
}

/// Planned where no host was asked.
fn planned(testbed: &Testbed, cell: &Cell, artifacts: &Artifacts) -> Result<Plan> {
    plan(testbed, &Layout::default(), cell, artifacts, &Load::default())
}

#[test]
fn what_a_profile_says_never_reaches_a_shell_unquoted() {
    let mut testbed = Testbed::shipped("lab").unwrap();
    testbed.lines[0].input.0 = "eth1;reboot".to_owned();
    let plan = planned(&testbed, &cell("bridge", 1), &Artifacts::None).unwrap();
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
    let cell = cell(framework, 1);
    let Some(build) = &cell.profile.build else { return Artifacts::None };
    let commands = build::commands(build, &template::Template::new(&cell.params)).unwrap();
    let products = build::products(build);
    Artifacts::OnHost(Sources { key: "0123456789abcdef".into(), archive: vec![], commands, products })
}

#[test]
fn the_plan_of_the_bridge_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(planned(&testbed, &cell("bridge", 1), &built("bridge")).unwrap());
}

#[test]
fn the_plan_of_netslice_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(planned(&testbed, &cell("netslice", 1), &built("netslice")).unwrap());
}

#[test]
fn the_plan_of_netmap_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(planned(&testbed, &cell("netmap", 1), &built("netmap")).unwrap());
}

#[test]
fn the_plan_of_dpdk_is_what_one_would_type() {
    let testbed = Testbed::shipped("fractus").unwrap();
    insta::assert_snapshot!(planned(&testbed, &cell("dpdk", 1), &built("dpdk")).unwrap());
}

/// A port with this many queues a direction, and rings of 512 slots.
fn hardware(port: &str, queues: u32) -> PortHardware {
    let pci = format!("0000:3b:00.{}", port.trim_start_matches("eth"));
    PortHardware { pci, driver: Some("ixgbe".to_owned()), node: Some(0), group: None, queues: 2 * queues, slots: 512 }
}

/// Parameters with which netmap is loaded on the paper's middlebox, by name.
fn netmap_pools(lines: usize, queues: u32) -> BTreeMap<String, u64> {
    let testbed = Testbed::shipped("fractus").unwrap();
    let mut layout = Layout::default();
    for port in testbed.lines.iter().flat_map(|line| [&line.input.0, &line.output.0]) {
        layout = layout.with_port(port, hardware(port, queues));
    }
    let plan = plan(&testbed, &layout, &cell("netmap", lines), &built("netmap"), &Load::default()).unwrap();
    let insmod = plan.steps[&Role::Middlebox].iter().find(|step| step.title == "module netmap").unwrap();
    let words = insmod.apply.split(' ').filter_map(|word| word.split_once('='));
    words.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// The paper's fourth instance: eight ports of sixteen queues want 256 rings, and netmap's default is 200.
#[test]
fn netmap_is_loaded_with_rings_for_every_queue_of_every_port_so_that_a_fourth_bridge_starts() {
    let pools = netmap_pools(4, 16);
    // A ring a queue and direction, and two of the host's own a port.
    assert_eq!(pools["ring_num"], 8 * (16 + 16 + 2));
    assert!(pools["ring_num"] >= 256);
    // netmap's emulation gives every ring 1024 slots, whatever the card has, and every slot has a buffer.
    assert!(pools["buf_num"] >= 256 * 1024);
    // struct netmap_ring ends before its slots (16 bytes each) begin.
    assert!(pools["ring_size"] >= 256 + 1024 * 16);
    // struct netmap_if has an offset of 8 bytes a ring.
    assert!(pools["if_size"] >= 64 + 8 * (16 + 16 + 2));
    // A frame of MTU 9000 fits into one buffer.
    assert!(pools["buf_size"] >= 9000 + 18);
}

#[test]
fn netmap_takes_no_more_memory_than_its_ports_need() {
    let pools = netmap_pools(1, 1);
    assert_eq!(pools["ring_num"], 8);
    assert_eq!(pools["buf_num"], 8 * 1024 + 64);
}

#[test]
fn a_parameter_that_is_given_is_not_worked_out() {
    let mut cell = cell("netmap", 4);
    cell.params.insert("ring_num".to_owned(), "200".to_owned());
    let plan = planned(&Testbed::shipped("fractus").unwrap(), &cell, &built("netmap")).unwrap().to_string();
    assert!(plan.contains(" ring_num=200 "), "{plan}");
}

#[test]
fn dpdk_takes_the_cards_from_the_kernel_by_slot_and_leaves_those_that_it_shares_with_it() {
    let testbed = Testbed::shipped("fractus").unwrap();
    let titles = |driver: &str| {
        let mut layout = Layout::default();
        for port in ["eth7", "eth6"] {
            layout = layout.with_port(port, PortHardware { driver: Some(driver.to_owned()), ..hardware(port, 1) });
        }
        let plan = plan(&testbed, &layout, &cell("dpdk", 1), &Artifacts::None, &Load::default()).unwrap();
        let steps = plan.steps[&Role::Middlebox].iter().map(|step| step.title.clone());
        steps.filter(|title| title.contains("eth7")).collect::<Vec<_>>()
    };
    assert_eq!(titles("ixgbe"), ["eth7: slot 0000:3b:00.7 to uio_pci_generic"]);
    assert_eq!(titles("mlx5_core"), ["eth7: mtu 9000", "eth7: up"]);
}

#[test]
fn every_step_is_told_on_one_line_whatever_its_words_are() {
    let text = "name: x\nsummary: y\nload:\n  - command: { do: [echo, \"a\\nrm -rf b\"] }\n";
    let profile = Profile::parse("x.yaml", text).unwrap();
    let cell = Cell { profile, params: BTreeMap::new(), lines: 0, frame_size: None };
    let plan = planned(&Testbed::shipped("lab").unwrap(), &cell, &Artifacts::None).unwrap().to_string();
    assert!(plan.contains("\n# echo 'a rm -rf b'\necho 'a\nrm -rf b'\n"), "{plan}");
}

#[test]
fn a_cell_is_called_by_what_was_chosen_for_it_on_one_line() {
    let mut cell = cell("netslice", 2);
    assert_eq!(cell.title(), "netslice on 2 lines");
    cell.params.insert("batch".to_owned(), "16\nrm -rf b".to_owned());
    cell.params.insert("mode".to_owned(), "ring".to_owned());
    assert_eq!(cell.title(), "netslice on 2 lines, batch=16 rm -rf b, mode=ring");
}

#[test]
fn a_test_address_is_on_the_lines_own_network_and_no_line_beyond_those_asked_for_is_touched() {
    let plan = planned(&Testbed::shipped("fractus").unwrap(), &cell("bridge", 3), &Artifacts::None).unwrap();
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
    let text = "name: x\nsummary: y\nload:\n  - sysctl: { name: a.b, value: '1' }\n";
    let mut profile = Profile::parse("x.yaml", text).unwrap();
    // As a record may hold it, which no reader of profiles has looked at.
    profile.load[0].sysctl.as_mut().unwrap().value = "{in}".to_owned();
    let cell = Cell { profile, params: BTreeMap::new(), lines: 1, frame_size: None };
    let error = planned(&Testbed::shipped("lab").unwrap(), &cell, &Artifacts::None).unwrap_err().to_string();
    // Those that a profile may use are those that a plan gives a meaning.
    let there = [&words::CELL[..], &words::LISTS].concat().join(", ");
    assert!(error.contains("asks for `{in}`") && error.ends_with(&format!("\nhint: there are {there}")), "{error}");
}

#[test]
fn every_placeholder_that_a_profile_may_use_for_a_line_has_a_meaning() {
    let asked = words::LINE.map(|name| format!("'{{{name}}}'")).join(", ");
    let text = format!("name: x\nsummary: y\nline: [{{ command: {{ do: [tell, {asked}] }} }}]\n");
    let cell =
        Cell { profile: Profile::parse("x.yaml", &text).unwrap(), params: BTreeMap::new(), lines: 1, frame_size: None };
    let plan = planned(&Testbed::shipped("lab").unwrap(), &cell, &Artifacts::None).unwrap().to_string();
    let told = "\ntell 1 2 eth1 PCI-ADDRESS-OF-eth1 1 eth2 PCI-ADDRESS-OF-eth2\n";
    assert!(plan.contains(told), "{plan}");
}

#[test]
fn counts_that_no_hardware_has_are_refused_where_they_do_not_fit() {
    let facts = include_str!("../testbed/facts/answer.txt");
    let facts = facts.replace("queues\teth6\t16\t16\t512", "queues\teth6\t4294967295\t4294967295\t4294967295");
    let layout = Layout::of(&crate::testbed::facts::Facts::parse(&facts).unwrap());
    assert_eq!(layout.port("eth6").queues, u32::MAX);
    let refused =
        plan(&Testbed::shipped("fractus").unwrap(), &layout, &cell("netmap", 4), &built("netmap"), &Load::default())
            .unwrap_err();
    assert!(format!("{refused:#}").ends_with("the number is too large"), "{refused:#}");
}

#[test]
fn every_framework_is_planned_on_one_to_four_lines() {
    let testbed = Testbed::shipped("fractus").unwrap();
    for framework in Profile::names() {
        let artifacts = built(framework);
        let sizes: Vec<_> = (1..=4)
            .map(|lines| planned(&testbed, &cell(framework, lines), &artifacts).unwrap().steps[&Role::Middlebox].len())
            .collect();
        assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]), "{framework}: {sizes:?}");
    }
}
