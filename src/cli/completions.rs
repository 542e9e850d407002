//! Scripts by which a shell completes the command line. Must not know where a shell looks for them.

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::profile::experiment::Experiment;
use crate::profile::{ALL, Profile};
use crate::testbed::Testbed;

/// The script for `shell`.
pub(super) fn script(command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut with_names(command, shell), "nsbench", &mut script);
    String::from_utf8(script).expect("commands and shells are spelled in UTF-8")
}

/// With the names that may stand where a path may as well. bash falls back on files where no name fits; of the other shells
/// only what mostly is a name is told.
fn with_names(mut command: Command, shell: Shell) -> Command {
    let mut frameworks = Profile::names();
    frameworks.push(ALL);
    let paths = shell == Shell::Bash;
    let names = [
        ("framework", frameworks, true),
        ("experiment", Experiment::names(), paths),
        ("testbed", Testbed::shipped_texts().map(|(name, _)| name).collect(), paths),
    ];
    for (argument, names, wanted) in names {
        if wanted {
            command = name_values(command, argument, &names);
        }
    }
    command
}

/// Where this command or one below it has the argument, it takes these values.
fn name_values(command: Command, argument: &str, names: &[&'static str]) -> Command {
    let below: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    let command = below
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |below| name_values(below, argument, names)));
    if command.get_arguments().all(|known| known.get_id() != argument) {
        return command;
    }
    command.mut_arg(argument, |known| known.value_parser(PossibleValuesParser::new(names.to_vec())))
}
