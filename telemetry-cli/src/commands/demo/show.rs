//! What people see of the demo: a bar on a terminal, lines elsewhere.

use super::course::{Course, Phase};
use crate::output::{Screen, print_to};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::time::Duration;

/// How often a line says how it goes, where there is no bar.
const EVERY: Duration = Duration::from_secs(10);

/// The bar: how far it is, and in words.
const TEMPLATE: &str = "{bar:24} {msg}";

/// What is done, where it is and what is left, for a terminal that shows nothing but ASCII.
const ASCII_BAR: &str = "#>-";

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Since the beginning of the first phase.
    pub(super) elapsed: Duration,
    /// Where it is.
    pub(super) phase: Phase,
    /// How many agents are there.
    pub(super) active: usize,
    /// How many have ended.
    pub(super) ended: usize,
    /// How many alerts fire.
    pub(super) firing: usize,
}

/// Shows it.
pub(super) struct Show {
    screen: Screen,
    bar: Option<ProgressBar>,
    /// When a line said how it goes.
    told: Duration,
    phase: Option<Phase>,
}

/// Whether somebody sits before it: who can press a key and see what it does.
pub(super) fn somebody_watches() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Show {
    /// For standard output.
    pub(super) fn new(course: Course, screen: Screen) -> Self {
        let bar = screen.width.is_some().then(|| bar(course, screen));
        Self { screen, bar, told: Duration::ZERO, phase: None }
    }

    /// A line that stays.
    pub(super) fn say(&self, line: &str) {
        let line = format!("{line}\n");
        // Whoever has closed the output does not want to know.
        let say = || print_to(self.screen, &line);
        let _said = self.bar.as_ref().map_or_else(say, |bar| bar.suspend(say));
    }

    /// How it goes now.
    pub(super) fn tick(&mut self, progress: Progress) {
        if self.phase != Some(progress.phase) {
            self.phase = Some(progress.phase);
            self.say(&format!("{}  {}", clock(progress.elapsed), begins(progress.phase)));
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(progress.elapsed.as_millis()).unwrap_or(u64::MAX));
                bar.set_message(self.screen.written(&words(progress)));
            }
            None if progress.elapsed >= self.told + EVERY => {
                self.told = progress.elapsed;
                self.say(&format!("{}  {}", clock(progress.elapsed), words(progress)));
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar(course: Course, screen: Screen) -> ProgressBar {
    let length = u64::try_from(course.duration().as_millis()).unwrap_or(u64::MAX);
    let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = if screen.utf8 { style } else { style.progress_chars(ASCII_BAR) };
    ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stdout()).with_style(style)
}

fn words(progress: Progress) -> String {
    let Progress { phase, active, ended, firing, .. } = progress;
    format!("{phase} · {active} agents active · {ended} ended · {firing} alerts firing")
}

const fn begins(phase: Phase) -> &'static str {
    match phase {
        Phase::Calm => "calm: everything works",
        Phase::Fault => "fault: providers, hooks and version control fail from now on, and so do agents",
        Phase::Recovery => "recovery: everything works again, and alerts end as the failures get old",
    }
}

/// A time since the beginning, as `1:05`.
pub(super) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
