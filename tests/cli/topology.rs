//! The drawing, where hosts do not answer.

use insta::assert_snapshot;

use crate::program::nsbench;

/// What `topology show` said besides the drawing, which must be there whole, and end well.
fn remark(arguments: &str) -> String {
    let asked = nsbench(arguments).run();
    let offline = nsbench(&format!("{arguments} --offline")).run();
    assert_eq!((offline.status, offline.stderr.as_str()), (Some(0), ""), "{offline}");
    assert_eq!((asked.status, asked.stdout), (Some(0), offline.stdout));
    assert!(!asked.left.contains(&"cache".to_owned()), "a lab was begun");
    asked.stderr
}

#[test]
fn hosts_that_do_not_answer_are_a_remark_each_beside_the_drawing_of_the_file() {
    assert_snapshot!(remark("topology show -t fractus"), @r"
    note: the source does not answer: could not connect to `compute24`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    note: the middlebox does not answer: could not connect to `compute25`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    note: the sink does not answer: could not connect to `compute26`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    ");
    assert_snapshot!(remark("topology show -t fractus --format json"), @r"
    note: the source does not answer: could not connect to `compute24`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    note: the middlebox does not answer: could not connect to `compute25`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    note: the sink does not answer: could not connect to `compute26`: could not run `ssh`: No such file or directory (os error 2)
    hint: install the OpenSSH client: apt install openssh-client
    ");
}

#[test]
fn a_lab_that_is_down_stays_down_when_it_is_drawn() {
    assert_snapshot!(remark("topology show"), @r"
    note: no host was asked: lab `lab` is not up
    hint: nsbench lab up --name lab
    ");
}

#[test]
fn cores_that_are_not_known_are_null() {
    let drawing = nsbench("topology show -t fractus --offline --format json").run().stdout;
    let drawing: serde_json::Value = serde_json::from_str(&drawing).unwrap();
    assert_eq!((&drawing["cores"], &drawing["lines"][0]["in"]), (&serde_json::Value::Null, &"eth7".into()));
}
