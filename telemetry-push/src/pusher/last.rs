//! What became of the last push of a ledger, as its pushers leave it for each other.

use super::{State, state_file};
use crate::ledger::Ledger;
use std::fs;
use std::time::SystemTime;

/// What became of the last push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPush {
    /// The gateway.
    pub url: String,
    /// When it ended.
    pub at: SystemTime,
    /// The ledger's identity and the generation that the gateway took; `None` where it took none, or nobody knows.
    pub sent: Option<(String, u64)>,
    /// How many pushes have failed since the last that did not.
    pub failures: u32,
    /// Until when processes that pass by do not push, where pushes have failed. It may be over.
    pub held_off_until: Option<SystemTime>,
}

impl Ledger {
    /// What became of the last push of this ledger; `None` where it was never pushed. Nothing is waited for.
    #[must_use]
    pub fn last_push(&self) -> Option<LastPush> {
        let file = state_file(self);
        let at = fs::metadata(&file).and_then(|about| about.modified()).ok()?;
        let state = State::parse(&fs::read_to_string(file).ok()?)?;
        let held_off_until = state.failed_at.and_then(|failed| failed.checked_add(state.hold_off()));
        Some(LastPush { at, held_off_until, url: state.url, sent: state.sent, failures: state.failures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use std::time::Duration;
    use telemetry_core::config::Config;

    #[test]
    fn what_a_pusher_left_is_told() {
        let root = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(Place::below(root.path(), "job", "instance"), &Config::default());
        assert_eq!(ledger.last_push(), None);
        fs::create_dir_all(&ledger.place().folder).unwrap();
        let failed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let state =
            State { url: "http://gateway".to_owned(), failures: 3, failed_at: Some(failed_at), sent: None };
        fs::write(state_file(&ledger), state.render()).unwrap();
        let last = ledger.last_push().unwrap();
        assert_eq!((&*last.url, last.failures, last.sent), ("http://gateway", 3, None));
        assert_eq!(last.held_off_until, Some(failed_at + Duration::from_secs(4)));
        fs::write(state_file(&ledger), "url=x").unwrap();
        assert_eq!(ledger.last_push(), None, "what was cut short says nothing");
    }
}
