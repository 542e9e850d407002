//! What an experiment sends.
//!
//! Must not know how that is done.

use super::{Experiment, File, Measure};
use crate::generator::{Load, MAX_FLOWS};
use crate::yaml::{Diagnostic, Document};

impl Experiment {
    /// What is sent: of the protocols, where none was chosen, the one that the generator is for, or can pace.
    pub fn load(&self) -> Load {
        let generator = self.generator();
        let can = generator.tool().abilities();
        let paced = can.paces.first().filter(|_| self.measure == Measure::Ndr);
        let protocol = self.protocol.or(paced.copied()).unwrap_or(can.protocols[0]);
        Load { generator, protocol, flows: self.flows }
    }
}

pub fn flows(document: &Document<File>) -> Result<Option<u32>, Diagnostic> {
    if document.value.flows.is_none_or(|flows| (1..=MAX_FLOWS).contains(&flows)) {
        return Ok(document.value.flows);
    }
    let hint = format!("write a number from 1 to {MAX_FLOWS}");
    Err(document.at(&["flows"], "wrong value for `flows`", "no number of flows", &hint))
}
