//! What was measured of panels, several of them asked for at once.

use crate::failure::Failure;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use telemetry_catalog::panel::Panel;
use telemetry_core::config::Address;
use telemetry_stack::page::Recorded;
use telemetry_stack::panels::{Course, Sight, course, scrape_interval};
use telemetry_stack::source::{SourceError, Theirs};

/// How many panels are asked for at once. A Prometheus answers twenty questions at a time, and is there for others too.
const AT_ONCE: usize = 8;

/// Who is asked, over which time, and for how long each answer is waited.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) address: Address,
    pub(super) range: Duration,
    pub(super) timeout: Duration,
    /// In milliseconds since 1970.
    pub(super) now: i64,
}

/// What was measured of each panel, in their order. A picture with a part missing would say that nothing was measured, so that one
/// panel that is not answered is a failure, after which no other is asked for.
pub(super) fn courses(question: &Question, panels: &[Panel]) -> Result<Vec<Course>, Failure> {
    let source = Theirs::within(question.address.clone(), question.timeout)?;
    let interval = scrape_interval(&source, question.now).map_err(|error| refused(&error, question))?;
    let sight = Sight { length: question.range, recorded: Recorded::Nothing, interval };
    let answers = each(panels, &|panel| course(&source, panel, &sight, question.now));
    answers.map_err(|error| refused(&error, question))
}

/// The answers in the order of the panels, or the first that is none.
fn each<A: Send, E: Send>(
    panels: &[Panel],
    ask: &(impl Fn(&Panel) -> Result<A, E> + Sync),
) -> Result<Vec<A>, E> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::with_capacity(panels.len()));
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(panel) = panels.get(place) else { return };
            let answer = ask(panel);
            if answer.is_err() {
                next.store(panels.len(), Ordering::Relaxed);
            }
            answers.lock().unwrap_or_else(PoisonError::into_inner).push((place, answer));
        }
    };
    thread::scope(|scope| {
        (0..AT_ONCE.min(panels.len())).for_each(|_| drop(scope.spawn(work)));
    });
    let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn refused(error: &SourceError, question: &Question) -> Failure {
    match error {
        SourceError::Unreachable(why) => {
            let failure = Failure::new(format!("no Prometheus tells what was measured: {error}"));
            failure.advice(match why.contains("no answer within") {
                true => "--timeout gives each answer longer",
                false => "`telemetry up` is one; --from asks another",
            })
        }
        _ => Failure::new(format!("{} refuses a panel: {error}", question.address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use telemetry_catalog::panel::{Board, boards};
    use telemetry_core::config::Config;

    fn panels() -> Vec<Panel> {
        boards(&Config::default()).iter().flat_map(Board::panels).cloned().collect()
    }

    #[test]
    fn answers_come_in_the_order_of_the_panels() {
        let panels = panels();
        let answers = each(&panels, &|panel| Ok::<_, ()>(panel.id.clone())).unwrap();
        assert!(answers.iter().eq(panels.iter().map(|panel| &panel.id)));
    }

    #[test]
    fn nobody_is_asked_any_more_after_one_that_does_not_answer() {
        let panels = panels();
        let asked = AtomicUsize::new(0);
        let answers = each(&panels, &|panel| {
            asked.fetch_add(1, Ordering::Relaxed);
            Err::<(), _>(panel.id.clone())
        });
        assert_eq!(answers.unwrap_err(), panels[0].id);
        assert!(asked.load(Ordering::Relaxed) <= AT_ONCE, "{asked:?}");
    }
}
