//! nsbench: which packet-processing framework should this machine run, how fast is it really, and
//! what holds it back?
//!
//! The data goes one way: cli -> plan -> execute on hosts -> measure -> record -> report. The modules
//! below stand in that order; ARCHITECTURE.md is the map.

pub mod brought;
pub mod ceiling;
pub mod cli;
pub mod commands;
pub mod compare;
mod demo;
#[cfg(test)]
mod executable;
pub mod execute;
#[cfg(test)]
mod fuzzing;
pub mod generator;
pub mod growth;
pub mod host;
pub mod interrupt;
pub mod lab;
pub mod measure;
pub mod output;
pub mod plan;
pub mod poll;
pub mod profile;
pub mod programs;
pub mod progress;
pub mod record;
pub mod recovery;
pub mod report;
pub mod role;
pub mod schema;
pub mod sources;
pub mod testbed;
pub mod units;
pub mod yaml;
