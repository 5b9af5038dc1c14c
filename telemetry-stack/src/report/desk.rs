//! Asking a source for much: so many questions at once, and none after the time for all of them is over.

use crate::source::{SeenTarget, Source, SourceError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;
use telemetry_query::{Labels, Series, Steps};

/// How many questions are asked at once. A Prometheus answers twenty at a time, and is there for others too.
const AT_ONCE: usize = 4;

/// What is told while questions are answered: how many are, and how many there are.
pub type Tell<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Where questions are asked.
pub(super) struct Desk<'a> {
    source: Timely<'a>,
    tell: Tell<'a>,
    asked: AtomicUsize,
    all: usize,
}

impl<'a> Desk<'a> {
    /// For so many questions, none of which is asked after the deadline.
    pub(super) const fn new(source: &'a dyn Source, deadline: Instant, all: usize, tell: Tell<'a>) -> Self {
        Self { source: Timely { source, deadline }, tell, asked: AtomicUsize::new(0), all }
    }

    /// The answers, in the order of the questions.
    pub(super) fn each<Q: Sync, A: Send>(
        &self,
        questions: &[Q],
        ask: impl Fn(&dyn Source, &Q) -> A + Sync,
    ) -> Vec<A> {
        let (next, answers) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(questions.len())));
        let work = || {
            while let Some((at, question)) = taken(&next, questions) {
                let answer = ask(&self.source, question);
                answers.lock().unwrap_or_else(PoisonError::into_inner).push((at, answer));
                (self.tell)(self.asked.fetch_add(1, Ordering::Relaxed) + 1, self.all);
            }
        };
        thread::scope(|scope| {
            (0..AT_ONCE.min(questions.len())).for_each(|_| {
                scope.spawn(work);
            });
        });
        let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers.sort_unstable_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}

/// The next question that nobody has taken yet, with its place.
fn taken<'q, Q>(next: &AtomicUsize, questions: &'q [Q]) -> Option<(usize, &'q Q)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, questions.get(at)?))
}

/// A source that is not asked any more once the time is over.
struct Timely<'a> {
    source: &'a dyn Source,
    deadline: Instant,
}

impl Timely<'_> {
    fn in_time(&self) -> Result<&dyn Source, SourceError> {
        if Instant::now() < self.deadline {
            return Ok(self.source);
        }
        Err(SourceError::Unreachable("not asked any more: the time for all questions was over".to_owned()))
    }
}

impl Source for Timely<'_> {
    fn instant(&self, expr: &str, at: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
        self.in_time()?.instant(expr, at)
    }

    fn range(&self, expr: &str, steps: Steps) -> Result<Vec<Series>, SourceError> {
        self.in_time()?.range(expr, steps)
    }

    fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
        self.in_time()?.targets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Answers with the length of the question.
    struct Length;

    impl Source for Length {
        fn instant(&self, expr: &str, _: i64) -> Result<Vec<(Labels, f64)>, SourceError> {
            Ok(vec![(Labels::default(), expr.len() as f64)])
        }

        fn range(&self, _: &str, _: Steps) -> Result<Vec<Series>, SourceError> {
            Ok(Vec::new())
        }

        fn targets(&self) -> Result<Vec<SeenTarget>, SourceError> {
            Ok(Vec::new())
        }
    }

    fn lengths(deadline: Instant, told: &AtomicUsize) -> Vec<Option<f64>> {
        let questions: Vec<_> = (0..50).map(|length| "x".repeat(length)).collect();
        let tell = |done: usize, all: usize| {
            assert!(done <= all && all == 50);
            told.fetch_add(1, Ordering::Relaxed);
        };
        let desk = Desk::new(&Length, deadline, questions.len(), &tell);
        desk.each(&questions, |source, question| Some(source.instant(question, 0).ok()?[0].1))
    }

    #[test]
    fn answers_have_the_order_of_the_questions() {
        let told = AtomicUsize::new(0);
        let found = lengths(Instant::now() + Duration::from_secs(60), &told);
        assert!(found.into_iter().eq((0..50).map(|length| Some(f64::from(length)))));
        assert_eq!(told.into_inner(), 50);
    }

    #[test]
    fn nobody_is_asked_after_the_deadline() {
        assert_eq!(lengths(Instant::now(), &AtomicUsize::new(0)), [None; 50]);
    }
}
