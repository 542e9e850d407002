//! `nsbench schema`: a JSON Schema, for editors.

use anyhow::Result;

use super::Outcome;
use crate::output;
use crate::schema::Kind;

/// Prints the schema of this kind of file.
pub fn run(kind: Kind) -> Result<Outcome> {
    output::result(&kind.text())?;
    Ok(Outcome::Good)
}
