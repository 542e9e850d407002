//! What could bound a figure beside the framework, as it is recorded. `ceiling` has the formulas.
//!
//! What is not known is `null`: a virtual card has no speed, and print names none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ceilings of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Ceilings {
    /// Bits a second on the wire of one line, of the slowest where they differ.
    pub line_rate_bps: Option<f64>,
    /// Who says so: `ports`, or `testbed file`.
    pub line_rate_from: Option<String>,
    /// What the figures count: `payload of TCP`.
    pub counted: Option<String>,
    /// What of the line rate that comes to, with full frames at the run's MTU.
    pub payload_bps: Option<f64>,
    /// The same counted in IP packets.
    pub ip_bps: Option<f64>,
    /// The same counted in frames without their check sequence, as ports count them.
    pub frame_bps: Option<f64>,
    /// The PCI Express links between the test ports and the CPUs, where the host tells.
    pub slots: Vec<SlotCeiling>,
    /// What source and sink do without the middlebox's forwarding, where that was measured.
    pub calibrations: Vec<Calibration>,
}

/// One PCI Express link with test ports behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlotCeiling {
    /// `source`, `middlebox` or `sink`.
    pub host: String,
    /// The device whose link it is, without its function: `0000:3b:00`.
    pub slot: String,
    /// Transfers a second and lane, in billions.
    pub gigatransfers: f64,
    /// Lanes.
    pub width: u32,
    /// Bits a second in each direction, line coding subtracted.
    pub bps: f64,
    /// An estimate of what of that packets can have.
    pub usable_bps: f64,
    /// Lines whose traffic comes into the host here.
    pub lines_in: Vec<u32>,
    /// Lines whose traffic leaves the host here.
    pub lines_out: Vec<u32>,
}

/// What source and sink did without the middlebox's forwarding, on so many lines at once. `null` where that could not be
/// measured; `reason` says why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Calibration {
    /// Lines that carried traffic.
    pub lines: u32,
    /// From the source to a receiver on the middlebox: what source, first cable and the middlebox's own receiving do.
    pub source_to_middlebox_bps: Option<f64>,
    /// From a sender on the middlebox to the sink: what the middlebox's own sending, second cable and sink do.
    pub middlebox_to_sink_bps: Option<f64>,
    /// From the source to itself, without a port: what the generator does at most.
    pub source_alone_bps: Option<f64>,
    /// Why one of them is not known.
    pub reason: Option<String>,
}

impl Calibration {
    /// What no middlebox could better: the smaller of the two halves of the way.
    pub fn bound_bps(&self) -> Option<f64> {
        Some(self.source_to_middlebox_bps?.min(self.middlebox_to_sink_bps?))
    }
}
