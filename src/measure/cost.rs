//! What forwarding a packet costs a middlebox of the lab whose clock counts instructions: how long it was busy while so
//! many packets went through, less what it is busy with anyway.
//!
//! Nothing talks to the guest meanwhile but a script that waits for a line of input. Must not know which framework forwards.

pub mod reading;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::{sleep, timeout};

use crate::generator::wire::{BURST, End, Frame, Pace, Series, drive};
use crate::host::{Host, Process};
use crate::interrupt::Interrupt;
use crate::record::{Cost, CountedBy};
use reading::{END, Reading};

/// Bursts of a trial. With 51,200 packets what is left of the way the trial begins and ends is far below a percent.
const BURSTS: u64 = 800;

/// What takes its turns whether there are frames or not meets them in portions that differ by chance, and costs little: the
/// more packets, the less it matters.
const POLLED_BURSTS: u64 = 4 * BURSTS;

/// What a trial may take. Where a packet costs a hundred times what it costs elsewhere, as with thousands of rules that are
/// looked at one by one, fewer of them tell it as well.
const ENOUGH: Duration = Duration::from_secs(40);

/// Parts of a trial, between which the clock is read; the figure is the median of theirs. Now and then the middlebox is
/// busy with something of its own, for millions of instructions, and reading changes what lies where in the kernel's lists
/// of free memory, which makes a percent or two for as long as nothing else happens.
const PARTS: u64 = 5;

/// Between the arrival of a burst and the next: what is left to do for the one is done by then, and the middlebox idle. A
/// burst that met one at work would save it the wake-ups, or not, as chance has it.
const REST: Duration = Duration::from_millis(3);

/// Bursts before it, which fill caches of buffers and teach a bridge where the addresses are.
const WARM_UP: u64 = 20;

/// The share of packets that may be lost: the work that was put into them is put down to those that were not.
pub const BEARABLE: f64 = 0.001;

/// How often and how long the middlebox is watched while nothing goes through; what it does then is the median, too.
const IDLE_PARTS: usize = 3;
const IDLE: Duration = Duration::from_millis(700);

/// A frame that has not arrived when nothing did for so long is lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a line may take to carry its first frames, and its last ones to be done with.
const OPENING: Duration = Duration::from_secs(30);
const SETTLING: Duration = Duration::from_millis(200);

/// How long the script in the guest may take to answer, which it does within a second.
const ANSWER: Duration = Duration::from_secs(30);

/// Both ends of a line, in this process's hands.
#[derive(Debug)]
pub struct Ends {
    /// Where the source would be.
    pub near: End,
    /// Where the sink would be.
    pub far: End,
}

/// What a trial counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// The figure.
    pub cost: Cost,
    /// The frames.
    pub series: Series,
    /// Seconds that it took here.
    pub elapsed_s: f64,
}

/// Sends frames both ways until both come through.
///
/// # Errors
/// They do not.
pub fn open(ends: &mut Ends, frame: &Frame, stop: &AtomicBool) -> Result<()> {
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let back = drive((&mut ends.far, &ends.near), &frame.reversed(), Pace::SINGLE, 1.0, stop)?;
        let forth = drive((&mut ends.near, &ends.far), frame, Pace::SINGLE, 1.0, stop)?;
        if back.arrived > 0 && forth.arrived > 0 {
            return Ok(());
        }
        if begun.elapsed() > OPENING {
            let way = if forth.arrived == 0 { "to the sink" } else { "back to the source" };
            bail!("no frame came through {way} within {} s", OPENING.as_secs());
        }
    }
    Ok(())
}

/// Runs one trial of frames like `frame`; `counts` is a script that prints what a framework has counted itself. `None`
/// where the user wants an end.
///
/// # Errors
/// Packets were lost, or the middlebox did not answer.
pub async fn trial(
    host: &Host,
    ends: Ends,
    frame: Frame,
    counts: Option<&str>,
    interrupt: &Interrupt,
) -> (Option<Ends>, Result<Option<Counted>>) {
    let mut ends = Some(ends);
    let work = async {
        let pace = match counts {
            None => Pace { bursts: BURSTS, burst: BURST, rest: REST, patience: PATIENCE },
            Some(_) => Pace { bursts: POLLED_BURSTS, burst: BURST, rest: Duration::ZERO, patience: PATIENCE },
        };
        let (_, warm_up) = send(&mut ends, frame, Pace { bursts: WARM_UP, ..pace }).await?;
        let pace = Pace { bursts: affordable(pace.bursts, warm_up), ..pace };
        let mut clock = Clock::start(host, counts).await?;
        sleep(SETTLING).await;
        let mut idle = vec![clock.read().await?];
        for _ in 0..IDLE_PARTS {
            sleep(IDLE).await;
            idle.push(clock.read().await?);
        }
        let begun = Instant::now();
        let (mut busy, mut series) = (idle.split_off(IDLE_PARTS), Vec::new());
        idle.extend(busy.first());
        for _ in 0..PARTS {
            series.push(send(&mut ends, frame, Pace { bursts: pace.bursts / PARTS, ..pace }).await?.0);
            sleep(SETTLING).await;
            busy.push(clock.read().await?);
        }
        let elapsed_s = begun.elapsed().as_secs_f64();
        clock.end().await?;
        let cost = cost(&idle, &busy, &series, frame.size, counts.is_some())?;
        Ok(Some(Counted { cost, series: sum(&series), elapsed_s }))
    };
    let counted = tokio::select! {
        () = interrupt.wait() => Ok(None),
        counted = work => counted,
    };
    (ends, counted)
}

/// As many bursts as are wanted, or as can be sent while the trial may last, at the pace of those that warmed up.
fn affordable(wanted: u64, warm_up: Duration) -> u64 {
    let room = ENOUGH.as_millis() * u128::from(WARM_UP) / warm_up.as_millis().max(1);
    wanted.min(u64::try_from(room).unwrap_or(wanted)).max(PARTS)
}

/// A series of bursts like those of a trial, and nothing beside it: what the middlebox executes meanwhile is for others to
/// count, by `before` and `after` it at rest. `None` where the user wants an end.
pub async fn series<T>(
    ends: Ends,
    frame: Frame,
    look: impl Fn() -> Result<T>,
    interrupt: &Interrupt,
) -> Result<Option<(Ends, Series, [T; 2])>> {
    series_of(BURSTS, ends, frame, look, interrupt).await
}

/// The same, of so many bursts.
pub async fn series_of<T>(
    bursts: u64,
    ends: Ends,
    frame: Frame,
    look: impl Fn() -> Result<T>,
    interrupt: &Interrupt,
) -> Result<Option<(Ends, Series, [T; 2])>> {
    let mut ends = Some(ends);
    let pace = Pace { bursts, burst: BURST, rest: REST, patience: PATIENCE };
    let work = async {
        send(&mut ends, frame, Pace { bursts: WARM_UP, ..pace }).await?;
        sleep(SETTLING).await;
        let before = look()?;
        let (series, _) = send(&mut ends, frame, pace).await?;
        sleep(SETTLING).await;
        let ends = ends.take().context("the wires are gone")?;
        Ok(Some((ends, series, [before, look()?])))
    };
    tokio::select! {
        () = interrupt.wait() => Ok(None),
        counted = work => counted,
    }
}

/// Sends bursts from this process, on a thread of their own, and tells how long they took from when the line was open. One
/// that is not waited for any longer stops.
async fn send(ends: &mut Option<Ends>, frame: Frame, pace: Pace) -> Result<(Series, Duration)> {
    let mut taken = ends.take().context("the wires are gone")?;
    let stop = Stop(Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&stop.0);
    let sent = tokio::task::spawn_blocking(move || {
        let series = open(&mut taken, &frame, &seen).and_then(|()| {
            let begun = Instant::now();
            let series = drive((&mut taken.near, &taken.far), &frame, pace, BEARABLE, &seen)?;
            Ok((series, begun.elapsed()))
        });
        (taken, series)
    });
    let (back, series) = sent.await.context("the generator ended")?;
    *ends = Some(back);
    series
}

/// Set when it is dropped.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn sum(series: &[Series]) -> Series {
    let add = |a: Series, b: &Series| Series { sent: a.sent + b.sent, arrived: a.arrived + b.arrived };
    series.iter().fold(Series { sent: 0, arrived: 0 }, add)
}

/// Of values that are there, an odd number of them.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// From readings with nothing in between, and others with `parts` between them.
fn cost(idle: &[Reading], busy: &[Reading], parts: &[Series], frame_size: u32, counts: bool) -> Result<Cost> {
    let series = sum(parts);
    let lost_share = series.lost_share();
    if lost_share > BEARABLE {
        bail!(
            "{} of {} packets were lost: what they cost would be put down to the others\nhint: nothing else is sent until a \
             burst of {BURST} has come through, so it is the framework that drops packets; give its queues room for them",
            series.sent - series.arrived,
            series.sent
        );
    }
    let blank = Cost { frame_size, packets: Some(series.arrived), lost_share: Some(lost_share), ..Cost::default() };
    if counts {
        let (_, packets) = busy[0].counted_until(&busy[busy.len() - 1])?;
        // What is counted twice or not at all shows: the framework sees every packet, and the few that opened the line.
        if packets < series.arrived || packets > series.sent + series.sent / 100 {
            bail!("the framework counted {packets} packets where {} came through", series.arrived);
        }
        let of_part =
            |pair: &[Reading]| pair[0].counted_until(&pair[1]).map(|(busy, packets)| busy as f64 / packets as f64);
        let instructions_per_packet = median(busy.windows(2).map(of_part).collect::<Result<_>>()?);
        return Ok(Cost { instructions_per_packet, counted_by: Some(CountedBy::BusyBursts), ..blank });
    }
    let spent = |pair: &[Reading]| pair[0].until(&pair[1]).map(|span| span.busy_ns as f64);
    // The idle middlebox is busy now and then, and always with being read.
    let rest = median(idle.windows(2).map(spent).collect::<Result<_>>()?);
    let of_part = |(pair, part): (&[Reading], &Series)| Ok((spent(pair)? - rest) / part.arrived as f64);
    let instructions_per_packet = median(busy.windows(2).zip(parts).map(of_part).collect::<Result<_>>()?);
    if instructions_per_packet <= 0.0 {
        bail!("the middlebox did more while nothing went through than while packets did: {rest} instructions");
    }
    Ok(Cost {
        instructions_per_packet,
        counted_by: Some(CountedBy::InstructionClock),
        idle_instructions: Some(rest * parts.len() as f64),
        ..blank
    })
}

/// The script in the guest that reads its clock when it is told to.
struct Clock(Process);

impl Clock {
    async fn start(host: &Host, counts: Option<&str>) -> Result<Self> {
        let mut clock = Self(host.spawn_script(&reading::script(counts)).await?);
        clock.answer().await.context("the script that reads the middlebox's clock did not begin")?;
        // It is not to be read for the first time when it counts.
        clock.read().await?;
        Ok(clock)
    }

    async fn read(&mut self) -> Result<Reading> {
        self.0.write("\n").await?;
        Reading::parse(&self.answer().await?)
    }

    async fn answer(&mut self) -> Result<String> {
        let read = async {
            let mut text = String::new();
            while let Some(line) = self.0.line().await? {
                if line == END {
                    return Ok(text);
                }
                text += &line;
                text.push('\n');
            }
            bail!("the middlebox stopped reading its clock; it had said `{}`", text.trim())
        };
        timeout(ANSWER, read).await.context("the middlebox did not read its clock")?
    }

    async fn end(self) -> Result<()> {
        let (status, said) = self.0.wait().await?;
        if status != 0 {
            bail!("reading the middlebox's clock ended with exit status {status}: {}", said.trim());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now_ns: u64, idle_ns: u64, counted: &str) -> Reading {
        let text = format!("{counted}now at {now_ns} nsecs\n.idle_sleeptime : {idle_ns} nsecs\n");
        Reading::parse(&text).unwrap()
    }

    #[test]
    fn a_trial_of_what_is_slow_has_fewer_packets_and_no_part_is_without() {
        let after = |warm_up_ms| affordable(BURSTS, Duration::from_millis(warm_up_ms));
        assert_eq!((after(0), after(200), after(1_000)), (BURSTS, BURSTS, BURSTS));
        assert_eq!((after(4_000), after(40_000), after(4_000_000)), (200, WARM_UP, PARTS));
    }

    const PART: Series = Series { sent: 1000, arrived: 1000 };

    /// Readings between which the guest is busy for so long.
    fn busy_for(spans: &[u64]) -> Vec<Reading> {
        let mut now = 0;
        let reading = |span: &u64| {
            now += span;
            at(now, 0, "")
        };
        [0].iter().chain(spans).map(reading).collect()
    }

    #[test]
    fn what_an_idle_middlebox_does_in_the_same_time_is_no_cost_of_packets() {
        let (idle, busy) = (busy_for(&[100, 100, 100]), busy_for(&[1_000_100; 5]));
        let cost = cost(&idle, &busy, &[PART; 5], 60, false).unwrap();
        assert_eq!((cost.packets, cost.lost_share, cost.idle_instructions), (Some(5000), Some(0.0), Some(500.0)));
        assert!((cost.instructions_per_packet - 1000.0).abs() < 1e-9);
        assert_eq!(cost.counted_by, Some(CountedBy::InstructionClock));
    }

    #[test]
    fn what_the_middlebox_does_of_its_own_once_or_twice_is_no_cost_of_packets() {
        let (idle, busy) =
            (busy_for(&[100, 9_000_000, 100]), busy_for(&[60_000_000, 1_000_100, 1_000_100, 700, 1_000_100]));
        let cost = cost(&idle, &busy, &[PART; 5], 60, false).unwrap();
        assert!((cost.instructions_per_packet - 1000.0).abs() < 1e-9, "{cost:?}");
    }

    #[test]
    fn packets_that_cost_less_than_nothing_are_no_figure() {
        let (idle, busy) = (busy_for(&[9_000_000; 3]), busy_for(&[1_000_000; 5]));
        assert!(
            cost(&idle, &busy, &[PART; 5], 60, false).unwrap_err().to_string().contains("while nothing went through")
        );
    }

    #[test]
    fn a_framework_that_polls_is_believed_where_it_saw_the_packets_that_came_through() {
        let read = |counted: u64, packets: u64| at(1, 1, &format!("counted {counted} {packets}\n"));
        let cost_of = |packets: u64| {
            let busy = [read(500, 5), read(500_500, 1005), read(900_500_000, 2005), read(901_000_000, packets + 5)];
            cost(&[], &busy, &[PART; 3], 60, true)
        };
        let cost = cost_of(3000).unwrap();
        assert!((cost.instructions_per_packet - 500.0).abs() < 1e-9);
        assert_eq!((cost.counted_by, cost.idle_instructions), (Some(CountedBy::BusyBursts), None));
        for packets in [2999, 3031] {
            assert!(cost_of(packets).unwrap_err().to_string().contains("counted"), "{packets}");
        }
    }

    #[test]
    fn with_more_than_can_be_borne_lost_there_is_no_figure() {
        let (idle, busy) = (busy_for(&[100; 3]), busy_for(&[1_000_000]));
        let of = |arrived| cost(&idle, &busy, &[Series { sent: 10_000, arrived }], 60, false);
        assert!(of(9_990).is_ok());
        let error = of(9_989).unwrap_err().to_string();
        assert!(error.contains("11 of 10000 packets were lost") && error.contains("hint: "), "{error}");
    }
}
