//! A batch: the lines of standard input, each an event, merged as they come.

use super::lines::{Line, Lines, MAX_LINE, Next};
use super::recorder::Recorder;
use crate::events::Event;
use crate::failure::{Failure, tell, warn};
use crate::tables::harmless;
use std::io;
use std::time::{Duration, Instant};

/// After how many events they are merged: so many at most are lost where this process is killed. A merge waits for the disk, so that
/// fewer would make a batch much slower.
const MERGE_AFTER: u64 = 10_000;

/// How many bad lines are named; the others are only counted.
const NAMED: u64 = 20;

/// How long an event waits for its merge.
const MERGE_WITHIN: Duration = Duration::from_secs(1);

/// How the input ended.
enum End {
    Done,
    Broken(io::Error),
    Signal(i32),
}

/// A batch that is being recorded.
struct Batch<'a> {
    recorder: Recorder<'a>,
    /// How many lines were read, and how many of them were events or should have been.
    lines: u64,
    events: u64,
    bad: u64,
    /// Since when something waits to be merged.
    since: Option<Instant>,
}

/// Records the events of standard input, and gives how many there were. What was recorded before something went wrong stays recorded.
pub(super) fn record(recorder: Recorder<'_>) -> Result<u64, Failure> {
    let lines =
        Lines::of_stdin().map_err(|error| Failure::new("cannot read standard input").because(error))?;
    let mut batch = Batch { recorder, lines: 0, events: 0, bad: 0, since: None };
    let end = batch.read(&lines);
    batch.finish(end)
}

impl Batch<'_> {
    fn read(&mut self, lines: &Lines) -> End {
        loop {
            match lines.next_within(self.patience()) {
                Next::Line(line) => self.take(line),
                Next::Nothing => {}
                Next::End => return End::Done,
                Next::Broken(error) => return End::Broken(error),
                Next::Signal(signal) => return End::Signal(signal),
            }
            if self.recorder.unmerged() >= MERGE_AFTER || self.patience().is_zero() {
                self.merge();
            }
        }
    }

    /// How long the next line may take before what waits is merged.
    fn patience(&self) -> Duration {
        self.since.map_or(MERGE_WITHIN, |since| MERGE_WITHIN.saturating_sub(since.elapsed()))
    }

    /// A merge that fails costs nothing yet: the next one carries what this one could not, and the last one says what is lost.
    fn merge(&mut self) {
        let failed = self.recorder.merge().is_err();
        self.since = failed.then(Instant::now);
    }

    fn take(&mut self, line: Line) {
        self.lines += 1;
        if matches!(&line, Line::Text(text) if text.trim().is_empty()) {
            return;
        }
        self.events += 1;
        match event(line).and_then(|event| self.recorder.record(&event)) {
            Ok(()) => {
                self.since.get_or_insert_with(Instant::now);
            }
            Err(why) => {
                self.bad += 1;
                complaint(self.bad, self.lines, &why).into_iter().for_each(|words| tell(&words));
            }
        }
    }

    fn finish(mut self, end: End) -> Result<u64, Failure> {
        let merged = self.recorder.finish();
        let recorded = self.events - self.bad - self.recorder.unmerged();
        self.say(recorded);
        if let End::Signal(signal) = end {
            let _survived = signal_hook::low_level::emulate_default_handler(signal);
        }
        merged?;
        match end {
            End::Broken(error) => Err(Failure::new("cannot read standard input to its end").because(error)),
            _ if self.bad > 0 => {
                Err(Failure::new(format!("{} of {} lines were not recorded", self.bad, self.events)))
            }
            _ => Ok(self.events),
        }
    }

    /// Says how many events were recorded, unless there was none.
    fn say(&self, recorded: u64) {
        if self.events == 0 {
            return;
        }
        warn(&match recorded {
            1 => "1 event was recorded".to_owned(),
            events => format!("{events} events were recorded"),
        });
    }
}

/// What is told of a bad line, the so-many-eth of them.
fn complaint(bad: u64, line: u64, why: &str) -> Option<String> {
    match bad.checked_sub(NAMED + 1) {
        None => Some(format!("line {line}: {}", harmless(why))),
        Some(0) => Some(format!("line {line} is wrong too; from here on such lines are only counted")),
        Some(_) => None,
    }
}

fn event(line: Line) -> Result<Event, String> {
    match line {
        Line::Text(text) => Event::read(&text),
        Line::TooLong => Err(format!("longer than {MAX_LINE} bytes")),
        Line::NotUtf8 => Err("not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_lines_are_named_and_the_rest_counted() {
        let told: Vec<_> = (1..=1000).filter_map(|bad| complaint(bad, bad + 1, "why")).collect();
        assert_eq!(told.len() as u64, NAMED + 1);
        assert_eq!((told[0].as_str(), told[19].as_str()), ("line 2: why", "line 21: why"));
        assert!(told[20].ends_with("only counted"), "{}", told[20]);
    }
}
