use super::follow::why;
use super::*;

const COLUMNS: &str = r#"{"hoststream":1,"t":50.0,"w":1050.0,"every_ms":100,"cpu":[0],"port":[],"pause":[],"temp":[]}"#;

fn line(monotonic_s: f64, ahead_s: f64) -> String {
    format!(
        r#"{{"t":{monotonic_s:.6},"w":{:.6},"cpu":[[0,0,0,5,5,0]],"irq":[1,0,1],"mem":1,"port":[],"self":100}}"#,
        monotonic_s + ahead_s
    )
}

/// A host whose monotonic clock is `ahead_s` before ours, and which printed a line every tenth of a second for three
/// seconds of ours, from the fifth on.
fn watcher(role: Role, ahead_s: f64) -> Watcher {
    let mut heard = Heard::default();
    heard.take(COLUMNS.to_owned(), 0.0).unwrap();
    heard.from_s = 5.0 + ahead_s;
    for tenth in 1..=30 {
        let ours = 5.0 + f64::from(tenth) * 0.1;
        heard.take(line(ours + ahead_s, 1000.0), ours + 0.002).unwrap();
    }
    let (ask, _) = mpsc::unbounded_channel();
    let ended = tokio::spawn(async { Ok(()) });
    Watcher { role, lines: BTreeMap::new(), stream: Ok(Running { heard: watch::Sender::new(heard), ask, ended }) }
}

#[tokio::test]
async fn hosts_with_other_clocks_are_seen_in_the_same_window() {
    let each = vec![watcher(Role::Source, 300.0), watcher(Role::Middlebox, -4.0)];
    let streams = Streams { each, epoch: Instant::now(), live: Feed::default() };
    // The source says that it began when our clock was at 6.
    let sent = Sent { begin_s: Some(1306.0), ended: Instant::now(), sending: Duration::from_secs(2) };
    let seen = streams.take(Some(&sent), Some(&Window { from_s: 0.5, duration_s: 1.0 })).await;
    for role in [Role::Source, Role::Middlebox] {
        let seen = &seen[&role];
        assert_eq!((seen.watched.samples, &seen.watched.reason), (Some(10), &None), "{role}");
        let stream = Stream::parse(seen.text.as_ref().unwrap()).unwrap();
        assert!((stream.samples[0].from_s + 1.0).abs() < 0.01, "{role}: {:?}", stream.samples[0]);
    }
}

#[tokio::test]
async fn where_no_generator_tells_when_it_began_its_end_counts() {
    let epoch = Instant::now();
    let streams = Streams { each: vec![watcher(Role::Middlebox, 70.0)], epoch, live: Feed::default() };
    let ended = epoch + Duration::from_millis(7500);
    let sent = Sent { begin_s: None, ended, sending: Duration::from_secs(2) };
    let seen = &streams.take(Some(&sent), None).await[&Role::Middlebox];
    assert_eq!(seen.watched.samples, Some(20));
    let failed = &streams.take(None, None).await[&Role::Middlebox];
    assert!(failed.text.as_ref().unwrap().contains("\"zero_s\":null"));
    assert_eq!(failed.watched, Watched::default());
}

#[tokio::test]
async fn what_was_before_the_trial_is_forgotten_and_its_end_is_the_first_samples_beginning() {
    let streams = Streams { each: vec![watcher(Role::Sink, 0.0)], epoch: Instant::now(), live: Feed::default() };
    streams.begin();
    let seen = &streams.take(None, None).await[&Role::Sink];
    assert_eq!(seen.watched.reason.as_deref(), Some("no sample came"));
    let running = streams.running().next().unwrap();
    running.heard.send_modify(|heard| heard.take(line(8.1, 1000.0), 8.1).unwrap());
    let text = streams.take(None, None).await[&Role::Sink].text.clone().unwrap();
    let stream = Stream::parse(&text).unwrap();
    assert_eq!(stream.samples.len(), 1);
    assert!((stream.samples[0].duration_s() - 0.1).abs() < 1e-6);
}

#[tokio::test]
async fn a_program_that_ended_in_a_trial_is_told_and_what_it_saw_kept() {
    let streams = Streams { each: vec![watcher(Role::Sink, 0.0)], epoch: Instant::now(), live: Feed::default() };
    streams.running().next().unwrap().heard.send_modify(|heard| heard.ended = Some("it was killed".to_owned()));
    let sent = Sent { begin_s: Some(1005.0), ended: Instant::now(), sending: Duration::from_secs(2) };
    let seen = &streams.take(Some(&sent), None).await[&Role::Sink];
    assert_eq!(seen.remark.as_deref(), Some("the sink was not watched to the end of the trial: it was killed"));
    assert!(seen.text.is_some() && seen.watched.samples.is_some());
}

#[test]
fn what_is_no_sample_is_quoted() {
    let mut heard = Heard::default();
    let error = heard.take("Segmentation fault".to_owned(), 0.0).unwrap_err();
    assert_eq!(error.to_string(), "it said `Segmentation fault`");
    assert!(why(126, "sh: exec format error\n").to_string().contains("(it is built for "));
}

#[test]
fn ports_are_those_of_the_lines_that_carry_traffic() {
    let testbed = Testbed::shipped("fractus").unwrap();
    let middlebox = ports(&testbed, 2, Role::Middlebox);
    assert_eq!(middlebox.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        middlebox[&1],
        BTreeMap::from([("in".to_owned(), "eth7".to_owned()), ("out".to_owned(), "eth6".to_owned())])
    );
    assert_eq!(ports(&testbed, 1, Role::Source)[&1], BTreeMap::from([("source".to_owned(), "eth6".to_owned())]));
}
