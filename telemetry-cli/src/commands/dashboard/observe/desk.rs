//! A thread that does one errand at a time.

use super::watch::Event;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A desk to which errands are given. While one is under way there is no other, so that nothing piles up behind a source that hangs.
/// Dropping it ends the thread after what is under way; nobody waits for that.
#[derive(Debug)]
pub(super) struct Desk<J> {
    errands: Sender<J>,
    since: Option<Instant>,
}

impl<J: Send + 'static> Desk<J> {
    /// Opens a desk, whose answers are events.
    pub(super) fn open(answers: Sender<Event>, mut errand: impl FnMut(J) -> Event + Send + 'static) -> Self {
        let (errands, given) = channel();
        thread::spawn(move || {
            for job in given {
                if answers.send(errand(job)).is_err() {
                    return;
                }
            }
        });
        Self { errands, since: None }
    }

    /// Gives it an errand, unless it has one, and says whether it took it.
    pub(super) fn ask(&mut self, job: J) -> bool {
        let takes = self.since.is_none() && self.errands.send(job).is_ok();
        if takes {
            self.since = Some(Instant::now());
        }
        takes
    }

    /// Its answer has come.
    pub(super) const fn done(&mut self) {
        self.since = None;
    }

    /// Whether it has an errand.
    pub(super) const fn is_busy(&self) -> bool {
        self.since.is_some()
    }

    /// When its errand has taken as long as this; `None` where it has none.
    pub(super) fn late_at(&self, bound: Duration) -> Option<Instant> {
        self.since.map(|since| since + bound)
    }
}
