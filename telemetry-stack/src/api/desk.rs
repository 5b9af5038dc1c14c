//! Asking the store: so many at once, for so long, and no longer than somebody waits for the answer.

use super::answer::{Answered, ApiError};
use super::{ApiOptions, Samples};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry_query::{Budget, Limits};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

/// How much longer than a query may take it is waited for: it looks at the time only now and then.
const GRACE: Duration = Duration::from_secs(2);

/// Where questions wait for their turn.
pub(super) struct Desk {
    samples: Arc<dyn Samples>,
    turns: Arc<Semaphore>,
    budget: Arc<Budget>,
    timeout: Duration,
}

/// Cancels a query when nobody waits for it any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Desk {
    pub(super) fn new(samples: Arc<dyn Samples>, options: ApiOptions) -> Self {
        let turns = Arc::new(Semaphore::new(options.concurrency.max(1)));
        Self { samples, turns, budget: Arc::new(Budget::new(options.samples)), timeout: options.timeout }
    }

    /// Answers a question on another thread when it has its turn. The limits that `ask` gets say by when, and whether the client is
    /// still there, and have their share of what all questions may hold; the turn is over when `ask` returns, whether or not it is.
    pub(super) async fn ask(
        &self,
        timeout: Option<Duration>,
        ask: impl FnOnce(&dyn Samples, Limits) -> Answered + Send + 'static,
    ) -> Answered {
        let deadline = Instant::now() + timeout.unwrap_or(self.timeout).min(self.timeout);
        let turn = timeout_at(deadline, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| ApiError::timed_out("query queue"))?;
        let (deadline_of_query, budget) = (Some(deadline.into_std()), Some(Arc::clone(&self.budget)));
        let limits = Limits { deadline: deadline_of_query, budget, ..Limits::default() };
        let _cancel = CancelOnDrop(Arc::clone(&limits.canceled));
        let samples = Arc::clone(&self.samples);
        let answer = spawn_blocking(move || {
            let _turn = turn;
            ask(&*samples, limits)
        });
        match timeout_at(deadline + GRACE, answer).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(_panicked)) => Err(ApiError::internal("the query was given up because of a defect")),
            Err(_) => Err(ApiError::timed_out("expression evaluation")),
        }
    }
}

/// Does on another thread what takes as long as the client likes, since all clients share the one that they are served by.
pub(super) async fn aside(work: impl FnOnce() -> Answered + Send + 'static) -> Answered {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|_panicked| Err(ApiError::internal("the request was given up because of a defect")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::answer::Data;
    use std::sync::mpsc;
    use telemetry_query::MemoryStore;
    use tokio::runtime::{Builder, Runtime};

    fn desk(concurrency: usize, timeout: Duration) -> (Arc<Desk>, Runtime) {
        let options = ApiOptions { concurrency, timeout, ..ApiOptions::default() };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        (Arc::new(Desk::new(Arc::new(MemoryStore::default()), options)), runtime)
    }

    fn nothing() -> Data {
        Data::written(|out| out.push_str("{}"))
    }

    #[test]
    fn a_question_is_cancelled_when_nobody_waits_for_it() {
        let (desk, runtime) = desk(1, Duration::from_secs(60));
        let (tell, told) = mpsc::channel();
        runtime.block_on(async {
            let mut asked = Box::pin(desk.ask(None, move |_, limits| {
                tell.send(limits).unwrap();
                Ok(nothing())
            }));
            // Polled once, so that it has begun, and then given up.
            let waker = std::task::Waker::noop();
            let _pending = asked.as_mut().poll(&mut std::task::Context::from_waker(waker));
            drop(asked);
        });
        let limits = told.recv_timeout(Duration::from_secs(30)).unwrap();
        assert!(limits.canceled.load(Ordering::Relaxed) && limits.deadline.is_some());
    }

    #[test]
    fn only_so_many_are_answered_at_once_and_the_others_wait_for_no_longer_than_they_may() {
        let (desk, runtime) = desk(1, Duration::from_secs(60));
        let (release, released) = mpsc::channel::<()>();
        let first = Arc::clone(&desk);
        let first = runtime.spawn(async move {
            let wait = move |_: &dyn Samples, _| {
                let _until_then = released.recv();
                Ok(nothing())
            };
            first.ask(None, wait).await
        });
        let second = async {
            tokio::task::yield_now().await;
            desk.ask(Some(Duration::from_millis(50)), |_, _| Ok(nothing())).await
        };
        let refused = runtime.block_on(second).unwrap_err();
        assert_eq!(refused, ApiError::timed_out("query queue"));
        drop(release);
        assert!(runtime.block_on(first).unwrap().is_ok());
        assert!(runtime.block_on(desk.ask(None, |_, _| Ok(nothing()))).is_ok());
    }

    #[test]
    fn a_defect_is_an_error_of_the_server() {
        let (desk, runtime) = desk(1, Duration::from_secs(60));
        let defect = runtime.block_on(desk.ask(None, |_, _| panic!("on purpose")));
        assert!(format!("{:?}", defect.unwrap_err()).contains("internal"));
        assert!(runtime.block_on(desk.ask(None, |_, _| Ok(nothing()))).is_ok(), "the turn is over");
    }
}
