//! What a demo has come to: the cell of now, the figures so far, and what is to be seen of both. It hears from the trials
//! while they are made, and tells them when their time is over.
//!
//! Must not know the terminal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Options;
use super::cells::Cells;
use crate::ceiling::Limit;
use crate::commands::run::cell::Audience;
use crate::demo::choice::{At, Choice, Turn};
use crate::demo::keys::Wish;
use crate::demo::scene::{CoreNow, LineNow, Phase, Place, Scene};
use crate::interrupt::ByHand;
use crate::measure::live::{Feed, LiveLine};
use crate::plan::Cell;
use crate::plan::cores::LineCores;
use crate::record::{Status, Trial};
use crate::role::Role;

/// From what share of its time at work on a CPU has nothing left.
const FULL: f64 = 0.97;

/// What has become of the demo.
pub struct Stage {
    state: Mutex<State>,
    /// Ends the cell of now.
    leave: ByHand,
    dwell: Duration,
    begun: Instant,
    length: Option<Duration>,
}

struct State {
    choice: Choice,
    scene: Scene,
    /// When traffic began in the cell of now.
    since: Option<Instant>,
    /// Whether somebody chose another cell while this one was there, or its time is over.
    chosen: bool,
    /// Whether the demo ends, and how.
    end: Option<Turn>,
    /// What goes on in it.
    live: Option<Feed>,
    /// CPUs of the middlebox that work for its lines, where one of them at full load bounds the figure; a framework that
    /// polls is always at that.
    cores: Vec<u32>,
    polls: bool,
    /// Figures of the cell of now.
    figures: Vec<f64>,
    /// What was said, from the beginning.
    said: Vec<String>,
}

impl Stage {
    /// The stage of a demo on `cells` that has not begun.
    pub fn new(options: &Options, cells: &Cells, leave: ByHand) -> Self {
        let place = |cell: &Cell| Place { framework: cell.profile.name.clone(), ..Place::default() };
        let choice = cells.choice(options.lines);
        let scene = Scene {
            testbed: options.testbed.name.clone(),
            emulated: options.testbed.lab.is_some(),
            sized: cells.experiment.frame_sizes.len() > 1,
            league: cells.first_of_each(1).map(place).collect(),
            ..Scene::default()
        };
        let (since, said, figures) = (None, Vec::new(), Vec::new());
        let state = State {
            choice,
            scene,
            since,
            chosen: false,
            end: None,
            live: None,
            cores: Vec::new(),
            polls: false,
            figures,
            said,
        };
        let (dwell, length) = (options.dwell, options.length);
        Self { state: Mutex::new(state), leave, dwell, begun: Instant::now(), length }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which cell is next, or goes on.
    pub fn at(&self) -> At {
        self.state().choice.at()
    }

    /// How the demo ends, once somebody wants it to.
    pub fn end(&self) -> Option<Turn> {
        self.state().end
    }

    /// The cell that was chosen is being loaded, `sent` says with which traffic; it has these figures from before.
    pub fn load(&self, cell: &Cell, sent: &str, cores: &[LineCores], figures: Vec<f64>) {
        let mut state = self.state();
        self.leave.set(state.end.is_some());
        (state.since, state.chosen, state.figures) = (None, false, figures);
        state.live = None;
        state.polls = cell.profile.cost.is_some();
        state.cores = cores.iter().take(cell.lines).flat_map(|cores| [cores.forward, cores.reverse]).collect();
        let scene = &mut state.scene;
        (scene.phase, scene.limit) = (Phase::Loading, None);
        scene.framework.clone_from(&cell.profile.name);
        let lines = if cell.lines == 1 { "1 line".to_owned() } else { format!("{} lines", cell.lines) };
        scene.cell = format!("{lines}, {sent}");
        state.settle();
    }

    /// Somebody wants something.
    pub fn wish(&self, wish: Wish) {
        let mut state = self.state();
        let turn = state.choice.take(wish);
        match turn {
            // Back to where it was before it has left: it stays.
            Turn::Same => return,
            Turn::Other => state.chosen = true,
            Turn::End { .. } if state.end.is_some() => return,
            Turn::End { .. } => state.end = Some(turn),
        }
        state.scene.phase = if state.end.is_some() { Phase::Ending } else { Phase::Unloading };
        self.leave.set(true);
    }

    /// Ends the demo where its time is over.
    pub fn look_at_the_clock(&self) {
        if self.length.is_some_and(|length| self.begun.elapsed() >= length) {
            self.wish(Wish::End);
        }
    }

    /// The hosts are as they were before the cell of now, which ended well or did not. Says whether there is another one.
    pub fn left(&self, failed: bool) -> bool {
        let mut state = self.state();
        if state.chosen {
            return true;
        }
        if failed {
            state.choice.failed();
        }
        state.choice.go_on()
    }

    /// The cell of now cannot be, and why.
    pub fn refuse(&self, why: &str) {
        self.state().fail(why);
    }

    /// Something was said.
    pub fn hear(&self, remark: String) {
        let mut state = self.state();
        state.scene.remark = crate::output::one_line(&remark);
        state.said.push(remark);
    }

    /// All that was said.
    pub fn said(&self) -> Vec<String> {
        self.state().said.clone()
    }

    /// What is to be seen now.
    pub fn scene(&self) -> Scene {
        let state = self.state();
        let elapsed = self.begun.elapsed();
        let left = self.length.map(|length| length.saturating_sub(elapsed));
        let live = state.live.as_ref().map(Feed::now).unwrap_or_default();
        let lines = live.lines.iter().map(seen).collect();
        let of_middlebox = live.cpus.get(&Role::Middlebox).map_or(&[][..], Vec::as_slice);
        let cores: Vec<_> =
            of_middlebox.iter().filter(|cpu| state.cores.contains(&cpu.cpu)).filter_map(CoreNow::of).collect();
        let full = cores.iter().find(|core| core.busy >= FULL && !state.polls);
        let full = full.map(|core| format!("CPU {} of the middlebox, which is at work all the time", core.number));
        let limit = state.scene.limit.clone().or(full);
        Scene { elapsed, left, lines, cores, limit, cycles: state.choice.cycles(), ..state.scene.clone() }
    }

    /// Whether the framework of now has been there for as long as it should, as far as whole trials of `trial` let it.
    fn is_over(&self, state: &State, trial: Duration) -> bool {
        let since = state.since.map_or(Duration::ZERO, |since| since.elapsed());
        state.choice.cycles() && state.choice.has_others() && since + trial / 2 >= self.dwell
    }
}

/// What bounds a figure, for who does not know our names.
const fn limited(limit: Limit) -> &'static str {
    match limit {
        Limit::LinkLimited => "the cable: it carries no more",
        Limit::PcieLimited => "the slot of a card: it carries no more",
        Limit::GeneratorLimited => "the generator, and not the framework",
    }
}

/// A line as it is drawn.
fn seen(line: &LiveLine) -> LineNow {
    LineNow {
        number: line.line,
        rate_bps: line.rate_bps,
        lost_pps: line.losing_pps,
        past_bps: line.history.iter().copied().flatten().collect(),
    }
}

impl Audience for Stage {
    fn begins(&self, number: u32, live: Feed) {
        let mut state = self.state();
        state.live = Some(live);
        state.since.get_or_insert_with(Instant::now);
        if state.end.is_none() && !state.chosen {
            state.scene.phase = Phase::Traffic(number);
        }
    }

    fn ends(&self, trial: &Trial) {
        let mut state = self.state();
        if trial.status == Status::Failed {
            state.fail(trial.reason.as_deref().unwrap_or_default());
            return;
        }
        state.figures.extend(trial.throughput_bps);
        state.scene.limit = trial.limited_by.map(|limit| limited(limit).to_owned());
        state.settle();
        if state.end.is_some() || state.chosen {
            return;
        }
        state.choice.succeeded();
        state.scene.phase = Phase::Between;
        let took = trial.window.map_or(Duration::ZERO, |window| Duration::from_secs_f64(window.duration_s.max(0.0)));
        if self.is_over(&state, took) {
            state.scene.phase = Phase::Unloading;
            self.leave.set(true);
        }
    }
}

impl State {
    fn place(&mut self) -> Option<&mut Place> {
        let at = self.choice_of_scene()?;
        self.scene.league.get_mut(at)
    }

    /// The framework of now failed, and why: in a line.
    fn fail(&mut self, why: &str) {
        let failed = why.lines().next().map(str::to_owned);
        if let Some(place) = self.place() {
            *place = Place { failed, framework: place.framework.clone(), ..Place::default() };
        }
    }

    /// The framework that is shown, which is not the chosen one any more where somebody has chosen another.
    fn choice_of_scene(&self) -> Option<usize> {
        self.scene.league.iter().position(|place| place.framework == self.scene.framework)
    }

    /// Puts the figures of the cell of now where all figures stand side by side.
    fn settle(&mut self) {
        let (figures, trials) = (&self.figures, self.figures.len());
        let mean_bps = (trials > 0).then(|| figures.iter().sum::<f64>() / trials as f64);
        if let Some(place) = self.place() {
            *place = Place { framework: place.framework.clone(), mean_bps, trials, failed: None };
        }
    }
}

#[cfg(test)]
#[path = "stage_tests.rs"]
mod tests;
