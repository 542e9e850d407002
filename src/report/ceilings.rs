//! What could bound a run's figures beside the framework, a line each. Must not judge a figure.

use std::fmt::Write as _;

use crate::ceiling::Layer;
use crate::record::{Calibration, Ceilings, SlotCeiling};
use crate::units::BitsPerSecond;

/// Sentences for the head of a run; none where nothing is known.
pub fn sentences(ceilings: &Ceilings) -> String {
    let mut text = String::new();
    if let Some(rate) = ceilings.line_rate_bps {
        let from = ceilings.line_rate_from.as_ref().map_or(String::new(), |from| format!(" (by the {from})"));
        let _ = write!(text, "a line has {}{from}", BitsPerSecond(rate));
        let frames = ceilings.counted.as_deref() == Some(Layer::Frame.name());
        let layers = [
            (ceilings.frame_bps.filter(|_| frames), "frames"),
            (ceilings.payload_bps.filter(|_| !frames), ceilings.counted.as_deref().unwrap_or("payload")),
            (ceilings.ip_bps, "IP packets"),
            (ceilings.frame_bps.filter(|_| !frames), "frames"),
        ];
        let known = layers.into_iter().filter_map(|(bps, what)| Some(format!("{} of {what}", BitsPerSecond(bps?))));
        let known: Vec<_> = known.collect();
        match known.split_last() {
            None => {}
            Some((last, [])) => {
                let _ = write!(text, ": {last}");
            }
            Some((last, rest)) => {
                let _ = write!(text, ": {} or {last}; rates below are the first", rest.join(", "));
            }
        }
        text.push('\n');
    }
    text.extend(ceilings.slots.iter().map(slot));
    text.extend(ceilings.calibrations.iter().map(calibration));
    text
}

fn slot(slot: &SlotCeiling) -> String {
    let lines = |lines: &[u32]| lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let used = [("in", &slot.lines_in), ("out", &slot.lines_out)].into_iter().filter(|(_, lines)| !lines.is_empty());
    let used: Vec<_> = used.map(|(way, numbers)| format!("lines {} {way}", lines(numbers))).collect();
    format!(
        "slot {} of the {}: {} GT/s x{}, {} each way, of which packets have about {}; {}\n",
        slot.slot,
        slot.host,
        slot.gigatransfers,
        slot.width,
        BitsPerSecond(slot.bps),
        BitsPerSecond(slot.usable_bps),
        used.join(", ")
    )
}

fn calibration(calibration: &Calibration) -> String {
    let plural = if calibration.lines == 1 { "" } else { "s" };
    let parts = [
        ("source to middlebox", calibration.source_to_middlebox_bps),
        ("middlebox to sink", calibration.middlebox_to_sink_bps),
        ("source to itself", calibration.source_alone_bps),
    ];
    let shown = |(way, bps): (&str, Option<f64>)| {
        let bps = bps.map_or_else(|| "not known".to_owned(), |bps| BitsPerSecond(bps).to_string());
        format!("{way} {bps}")
    };
    let why = calibration.reason.as_ref().map_or(String::new(), |why| format!(" ({why})"));
    format!("without forwarding, {} line{plural}: {}{why}\n", calibration.lines, parts.map(shown).join(", "))
}
