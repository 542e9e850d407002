use super::*;

const SEVERAL: &str = "\
name: mine
hosts:
  source: { ssh: a }
  middleboxes:
    old: { ssh: b }
    new: { ssh: c, sudo: true }
  sink: { ssh: d }
lines:
  - { source: eth1, middlebox: old, in: eth1, out: eth2, sink: eth1 }
  - { source: eth2, middlebox: new, in: eth1, out: eth2, sink: eth2 }
  - { source: eth3, middlebox: old, in: eth3, out: eth4, sink: eth3 }
";

fn refusal(text: &str) -> String {
    Rack::parse("t.yaml", text).unwrap_err().to_string()
}

#[test]
fn each_middlebox_is_a_testbed_of_three_hosts_with_the_lines_that_lead_through_it() {
    let rack = Rack::parse("t.yaml", SEVERAL).unwrap();
    let [old, new] = rack.testbeds() else { panic!("{rack:?}") };
    assert_eq!((old.title().as_str(), new.title().as_str()), ("mine with middlebox old", "mine with middlebox new"));
    assert_eq!((old.middlebox.ssh.as_str(), new.middlebox.ssh.as_str()), ("b", "c"));
    let sources = |testbed: &Testbed| testbed.lines.iter().map(|line| line.source.0.clone()).collect::<Vec<_>>();
    assert_eq!((sources(old), sources(new)), (vec!["eth1".into(), "eth3".into()], vec!["eth2".into()]));
    // Only one is measured at a time, so both begin with the first test network.
    assert_eq!(old.addresses(1), new.addresses(1));
    let hosts: Vec<_> = rack.hosts().into_iter().map(|(_, host)| host.ssh.as_str()).collect();
    assert_eq!(hosts, ["a", "b", "c", "d"]);
}

#[test]
fn a_file_with_one_middlebox_is_the_testbed_that_it_always_was() {
    let rack = Rack::shipped("fractus").unwrap();
    assert_eq!(rack.only().unwrap(), &Testbed::shipped("fractus").unwrap());
    let recorded = serde_json::to_string(rack.only().unwrap()).unwrap();
    assert!(!recorded.contains("middlebox_name"), "{recorded}");
    let error = rack.with(&["old".to_owned()]).unwrap_err().to_string();
    assert_eq!(error, "the testbed `fractus` has one middlebox, which has no name\nhint: leave out --middlebox");
}

#[test]
fn middleboxes_are_chosen_by_name_in_the_order_that_was_written() {
    let rack = Rack::parse("t.yaml", SEVERAL).unwrap();
    let names = |wanted: &[&str]| {
        let wanted: Vec<_> = wanted.iter().map(|name| (*name).to_owned()).collect();
        let chosen = rack.with(&wanted).map_err(|error| error.to_string())?;
        Ok(chosen.testbeds().iter().map(|testbed| testbed.middlebox_name.clone().unwrap()).collect::<Vec<_>>())
    };
    assert_eq!(names(&[]), Ok(vec!["old".to_owned(), "new".to_owned()]));
    assert_eq!(names(&["new", "old"]), Ok(vec!["new".to_owned(), "old".to_owned()]));
    let unknown = "the testbed `mine` has no middlebox `newer`\nhint: write one of `old`, `new`";
    assert_eq!(names(&["newer"]), Err(unknown.to_owned()));
    assert_eq!(names(&["old", "old"]), Err("middlebox `old` is named twice\nhint: name each once".to_owned()));
    let error = rack.only().unwrap_err().to_string();
    assert!(error.ends_with("hint: --middlebox with one of `old`, `new`"), "{error}");
}

#[test]
fn lines_and_middleboxes_that_do_not_fit_each_other_are_all_named_with_their_places() {
    let text = SEVERAL.replace("middlebox: new, ", "").replace("eth3, middlebox: old", "eth3, middlebox: odl");
    insta::assert_snapshot!(refusal(&text));
}

#[test]
fn a_line_names_a_middlebox_only_where_there_are_several() {
    let text = SEVERAL
        .replace("  middleboxes:\n    old: { ssh: b }\n    new: { ssh: c, sudo: true }\n", "  middlebox: { ssh: b }\n");
    insta::assert_snapshot!(refusal(&text));
}

#[test]
fn no_middlebox_two_ways_to_write_them_and_several_in_the_lab_are_refused() {
    let none = SEVERAL.replace("  middleboxes:\n    old: { ssh: b }\n    new: { ssh: c, sudo: true }\n", "");
    assert!(refusal(&none).contains("`hosts` has no `middlebox`"), "{}", refusal(&none));
    let both = SEVERAL.replace("  sink:", "  middlebox: { ssh: e }\n  sink:");
    assert!(refusal(&both).contains("both `middlebox` and `middleboxes`"), "{}", refusal(&both));
    let empty = SEVERAL.replace("\n    old: { ssh: b }\n    new: { ssh: c, sudo: true }\n", " {}\n");
    assert!(refusal(&empty).contains("no middlebox"), "{}", refusal(&empty));
    let lab = format!("{SEVERAL}lab: lab\n");
    assert!(refusal(&lab).contains("the lab has one middlebox"), "{}", refusal(&lab));
}

#[test]
fn hosts_and_names_of_several_middleboxes_are_held_to_what_those_of_one_are() {
    let twice = SEVERAL.replace("ssh: c", "ssh: d");
    assert!(refusal(&twice).contains("`d` is both middlebox new and sink"), "{}", refusal(&twice));
    let name = SEVERAL.replace("new:", "ne w:").replace("middlebox: new", "middlebox: ne w");
    assert!(refusal(&name).contains("`ne w` cannot be a name"), "{}", refusal(&name));
    let port = SEVERAL.replace("in: eth3", "in: eth1");
    assert!(refusal(&port).contains("port `eth1` of the middlebox is used twice"), "{}", refusal(&port));
    let source = SEVERAL.replace("source: eth2", "source: eth1");
    assert!(refusal(&source).contains("port `eth1` of the source is used twice"), "{}", refusal(&source));
}
