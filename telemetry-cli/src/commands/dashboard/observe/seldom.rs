//! What is asked more seldom than the numbers.

use super::desk::Desk;
use super::watch::Event;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// A desk that is asked now and then, and at once where somebody wants that. What is wanted while it has an errand follows that errand, which
/// may have been answered before.
#[derive(Debug)]
pub(super) struct Seldom {
    desk: Desk<()>,
    /// From one time to the next, where nobody wants it sooner.
    pause: Duration,
    next: Instant,
    is_wanted: bool,
}

impl Seldom {
    /// Opens a desk that is asked at the first look.
    pub(super) fn open(
        pause: Duration,
        answers: Sender<Event>,
        errand: impl FnMut(()) -> Event + Send + 'static,
    ) -> Self {
        Self { desk: Desk::open(answers, errand), pause, next: Instant::now(), is_wanted: false }
    }

    /// Says that it is to be asked as soon as it can be.
    pub(super) const fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Whether it was not asked for as long as its pause is. What is under way is not due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next <= now && !self.desk.is_busy()
    }

    /// Asks where that is wanted and nothing is under way.
    pub(super) fn go_on(&mut self, now: Instant) {
        if self.is_wanted && self.desk.ask(()) {
            (self.is_wanted, self.next) = (false, now + self.pause);
        }
    }

    /// Its answer has come.
    pub(super) const fn done(&mut self) {
        self.desk.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_is_wanted_while_it_is_asked_follows() {
        let (answers, told) = channel();
        let mut seldom = Seldom::open(Duration::from_secs(3600), answers, |()| Event::Past(Ok(Vec::new())));
        let asked = |seldom: &mut Seldom| {
            seldom.go_on(Instant::now());
            // Nobody else sends, so that silence means that nothing was asked.
            let asked = seldom.desk.is_busy();
            asked.then(|| told.recv().unwrap());
            asked
        };
        assert!(seldom.is_due(Instant::now()) && !asked(&mut seldom), "nobody wants it");
        seldom.want();
        assert!(asked(&mut seldom));
        seldom.want();
        seldom.go_on(Instant::now());
        assert!(told.try_recv().is_err(), "one errand at a time");
        seldom.done();
        assert!(asked(&mut seldom));
        seldom.done();
        assert!(!seldom.is_due(Instant::now()) && !asked(&mut seldom), "it was asked just now");
    }
}
