//! The demo as it goes: cells one after the other, the terminal drawn meanwhile, and keys heard.
//!
//! Must not know what is drawn, nor which cell is next.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

use super::Options;
use super::cells::Cells;
use super::stage::Stage;
use crate::commands::run::cell::Bench;
use crate::commands::run::course::Visited;
use crate::commands::run::job::planned;
use crate::commands::run::schedule::Visit;
use crate::commands::{Failure, Outcome};
use crate::demo::choice::Turn;
use crate::demo::keys::Wish;
use crate::demo::paint::Paint;
use crate::demo::screen::Screen;
use crate::demo::view;
use crate::interrupt::Interrupt;
use crate::output::{self, Aside, tone};
use crate::plan::{Artifacts, Cell};
use crate::progress::{self, note};
use crate::record::Run;

/// How often it is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Trials of a cell in one go; somebody will have chosen another before.
const MANY: u32 = 10_000;

/// The name of the file of what was said, in the directory of raw output.
const SAID: &str = "remarks.txt";

/// A demo that goes on.
pub struct Show<'a> {
    stage: &'a Stage,
    interrupt: &'a Interrupt,
    picture: Option<Picture>,
}

/// The terminal, and what would be written over it otherwise.
struct Picture {
    // In this order: the terminal is given back before anybody writes to it again.
    screen: Screen,
    wishes: UnboundedReceiver<Wish>,
    _hidden: progress::Hidden,
    _aside: Aside,
    remarks: Receiver<String>,
    paint: Paint,
}

impl<'a> Show<'a> {
    /// Takes the terminal, where there is to be a picture.
    pub fn begin(stage: &'a Stage, interrupt: &'a Interrupt, options: &Options) -> Result<Self> {
        let picture = options.screen.then(Picture::begin).transpose()?;
        Ok(Self { stage, interrupt, picture })
    }

    /// Goes on until somebody wants an end, or nothing is left to show.
    pub async fn go_on(
        mut self,
        mut bench: Bench<'_>,
        cells: &Cells,
        artifacts: &[Result<Artifacts>],
        run: &mut Run,
    ) -> Result<Outcome> {
        let shown = self.cells(&mut bench, cells, artifacts, run).await;
        let had_picture = self.close();
        let said = self.stage.said();
        // Nobody could read them before.
        said.iter().filter(|remark| remark.starts_with("warning: ")).for_each(note);
        let outcome = shown?;
        if had_picture && !run.trials.is_empty() {
            bench.dir.save_raw(SAID, (said.join("\n") + "\n").as_bytes())?;
        }
        Ok(outcome)
    }

    async fn cells(
        &mut self,
        bench: &mut Bench<'_>,
        cells: &Cells,
        artifacts: &[Result<Artifacts>],
        run: &mut Run,
    ) -> Result<Outcome> {
        loop {
            let at = self.stage.at();
            let cell = &cells.all()[cells.index(at)];
            let figures = run.figures(&planned(cell));
            let first = figures.keys().max().map_or(1, |number| number + 1);
            self.stage.load(cell, &sent(cells, cell), &run.cores, figures.into_values().collect());
            let visit = Visit { cell: cells.index(at), trials: (first..first + MANY).collect(), goes_on: false };
            let visited = self.meanwhile(bench.measure(cell, &visit, &artifacts[at.framework], run)).await;
            let visited = visited.or_else(|error| self.refused(cell, error))?;
            match self.stage.end() {
                Some(Turn::End { interrupted: true }) => return Ok(Outcome::Interrupted),
                Some(_) => return Ok(Outcome::Good),
                None => {}
            }
            if !self.stage.left(visited.outcome == Outcome::Failed) {
                note("no framework is left that could be shown");
                return Ok(Outcome::Failed);
            }
        }
    }

    /// A cell that cannot be planned, and was not begun, keeps no other from its turn; everything else is the end.
    fn refused(&self, cell: &Cell, error: anyhow::Error) -> Result<Visited> {
        if error.downcast_ref::<Failure>().is_none_or(|failure| failure.outcome != Outcome::BadInput) {
            return Err(error);
        }
        let why = output::error_text(&error);
        note(format!("{}: {why}", cell.title()));
        self.stage.refuse(&why);
        Ok(Visited { outcome: Outcome::Failed, lost: false })
    }

    /// Draws and hears until `work` is done, which is told by the stage when to end.
    async fn meanwhile(&mut self, work: impl Future<Output = Result<Visited>>) -> Result<Visited> {
        let mut work = Box::pin(work);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut interrupted = false;
        loop {
            tokio::select! {
                visited = &mut work => return visited,
                () = self.interrupt.wait(), if !interrupted => {
                    interrupted = true;
                    self.stage.wish(Wish::Interrupt);
                }
                wish = Picture::wish(self.picture.as_mut()) => self.stage.wish(wish),
                _ = tick.tick() => self.look(),
            }
        }
    }

    /// A look at the clock, and a picture.
    fn look(&mut self) {
        self.stage.look_at_the_clock();
        let Some(picture) = &mut self.picture else { return };
        picture.remarks.try_iter().for_each(|remark| self.stage.hear(remark));
        let (scene, paint) = (self.stage.scene(), picture.paint);
        if let Err(error) = picture.screen.draw(|frame| view::draw(frame, &scene, paint)) {
            // Whoever closed the terminal does not look any more.
            self.close();
            note(output::error_text(&error));
            self.stage.wish(Wish::End);
        }
    }

    /// Gives the terminal back; says whether there was one.
    fn close(&mut self) -> bool {
        let Some(picture) = self.picture.take() else { return false };
        picture.remarks.try_iter().for_each(|remark| self.stage.hear(remark));
        true
    }
}

impl Picture {
    fn begin() -> Result<Self> {
        // Before anything else may write.
        let (aside, remarks) = output::aside();
        let hidden = progress::hide();
        let (screen, wishes) = Screen::take()?;
        let paint = Paint::new(tone::colors_stdout());
        Ok(Self { screen, wishes, _hidden: hidden, _aside: aside, remarks, paint })
    }

    /// The next wish, if there is anybody to wish.
    async fn wish(picture: Option<&mut Self>) -> Wish {
        let wish = match picture {
            Some(picture) => picture.wishes.recv().await,
            None => None,
        };
        match wish {
            Some(wish) => wish,
            None => std::future::pending().await,
        }
    }
}

/// What is sent in a cell, in words.
fn sent(cells: &Cells, cell: &Cell) -> String {
    let load = cells.experiment.load();
    let frames = cell.frame_size.as_ref().map_or("full frames".to_owned(), |frames| format!("frames of {frames}"));
    format!("{frames}, {} {}", load.generator, load.protocol.name())
}
