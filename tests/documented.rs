//! Every command that a help text or a document shows is one that works: what needs no host is run as it is printed, in a
//! directory with recorded runs; of a run the plan is made (`--dry-run`); what needs hosts is parsed. What documents point at
//! is there, and what they quote of the program is what it says.

#[path = "documented/commands.rs"]
mod commands;
#[path = "documented/errors.rs"]
mod errors;
#[path = "documented/place.rs"]
mod place;
#[path = "documented/pointers.rs"]
mod pointers;
#[path = "documented/shown.rs"]
mod shown;
#[path = "documented/texts.rs"]
mod texts;
