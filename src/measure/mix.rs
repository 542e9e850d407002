//! Bits of frames that arrived, where those that were sent have several sizes: the sink's port counts bytes.
//!
//! Pure. Must not know how anything was read.
//!
//! The kernel's counters leave out a frame's check sequence; those of some drivers have its 4 bytes in. What the generator says
//! it sent tells the two apart: as long as sizes are lost alike, frames arrive as long on average as they were sent. Were they
//! not, taking the one for the other would be an error of 4 bytes a frame, about one percent of the usual mix.

use anyhow::{Context, Result};

use crate::ceiling::{CHECK_SEQUENCE, HEADER, UDP_HEADERS};
use crate::record::{LineResult, PortCounts, Said};

/// From which share on a mix has not arrived as it was sent.
const BEARABLE: f64 = 0.01;

/// Bytes of the frames that arrived on line `line`, without their check sequences.
///
/// # Errors
/// The sink's port counts no bytes, or the generator does not say what it sent.
pub fn arrived_bytes(line: u32, ports: &PortCounts, said: &Said) -> Result<f64> {
    let counted = ports.sink_rx_bytes.zip(ports.sink_rx_packets);
    let (bytes, frames) = counted.with_context(|| format!("the sink's port of line {line} does not count bytes"))?;
    let sent = sent_mean(said).with_context(|| format!("how long the frames were on line {line} is not known"))?;
    Ok(bytes as f64 - frames as f64 * beside(bytes as f64 / frames as f64, sent))
}

/// What a reader must know of a line on which frames of one size were lost more than those of another.
pub fn remark(line: &LineResult) -> Option<String> {
    let (bytes, frames) = (line.ports.sink_rx_bytes? as f64, line.ports.sink_rx_packets? as f64);
    let (arrived, sent) = (bytes / frames, sent_mean(&line.generator)?);
    let arrived = arrived - beside(arrived, sent);
    ((arrived / sent - 1.0).abs() > BEARABLE).then(|| {
        format!(
            "line {}: the mix of sizes did not arrive as it was sent: frames of {sent:.0} bytes on average were sent, and of \
             {arrived:.0} arrived",
            line.line
        )
    })
}

/// Bytes of a frame, on average, by what the generator says of its payload.
fn sent_mean(said: &Said) -> Option<f64> {
    let (bytes, packets) = (said.sent_bytes? as f64, said.sent_packets? as f64);
    (packets > 0.0).then(|| bytes / packets + UDP_HEADERS + HEADER)
}

/// Bytes of a check sequence that a port's count has beside each frame: four or none.
fn beside(arrived_mean: f64, sent_mean: f64) -> f64 {
    if arrived_mean - sent_mean > CHECK_SEQUENCE / 2.0 { CHECK_SEQUENCE } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line on which 1000 frames of 356.52 bytes on average were sent, and those arrived.
    fn line(frames: u64, bytes: u64) -> LineResult {
        let ports = PortCounts { sink_rx_packets: Some(frames), sink_rx_bytes: Some(bytes), ..PortCounts::default() };
        let generator = Said { sent_packets: Some(1000), sent_bytes: Some(356_520 - 42_000), ..Said::default() };
        LineResult { line: 1, ports, generator, ..LineResult::default() }
    }

    fn arrived(line: &LineResult) -> f64 {
        arrived_bytes(1, &line.ports, &line.generator).unwrap().round()
    }

    #[test]
    fn check_sequences_that_a_driver_counts_are_left_out() {
        assert!((arrived(&line(1000, 356_520)) - 356_520.0).abs() < 1.0);
        assert!((arrived(&line(1000, 360_520)) - 356_520.0).abs() < 1.0);
        assert!((arrived(&line(500, 180_260)) - 178_260.0).abs() < 1.0);
        assert_eq!(remark(&line(500, 180_260)), None);
    }

    #[test]
    fn a_mix_of_which_one_size_was_lost_more_is_told_of() {
        let told = remark(&line(800, 800 * 380)).unwrap();
        assert!(
            told.starts_with("line 1: ") && told.contains("of 357 bytes on average were sent, and of 376 arrived"),
            "{told}"
        );
        assert!(remark(&line(800, 800 * 340)).unwrap().contains("of 340 arrived"));
    }

    #[test]
    fn what_was_not_counted_is_an_error_and_no_zero() {
        let silent = LineResult { ports: PortCounts { sink_rx_bytes: None, ..line(1, 1).ports }, ..line(1, 1) };
        let error = arrived_bytes(3, &silent.ports, &silent.generator).unwrap_err().to_string();
        assert!(error.contains("the sink's port of line 3 does not count bytes"), "{error}");
        assert!(arrived_bytes(3, &line(1, 60).ports, &Said::default()).unwrap_err().to_string().contains("not known"));
        assert_eq!(remark(&silent), None);
    }
}
