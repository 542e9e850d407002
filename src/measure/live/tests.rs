use super::*;

/// Bits that are rates within a part in a million.
fn close(a: Option<f64>, b: f64) {
    assert!(a.is_some_and(|a| (a - b).abs() <= b.abs() * 1e-6 + 1e-6), "{a:?} is not {b}");
}

/// One line whose ports are `a`, `b`, `c` and `d`, on three hosts whose clocks are far apart.
struct Rig {
    feed: Feed,
    tenth: u32,
}

/// What the ports of a host counted in a tenth of a second.
type Counts<'a> = &'a [Option<[u64; 8]>];

const AHEAD_S: [f64; 3] = [300.0, -4.0, 7000.0];

/// Received and sent: packets of 1000 bytes.
fn count(rx: u64, tx: u64) -> [u64; 8] {
    [rx * 1000, rx, 0, 0, tx * 1000, tx, 0, 0]
}

impl Rig {
    fn new() -> Self {
        let ports = Seat::ALL.into_iter().zip(["a", "b", "c", "d"].map(str::to_owned)).collect();
        let feed = Feed::new(BTreeMap::from([(1, ports)]));
        for (role, ports) in Role::ALL.into_iter().zip([r#""a""#, r#""b","c""#, r#""d""#]) {
            let t = 100.0 + AHEAD_S[role as usize];
            let line = format!(
                r#"{{"hoststream":1,"t":{t},"w":1,"every_ms":100,"cpu":[0,1],"port":[{ports}],"pause":[],"temp":[]}}"#
            );
            feed.hear(role, &line, 100.001).unwrap();
        }
        Self { feed, tenth: 0 }
    }

    fn host(&self, role: Role, counts: Counts<'_>) {
        let ours = 100.0 + f64::from(self.tenth) * 0.1;
        let port = serde_json::to_string(counts).unwrap();
        let line = format!(
            r#"{{"t":{:.6},"w":1,"cpu":[[1,0,0,4,5,0],null],"irq":null,"mem":1,"port":{port},"self":null}}"#,
            ours + AHEAD_S[role as usize]
        );
        self.feed.hear(role, &line, ours + 0.001).unwrap();
    }

    /// Tenths of a second in each of which so many packets are sent and so many arrive.
    fn go(&mut self, tenths: u32, sent: u64, received: u64) {
        for _ in 0..tenths {
            self.tenth += 1;
            self.host(Role::Source, &[Some(count(0, sent))]);
            self.host(Role::Middlebox, &[Some(count(sent, 0)), Some(count(0, received))]);
            self.host(Role::Sink, &[Some(count(received, 0))]);
        }
    }

    fn line(&self) -> LiveLine {
        self.feed.now().lines.remove(0)
    }
}

#[test]
fn a_line_shows_its_rate_its_past_and_the_ports_at_its_ends() {
    let mut rig = Rig::new();
    rig.go(10, 100, 100);
    rig.go(5, 200, 200);
    let line = rig.line();
    assert_eq!((line.line, line.ends.clone()), (1, ["a".to_owned(), "d".to_owned()]));
    close(line.rate_bps, 16e6);
    close(line.sent_bps, 16e6);
    assert_eq!(line.history.len(), 3);
    close(line.history[0], 8e6);
    assert_eq!((line.lost, line.losing_pps), (Some(0), Some(0.0)));
}

#[test]
fn cpus_have_shares_and_one_that_is_off_has_none() {
    let mut rig = Rig::new();
    rig.go(4, 1, 1);
    assert_eq!(rig.feed.now().cpus[&Role::Middlebox][0].busy, None, "half a second is not over");
    rig.go(1, 1, 1);
    let live = rig.feed.now();
    assert_eq!(live.cpus.len(), 3);
    let [first, second] = live.cpus[&Role::Middlebox][..] else { panic!("{live:?}") };
    close(first.busy, 0.5);
    close(first.softirq, 0.4);
    assert_eq!((first.cpu, second), (0, CpuBusy { cpu: 1, busy: None, softirq: None }));
}

#[test]
fn what_does_not_arrive_is_lost_and_what_was_before_the_beginning_is_not() {
    let mut rig = Rig::new();
    rig.go(20, 1000, 900);
    let line = rig.line();
    // Of 2000 those of the last second may be on their way, and so may a twentieth of a second's besides.
    assert!(line.lost.is_some_and(|lost| (500..=2000).contains(&lost)), "{line:?}");
    close(line.losing_pps, 1000.0);
    // When nothing is on its way, all of it is told.
    rig.go(15, 0, 0);
    assert_eq!((rig.line().lost, rig.line().losing_pps), (Some(2000), Some(0.0)));
    rig.feed.begin();
    assert_eq!((rig.line().lost, rig.line().history.len()), (None, 7), "nobody has counted since");
    rig.go(10, 1000, 1000);
    assert_eq!(rig.line().lost, Some(0));
}

#[test]
fn a_line_that_loses_nothing_says_so_though_hosts_are_not_heard_at_one_time() {
    let mut rig = Rig::new();
    // Batches of the sink come half a second later than those of the source.
    let mut tenth = 0;
    for _ in 0..8 {
        for _ in 0..5 {
            tenth += 1;
            rig.tenth = tenth;
            rig.host(Role::Source, &[Some(count(0, 1000))]);
        }
        for late in 0..5 {
            if tenth > 5 {
                rig.tenth = tenth - 9 + late;
                rig.host(Role::Sink, &[Some(count(1000, 0))]);
            }
        }
        assert!(rig.line().lost.unwrap_or(0) <= 1, "{:?}", rig.line());
    }
}

#[test]
fn drops_that_a_port_counted_are_lost_only_in_the_direction_of_the_traffic() {
    let mut rig = Rig::new();
    rig.go(9, 1000, 1000);
    rig.tenth += 1;
    rig.host(Role::Source, &[Some(count(0, 1000))]);
    // Of `b`, 7 and 1 dropped as they came in, and 50 answers on their way back.
    rig.host(Role::Middlebox, &[Some([0, 1000, 7, 1, 0, 0, 50, 0]), Some([0, 0, 60, 0, 0, 992, 2, 0])]);
    rig.host(Role::Sink, &[Some(count(992, 0))]);
    let line = rig.line();
    assert_eq!(line.lost, Some(10));
    close(line.losing_pps, 10.0);
}

#[test]
fn a_port_that_nobody_counts_has_no_rate_and_no_zero() {
    let mut rig = Rig::new();
    for _ in 0..10 {
        rig.tenth += 1;
        rig.host(Role::Source, &[Some(count(0, 10))]);
        rig.host(Role::Sink, &[None]);
    }
    let line = rig.line();
    assert_eq!((line.rate_bps, line.history), (None, vec![None, None]));
    close(line.sent_bps, 8e5);
    // The source's own drops are all that is known.
    assert_eq!(line.lost, Some(0));
}

#[test]
fn ends_that_count_other_frames_tell_of_no_loss() {
    let mut rig = Rig::new();
    rig.go(10, 100, 1500);
    assert_eq!(tally_of(&rig), None);
}

/// What is missing, without drops.
fn tally_of(rig: &Rig) -> Option<[f64; 2]> {
    let state = rig.feed.state();
    let (source, sink) = (&state.hosts[&Role::Source], &state.hosts[&Role::Sink]);
    tally::missing(&source.ports["a"].tx, &sink.ports["d"].rx, source.offset_s - sink.offset_s)
}

#[test]
fn a_host_that_is_silent_is_not_there_and_stays_away() {
    let mut rig = Rig::new();
    rig.go(10, 100, 100);
    rig.feed.silence(Role::Sink);
    rig.host(Role::Sink, &[Some(count(1, 0))]);
    let live = rig.feed.now();
    assert!(!live.cpus.contains_key(&Role::Sink));
    assert_eq!((live.lines[0].rate_bps, live.lines[0].history.len()), (None, 0));
    assert!(live.lines[0].sent_bps.is_some());
}

#[test]
fn a_host_that_was_late_takes_as_much_of_the_past_as_it_was_silent() {
    let mut rig = Rig::new();
    rig.go(5, 100, 100);
    rig.tenth += 20;
    rig.host(Role::Sink, &[Some(count(2000, 0))]);
    let line = rig.line();
    assert_eq!(line.history.len(), 5);
    close(line.rate_bps, 8e6);
    rig.go(1000, 1, 1);
    assert_eq!(rig.line().history.len(), HISTORY);
}

#[test]
fn what_is_no_sample_is_an_error() {
    let rig = Rig::new();
    assert!(rig.feed.hear(Role::Sink, "{}", 101.0).is_err());
    assert!(Feed::default().hear(Role::Sink, "Segmentation fault", 1.0).is_err());
}
