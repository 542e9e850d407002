use super::*;
use crate::record::streams::Interrupts;

/// A tenth of a second that ends at `until_s`, on two CPUs: one at work for `busy` of ten ticks, one idle.
fn sample(until_s: f64, busy: u64) -> Sample {
    let ticks = Ticks { softirq: busy, idle: 10 - busy, ..Ticks::default() };
    let port = PortCount { rx_bytes: 1000, rx_packets: 10, rx_dropped: 1, tx_fifo: 2, ..PortCount::default() };
    Sample {
        from_s: until_s - 0.1,
        until_s,
        cpus: vec![Some(ticks), Some(Ticks { idle: 10, ..Ticks::default() })],
        ports: vec![Some(port), None],
        interrupts: Some(Interrupts { all: 100, net_tx: 0, net_rx: 50 }),
        memory_available_kib: Some(1000 + busy),
        frequencies_mhz: vec![Some(3000), Some(1000)],
        temperatures_c: vec![Some(40 + busy)],
        own_us: Some(200),
    }
}

fn stream(samples: Vec<Sample>) -> Stream {
    Stream {
        host: "middlebox".to_owned(),
        cpus: vec![0, 1],
        ports: vec!["eth1".to_owned(), "eth2".to_owned()],
        lines: BTreeMap::new(),
        thermometers: vec!["coretemp".to_owned()],
        samples,
    }
}

/// So many samples in a row, the first one beginning with the traffic.
fn samples(busy: &[u64]) -> Vec<Sample> {
    (1..).zip(busy).map(|(number, busy)| sample(f64::from(number) * 0.1, *busy)).collect()
}

fn window(from_s: f64, duration_s: f64) -> Window {
    Window { from_s, duration_s }
}

fn close(a: Option<f64>, b: f64) {
    assert!(a.is_some_and(|a| (a - b).abs() < 1e-6), "{a:?} is not {b}");
}

#[test]
fn what_was_before_the_window_and_after_it_does_not_count() {
    let busy = [[10; 10], [5; 10], [5; 10], [10; 10]].concat();
    let watched = of(&stream(samples(&busy)), &window(1.0, 2.0));
    assert_eq!(watched.samples, Some(20));
    close(watched.cpus[0].busy_mean, 0.5);
    close(watched.cpus[0].softirq_max, 0.5);
    close(watched.cpus[1].busy_mean, 0.0);
    close(watched.cpus[0].frequency_mhz, 3000.0);
    close(watched.interrupts_per_s, 1000.0);
    close(watched.net_rx_per_s, 500.0);
    close(watched.own_share, 0.002);
    close(watched.longest_gap_s, 0.1);
    assert_eq!((watched.frequency_min_mhz, watched.frequency_max_mhz), (Some(1000), Some(3000)));
    assert_eq!((watched.memory_available_min_kib, watched.temperature_max_c), (Some(1005), Some(45)));
}

#[test]
fn losses_of_a_port_are_summed_and_a_port_that_nobody_counts_is_not_there() {
    let mut all = samples(&[1; 10]);
    // Pauses were read with every tenth sample.
    all[4].ports[0].as_mut().unwrap().rx_pauses = Some(30);
    all[4].ports[0].as_mut().unwrap().tx_pauses = Some(0);
    let watched = of(&stream(all), &window(0.0, 1.0));
    let losses = PortLosses {
        rx_dropped: Some(10),
        rx_fifo: Some(0),
        tx_dropped: Some(0),
        tx_fifo: Some(20),
        rx_pauses: Some(30),
        tx_pauses: Some(0),
    };
    assert_eq!(watched.ports, BTreeMap::from([("eth1".to_owned(), losses)]));
}

#[test]
fn a_counter_that_began_anew_has_no_sum() {
    let mut all = samples(&[1; 10]);
    all[4].ports[0] = None;
    all[5].interrupts = None;
    let watched = of(&stream(all), &window(0.0, 1.0));
    assert_eq!(watched.ports["eth1"], PortLosses::default());
    assert_eq!(watched.interrupts_per_s, None);
}

#[test]
fn the_highest_share_is_of_a_second_and_not_of_one_sample() {
    let busy = [[0; 10], [10, 0, 10, 0, 10, 0, 10, 0, 10, 0], [0; 10]].concat();
    let watched = of(&stream(samples(&busy)), &window(0.0, 3.0));
    close(watched.cpus[0].busy_max, 0.5);
    close(of(&stream(samples(&[0, 10])), &window(0.0, 0.2)).cpus[0].busy_max, 0.5);
}

#[test]
fn no_highest_share_is_below_the_mean() {
    let both_ends = [[10; 4].as_slice(), &[0; 6], &[10; 4]].concat();
    let watched = of(&stream(samples(&both_ends)), &window(0.0, 1.4));
    close(watched.cpus[0].busy_mean, 0.5714);
    assert_eq!(watched.cpus[0].busy_max, watched.cpus[0].busy_mean);
}

#[test]
fn a_gap_shows_and_a_window_without_samples_has_nothing_but_their_number() {
    let mut all = samples(&[5; 10]);
    all.drain(3..6);
    all[3].from_s = all[2].until_s;
    let watched = of(&stream(all.clone()), &window(0.0, 1.0));
    assert_eq!(watched.samples, Some(7));
    close(watched.longest_gap_s, 0.4);
    let nothing = of(&stream(all), &window(100.0, 1.0));
    assert_eq!((nothing.samples, nothing.longest_gap_s, nothing.own_share), (Some(0), None, None));
    assert_eq!((nothing.cpus[0].busy_mean, nothing.cpus[0].busy_max), (None, None));
    assert!(nothing.ports.is_empty());
}
