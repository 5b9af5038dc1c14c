//! The two threads of a guard: one merges, the other pushes. Neither waits for the other, and nobody who ends waits for either beyond
//! the bound.

use super::Problem;
use super::desk::{Call, Desk};
use super::road::{IntoLedger, ToGateway};
use super::watch::spawn;
use crate::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The part of the time left that a push does not use, up to [`LONGEST_MARGIN`], so that one without an answer is noted as failed before
/// its process is gone: the other processes then hold off.
const MARGIN: u32 = 10;

/// The most time that a push leaves unused.
const LONGEST_MARGIN: Duration = Duration::from_millis(100);

/// Tells the host what went wrong.
pub(super) type Listener = Arc<dyn Fn(&Problem) + Send + Sync>;

/// What the threads work with.
pub(super) struct Work {
    pub(super) desk: Arc<Desk>,
    pub(super) into_ledger: IntoLedger,
    /// Nothing where the counts take another road than the gateway.
    pub(super) to_gateway: Option<ToGateway>,
    pub(super) every: Option<Duration>,
    pub(super) listener: Option<Listener>,
    /// What a person should do before this ledger can be pushed, told after the first merge.
    pub(super) advice: bool,
}

/// Starts the threads. They end with the last request.
pub(super) fn start(work: Work) -> Result<(), Error> {
    let Work { desk, into_ledger, to_gateway, every, listener, advice } = work;
    if let Some(gateway) = to_gateway {
        let (desk, teller) = (Arc::clone(&desk), Teller::new(listener.clone()));
        spawn("telemetry-push", move || {
            finally(|| push_until_the_end(&desk, &gateway, teller), || desk.note_end_of_pushing());
        })
        .map_err(Error::Watch)?;
    }
    let merger = Merger { desk: Arc::clone(&desk), road: into_ledger, teller: Teller::new(listener), advice };
    let for_the_end = Arc::clone(&desk);
    let started = spawn("telemetry-merge", move || {
        finally(|| merger.merge_until_the_end(every), || for_the_end.note_end_of_merging());
    });
    started.map_err(|error| {
        desk.note_end_of_merging();
        Error::Watch(error)
    })
}

/// Whatever happens, nobody waits for a thread that is gone.
fn finally(body: impl FnOnce(), end: impl FnOnce()) {
    let _shown_by_the_hook_of_the_host = catch_unwind(AssertUnwindSafe(body));
    end();
}

struct Merger {
    desk: Arc<Desk>,
    road: IntoLedger,
    teller: Teller,
    advice: bool,
}

impl Merger {
    fn merge_until_the_end(mut self, every: Option<Duration>) {
        let mut clock = every.map(Clock::new);
        loop {
            match self.desk.next_call(clock.as_ref().map(|clock| clock.next)) {
                Call::Merge { request, last: false } => {
                    let durable = self.merge(request.left());
                    self.desk.note_merge(request.number(), durable);
                }
                Call::Merge { request, last: true } => {
                    let (durable, desk) = (self.merge(request.left()), Arc::clone(&self.desk));
                    // The live gauges of this process end here, so that the last push does not leave them standing.
                    drop(self);
                    return desk.note_merge(request.number(), durable);
                }
                Call::Tick => self.tick(clock.as_mut()),
            }
        }
    }

    /// An idle period costs neither a write nor a request.
    fn tick(&self, clock: Option<&mut Clock>) {
        clock.into_iter().for_each(Clock::advance);
        if self.road.has_changed() || self.desk.owes_a_push() {
            let _nobody_waits = self.desk.ask();
        }
    }

    /// Merges, and says whether all of it is durable. What is not waits beside the ledger when its time is over.
    fn merge(&mut self, bound: Duration) -> bool {
        match self.road.merge(bound) {
            Ok(merged) => {
                merged.notes.into_iter().for_each(|note| self.teller.note(note));
                self.advise();
                self.teller.works_again();
                merged.durable
            }
            Err(error) => {
                self.teller.fails(&Problem::Merge(error));
                false
            }
        }
    }

    fn advise(&mut self) {
        if std::mem::take(&mut self.advice) {
            self.road.ledger().advice_once().into_iter().for_each(|advice| self.teller.note(advice));
        }
    }
}

fn push_until_the_end(desk: &Desk, gateway: &ToGateway, mut teller: Teller) {
    while let Some(request) = desk.next_push() {
        let left = request.left();
        let left = left - (left / MARGIN).min(LONGEST_MARGIN);
        let pushed = if left.is_zero() { None } else { push(gateway, left, &mut teller) };
        desk.note_push(request.number(), pushed);
    }
}

fn push(gateway: &ToGateway, bound: Duration, teller: &mut Teller) -> Option<crate::pusher::Pushed> {
    let mut notes = Vec::new();
    let pushed = gateway.push(bound, &mut notes);
    notes.into_iter().for_each(|note| teller.note(note));
    match pushed {
        Ok(pushed) => {
            teller.works_again();
            Some(pushed)
        }
        Err(error) => {
            if !gateway.is_no_gateway(&error) {
                teller.fails(&Problem::Push(error));
            }
            None
        }
    }
}

/// Tells the host of a failure once, however often it is repeated before it works again.
struct Teller {
    listener: Option<Listener>,
    told: Option<String>,
}

impl Teller {
    const fn new(listener: Option<Listener>) -> Self {
        Self { listener, told: None }
    }

    fn works_again(&mut self) {
        self.told = None;
    }

    fn note(&self, note: String) {
        self.tell(&Problem::Note(note));
    }

    fn fails(&mut self, problem: &Problem) {
        let text = Some(problem.to_string());
        if self.told != text {
            self.tell(problem);
            self.told = text;
        }
    }

    /// A listener that panics has told the host enough.
    fn tell(&self, problem: &Problem) {
        if let Some(listener) = &self.listener {
            let _told = catch_unwind(AssertUnwindSafe(|| listener(problem)));
        }
    }
}

/// The ends of the periods, which do not drift: a merge that takes its time does not delay the next one.
#[derive(Debug)]
struct Clock {
    next: Instant,
    period: Duration,
}

impl Clock {
    fn new(period: Duration) -> Self {
        Self { next: Instant::now() + period, period }
    }

    /// To the next end of a period that is still to come. Those that were missed are not made up for.
    fn advance(&mut self) {
        self.advance_beyond(Instant::now());
    }

    fn advance_beyond(&mut self, now: Instant) {
        while self.next <= now {
            self.next += self.period;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Desk, Problem, Teller, finally};
    use crate::exit::Flushed;
    use crate::pusher::Pushed;
    use std::panic::resume_unwind;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    #[test]
    fn periods_do_not_drift_and_missed_ones_are_not_made_up_for() {
        let (start, period) = (Instant::now(), Duration::from_millis(100));
        let mut clock = Clock { next: start + period, period };
        clock.advance_beyond(start + Duration::from_millis(130));
        assert_eq!(clock.next, start + 2 * period);
        clock.advance_beyond(start + Duration::from_millis(777));
        assert_eq!(clock.next, start + 8 * period);
    }

    #[test]
    fn a_failure_is_told_once_until_it_works_again_and_a_panicking_listener_does_no_harm() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = {
            let told = Arc::clone(&told);
            move |problem: &Problem| {
                told.lock().unwrap().push(problem.to_string());
                if told.lock().unwrap().len() == 1 {
                    resume_unwind(Box::new("no listener should do this"));
                }
            }
        };
        let mut teller = Teller::new(Some(Arc::new(listener)));
        let problem = || Problem::Merge(crate::Error::Watch(std::io::ErrorKind::OutOfMemory.into()));
        teller.fails(&problem());
        teller.fails(&problem());
        assert_eq!(told.lock().unwrap().len(), 1);
        teller.works_again();
        teller.fails(&problem());
        assert_eq!(told.lock().unwrap().len(), 2);
    }

    #[test]
    fn what_is_asked_after_the_last_request_waits_for_that_and_is_never_durable() {
        let desk = Desk::new(Duration::from_secs(600), true);
        let last = desk.ask_to_end();
        let later = desk.ask();
        desk.note_merge(last.number(), true);
        desk.note_end_of_merging();
        desk.note_push(last.number(), Some(Pushed::Current));
        assert_eq!(desk.wait(last), Flushed { durable: true, pushed: Some(Pushed::Current) });
        assert_eq!(desk.wait(later), Flushed::default());
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let desk = Desk::new(Duration::from_secs(600), true);
        let request = desk.ask();
        finally(|| resume_unwind(Box::new("the merge")), || desk.note_end_of_merging());
        assert_eq!(desk.wait(request), Flushed::default());

        let desk = Desk::new(Duration::from_secs(600), true);
        let request = desk.ask();
        desk.note_merge(request.number(), true);
        finally(|| resume_unwind(Box::new("the push")), || desk.note_end_of_pushing());
        assert_eq!(desk.wait(request), Flushed { durable: true, pushed: None });
    }
}
