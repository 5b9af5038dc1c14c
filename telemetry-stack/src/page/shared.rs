//! One answer for all who ask for the same at the same time, and for who asks just after them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

/// How long an answer is that of now.
const FRESH: Duration = Duration::from_secs(1);

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// The source said so.
    #[error("{0}")]
    Source(String),
    /// Nobody waits any longer.
    #[error("no answer within {} s", .0.as_secs())]
    Late(Duration),
    /// What should have answered has a defect.
    #[error("the question was given up because of a defect")]
    Defect,
}

/// What was found, or why nothing was.
pub(super) type Answer<V> = Result<Arc<V>, Trouble>;

/// Answers that are under way, and those of the last second.
pub(super) struct Shared<K, V> {
    answers: Mutex<HashMap<K, Kept<V>>>,
    /// How many are looked for at once; the others wait.
    turns: Arc<Semaphore>,
    patience: Duration,
    fresh: Duration,
}

struct Kept<V> {
    begun: Instant,
    answer: watch::Receiver<Option<Answer<V>>>,
}

impl<V> Kept<V> {
    /// One that is under way is not looked for twice, however long it takes.
    fn is_good(&self, fresh: Duration) -> bool {
        self.begun.elapsed() < fresh || self.answer.borrow().is_none() && self.answer.has_changed().is_ok()
    }
}

/// An answer that may not be there yet. Each copy is the same answer.
pub(super) struct Pending<V> {
    answer: watch::Receiver<Option<Answer<V>>>,
    patience: Duration,
}

impl<V> Clone for Pending<V> {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), patience: self.patience }
    }
}

impl<K: Eq + Hash, V: Send + Sync + 'static> Shared<K, V> {
    /// With these turns, for which a question waits no longer than this.
    pub(super) fn new(turns: Arc<Semaphore>, patience: Duration) -> Self {
        Self { answers: Mutex::default(), turns, patience, fresh: FRESH }
    }

    /// Begins to look for an answer on another thread, unless it is known or looked for already. It goes on when nobody waits any more,
    /// since the next who asks will want it.
    pub(super) fn begin(
        &self,
        key: K,
        look: impl FnOnce() -> Result<V, Trouble> + Send + 'static,
    ) -> Pending<V> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = self.patience;
        if let Some(kept) = answers.get(&key).filter(|kept| kept.is_good(self.fresh)) {
            return Pending { answer: kept.answer.clone(), patience };
        }
        let (tell, answer) = watch::channel(None);
        tokio::spawn(found(Arc::clone(&self.turns), patience, look, tell));
        answers.retain(|_, kept| kept.is_good(self.fresh));
        answers.insert(key, Kept { begun: Instant::now(), answer: answer.clone() });
        Pending { answer, patience }
    }
}

async fn found<V: Send + Sync + 'static>(
    turns: Arc<Semaphore>,
    patience: Duration,
    look: impl FnOnce() -> Result<V, Trouble> + Send + 'static,
    tell: watch::Sender<Option<Answer<V>>>,
) {
    let answer = match timeout(patience, turns.acquire_owned()).await {
        Ok(Ok(turn)) => {
            let looked = spawn_blocking(move || {
                let _turn = turn;
                look()
            });
            looked.await.unwrap_or(Err(Trouble::Defect))
        }
        Ok(Err(_)) | Err(_) => Err(Trouble::Late(patience)),
    };
    tell.send_replace(Some(answer.map(Arc::new)));
}

impl<V> Pending<V> {
    /// The answer, if it is there by then.
    pub(super) async fn by(mut self, deadline: Instant) -> Answer<V> {
        match timeout_at(deadline, self.answer.wait_for(Option::is_some)).await {
            Ok(Ok(answer)) => answer.clone().unwrap_or(Err(Trouble::Defect)),
            Ok(Err(_)) => Err(Trouble::Defect),
            Err(_) => Err(Trouble::Late(self.patience)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use tokio::runtime::{Builder, Runtime};

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }

    fn shared(turns: usize, patience: Duration) -> Shared<&'static str, usize> {
        Shared::new(Arc::new(Semaphore::new(turns)), patience)
    }

    fn in_time() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[test]
    fn ten_who_ask_for_the_same_cost_one_look() {
        let looks = Arc::new(AtomicUsize::new(0));
        runtime().block_on(async {
            let shared = shared(4, Duration::from_secs(30));
            let ask = || {
                let looks = Arc::clone(&looks);
                shared.begin("a", move || Ok(looks.fetch_add(1, Ordering::Relaxed)))
            };
            for pending in (0..10).map(|_| ask()).collect::<Vec<_>>() {
                assert_eq!(pending.by(in_time()).await.as_deref(), Ok(&0));
            }
        });
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn an_answer_of_long_ago_is_looked_for_again() {
        runtime().block_on(async {
            let shared = Shared { fresh: Duration::ZERO, ..shared(4, Duration::from_secs(30)) };
            assert_eq!(shared.begin("a", || Ok(1)).by(in_time()).await.as_deref(), Ok(&1));
            assert_eq!(shared.begin("a", || Ok(2)).by(in_time()).await.as_deref(), Ok(&2));
            assert_eq!(shared.answers.lock().unwrap().len(), 1);
        });
    }

    #[test]
    fn who_does_not_answer_is_waited_for_no_longer_than_the_bound_and_delays_nobody_for_longer() {
        let (release, held) = mpsc::channel::<()>();
        runtime().block_on(async {
            let patience = Duration::from_millis(50);
            let shared = shared(1, patience);
            let soon = || Instant::now() + patience;
            let slow = shared.begin("slow", move || {
                let _until_then = held.recv();
                Ok(1)
            });
            tokio::task::yield_now().await;
            assert_eq!(slow.by(soon()).await, Err(Trouble::Late(patience)));
            assert_eq!(shared.begin("other", || Ok(2)).by(in_time()).await, Err(Trouble::Late(patience)));
            drop(release);
            assert_eq!(shared.begin("slow", || Ok(3)).by(in_time()).await.as_deref(), Ok(&1));
        });
    }

    #[test]
    fn a_defect_is_said_and_not_kept() {
        runtime().block_on(async {
            let shared = shared(1, Duration::from_secs(30));
            let broken = shared.begin("a", || panic!("on purpose"));
            assert_eq!(broken.by(in_time()).await, Err(Trouble::Defect));
        });
    }
}
