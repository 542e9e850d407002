//! `nsbench report`: a page of recorded runs. Must not touch a host.

mod file;
mod watched;

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::compare::Compared;
use super::{Outcome, Printout, compare};
use crate::output;
use crate::record::Run;
use crate::record::store::Store;
use crate::report::figure::cpu::Watch;
use crate::report::figure::png::png;
use crate::report::figure::soak::Told;
use crate::report::figure::{self, Figure};
use crate::report::page::{self, Material};

/// What `nsbench report` was asked.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is set side by side in it.
    pub compared: compare::Options,
    /// What to write.
    pub format: Format,
    /// Which figure, of a single one.
    pub figure: Option<String>,
    /// Where to; `-` is standard output.
    pub output: PathBuf,
    /// Replace a file that is no report.
    pub force: bool,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page.
    Html,
    /// One figure, to scale as one likes.
    Svg,
    /// One figure, in pixels.
    Png,
}

/// Writes the report.
pub fn run(options: &Options) -> Result<Printout> {
    if options.format == Format::Html && options.figure.is_some() {
        bail!("`--figure` is for a single figure\nhint: add `--format svg` or `--format png`");
    }
    let mut compared = compare::compare(&options.compared)?;
    let directory = directories(options);
    let (watches, problems) = watched::read(&compared.runs, &directory);
    compared.warnings.extend(problems);
    let (soaks, problems) = watched::soaks(&compared.soaks, &directory);
    compared.warnings.extend(problems);
    let contents = match options.format {
        Format::Html => page(&compared, &soaks, &watches).into_bytes(),
        Format::Svg => figure::standalone(&single(options, &compared, &soaks, &watches)?).into_bytes(),
        Format::Png => png(&single(options, &compared, &soaks, &watches)?)?,
    };
    let to_stdout = options.output.as_os_str() == "-";
    if to_stdout {
        output::bytes(&contents)?;
    } else {
        file::write(&options.output, &contents, options.force)?;
    }
    Ok(Printout {
        stdout: if to_stdout { String::new() } else { format!("{}\n", options.output.display()) },
        warnings: compared.warnings,
        outcome: Outcome::Good,
    })
}

/// Where the records are, with the series beside them: of a run that was named where its name says, of any other in the
/// results.
fn directories(options: &Options) -> impl Fn(&Run) -> PathBuf {
    let store = Store::new(&options.compared.results);
    let places: Vec<PathBuf> = options.compared.runs.iter().filter_map(|name| store.directory(name).ok()).collect();
    move |run: &Run| {
        let named = places.iter().find(|place| place.file_name().is_some_and(|name| name == run.id.as_str()));
        named.cloned().unwrap_or_else(|| store.root().join(&run.id))
    }
}

fn page(compared: &Compared, soaks: &[Told<'_>], watches: &[Watch]) -> String {
    page::render(&Material {
        runs: &compared.runs,
        references: &compared.references,
        soaks,
        comparison: &compared.comparison,
        watches,
        remarks: &compared.warnings,
    })
}

/// The figure that is meant; where there are several its name has to be said.
fn single(options: &Options, compared: &Compared, soaks: &[Told<'_>], watches: &[Watch]) -> Result<Figure> {
    let mut all = figure::all(&compared.comparison, &compared.runs, soaks, watches);
    let names: Vec<_> = all.iter().map(|figure| format!("`{}` ({})", figure.name, figure.title)).collect();
    let names = names.join(", ");
    match &options.figure {
        _ if all.is_empty() => bail!("there is nothing to draw in these runs\nhint: nsbench results list"),
        None if all.len() == 1 => Ok(all.remove(0)),
        None => bail!("there are several figures: {names}\nhint: choose one, like `--figure {}`", all[0].name),
        Some(name) => match all.into_iter().find(|figure| figure.name == *name) {
            Some(figure) => Ok(figure),
            None => bail!("there is no figure `{name}` of these runs\nhint: there are {names}"),
        },
    }
}
