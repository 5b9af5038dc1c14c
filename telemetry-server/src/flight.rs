//! Work that many may want at once and that is done for all of them together.
//!
//! Whoever asks gets the result of a run that began after the question, so that what they see is never older than it. All who ask
//! during one run share the next, so that a thousand questions cost at most two runs of waiting, and one thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

type Reply<V> = Box<dyn FnOnce(V) + Send>;

/// One kind of work, which at most one thread does at a time.
pub(crate) struct Flight<V> {
    state: Mutex<State<V>>,
}

struct State<V> {
    waiting: Vec<Reply<V>>,
    /// When the present run began, while there is one.
    since: Option<Instant>,
}

impl<V> Default for Flight<V> {
    fn default() -> Self {
        Self { state: Mutex::new(State { waiting: Vec::new(), since: None }) }
    }
}

impl<V: Clone + Send + 'static> Flight<V> {
    /// Has the work done, on a thread that ends when nobody waits any more, and hands its result to `reply`.
    ///
    /// The reply is dropped uncalled if the work panics. Of several who ask at the same time, the work of the first is done for all
    /// of them.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn ask(
        self: &Arc<Self>,
        work: impl Fn() -> V + Send + 'static,
        reply: impl FnOnce(V) + Send + 'static,
    ) -> io::Result<()> {
        let mut state = self.lock();
        if state.since.is_none() {
            let flight = Arc::clone(self);
            thread::Builder::new().name("telemetry-scrape".to_owned()).spawn(move || flight.run(work))?;
            state.since = Some(Instant::now());
        }
        state.waiting.push(Box::new(reply));
        Ok(())
    }

    /// Whether the present run takes longer than it may.
    pub(crate) fn is_overdue(&self, limit: Duration) -> bool {
        self.lock().since.is_some_and(|since| since.elapsed() >= limit)
    }

    fn run(&self, work: impl Fn() -> V) {
        // The first run counts from the question, so that it is overdue for all others when it is for the one who asked.
        let mut boarded = Some(std::mem::take(&mut self.lock().waiting));
        while let Some(waiting) = boarded {
            if let Ok(value) = catch_unwind(AssertUnwindSafe(&work)) {
                answer(waiting, value);
            }
            boarded = self.board();
        }
    }

    /// Those who wait for the run that begins next; nothing, and the end of the thread, when there are none.
    fn board(&self) -> Option<Vec<Reply<V>>> {
        let mut state = self.lock();
        let waiting = std::mem::take(&mut state.waiting);
        state.since = (!waiting.is_empty()).then(Instant::now);
        state.since.map(|_| waiting)
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last one gets the value itself, so that one who asks alone costs no copy.
fn answer<V: Clone>(mut waiting: Vec<Reply<V>>, value: V) {
    let last = waiting.pop();
    waiting.into_iter().for_each(|reply| reply(value.clone()));
    if let Some(reply) = last {
        reply(value);
    }
}

#[cfg(test)]
mod tests {
    use super::Flight;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, channel};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn ask<V: Clone + Send + 'static>(
        flight: &Arc<Flight<V>>,
        work: impl Fn() -> V + Send + 'static,
    ) -> Receiver<V> {
        let (send, receive) = channel();
        flight.ask(work, move |value| send.send(value).unwrap_or_default()).unwrap();
        receive
    }

    #[test]
    fn all_who_ask_during_a_run_share_the_next() {
        let (flight, runs) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let (begun, has_begun) = channel();
        let (go_on, may_go_on) = channel();
        let may_go_on = Mutex::new(may_go_on);
        let counter = Arc::clone(&runs);
        let first = ask(&flight, move || {
            let run = counter.fetch_add(1, Ordering::SeqCst) + 1;
            begun.send(()).unwrap();
            may_go_on.lock().unwrap().recv().unwrap();
            run
        });
        has_begun.recv_timeout(PATIENCE).unwrap();
        let others: Vec<_> =
            (0..50).map(|_| ask(&flight, || panic!("the first one's work is done"))).collect();
        assert!(flight.is_overdue(Duration::ZERO) && !flight.is_overdue(PATIENCE));
        (0..2).for_each(|_| go_on.send(()).unwrap());
        assert_eq!(first.recv_timeout(PATIENCE), Ok(1));
        assert!(others.iter().all(|other| other.recv_timeout(PATIENCE) == Ok(2)));
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_run_that_panics_tells_those_who_wait_and_leaves_the_next_alone() {
        let flight = Arc::<Flight<u8>>::default();
        assert!(ask(&flight, || panic!("on purpose")).recv_timeout(PATIENCE).is_err());
        // The thread of the first has yet to see that nobody waits; whoever asked now would have its work done.
        while flight.is_overdue(Duration::ZERO) {
            std::thread::yield_now();
        }
        assert_eq!(ask(&flight, || 7).recv_timeout(PATIENCE), Ok(7));
    }
}
