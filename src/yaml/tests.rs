//! Broken files and what is said about them.

use super::{nearest, read};
use insta::assert_snapshot;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with `name` and `ports`")]
#[allow(dead_code, reason = "only read")]
struct Shop {
    name: String,
    #[serde(default)]
    mtu: u32,
    #[serde(default)]
    ports: Vec<Port>,
    #[serde(default)]
    colour: Option<Colour>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with `in` and `out`")]
#[allow(dead_code, reason = "only read")]
struct Port {
    r#in: String,
    out: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

fn refusal(text: &str) -> String {
    read::<Shop>("shop.yaml", text).unwrap_err().to_string()
}

#[test]
fn an_unknown_key_is_answered_with_the_likely_one() {
    assert_snapshot!(refusal("name: a\nmut: 9000\n"), @r"
    unknown key `mut`
     --> shop.yaml:2:1
      |
    2 | mut: 9000
      | ^^^ not a key of this file
      |
      = hint: did you mean `mtu`? the keys here are `name`, `mtu`, `ports`, `colour`
    ");
}

#[test]
fn an_unknown_key_in_a_flow_mapping_is_marked_itself() {
    assert_snapshot!(refusal("# größer\nname: ü\nports:\n  - { in: a, out: b }\n  - { in: ä, utt: b }\n"), @r"
    unknown key `utt`
     --> shop.yaml:5:14
      |
    5 |   - { in: ä, utt: b }
      |              ^^^ not a key of item 2 of `ports`
      |
      = hint: the keys here are `in`, `out`
    ");
}

#[test]
fn an_unlike_key_is_answered_with_the_list_only() {
    assert_snapshot!(refusal("zebra: a\n"), @r"
    unknown key `zebra`
     --> shop.yaml:1:1
      |
    1 | zebra: a
      | ^^^^^ not a key of this file
      |
      = hint: the keys here are `name`, `mtu`, `ports`, `colour`
    ");
}

#[test]
fn a_missing_key_marks_the_item_that_lacks_it() {
    assert_snapshot!(refusal("name: a\nports:\n  - { in: a }\n"), @r"
    missing key `out`
     --> shop.yaml:3:5
      |
    3 |   - { in: a }
      |     ^^^^^^^^^ item 1 of `ports` has no `out`
      |
      = hint: add `out: …` to item 1 of `ports`
    ");
    assert_snapshot!(refusal("name: a\nports:\n  - in: a\n"), @r"
    missing key `out`
     --> shop.yaml:3:5
      |
    3 |   - in: a
      |     ^^^^^ item 1 of `ports` has no `out`
      |
      = hint: add `out: …` to item 1 of `ports`
    ");
    assert_snapshot!(refusal("mtu: 3\n"), @r"
    missing key `name`
     --> shop.yaml:1:1
      |
    1 | mtu: 3
      | ^^^^^^ this file has no `name`
      |
      = hint: add `name: …` to the file
    ");
}

#[test]
fn wrong_types_are_told_in_plain_words() {
    assert_snapshot!(refusal("name: a\nmtu: large\n"), @r#"
    wrong value for `mtu`
     --> shop.yaml:2:6
      |
    2 | mtu: large
      |      ^^^^^ found the text "large"
      |
      = hint: write a whole number, 0 or more
    "#);
    assert_snapshot!(refusal("name: a\nmtu: -1\n"), @r"
    wrong value for `mtu`
     --> shop.yaml:2:6
      |
    2 | mtu: -1
      |      ^^ found the number `-1`
      |
      = hint: write a whole number, 0 or more
    ");
    assert_snapshot!(refusal("name: a\nmtu:\n"), @r"
    wrong value for `mtu`
     --> shop.yaml:2:1
      |
    2 | mtu:
      | ^^^ found nothing
      |
      = hint: write a whole number, 0 or more
    ");
    assert_snapshot!(refusal("name: a\nports: eth0\n"), @r#"
    wrong value for `ports`
     --> shop.yaml:2:8
      |
    2 | ports: eth0
      |        ^^^^ found the text "eth0"
      |
      = hint: write a list
    "#);
    assert_snapshot!(refusal("name: [a, b]\n"), @r"
    wrong value for `name`
     --> shop.yaml:1:7
      |
    1 | name: [a, b]
      |       ^^^^^^ found a list
      |
      = hint: write text
    ");
    assert_snapshot!(refusal("- name\n"), @r"
    wrong value for this file
     --> shop.yaml:1:1
      |
    1 | - name
      | ^^^^^^ found a list
      |
      = hint: write a mapping with `name` and `ports`
    ");
}

#[test]
fn a_wrong_choice_is_answered_with_the_choices() {
    assert_snapshot!(refusal("name: a\ncolour: gren\n"), @r"
    `colour` cannot be `gren`
     --> shop.yaml:2:9
      |
    2 | colour: gren
      |         ^^^^ not one of the choices
      |
      = hint: did you mean `green`? the choices are `red`, `green`
    ");
}

#[test]
fn duplicate_keys_are_refused_and_both_places_marked() {
    assert_snapshot!(refusal("name: a\nmtu: 1\nname: b\nports:\n  - { in: a, in: b, out: c }\n"), @r"
    key `name` is written twice
     --> shop.yaml:3:1
      |
    1 | name: a
      | ---- first written here
    2 | mtu: 1
    3 | name: b
      | ^^^^ written again here
      |
      = hint: keep one `name`

    error: key `in` is written twice
     --> shop.yaml:5:14
      |
    5 |   - { in: a, in: b, out: c }
      |       --     ^^ written again here
      |       |
      |       first written here
      |
      = hint: keep one `in`
    ");
}

#[test]
fn broken_syntax_is_marked_where_it_breaks() {
    assert_snapshot!(refusal("name: a\nports: [ { in: a, out: b }\nmtu: 3\n"), @r"
    this is not YAML
     --> shop.yaml:3:1
      |
    3 | mtu: 3
      | ^ invalid indentation in flow construct
      |
      = hint: check indentation, brackets and quotes here and on the line above
    ");
    assert_snapshot!(refusal("name: a: b\n"), @r"
    this is not YAML
     --> shop.yaml:1:8
      |
    1 | name: a: b
      |        ^ mapping values are not allowed in this context
      |
      = hint: put text that contains `: ` in quotes, and indent keys of one mapping alike
    ");
    assert_snapshot!(refusal("ports:\n\t- in: a\n"), @r"
    this is not YAML
     --> shop.yaml:2:2
      |
    2 |     - in: a
      |     ^ tabs disallowed within this context (block indentation)
      |
      = hint: indent with spaces, not with tabs
    ");
    assert_snapshot!(refusal("name: \"a\nmtu: 3\n"), @r#"
    this is not YAML
     --> shop.yaml:1:7
      |
    1 | name: "a
      |       ^ invalid indentation in quoted scalar
      |
      = hint: put the text in quotes, and close every quote on the same line
    "#);
    assert_snapshot!(refusal("name: @host\n"), @r"
    this is not YAML
     --> shop.yaml:1:7
      |
    1 | name: @host
      |       ^ unexpected character: `@'
      |
      = hint: put the text in quotes, and close every quote on the same line
    ");
    assert_snapshot!(refusal("name: *host\n"), @r"
    this is not YAML
     --> shop.yaml:1:7
      |
    1 | name: *host
      |       ^ while parsing node, found unknown anchor
      |
      = hint: put text that starts with `*` or `&` in quotes
    ");
}

#[test]
fn empty_files_and_second_documents_are_refused() {
    assert_snapshot!(refusal(""), @r"
    the file says nothing
     --> shop.yaml:1:1
      |
    1 |
      | ^ no YAML here
      |
      = hint: write the keys that the file is for; a line that starts with `#` is a comment
    ");
    assert_snapshot!(refusal("# only a remark\n"), @r"
    the file says nothing
     --> shop.yaml:1:1
      |
    1 | # only a remark
      | ^ no YAML here
      |
      = hint: write the keys that the file is for; a line that starts with `#` is a comment
    ");
    assert_snapshot!(refusal("name: a\n---\nname: b\n"), @r"
    a second document in the file
     --> shop.yaml:2:1
      |
    2 | ---
      | ^^^ starts here
      |
      = hint: write one document a file, without `---` between its parts
    ");
}

#[test]
fn windows_line_ends_do_not_shift_the_mark() {
    let diagnostic = read::<Shop>("shop.yaml", "name: a\r\nmtu: 3\r\nprots: []\r\n").unwrap_err();
    assert_eq!(diagnostic.places(), [(3, 1)]);
    let diagnostic = read::<Shop>("shop.yaml", "name: a\r\n\r\nports: []\r\nname: b\r\n").unwrap_err();
    assert_eq!(diagnostic.places(), [(4, 1)]);
}

#[test]
fn several_problems_are_told_at_once_in_file_order() {
    let shop = read::<Shop>("shop.yaml", "name: a\nmtu: 3\nports:\n  - { in: eth0, out: eth0 }\n").unwrap();
    let found = vec![
        shop.also(
            shop.at(&["ports", "0", "out"], "port `eth0` is used twice", "used again here", "write another port"),
            &["ports", "0", "in"],
            "first used here",
        ),
        shop.at(&["mtu"], "mtu 3 is too small", "too small", "write 576 or more"),
        shop.at(&["ports", "0", "nothing"], "absent", "the deepest part there is", "write it"),
    ];
    let diagnostic = shop.finish(found).unwrap_err();
    assert_eq!(diagnostic.places(), [(2, 6), (4, 5), (4, 22)]);
    assert_snapshot!(diagnostic.to_string(), @r"
    mtu 3 is too small
     --> shop.yaml:2:6
      |
    2 | mtu: 3
      |      ^ too small
      |
      = hint: write 576 or more

    error: absent
     --> shop.yaml:4:5
      |
    4 |   - { in: eth0, out: eth0 }
      |     ^^^^^^^^^^^^^^^^^^^^^^^ the deepest part there is
      |
      = hint: write it

    error: port `eth0` is used twice
     --> shop.yaml:4:22
      |
    4 |   - { in: eth0, out: eth0 }
      |           ----       ^^^^ used again here
      |           |
      |           first used here
      |
      = hint: write another port
    ");
}

#[test]
fn the_likely_word_is_near_and_a_far_one_is_not_offered() {
    let known = ["source", "middlebox", "sink"];
    assert_eq!(nearest("midlebox", &known), Some("middlebox"));
    assert_eq!(nearest("snik", &known), Some("sink"));
    assert_eq!(nearest("surce", &known), Some("source"));
    assert_eq!(nearest("destination", &known), None);
}

#[test]
fn keys_inside_list_items_are_told_with_the_number_of_the_item() {
    assert_snapshot!(refusal("name: a\nports:\n  - { in: a, out: b }\n  - { in: a, out: [] }\n"), @r"
    wrong value for `out` in item 2 of `ports`
     --> shop.yaml:4:19
      |
    4 |   - { in: a, out: [] }
      |                   ^^ found a list
      |
      = hint: write text
    ");
}
