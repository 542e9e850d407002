use super::*;

const SHAPE: Shape = Shape { width: 80, height: 24, unicode: true, color: false };

fn line(line: u32, rate_bps: Option<f64>, lost: Option<u64>) -> LiveLine {
    let history = (1..=8).map(|eighth| rate_bps.map(|rate| rate * f64::from(eighth) / 8.0)).collect();
    let ends = ["eth3".to_owned(), "eth4".to_owned()];
    LiveLine { line, ends, rate_bps, history, lost, losing_pps: lost.map(|_| 0.0), ..LiveLine::default() }
}

fn live(lines: Vec<LiveLine>, cpus: &[f64]) -> Live {
    let cpus = (0..).zip(cpus).map(|(cpu, busy)| CpuBusy { cpu, busy: Some(*busy), softirq: Some(0.0) }).collect();
    Live { lines, cpus: [(Role::Middlebox, cpus)].into() }
}

fn trimmed(live: &Live, left: Option<u64>, shape: &Shape) -> Vec<String> {
    let rows = rows(live, left.map(Duration::from_secs), shape);
    rows.iter().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// That nothing is wider or higher than the terminal.
fn assert_fits(rows: &[String], shape: &Shape) {
    assert!(rows.len() <= shape.height.saturating_sub(OTHERS).max(1) + 1, "{rows:#?}");
    for row in rows {
        assert!(console::measure_text_width(row) <= shape.width, "{shape:?}: {row:?}");
    }
}

#[test]
fn a_line_has_its_rate_its_past_and_its_losses_and_the_cores_are_below() {
    let live = live(vec![line(2, Some(9.41e9), Some(0))], &[1.0, 0.5, 0.0]);
    assert_eq!(
        trimmed(&live, Some(6), &SHAPE),
        ["line 2 eth3→eth4 9.410 Gb/s ▂▃▄▅▆▇██ drops 0", "cores 0█ 1▅ 2▁ 6 s left"]
    );
}

#[test]
fn a_terminal_without_such_letters_gets_ascii() {
    let live = live(vec![line(1, Some(9.41e9), Some(0))], &[1.0, 0.25]);
    let rows = trimmed(&live, None, &Shape { unicode: false, ..SHAPE });
    assert_eq!(rows, ["line 1 eth3->eth4 9.410 Gb/s .-=+*%## drops 0", "cores 0:100% 1:25%"]);
    assert!(rows.concat().is_ascii());
}

#[test]
fn what_nobody_counts_is_a_dash() {
    let live = Live { lines: vec![line(1, None, None)], ..Live::default() };
    assert_eq!(trimmed(&live, None, &SHAPE), ["line 1 eth3→eth4 - drops -", "cores -"]);
}

#[test]
fn losses_are_told_with_how_many_come_and_coloured() {
    let mut bad = line(1, Some(1e9), Some(1234));
    bad.losing_pps = Some(56.0);
    let live = live(vec![bad], &[]);
    assert!(trimmed(&live, None, &SHAPE)[0].ends_with("drops 1234 (+56/s)"));
    let colored = rows(&live, None, &Shape { color: true, ..SHAPE });
    assert!(colored[0].ends_with("\x1b[33mdrops 1234 (+56/s)\x1b[0m"), "{colored:?}");
}

#[test]
fn whatever_the_terminal_is_like_no_row_is_too_long_and_rows_are_not_too_many() {
    let cpus: Vec<f64> = (0..128).map(|cpu| if cpu % 32 == 3 { 0.9 } else { 0.0 }).collect();
    for width in [1, 5, 12, 20, 30, 40, 57, 80, 200] {
        for height in [1, 5, 8, 24, 60] {
            for many in [0, 1, 4, 16, 64] {
                for (unicode, color) in [(true, true), (false, false)] {
                    let lost = |number: u32| if number.is_multiple_of(2) { Some(123_456_789) } else { None };
                    let lines = (1..=many).map(|number| line(number, Some(31.4e9), lost(number))).collect();
                    let shape = Shape { width, height, unicode, color };
                    assert_fits(&rows(&live(lines, &cpus), Some(Duration::from_secs(12)), &shape), &shape);
                }
            }
        }
    }
}

#[test]
fn sixteen_lines_have_a_row_each_on_a_usual_terminal_and_share_rows_on_a_low_one() {
    let lines: Vec<_> = (1..=16).map(|number| line(number, Some(1e9), Some(u64::from(number == 5)))).collect();
    assert_eq!(rows(&live(lines.clone(), &[0.0]), None, &SHAPE).len(), 17);
    let low = Shape { height: 12, ..SHAPE };
    let shared = trimmed(&live(lines.clone(), &[0.0]), None, &low);
    assert_eq!(shared.len(), 7, "{shared:#?}");
    assert_eq!(shared[1], "4 1.000 Gb/s ▂▃▄▅▆▇██ 5 1.000 Gb/s ▂▃▄▅▆▇██! 6 1.000 Gb/s ▂▃▄▅▆▇██");
    let tiny = trimmed(&live(lines, &[0.0]), None, &Shape { height: 7, ..SHAPE });
    assert_eq!(tiny[2], "and 10 more lines");
}

#[test]
fn of_many_cores_those_that_work_are_shown() {
    let cpus: Vec<f64> = (0..64).map(|cpu| if cpu == 3 || cpu == 40 { 1.0 } else { 0.01 }).collect();
    assert_eq!(trimmed(&live(vec![], &cpus), None, &SHAPE), ["cores 3█ 40█"]);
    let all_work = trimmed(&live(vec![], &[1.0; 64]), Some(3), &SHAPE);
    assert!(all_work[0].starts_with("cores 0█ 1█") && all_work[0].ends_with("+47 3 s left"), "{all_work:?}");
}
