use proptest::prelude::*;

use super::*;
use crate::fuzzing::{cases, damaged, text};

/// What a middlebox of two CPUs said, as it said it; its second port was a user-space driver's.
const FILE: &str = r#"{"stream":1,"host":"middlebox","zero_s":1000.5,"from_s":1000.0,"lines":{"1":{"in":"eth1","out":"eth2"}}}
{"hoststream":1,"t":900.0,"w":1795682904.7,"every_ms":100,"cpu":[0,3],"port":["eth1","eth2"],"pause":[["rx_flow_control_xoff","tx_flow_control_xoff"],null],"temp":["coretemp"]}
{"t":1000.5,"w":1795683005.2,"cpu":[[1,1,0,0,8,0],[0,0,0,9,1,0]],"irq":[142,0,45],"mem":21778512,"port":[[125000,100,3,0,250000,200,0,1],null],"pause":[[7,0],null],"freq":[2400,null],"temp":[52],"self":92}
{"t":1000.6,"w":1795683005.3,"cpu":[[0,0,0,0,10,0],null],"irq":null,"mem":null,"port":[[0,0,0,0,0,0,0,0],null],"self":97}
"#;

#[test]
fn a_series_is_read_by_the_time_of_the_traffic_and_what_was_not_told_is_not_there() {
    let stream = Stream::parse(FILE).unwrap();
    assert_eq!((stream.host.as_str(), stream.cpus.as_slice()), ("middlebox", &[0, 3][..]));
    assert_eq!((stream.port_of(1, "out"), stream.port_of(2, "out")), (Some("eth2"), None));
    let [first, second] = stream.samples.as_slice() else { panic!("{stream:?}") };
    assert_eq!((first.from_s, first.until_s, second.from_s), (-0.5, 0.0, 0.0));
    assert_eq!(first.cpus[1].unwrap().softirq, 9);
    assert_eq!(first.interrupts, Some(Interrupts { all: 142, net_tx: 0, net_rx: 45 }));
    let port = first.ports[0].unwrap();
    assert_eq!((port.rx_dropped, port.tx_fifo, port.rx_pauses, port.tx_pauses), (3, 1, Some(7), Some(0)));
    assert_eq!((first.frequencies_mhz.as_slice(), first.temperatures_c[0]), (&[Some(2400), None][..], Some(52)));
    assert_eq!((second.cpus[1], second.interrupts, second.memory_available_kib), (None, None, None));
    assert_eq!((second.ports[0].unwrap().rx_pauses, second.ports[1]), (None, None));
}

#[test]
fn cpus_and_ports_have_their_shares_and_rates_over_time() {
    let stream = Stream::parse(FILE).unwrap();
    assert_eq!(stream.cpu(3), [CpuShare { at_s: -0.25, busy: 0.9, softirq: 0.9 }]);
    assert_eq!(stream.cpu(0).len(), 2);
    let rates = stream.port("eth1");
    assert_eq!(rates[0], PortRate { at_s: -0.25, rx_bps: 2e6, tx_bps: 4e6, rx_pps: 200.0, tx_pps: 400.0 });
    assert!((rates[1].at_s - 0.05).abs() < 1e-9 && rates[1].rx_bps < 1e-9);
    assert!(stream.port("eth2").is_empty() && stream.port("eth9").is_empty() && stream.cpu(1).is_empty());
}

#[test]
fn without_a_beginning_of_the_traffic_times_count_from_the_first_sample() {
    let stream = Stream::parse(&FILE.replace("\"zero_s\":1000.5", "\"zero_s\":null")).unwrap();
    assert_eq!((stream.samples[0].from_s, stream.samples[0].until_s), (0.0, 0.5));
}

#[test]
fn a_line_that_is_not_understood_is_quoted_with_its_number() {
    let broken = |from: &str, to: &str| {
        assert!(FILE.contains(from));
        Stream::parse(&FILE.replace(from, to)).unwrap_err().to_string()
    };
    let error = broken("\"mem\":null", "\"mem\":-1");
    assert!(error.starts_with("line 4 of the series") && error.contains("`{\"t\":1000.6,"), "{error}");
    assert!(broken(",null],\"irq\":null", "],\"irq\":null").contains("not as many columns"));
    assert!(broken("\"t\":1000.6", "\"t\":1000.5").contains("not later than the line before"));
    assert!(broken("\"hoststream\":1", "\"hoststream\":2").starts_with("line 2 of the series"));
    assert!(broken("\"stream\":1", "\"stream\":2").contains("\nhint: "));
    assert!(Stream::parse("").unwrap_err().to_string().contains("not understood"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(Path::new("/nonexistent/a.jsonl")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/nonexistent/a.jsonl`");
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn no_text_brings_the_reader_down(text in prop_oneof![text(), damaged(vec![FILE.to_owned()])]) {
        if let Ok(stream) = Stream::parse(&text) {
            for cpu in &stream.cpus {
                prop_assert!(stream.cpu(*cpu).iter().all(|share| (0.0..=1.0).contains(&share.busy)));
            }
            for port in &stream.ports {
                prop_assert!(stream.port(port).iter().all(|rate| rate.rx_bps >= 0.0));
            }
        }
    }
}
