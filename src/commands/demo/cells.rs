//! The cells that a demo chooses from: every framework, on every number of lines, with every size of frames.
//!
//! Must not touch a host.

use anyhow::{Result, bail};

use super::Options;
use crate::commands::run::matrix;
use crate::demo::choice::{At, Choice};
use crate::generator::{Frames, Protocol};
use crate::plan::Cell;
use crate::profile::experiment::Experiment;

/// Sizes that there are to choose from, where the generator can send any: what RFC 2544 calls 64, a middle one, and the longest.
const SIZES: [u32; 3] = [60, 512, 1514];

/// Cells in the order of frameworks, lines, sizes.
#[derive(Debug)]
pub struct Cells {
    /// What is sent, and for how long.
    pub experiment: Experiment,
    all: Vec<Cell>,
    most_lines: usize,
    frames: usize,
}

impl Cells {
    /// Those of `options`.
    ///
    /// # Errors
    /// There is no such framework, number of lines, or size.
    pub fn of(options: &Options) -> Result<Self> {
        let most_lines = options.testbed.lines.len();
        if !(1..=most_lines).contains(&options.lines) {
            bail!(
                "the testbed `{}` has {most_lines} lines, not {}\nhint: write --lines with a number from 1 to {most_lines}",
                options.testbed.name,
                options.lines
            );
        }
        let mut frame_sizes = Vec::new();
        for frames in sizes(options) {
            // Cells that are alike could not be told apart.
            if !frame_sizes.contains(&frames) {
                frame_sizes.push(frames);
            }
        }
        let experiment = Experiment {
            frameworks: options.frameworks.clone(),
            lines: (1..=most_lines).collect(),
            duration_s: options.duration_s,
            generator: Some(options.generator),
            protocol: protocol(options),
            frame_sizes,
            ..Experiment::default()
        };
        let all = matrix::cells(&options.testbed, &experiment)?;
        let frames = experiment.frame_sizes.len().max(1);
        Ok(Self { experiment, all, most_lines, frames })
    }

    /// All of them.
    pub fn all(&self) -> &[Cell] {
        &self.all
    }

    /// What is chosen from them.
    pub fn choice(&self, lines: usize) -> Choice {
        Choice::new(self.frameworks(), lines, self.most_lines, self.frames)
    }

    fn frameworks(&self) -> usize {
        self.all.len() / (self.most_lines * self.frames)
    }

    /// The number of the one that was chosen.
    pub const fn index(&self, at: At) -> usize {
        (at.framework * self.most_lines + at.lines - 1) * self.frames + at.frames
    }

    /// The one that each framework begins with, on so many lines.
    pub fn first_of_each(&self, lines: usize) -> impl Iterator<Item = &Cell> {
        (0..self.frameworks()).map(move |framework| &self.all[self.index(At { framework, lines, frames: 0 })])
    }
}

fn sizes(options: &Options) -> Vec<Frames> {
    let longest = options.testbed.mtu + 14;
    // Nobody changes the size of what a TCP sends; a generator that sends raw frames sends any.
    if !options.frame_sizes.is_empty() || options.generator.tool().abilities().frame_size.is_none() {
        return options.frame_sizes.clone();
    }
    SIZES.into_iter().map(|size| Frames::Size(size.min(longest))).collect()
}

/// What can be sent in frames of a chosen size; else what the generator sends by itself.
fn protocol(options: &Options) -> Option<Protocol> {
    let sized = options.generator.tool().abilities().sized;
    if options.frame_sizes.is_empty() { None } else { sized.first().copied() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::demo::sample;
    use crate::generator::Generator;

    fn cells(generator: Generator, frameworks: &[&str]) -> Cells {
        let frameworks = frameworks.iter().map(|name| (*name).to_owned()).collect();
        Cells::of(&Options { frameworks, generator, ..sample::options() }).unwrap()
    }

    #[test]
    fn every_choice_is_the_cell_that_it_says() {
        let cells = cells(Generator::Pktgen, &["bridge", "netslice"]);
        assert_eq!(cells.all().len(), 2 * 4 * 3);
        for (framework, name) in ["bridge", "netslice"].into_iter().enumerate() {
            for lines in 1..=4 {
                for (frames, size) in SIZES.into_iter().enumerate() {
                    let cell = &cells.all()[cells.index(At { framework, lines, frames })];
                    let found = (cell.profile.name.as_str(), cell.lines, &cell.frame_size);
                    assert_eq!(found, (name, lines, &Some(Frames::Size(size))));
                }
            }
        }
        let names: Vec<_> = cells.first_of_each(2).map(Cell::title).collect();
        assert_eq!(names.len(), 2);
    }

    #[test]
    fn tcp_is_sent_in_frames_of_its_own() {
        let cells = cells(Generator::Netperf, &["bridge"]);
        assert_eq!((cells.all().len(), &cells.all()[0].frame_size), (4, &None));
        let sized = Options { frame_sizes: vec![Frames::Size(512), Frames::Size(512)], ..sample::options() };
        let cells = Cells::of(&sized).unwrap();
        assert_eq!(cells.all().len(), 4 * cells.frameworks());
        assert_eq!(cells.experiment.load().protocol, Protocol::Udp);
    }

    #[test]
    fn lines_that_are_not_there_are_refused_with_those_that_are() {
        for lines in [0, 5] {
            let error = Cells::of(&Options { lines, ..sample::options() }).unwrap_err().to_string();
            assert!(error.contains("has 4 lines") && error.contains("hint: "), "{error}");
        }
    }
}
