//! Waiting for a server to come round, with a line on a terminal that says for what.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::quantity::seconds;

/// How often it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// A wait with an end.
pub(super) struct Waiting {
    begun: Instant,
    most: Duration,
    line: ProgressBar,
}

impl Waiting {
    /// Begins to wait for this, for no longer than `most`.
    pub(super) fn begin(what: &str, most: Duration, quiet: bool) -> Self {
        let shown = !quiet && io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let line = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{elapsed:>4} {msg}") {
            line.set_style(style);
        }
        line.set_message(format!("{what}, {} at most", seconds(most.as_secs().max(1) as f64)));
        Self { begun: Instant::now(), most, line }
    }

    /// How long it has taken.
    pub(super) fn took(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Waits a little; false where the time is over.
    pub(super) fn goes_on(&mut self) -> bool {
        let left = self.most.saturating_sub(self.begun.elapsed());
        self.line.tick();
        thread::sleep(PAUSE.min(left));
        !left.is_zero()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}
