//! Whether a recorded run can be gone on with, here and now. Its figures must stay comparable with the new ones.
//!
//! Must not touch a host.

use anyhow::{Context, Result, bail};

use super::Options;
use crate::generator::{Frames, Generator, Protocol};
use crate::host::shell::quote;
use crate::lab::counted;
use crate::profile::experiment::repeats::{Repeats, Wish};
use crate::profile::experiment::{Experiment, Measure, Rate};
use crate::record::store::RunDirectory;
use crate::record::{self, Run};
use crate::role::Role;
use crate::testbed::Testbed;

/// The command that goes on with a run.
pub fn command(options: &Options, dir: &RunDirectory) -> String {
    let path = dir.path();
    let id = path.file_name().filter(|_| path.parent().is_some_and(|root| root.as_os_str() == "results"));
    let run = id.map_or_else(|| path.display().to_string(), |id| id.display().to_string());
    let testbed = options.testbed_argument.as_ref().map_or(String::new(), |name| format!(" -t {}", quote(name)));
    format!("nsbench run --resume {}{testbed}", quote(&run))
}

/// What was asked of a run.
pub fn asked(run: &Run) -> Result<&record::Experiment> {
    let id = &run.id;
    let Some(asked) = &run.experiment else {
        bail!(
            "the record of `{id}` does not say what was asked, as one of a demo, a soak, or an older nsbench\n\
             hint: begin a new run; `nsbench compare` sets several runs side by side"
        );
    };
    if let Some(version) = run.nsbench_version.as_deref().filter(|version| *version != env!("CARGO_PKG_VERSION")) {
        bail!(
            "`{id}` was begun by nsbench {version}, this is {}\nhint: go on with the nsbench that began it, or begin a \
             new run",
            env!("CARGO_PKG_VERSION")
        );
    }
    Ok(asked)
}

/// The experiment of a record.
pub fn experiment(asked: &record::Experiment) -> Result<Experiment> {
    let protocols = [Protocol::Tcp, Protocol::Udp];
    let protocol = protocols.into_iter().find(|protocol| protocol.name() == asked.protocol);
    let generator = Generator::ALL.into_iter().find(|generator| generator.name() == asked.generator);
    let measure = Measure::ALL.into_iter().find(|measure| measure.name() == asked.measure);
    let sizes = asked.frame_sizes.iter().copied().map(Frames::Size);
    Ok(Experiment {
        name: asked.name.clone(),
        summary: String::new(),
        frameworks: asked.frameworks.clone(),
        lines: asked.lines.iter().map(|lines| *lines as usize).collect(),
        repeats: Wish {
            trials: Some(asked.trials),
            precision_percent: asked.precision_percent,
            max_trials: asked.max_trials,
        },
        duration_s: asked.duration_s,
        around_s: [asked.warmup_s, asked.cooldown_s],
        generator: Some(generator.with_context(|| format!("there is no generator `{}`", asked.generator))?),
        protocol: Some(protocol.with_context(|| format!("there is no protocol `{}`", asked.protocol))?),
        flows: asked.flows,
        set: asked.set.clone().into_iter().collect(),
        sets: asked.sets.iter().map(|group| group.clone().into_iter().collect()).collect(),
        measure: measure.with_context(|| format!("there is no measure `{}`", asked.measure))?,
        frame_sizes: sizes.chain(asked.frame_mixes.iter().cloned().map(Frames::Mix)).collect(),
        rate: asked.rate.as_ref().map_or_else(Rate::default, |rate| Rate {
            loss_percent: rate.loss_percent.clone(),
            search: rate.search,
            width_percent: Some(rate.width_percent),
        }),
        shuffle: asked.shuffle,
    })
}

/// How often the cells of a record are to be measured, as its beginning settled it.
pub fn repeats(asked: &record::Experiment) -> Repeats {
    let most = asked.max_trials.filter(|_| asked.precision_percent.is_some());
    Repeats {
        least: asked.trials,
        most: most.unwrap_or(0).max(asked.trials),
        precision_percent: asked.precision_percent,
    }
}

/// Refuses another testbed than the one that the run was begun on.
pub fn same_testbed(run: &Run, asked: &record::Experiment, testbed: &Testbed) -> Result<()> {
    let unknown = || "not recorded".to_owned();
    let mtu = run.settings.mtu.map_or_else(unknown, |mtu| mtu.to_string());
    let name_of = |middlebox: Option<&String>| middlebox.map_or_else(|| "the only one".to_owned(), Clone::clone);
    let counted = testbed.lab.is_some() && asked.measure == Measure::Cost.name();
    let differences: Vec<_> = [
        ("name", run.testbed.clone(), testbed.name.clone()),
        ("middlebox", name_of(run.middlebox.as_ref()), name_of(testbed.middlebox_name.as_ref())),
        ("MTU", mtu, testbed.mtu.to_string()),
        ("number of lines", asked.testbed_lines.to_string(), testbed.lines.len().to_string()),
        ("virtual hosts", run.emulated.to_string(), testbed.lab.is_some().to_string()),
        (
            "emulated machine",
            run.settings.emulation.clone().unwrap_or_else(unknown),
            if counted { counted::description(testbed.mtu) } else { unknown() },
        ),
    ]
    .into_iter()
    .filter(|(_, recorded, now)| recorded != now)
    .map(|(what, recorded, now)| format!("{what}: {recorded} then, {now} now"))
    .collect();
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "`{}` was begun on another testbed: {}\nhint: name its testbed with -t, or begin a new run",
        run.id,
        differences.join("; ")
    )
}

/// Refuses hosts that run another kernel than when the run was begun.
pub fn same_kernels<'a>(run: &Run, kernels: impl IntoIterator<Item = (Role, &'a str)>) -> Result<()> {
    let differs = |(role, now): (Role, &str)| {
        let then = run.provenance.get(role.name())?.get("kernel")?.as_str()?;
        (then != now).then(|| format!("the {role} ran {then} then, and runs {now} now"))
    };
    let differences: Vec<_> = kernels.into_iter().filter_map(differs).collect();
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "`{}` was begun with other kernels: {}\nhint: boot the kernels that it was begun with, or begin a new run",
        run.id,
        differences.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::sample;

    fn run() -> Run {
        sample::run("20261122-120000-lab", "2026-11-22T12:00:00Z")
    }

    #[test]
    fn a_run_goes_on_only_on_the_testbed_it_was_begun_on_and_every_difference_is_named() {
        let (run, lab) = (run(), Testbed::shipped("lab").unwrap());
        let asked = run.experiment.clone().unwrap();
        same_testbed(&run, &asked, &lab).unwrap();
        let other = Testbed { name: "rack".to_owned(), mtu: 9000, lab: None, lines: lab.lines[..2].to_vec(), ..lab };
        let error = same_testbed(&run, &asked, &other).unwrap_err().to_string();
        for difference in [
            "name: lab then, rack now",
            "MTU: 1500 then, 9000 now",
            "number of lines: 4 then, 2 now",
            "virtual hosts: true then, false now",
            "hint: name its testbed",
        ] {
            assert!(error.contains(difference), "{error}");
        }
    }

    #[test]
    fn costs_that_were_counted_on_another_machine_are_not_gone_on_with() {
        let (mut run, lab) = (run(), Testbed::shipped("lab").unwrap());
        let asked = record::Experiment { measure: Measure::Cost.name().to_owned(), ..run.experiment.clone().unwrap() };
        let error = same_testbed(&run, &asked, &lab).unwrap_err().to_string();
        assert!(error.contains("emulated machine: not recorded then, -cpu max"), "{error}");
        run.settings.emulation = Some(counted::description(1500));
        same_testbed(&run, &asked, &lab).unwrap();
    }

    #[test]
    fn a_run_goes_on_only_with_the_kernels_it_was_begun_with() {
        let mut run = run();
        same_kernels(&run, [(Role::Middlebox, "6.1.0-40")]).unwrap();
        let error = same_kernels(&run, [(Role::Middlebox, "6.12.0")]).unwrap_err().to_string();
        assert!(error.contains("the middlebox ran 6.1.0-40 then, and runs 6.12.0 now"), "{error}");
        run.provenance.insert("middlebox".to_owned(), json!({}));
        same_kernels(&run, [(Role::Middlebox, "6.12.0")]).unwrap();
    }

    #[test]
    fn a_run_of_another_nsbench_is_left_to_that_one() {
        let asked_of = |run: &Run| asked(run).map(drop).map_err(|error| error.to_string());
        assert_eq!(asked_of(&run()), Ok(()));
        let older = Run { experiment: None, ..run() };
        assert!(asked_of(&older).unwrap_err().contains("hint: begin a new run"));
        let newer = Run { nsbench_version: Some("9.9.9".to_owned()), ..run() };
        assert!(asked_of(&newer).unwrap_err().contains("begun by nsbench 9.9.9"));
    }
}
