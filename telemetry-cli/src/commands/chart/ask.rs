//! What was measured of panels, asked for all at once and within one bound.

use crate::failure::Failure;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::panel::Panel;
use telemetry_catalog::promql::Window;
use telemetry_core::config::Address;
use telemetry_stack::health::coverage;
use telemetry_stack::page::Recorded;
use telemetry_stack::panels::{Course, Sight, course};
use telemetry_stack::source::{SourceError, Theirs};

/// Over which time it is seen how often the source scrapes.
const SEEN: Window = Window::minutes(30);

/// What is taken for the interval where that cannot be seen: the usual one.
const USUAL: Duration = Duration::from_secs(15);

/// Who is asked, over which time, and for how long it is waited.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) address: Address,
    pub(super) range: Duration,
    pub(super) timeout: Duration,
    /// In milliseconds since 1970.
    pub(super) now: i64,
}

/// What was measured of each panel, in their order. A picture with a part missing would say that nothing was measured, so that one
/// panel that is not answered is a failure.
pub(super) fn courses(question: &Question, panels: &[Panel]) -> Result<Vec<Course>, Failure> {
    let deadline = Instant::now() + question.timeout;
    let source = Arc::new(Theirs::within(question.address.clone(), question.timeout)?);
    let (sender, receiver) = channel();
    let interval = Arc::clone(&source);
    let (now, range) = (question.now, question.range);
    let panels = panels.to_vec();
    let count = panels.len();
    // Threads that hang end with the process: nobody waits for them beyond the deadline.
    thread::spawn(move || {
        let interval = match interval_of(&interval, now) {
            Ok(interval) => interval,
            Err(error) => return drop(sender.send((0, Err(error)))),
        };
        let sight = Sight { length: range, recorded: Recorded::Nothing, interval };
        for (place, panel) in panels.into_iter().enumerate() {
            let (source, sender) = (Arc::clone(&source), sender.clone());
            thread::spawn(move || sender.send((place, course(&*source, &panel, &sight, now))));
        }
    });
    let mut courses = vec![None; count];
    while courses.iter().any(Option::is_none) {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok((place, told)) => courses[place] = Some(told.map_err(|error| refused(&error, question))?),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Err(late(question)),
        }
    }
    Ok(courses.into_iter().flatten().collect())
}

/// From one scrape to the next, as the source shows it.
fn interval_of(source: &Theirs, now: i64) -> Result<Duration, SourceError> {
    match coverage(source, SEEN, now) {
        // What is young is younger than three intervals.
        Ok(coverage) => Ok(coverage.young / 3),
        Err(SourceError::Query(_)) => Ok(USUAL),
        Err(error) => Err(error),
    }
}

fn refused(error: &SourceError, question: &Question) -> Failure {
    match error {
        SourceError::Unreachable(_) => {
            Failure::new(format!("no Prometheus tells what was measured: {error}"))
                .advice("`telemetry up` is one; --from asks another")
        }
        _ => Failure::new(format!("{} refuses a panel: {error}", question.address)),
    }
}

fn late(question: &Question) -> Failure {
    let seconds = question.timeout.as_secs_f64();
    Failure::new(format!("{}: no answer within {seconds} s", question.address))
        .advice("--timeout gives it longer")
}
