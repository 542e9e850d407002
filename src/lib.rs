//! nsbench: which packet-processing framework should this machine run, how fast is it really, and
//! what holds it back?
//!
//! The data goes one way: cli -> plan -> execute on hosts -> measure -> record -> report. The modules
//! below stand in that order; ARCHITECTURE.md is the map.

pub mod cli;
pub mod commands;
pub mod compare;
pub mod host;
pub mod record;
pub mod report;
pub mod role;
pub mod testbed;
pub mod units;
