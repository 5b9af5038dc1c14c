//! What of a report was recorded, and the words for what was not.

use super::lines::{Line, MAX_LINE};
use crate::events::{Event, Place};
use crate::tables::harmless;
use telemetry_catalog::quantity::bytes;

/// How much of a complaint is told.
const LONGEST_WORDS: usize = 200;

/// What became of a report.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many events were recorded.
    pub(super) recorded: u64,
    bad: u64,
    first: Option<String>,
    lost: u64,
}

impl Tally {
    /// Records a line, unless it is empty.
    pub(super) fn take(&mut self, line: &Line<'_>, place: &Place<'_>) {
        let result = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => return,
            Line::Whole(line) => record(line, place),
            Line::TooLong => Err(format!("longer than {MAX_LINE} bytes")),
        };
        match result {
            Ok(()) => self.recorded += 1,
            Err(why) => self.complain(&why),
        }
    }

    /// Records a last line without an end, which may have been cut short.
    pub(super) fn take_last(&mut self, line: &[u8], place: &Place<'_>) {
        match record(line, place) {
            _ if line.trim_ascii().is_empty() => {}
            Ok(()) => self.recorded += 1,
            Err(why) => self.complain(&format!("{why}; it is the last and has no end")),
        }
    }

    fn complain(&mut self, why: &str) {
        self.bad += 1;
        self.first.get_or_insert_with(|| harmless(why).chars().take(LONGEST_WORDS).collect());
    }

    /// So many bytes were not read.
    pub(super) fn lose(&mut self, bytes: u64) {
        self.lost += bytes;
    }

    /// What the user is told of it, which then counts no more.
    pub(super) fn words(&mut self) -> Vec<String> {
        let Self { bad, first, lost, .. } = std::mem::take(self);
        let lines = if bad == 1 { "1 line".to_owned() } else { format!("{bad} lines") };
        let bad = first.map(|first| format!("{lines} of the report could not be recorded: {first}"));
        let lost = (lost > 0).then(|| {
            format!("{} of the report came faster than it is read, and were skipped", bytes(lost as f64))
        });
        bad.into_iter().chain(lost).collect()
    }
}

fn record(line: &[u8], place: &Place<'_>) -> Result<(), String> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    Event::read(line)?.record(place)
}
