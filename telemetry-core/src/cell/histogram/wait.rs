//! How a reader waits for a thread that is in the midst of an observation.

use crate::cell::lane;
use crate::sync::{self, hint, thread};
use std::time::{Duration, Instant};

/// How often a reader tries before it sends writers elsewhere and lets others have the processor. A few attempts meet a moment between two
/// observations, unless a thread does nothing but observe.
const PATIENCE: usize = sync::size(100, 1);

/// After this time in a forked process, the writer is taken for a thread of the parent, of which the child has only the memory. An
/// observation takes nanoseconds; a thread that lives could be kept from its processor for so long only on a machine that is far
/// overloaded.
const BOUND: Duration = Duration::from_millis(500);

/// One reader's wait.
#[derive(Debug, Default)]
pub(super) struct Wait {
    attempts: usize,
    since: Option<Instant>,
}

impl Wait {
    /// Waits for a moment. Says whether it makes sense to go on; if not, nobody will ever end that observation.
    pub(super) fn again(&mut self) -> bool {
        self.attempts = self.attempts.saturating_add(1);
        if !self.is_long() {
            hint::spin_loop();
            return true;
        }
        // The writer may wait for a processor in the midst of its observation.
        thread::yield_now();
        !lane::is_forked() || self.since.get_or_insert_with(Instant::now).elapsed() < BOUND
    }

    /// Whether the reader has lost its patience.
    pub(super) const fn is_long(&self) -> bool {
        self.attempts >= PATIENCE
    }
}
