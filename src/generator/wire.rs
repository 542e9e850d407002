//! A generator of our own, for wires of the lab: frames go in bursts into one end of a line and are counted at the other,
//! by this process.
//!
//! A burst is sent when the one before it has arrived, so nothing is lost to a queue that was full, however slow the
//! middlebox is. Must not know what it is, nor what is measured meanwhile.

mod frame;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub use frame::{Frame, SMALLEST};

/// Frames that are sent at once: what a kernel takes from a card in one turn.
pub const BURST: u64 = 64;

/// How often it is looked whether frames arrive, while none do.
const LOOK: Duration = Duration::from_millis(50);

/// A machine that takes nothing for so long is dead.
const STUCK: Duration = Duration::from_secs(20);

/// Frames of QEMU's stream come behind their length; the longest that a reader believes.
const LONGEST: usize = 70_000;

/// In which portions frames are sent.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many portions.
    pub bursts: u64,
    /// Frames of each.
    pub burst: u64,
    /// Between the arrival of one and the next.
    pub rest: Duration,
    /// After how long without a frame the rest of a burst is lost.
    pub patience: Duration,
}

impl Pace {
    /// A frame by itself.
    pub const SINGLE: Self = Self { bursts: 1, burst: 1, rest: Duration::ZERO, patience: Duration::from_millis(500) };

    const fn frames(self) -> u64 {
        self.bursts * self.burst
    }
}

/// One end of a wire, in our hands.
#[derive(Debug)]
pub struct End {
    stream: UnixStream,
    heard: Arc<Heard>,
}

/// What has come out of a wire.
#[derive(Debug, Default)]
struct Heard {
    count: Mutex<Count>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Count {
    /// The series that is counted.
    series: u32,
    frames: u64,
    closed: bool,
}

/// What became of a series of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// Sent.
    pub sent: u64,
    /// Arrived at the other end.
    pub arrived: u64,
}

impl Series {
    /// The share that did not arrive.
    pub fn lost_share(&self) -> f64 {
        if self.sent == 0 { 0.0 } else { self.sent.saturating_sub(self.arrived) as f64 / self.sent as f64 }
    }
}

impl End {
    /// Takes an end, and listens to it from now on.
    pub fn new(stream: UnixStream) -> Result<Self> {
        stream.set_write_timeout(Some(STUCK)).context("could not use the wire")?;
        let heard = Arc::new(Heard::default());
        let (reader, to) = (stream.try_clone().context("could not use the wire")?, Arc::clone(&heard));
        // Ends when the wire is closed, by either side.
        thread::spawn(move || {
            let _ = listen(reader, &to);
            to.change(|count| count.closed = true);
        });
        Ok(Self { stream, heard })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => anyhow::anyhow!("the middlebox took no frame for {} s", STUCK.as_secs()),
            _ => anyhow::Error::new(error).context("the wire to the middlebox is gone"),
        })
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl Heard {
    fn change<T>(&self, change: impl FnOnce(&mut Count) -> T) -> T {
        let value = change(&mut self.count.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
        value
    }

    /// Begins to count frames of another series.
    fn begin(&self, series: u32) {
        self.change(|count| (count.series, count.frames) = (series, 0));
    }

    /// Returns when `frames` have arrived, or none has for `patience`; gives how many.
    ///
    /// Patience is counted in looks and not by the clock: while the whole machine stands still, frames on their way do as well.
    fn wait(&self, frames: u64, patience: Duration) -> Result<u64> {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut seen, mut left) = (count.frames, patience);
        loop {
            if count.closed {
                bail!("the middlebox has closed its wires");
            }
            if count.frames != seen {
                (seen, left) = (count.frames, patience);
            }
            if count.frames >= frames || left.is_zero() {
                return Ok(count.frames);
            }
            let look = left.min(LOOK);
            let (now, told) = self.changed.wait_timeout(count, look).unwrap_or_else(PoisonError::into_inner);
            count = now;
            if told.timed_out() {
                left -= look;
            }
        }
    }
}

/// Counts frames until the wire ends.
fn listen(mut stream: UnixStream, heard: &Heard) -> std::io::Result<()> {
    let mut buffer = vec![0; 4 * LONGEST];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let mut series = Vec::new();
        let used = split(&buffer[..filled], |frame| series.extend(frame::series_of(frame)))?;
        buffer.copy_within(used..filled, 0);
        filled -= used;
        heard.change(|count| count.frames += series.iter().filter(|of| **of == count.series).count() as u64);
    }
}

/// Gives each whole frame in `bytes` to `take`, and says how many bytes they were.
fn split<'b>(bytes: &'b [u8], mut take: impl FnMut(&'b [u8])) -> std::io::Result<usize> {
    let mut used = 0;
    while let Some((length, rest)) = bytes[used..].split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        if length > LONGEST {
            return Err(std::io::Error::new(ErrorKind::InvalidData, format!("a frame of {length} bytes")));
        }
        let Some(frame) = rest.get(..length) else { break };
        take(frame);
        used += 4 + length;
    }
    Ok(used)
}

/// Sends frames from one end to the other, each burst when the one before has arrived. Ends early when `stop` is set, and
/// when more than `bearable` of all frames is lost.
pub fn drive(
    (from, to): (&mut End, &End),
    frame: &Frame,
    pace: Pace,
    bearable: f64,
    stop: &AtomicBool,
) -> Result<Series> {
    let series = fastrand::u32(1..);
    to.heard.begin(series);
    let bytes = frame.on_the_wire(series).repeat(pace.burst as usize);
    let mut state = Series { sent: 0, arrived: 0 };
    let mut lost = 0;
    for _ in 0..pace.bursts {
        if stop.load(Ordering::Relaxed) || lost as f64 > bearable * pace.frames() as f64 {
            break;
        }
        from.send(&bytes)?;
        state.sent += pace.burst;
        // What is given up for lost is not waited for again.
        state.arrived = to.heard.wait(state.sent - lost, pace.patience)?;
        lost = state.sent.saturating_sub(state.arrived);
        thread::sleep(pace.rest);
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts(bursts: u64, burst: u64) -> Pace {
        Pace { bursts, burst, rest: Duration::ZERO, patience: Duration::from_secs(20) }
    }

    const FRAME: Frame = Frame { to: [2; 6], from: [4; 6], addresses: ([198, 18, 1, 1], [198, 18, 1, 2]), size: 60 };

    /// A middlebox that forwards frame by frame what `passes` says, by its number from 1.
    fn middlebox(passes: impl Fn(u64) -> bool + Send + 'static) -> (End, End) {
        let (near, mut input) = UnixStream::pair().unwrap();
        let (mut output, far) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            let (mut bytes, mut part, mut number) = (Vec::new(), [0; 1000], 0);
            while let Ok(read @ 1..) = input.read(&mut part) {
                bytes.extend_from_slice(&part[..read]);
                let mut forwarded = Vec::new();
                let used = split(&bytes, |frame| {
                    number += 1;
                    if passes(number) {
                        forwarded.extend((frame.len() as u32).to_be_bytes());
                        forwarded.extend(frame);
                    }
                });
                bytes.drain(..used.unwrap());
                if output.write_all(&forwarded).is_err() {
                    return;
                }
            }
        });
        (End::new(near).unwrap(), End::new(far).unwrap())
    }

    /// Ten bursts, of which the rest is given up after so many looks.
    fn driven(passes: impl Fn(u64) -> bool + Send + 'static, bearable: f64, looks: u32) -> Series {
        let (mut near, far) = middlebox(passes);
        let pace = Pace { patience: looks * LOOK, ..bursts(10, 64) };
        drive((&mut near, &far), &FRAME, pace, bearable, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn what_is_forwarded_is_counted_and_what_is_not_is_lost() {
        assert_eq!(driven(|_| true, 0.0, 400), Series { sent: 640, arrived: 640 });
        let series = driven(|number| number != 100, 0.01, 20);
        assert_eq!(series, Series { sent: 640, arrived: 639 });
        assert!((series.lost_share() - 1.0 / 640.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_that_loses_more_than_can_be_borne_is_not_waited_for() {
        let series = driven(|number| number > 64, 0.05, 2);
        assert_eq!(series.sent, 64);
        assert!((series.lost_share() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn frames_of_others_and_of_earlier_series_are_not_counted() {
        let (mut near, far) = middlebox(|_| true);
        let stop = AtomicBool::new(false);
        drive((&mut near, &far), &FRAME, bursts(1, 64), 0.0, &stop).unwrap();
        let mut foreign = FRAME.on_the_wire(7);
        foreign.extend([0, 0, 0, 14]);
        foreign.extend([9; 14]);
        near.send(&foreign).unwrap();
        assert_eq!(drive((&mut near, &far), &FRAME, bursts(1, 3), 0.0, &stop).unwrap(), Series { sent: 3, arrived: 3 });
    }

    #[test]
    fn a_middlebox_that_is_gone_and_a_wish_to_stop_end_it() {
        let (mut near, far) = middlebox(|_| true);
        let stopped = drive((&mut near, &far), &FRAME, bursts(10, 64), 0.0, &AtomicBool::new(true)).unwrap();
        assert_eq!(stopped.sent, 0);
        let (near, _) = UnixStream::pair().unwrap();
        let (far, gone) = UnixStream::pair().unwrap();
        drop(gone);
        let mut near = End::new(near).unwrap();
        let error = drive((&mut near, &End::new(far).unwrap()), &FRAME, bursts(1, 1), 0.0, &AtomicBool::new(false));
        assert!(error.is_err());
    }

    #[test]
    fn a_stream_is_split_where_its_lengths_say_and_an_absurd_one_ends_it() {
        let mut frames = Vec::new();
        let bytes = [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 3, 1];
        assert_eq!(split(&bytes, |frame| frames.push(frame)).unwrap(), 10);
        assert_eq!(frames, [&[7, 8][..], &[]]);
        assert!(split(&[255; 8], |_| {}).is_err());
    }
}
