//! Bits of frames that arrived, where those that were sent have several sizes: the sink's port counts bytes.
//!
//! Pure. Must not know how anything was read.
//!
//! The kernel's counters leave out a frame's check sequence (Linux, Documentation/networking/statistics.rst: `rx_bytes`); those of
//! some drivers have its 4 bytes in. What the generator says it sent tells the two apart: as long as sizes are lost alike, frames
//! arrive as long on average as they were sent. Where many were lost, the average of those that are left is off by chance too, so
//! that only a difference that chance does not make counts as check sequences; else what the kernel documents is believed. Taking
//! the one for the other would be an error of 4 bytes a frame, about one percent of the usual mix.

use anyhow::{Context, Result};

use crate::ceiling::{CHECK_SEQUENCE, HEADER, UDP_HEADERS};
use crate::generator::Mix;
use crate::record::{LineResult, PortCounts, Said};

/// From which share on a mix has not arrived as it was sent.
const BEARABLE: f64 = 0.01;

/// How many standard errors a difference must be off that is not taken for chance.
const SURE: f64 = 5.0;

/// Bytes of the frames of `mix` that arrived on line `line`, without their check sequences.
///
/// # Errors
/// The sink's port counts no bytes, or the generator does not say what it sent.
pub fn arrived_bytes(line: u32, mix: &Mix, ports: &PortCounts, said: &Said) -> Result<f64> {
    let counted = ports.sink_rx_bytes.zip(ports.sink_rx_packets);
    let (bytes, frames) = counted.with_context(|| format!("the sink's port of line {line} does not count bytes"))?;
    let sent = Sent::of(said).with_context(|| format!("how long the frames were on line {line} is not known"))?;
    Ok(bytes as f64 - frames as f64 * sent.beside(mix, bytes as f64 / frames as f64, frames as f64))
}

/// What a reader must know of a line on which frames of one size were lost more than those of another.
pub fn remark(mix: &Mix, line: &LineResult) -> Option<String> {
    let (bytes, frames) = (line.ports.sink_rx_bytes? as f64, line.ports.sink_rx_packets? as f64);
    let (arrived, sent) = (bytes / frames, Sent::of(&line.generator)?);
    let arrived = arrived - sent.beside(mix, arrived, frames);
    let unlike = (arrived / sent.mean - 1.0).abs() > BEARABLE;
    // A few frames of very different sizes are never quite as all that were sent.
    (unlike && (arrived - sent.mean).abs() > SURE * sent.chance(mix, frames)).then(|| {
        format!(
            "line {}: the mix of sizes did not arrive as it was sent: frames of {:.1} bytes on average were sent, and of \
             {arrived:.1} arrived",
            line.line, sent.mean
        )
    })
}

/// What the generator says it sent.
struct Sent {
    /// Bytes of a frame on average.
    mean: f64,
    frames: f64,
}

impl Sent {
    fn of(said: &Said) -> Option<Self> {
        let (bytes, frames) = (said.sent_bytes? as f64, said.sent_packets? as f64);
        (frames > 0.0).then(|| Self { mean: bytes / frames + UDP_HEADERS + HEADER, frames })
    }

    /// The standard error of the mean of `arrived` frames which chance has left of those that were sent: drawn without putting back.
    fn chance(&self, mix: &Mix, arrived: f64) -> f64 {
        mix.deviation() * (1.0 / arrived - 1.0 / self.frames).max(0.0).sqrt()
    }

    /// Bytes of a check sequence that a port's count has beside each frame: four or none.
    fn beside(&self, mix: &Mix, arrived_mean: f64, arrived: f64) -> f64 {
        let excess = arrived_mean - self.mean;
        let like_one = (excess - CHECK_SEQUENCE).abs() < CHECK_SEQUENCE / 2.0;
        if like_one && excess > SURE * self.chance(mix, arrived) { CHECK_SEQUENCE } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix() -> Mix {
        "imix".parse().unwrap()
    }

    /// A line on which a million frames of 356.52 bytes on average were sent, and those arrived.
    fn line(frames: u64, bytes: u64) -> LineResult {
        let ports = PortCounts { sink_rx_packets: Some(frames), sink_rx_bytes: Some(bytes), ..PortCounts::default() };
        let generator =
            Said { sent_packets: Some(1_000_000), sent_bytes: Some(356_520_000 - 42_000_000), ..Said::default() };
        LineResult { line: 1, ports, generator, ..LineResult::default() }
    }

    fn arrived(line: &LineResult) -> f64 {
        arrived_bytes(1, &mix(), &line.ports, &line.generator).unwrap().round()
    }

    #[test]
    fn check_sequences_that_a_driver_counts_are_left_out() {
        assert!((arrived(&line(1_000_000, 356_520_000)) - 356_520_000.0).abs() < 1.0);
        assert!((arrived(&line(1_000_000, 360_520_000)) - 356_520_000.0).abs() < 1.0);
        assert!((arrived(&line(900_000, 324_468_000)) - 320_868_000.0).abs() < 1.0);
        assert_eq!(remark(&mix(), &line(900_000, 324_468_000)), None);
    }

    #[test]
    fn what_chance_makes_of_the_few_that_are_left_is_not_taken_for_check_sequences() {
        // The standard error of 20,000 of a million is 3 bytes.
        assert!((arrived(&line(20_000, 20_000 * 360)) - 7_200_000.0).abs() < 1.0);
        assert_eq!(remark(&mix(), &line(20_000, 20_000 * 361)), None);
        assert!(remark(&mix(), &line(20_000, 20_000 * 376)).is_some());
    }

    #[test]
    fn a_mix_of_which_one_size_was_lost_more_is_told_of() {
        let told = remark(&mix(), &line(800_000, 800_000 * 380)).unwrap();
        assert!(
            told.starts_with("line 1: ") && told.contains("of 356.5 bytes on average were sent, and of 380.0 arrived"),
            "{told}"
        );
        assert!(remark(&mix(), &line(800_000, 800_000 * 340)).unwrap().contains("of 340.0 arrived"));
    }

    #[test]
    fn what_was_not_counted_is_an_error_and_no_zero() {
        let silent = LineResult { ports: PortCounts { sink_rx_bytes: None, ..line(1, 1).ports }, ..line(1, 1) };
        let error = arrived_bytes(3, &mix(), &silent.ports, &silent.generator).unwrap_err().to_string();
        assert!(error.contains("the sink's port of line 3 does not count bytes"), "{error}");
        assert!(
            arrived_bytes(3, &mix(), &line(1, 60).ports, &Said::default())
                .unwrap_err()
                .to_string()
                .contains("not known")
        );
        assert_eq!(remark(&mix(), &silent), None);
    }
}
