//! Commands of `nsbench topology`, in the words of the command line.

use anyhow::Result;
use clap::Subcommand;

use super::discover::{self, DiscoverArguments};
use super::import::ImportArguments;
use super::values::RunFormat;
use super::{MiddleboxArgument, TestbedArgument, block_on};
use crate::commands::topology::CheckOptions;
use crate::commands::{self, Outcome};

#[derive(Debug, Subcommand)]
pub enum TopologyCommand {
    /// Draw the testbed with what its hosts say of speeds, drivers, NUMA nodes and links, and which CPUs work for which line
    ///
    /// All hosts are asked at the same time, for a few seconds. Of one that does not answer the drawing has what the file
    /// says; a lab that is not up stays down.
    Show {
        #[command(flatten)]
        testbed: TestbedArgument,
        #[command(flatten)]
        middlebox: MiddleboxArgument,
        /// Ask no host: draw the file alone
        #[arg(long)]
        offline: bool,
        /// How to print
        #[arg(long, default_value = "text")]
        format: RunFormat,
    },
    /// Find out which port is wired to which, and print a testbed file
    ///
    /// A small frame goes out of every port ten times a second for a few seconds, and every port listens. Ports that were down
    /// are up meanwhile. Ports that carry the ssh connection or the default route, and members of bridges and bonds, are left
    /// alone. What is in no line stands as a comment at the end: ports without a carrier, cables that lead elsewhere.
    Discover(DiscoverArguments),
    /// Ask the hosts whether a run could work, and send a frame down every cable to see where it goes
    Check {
        #[command(flatten)]
        testbed: TestbedArgument,
        #[command(flatten)]
        middlebox: MiddleboxArgument,
        /// Leave the cables alone
        #[arg(long)]
        no_wiring: bool,
        /// Exit with status 1 where there are warnings
        #[arg(long)]
        strict: bool,
        /// Change the settings that mislead and can be changed back; `nsbench restore` changes them back
        ///
        /// The CPUs' governor, turbo and deep idle states, pause frames, where interrupts of the source and the sink come to, irqbalance
        /// and `kernel.kptr_restrict`, as the check names them.
        /// The hosts are nobody's afterwards: runs can be made, which leave these settings as they find them.
        #[arg(long)]
        fix: bool,
        /// How to print
        #[arg(long, default_value = "text")]
        format: RunFormat,
    },
    /// Print a testbed file made out of an Ansible inventory, an RSpec manifest (GENI, `CloudLab`) or the graph of a FABRIC slice
    ///
    /// Lines are the links of a manifest or the networks of a slice: the first between source and middlebox with the first between
    /// middlebox and sink, and so on. An inventory has no links: --line says where cables go. Keys and jump hosts of an
    /// inventory, for which a testbed file has no place, stand in a comment as lines for ssh's configuration.
    #[expect(clippy::doc_markdown, reason = "help shows the text as it is")]
    Import(ImportArguments),
}

/// Does what the command says.
pub fn run(command: TopologyCommand) -> Result<Outcome> {
    match command {
        TopologyCommand::Show { testbed, middlebox, offline, format } => {
            block_on(commands::topology::show(&middlebox.of(&testbed.load()?)?, offline, format.is_json()))
        }
        TopologyCommand::Discover(arguments) => block_on(commands::discover::run(&discover::options(arguments)?)),
        TopologyCommand::Check { testbed, middlebox, no_wiring, strict, fix, format } => {
            let rack = middlebox.of(&testbed.load()?)?;
            let options = CheckOptions { wiring: !no_wiring, strict, fix };
            block_on(commands::topology::check(&rack, options, format.is_json()))
        }
        TopologyCommand::Import(arguments) => {
            super::print(commands::topology::import(&arguments.file, &arguments.choices()))
        }
    }
}
