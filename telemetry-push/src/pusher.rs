//! Brings the totals of a ledger to the Pushgateway: one process at a time, and never an older total after a newer one.

use crate::client::{BlockingPushClient, Group, PushClient, PushError, Retry};
use crate::error::{Context, Error};
use crate::fault;
use crate::ledger::{LOCK_BOUND, Ledger};
use crate::lock::Lock;
use crate::made;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use telemetry_core::config::Address;

mod last;

pub use last::LastPush;

/// The longest time for which processes hold off after failed pushes.
const MAX_HOLD_OFF: Duration = Duration::from_secs(60);

/// How long after the end of its time a request is waited for, to learn what went wrong.
const GRACE: Duration = Duration::from_millis(100);

/// How a push ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushed {
    /// The gateway has the ledger's totals as of now.
    Current,
    /// Another process is pushing, and will send these counts too.
    LeftToAnother,
    /// Earlier pushes failed a short while ago; the counts wait in the ledger for the next push.
    HeldOff,
    /// The bound was reached before the gateway had all that the ledger holds; the next push carries the rest.
    Behind,
    /// There is nothing in the ledger, or the ledger is gone.
    Nothing,
}

/// Whose wish a push is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A process that ends and pushes on the way: it skips what another has just sent, and holds off after failures.
    Passing,
    /// A person or a script that asks for it: it is sent in any case.
    Explicit,
}

/// Pushes the totals of one ledger under its group. It blocks its thread, inside a tokio runtime as well as outside.
///
/// A request is never repeated by itself: others hold off after a failure, and whoever pushes next sends newer totals.
#[derive(Debug, Clone)]
pub struct Pusher {
    ledger: Ledger,
    gateway: Arc<dyn Gateway>,
    url: String,
    /// How long the lock of another pusher is waited for.
    pub patience: Duration,
    /// How long to go on while the ledger keeps growing; one request may still end after it.
    pub bound: Duration,
    /// How long one request may take. A request that is given up may still arrive later, after a newer one, and a counter would go down;
    /// so a slow gateway gets more time than a person would wait.
    pub request_timeout: Duration,
}

/// Where the totals go.
pub(crate) trait Gateway: fmt::Debug + Send + Sync {
    /// Replaces the group with one request that ends after `timeout`. Whatever happens, this returns after `timeout` and `grace`.
    fn replace(&self, totals: String, timeout: Duration, grace: Duration) -> Result<(), PushError>;
}

impl Gateway for BlockingPushClient {
    fn replace(&self, totals: String, timeout: Duration, grace: Duration) -> Result<(), PushError> {
        self.push_once(totals, timeout, grace)
    }
}

/// What bounds the time of one push.
struct Bounds {
    patience: Duration,
    /// When no further request is begun.
    begin: Option<Instant>,
    /// When everything has ended; `None` where each part has only its own bound.
    end: Option<Instant>,
}

/// What the last pusher left for the next one.
#[derive(Debug, Clone, PartialEq, Default)]
struct State {
    /// The gateway that all of this is about.
    url: String,
    /// The ledger and the generation that were last sent there.
    sent: Option<(String, u64)>,
    failures: u32,
    /// When the last push failed.
    failed_at: Option<SystemTime>,
}

impl Pusher {
    /// A pusher to the gateway at this address, with a patience and a bound of two seconds, and ten for a request.
    ///
    /// # Errors
    /// [`PushError::Setup`] where the authorities of the address cannot be read, [`PushError::Group`] where the job is empty.
    pub fn new(ledger: &Ledger, address: &Address) -> Result<Self, PushError> {
        let place = ledger.place();
        let group = Group::new(&place.job, &place.instance);
        let client = PushClient::of(address).group(group).retry(Retry::never()).build()?;
        Ok(Self::to(ledger, Arc::new(client.blocking()), &address.url))
    }

    pub(crate) fn to(ledger: &Ledger, gateway: Arc<dyn Gateway>, url: &str) -> Self {
        Self {
            ledger: ledger.clone(),
            gateway,
            url: url.to_owned(),
            patience: Duration::from_secs(2),
            bound: Duration::from_secs(2),
            request_timeout: Duration::from_secs(10),
        }
    }

    /// Sweeps the dead and sends the totals, again and again while the ledger grows meanwhile. When this returns
    /// [`Pushed::Current`], the gateway has answered that it took totals that hold everything merged before the call.
    ///
    /// Pushes are serialised by a lock of their own, so an older total never follows a newer one and a counter at the gateway never
    /// goes down. After the lock is released the ledger is looked at once more: whoever merged and then found the lock taken has
    /// left, relying on this.
    ///
    /// `notes` gets what a person should know, such as that a damaged ledger was set aside. An empty ledger is never sent: it would
    /// wipe the group.
    ///
    /// # Errors
    /// [`Error::Push`] where the gateway did not take it, [`Error::Io`] and [`Error::Busy`] of the ledger.
    pub fn push(&self, wish: Wish, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        let bounds = Bounds { patience: self.patience, begin: after(self.bound), end: None };
        self.push_bounded(wish, &bounds, notes)
    }

    /// As [`push`](Self::push), but all of it ends within this time: the wait for the lock, for the ledger and for the gateway. It is for
    /// whoever keeps somebody waiting, such as a process that ends. The disk alone is waited for as long as it takes.
    ///
    /// A request that has no answer by then is given up. That is written down before this returns, so that others hold off as after any
    /// failure; the gateway may have taken the push all the same. Where the time is over before a request can begin, the answer is
    /// [`Pushed::Behind`].
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn push_within(
        &self,
        wish: Wish,
        within: Duration,
        notes: &mut Vec<String>,
    ) -> Result<Pushed, Error> {
        let begin = after(self.bound.min(within));
        let bounds = Bounds { patience: self.patience, begin, end: after(within) };
        self.push_bounded(wish, &bounds, notes)
    }

    /// A ledger whose folder is gone, from the beginning or meanwhile, has nothing to push, and nothing is made in its place.
    fn push_bounded(&self, wish: Wish, bounds: &Bounds, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        match self.push_in_turn(wish, bounds, notes) {
            Err(Error::Io { .. }) if self.is_gone() => Ok(Pushed::Nothing),
            end => end,
        }
    }

    fn is_gone(&self) -> bool {
        self.ledger.place().folder.try_exists().is_ok_and(|there| !there)
    }

    fn push_in_turn(&self, wish: Wish, bounds: &Bounds, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        loop {
            let lock = match Lock::acquire(&self.lock_file(), bounds.patience()) {
                Ok(lock) => lock,
                Err(Error::Busy { .. }) => return Ok(Pushed::LeftToAnother),
                Err(error) => return Err(error),
            };
            // What waits now is part of the totals that are about to be read, unless nobody of this version can add it.
            let waited = self.ledger.waiting_names();
            let (end, generation) = self.push_locked(&lock, wish, bounds, notes)?;
            drop(lock);
            if end != Pushed::Current || !self.ledger.has_grown_since(generation, &waited)? {
                return Ok(end);
            }
            if bounds.is_late() {
                return Ok(Pushed::Behind);
            }
        }
    }

    /// Sends until the gateway has what the ledger has. Also says up to which generation that is.
    fn push_locked(
        &self,
        lock: &Lock,
        wish: Wish,
        bounds: &Bounds,
        notes: &mut Vec<String>,
    ) -> Result<(Pushed, u64), Error> {
        let mut state = self.read_state();
        let mut sent_here = false;
        loop {
            let totals =
                self.ledger.totals_within(bounds.of_ledger(), notes)?.filter(|totals| !totals.is_empty());
            let Some(totals) = totals else { return Ok((Pushed::Nothing, 0)) };
            let mark = (totals.id.clone(), totals.generation);
            if state.sent.as_ref() == Some(&mark) && (sent_here || wish == Wish::Passing) {
                return Ok((Pushed::Current, totals.generation));
            }
            if wish == Wish::Passing && state.is_holding_off(SystemTime::now()) {
                return Ok((Pushed::HeldOff, totals.generation));
            }
            if (sent_here && bounds.is_late()) || bounds.is_over() {
                return Ok((Pushed::Behind, totals.generation));
            }
            let (timeout, grace) = bounds.of_request(self.request_timeout);
            let answer = self.gateway.replace(totals.exposition(), timeout, grace);
            state.note(&answer, mark, SystemTime::now());
            // Where somebody has removed the lock meanwhile the ledger went with it, and what became of its push is nobody's concern.
            if lock.is_still_at(&self.lock_file()) {
                self.write_state(&state)?;
            }
            answer?;
            sent_here = true;
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.ledger.place().folder.join("push.lock")
    }

    fn state_file(&self) -> PathBuf {
        state_file(&self.ledger)
    }

    /// A state that is missing, cut short or about another gateway is none: the totals are then sent once more, which does no harm.
    fn read_state(&self) -> State {
        let url = &self.url;
        let state = fs::read_to_string(self.state_file()).ok().and_then(|text| State::parse(&text));
        state
            .filter(|state| state.url == *url)
            .unwrap_or_else(|| State { url: url.clone(), ..State::default() })
    }

    fn write_state(&self, state: &State) -> Result<(), Error> {
        let (path, new) = (self.state_file(), self.state_file().with_extension("new"));
        made::write(&new, state.render().as_bytes())?;
        fault::step().and_then(|()| fs::rename(&new, &path)).context("replace", &path)
    }
}

/// Where pushers leave for each other what became of the last push.
fn state_file(ledger: &Ledger) -> PathBuf {
    ledger.place().folder.join("push.state")
}

/// The moment after this time; `None` where no clock gets that far.
fn after(time: Duration) -> Option<Instant> {
    Instant::now().checked_add(time)
}

impl Bounds {
    fn left(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    fn is_late(&self) -> bool {
        self.begin.is_some_and(|begin| Instant::now() >= begin)
    }

    fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    fn of_ledger(&self) -> Duration {
        self.left().map_or(LOCK_BOUND, |left| left.min(LOCK_BOUND))
    }

    fn patience(&self) -> Duration {
        self.left().map_or(self.patience, |left| left.min(self.patience))
    }

    /// The time of a request, and the time after it in which its failure is learnt. An eighth of what is left, and at most a tenth of a
    /// second, is kept for that and for writing the failure down.
    fn of_request(&self, timeout: Duration) -> (Duration, Duration) {
        let Some(left) = self.left() else { return (timeout, GRACE) };
        let kept = (left / 8).min(GRACE);
        (timeout.min(left - kept), kept / 2)
    }
}

impl State {
    fn note(&mut self, answer: &Result<(), PushError>, mark: (String, u64), now: SystemTime) {
        if answer.is_ok() {
            (self.sent, self.failures, self.failed_at) = (Some(mark), 0, None);
        } else {
            // A push that failed may have arrived all the same, so what the gateway has is no longer known.
            (self.sent, self.failures, self.failed_at) = (None, self.failures.saturating_add(1), Some(now));
        }
    }

    /// One second after the first failure, doubling up to [`MAX_HOLD_OFF`]. A failure that lies in the future, since the clock was set
    /// back, holds nobody off.
    fn is_holding_off(&self, now: SystemTime) -> bool {
        let Some(age) = self.failed_at.and_then(|at| now.duration_since(at).ok()) else { return false };
        age < self.hold_off()
    }

    fn hold_off(&self) -> Duration {
        let seconds = 1_u64 << (self.failures.clamp(1, 7) - 1);
        Duration::from_secs(seconds).min(MAX_HOLD_OFF)
    }

    fn render(&self) -> String {
        let failed_at = self.failed_at.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let failed_at = failed_at.map_or(0, |since| since.as_millis());
        let (id, generation) = self.sent.clone().unwrap_or_default();
        let Self { url, failures, .. } = self;
        format!(
            "url={url}\nfailures={failures}\nfailed_at_ms={failed_at}\nid={id}\ngeneration={generation}\nend\n"
        )
    }

    /// The inverse of [`render`](Self::render); `None` without its last line, which shows that it is whole.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        if text.lines().last() != Some("end") {
            return None;
        }
        let id = field("id")?.to_owned();
        let generation = field("generation")?.parse().ok()?;
        let failed_at: u64 = field("failed_at_ms")?.parse().ok()?;
        Some(Self {
            url: field("url")?.to_owned(),
            sent: (!id.is_empty()).then_some((id, generation)),
            failures: field("failures")?.parse().ok()?,
            failed_at: (failed_at > 0).then(|| SystemTime::UNIX_EPOCH + Duration::from_millis(failed_at)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use std::time::{Duration, SystemTime};

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_state_is_read_back_and_a_part_of_it_is_none() {
        let url = || "http://gateway".to_owned();
        let sent = State { url: url(), sent: Some(("id".to_owned(), 7)), ..State::default() };
        let failed = State { url: url(), failures: 3, failed_at: Some(at(1000)), sent: None };
        for state in [sent, failed, State::default()] {
            let text = state.render();
            assert_eq!(State::parse(&text), Some(state));
            assert!((0..text.len() - 1).all(|end| State::parse(&text[..end]).is_none()));
        }
    }

    #[test]
    fn processes_hold_off_for_longer_after_every_failure() {
        let state = |failures| State { failures, failed_at: Some(at(1000)), ..State::default() };
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (100, 60)] {
            assert!(state(failures).is_holding_off(at(1000 + seconds - 1)), "{failures}");
            assert!(!state(failures).is_holding_off(at(1000 + seconds)), "{failures}");
        }
        assert!(!state(5).is_holding_off(at(999)), "a clock that was set back holds nobody off");
    }
}
