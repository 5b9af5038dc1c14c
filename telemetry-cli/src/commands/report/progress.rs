//! How far it is, on a terminal.

use crate::output::written_on_stderr;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};

/// How far it is, and in numbers.
const TEMPLATE: &str = "{bar:24} {pos}/{len} {msg}";

/// What is done, where it is and what is left, in characters that every terminal shows.
const BAR: &str = "#>-";

/// A bar that goes away at the end.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Where standard error is a terminal, and somebody wants to hear more than the result.
    pub(super) fn begin(quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars(BAR));
        }
        bar.set_message(written_on_stderr("questions answered"));
        Self(bar)
    }

    /// So many questions of so many are answered.
    pub(super) fn tell(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
