//! The built program as a user meets it: exact standard output, standard error and exit status, without any host.

#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/dry_run.rs"]
mod dry_run;
#[path = "cli/experiments.rs"]
mod experiments;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/manual.rs"]
mod manual;
#[path = "cli/middleboxes.rs"]
mod middleboxes;
#[path = "cli/nothing_there.rs"]
mod nothing_there;
#[path = "cli/profile.rs"]
mod profile;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/soak.rs"]
mod soak;
#[path = "cli/speech.rs"]
mod speech;
#[path = "cli/topology.rs"]
mod topology;
#[path = "cli/unmeasurable.rs"]
mod unmeasurable;
