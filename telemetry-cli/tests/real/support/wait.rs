//! Waiting for something to become so, with a bound.

use std::time::{Duration, Instant};

/// How long anything that happens on this machine may take; generous, because a loaded machine is slow and not broken. Only a test that
/// fails takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer, and panics with `what` was awaited when that takes too long.
pub(crate) fn eventually<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = probe() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(PAUSE);
    }
}
