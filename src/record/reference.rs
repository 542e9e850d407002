//! The paper's own figures, as recorded runs that ship inside the program.
//!
//! The files are `results/reference/*.json`. Must not know what they are compared with.

use super::Run;

const FILES: [(&str, &str); 2] = [
    ("figure3", include_str!("../../results/reference/figure3.json")),
    ("figure5", include_str!("../../results/reference/figure5.json")),
];

/// A reference that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no reference is named `{name}`\nhint: the references are `figure3` and `figure5`")]
pub struct UnknownReference {
    name: String,
}

/// The reference named `figure3` or `figure5`.
///
/// # Panics
/// Never: a test reads every file that ships.
pub fn named(name: &str) -> Result<Run, UnknownReference> {
    let (_, text) =
        FILES.iter().find(|(known, _)| *known == name).ok_or_else(|| UnknownReference { name: name.to_owned() })?;
    Ok(serde_json::from_str(text).expect("the shipped references are read by a test"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{SCHEMA, Status};

    #[test]
    fn every_reference_is_a_run_of_this_schema_with_published_figures_of_real_hosts() {
        for (name, _) in FILES {
            let run = named(name).unwrap();
            assert_eq!((run.id.as_str(), run.schema), (name, SCHEMA));
            assert!(!run.emulated && run.published.is_some(), "{name}");
        }
    }

    #[test]
    fn figure_3_holds_the_papers_ten_numbers_and_two_asterisks() {
        let run = named("figure3").unwrap();
        let gbps = |framework: &str| -> Vec<Option<f64>> {
            let of = run.trials.iter().filter(|t| t.framework == framework);
            of.map(|t| t.throughput_bps.map(|bps| bps / 1e9)).collect()
        };
        let netslice = [9.2617, 17.6279, 27.9451, 31.8142].map(Some);
        assert_eq!(gbps("netmap"), [Some(9.91), Some(19.76), Some(29.68), None]);
        assert_eq!(gbps("netslice"), netslice);
        assert_eq!(gbps("dpdk"), [Some(9.91), Some(19.76), Some(29.336_388_14), None]);
        let failed = run.trials.iter().filter(|t| t.status == Status::Failed);
        assert!(failed.clone().all(|t| t.reason.is_some() && t.lines == 4));
        assert_eq!(failed.count(), 2);
    }

    #[test]
    fn figure_5_holds_the_batched_netslice() {
        let run = named("figure5").unwrap();
        let bps: Vec<_> = run.trials.iter().map(|t| t.throughput_bps).collect();
        assert_eq!(bps, [9.195e9, 17.922e9, 27.926e9, 32.204e9].map(Some));
        assert!(run.trials.iter().all(|t| !t.params.is_empty()));
    }

    #[test]
    fn a_reference_that_does_not_exist_is_quoted_and_the_others_are_named() {
        let error = named("figure4").unwrap_err().to_string();
        assert!(error.contains("`figure4`") && error.contains("`figure5`"));
    }
}
