//! Brings the totals of a ledger to the Pushgateway: one process at a time, and never an older total after a newer one.

use crate::client::{Group, PushClient, PushError};
use crate::error::{Context, Error};
use crate::ledger::Ledger;
use crate::lock::Lock;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// The longest time for which processes hold off after failed pushes.
const MAX_HOLD_OFF: Duration = Duration::from_secs(60);

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
    /// The bound was reached while the ledger kept growing; the next push carries the rest.
    Behind,
    /// There is nothing in the ledger.
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

/// Pushes the totals of one ledger under its group.
#[derive(Debug)]
pub struct Pusher<'a> {
    ledger: &'a Ledger,
    client: &'a PushClient,
    wish: Wish,
    /// How long the lock of another pusher is waited for.
    pub patience: Duration,
    /// How long to go on while the ledger keeps growing; one request may still end after it.
    pub bound: Duration,
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

impl<'a> Pusher<'a> {
    /// A pusher with a patience and a bound of two seconds.
    #[must_use]
    pub const fn new(ledger: &'a Ledger, client: &'a PushClient, wish: Wish) -> Self {
        Self { ledger, client, wish, patience: Duration::from_secs(2), bound: Duration::from_secs(2) }
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
    pub async fn push(&self, notes: &mut Vec<String>) -> Result<Pushed, Error> {
        let deadline = Instant::now() + self.bound;
        loop {
            let lock = match Lock::acquire(&self.lock_file()?, self.patience) {
                Ok(lock) => lock,
                Err(Error::Busy { .. }) => return Ok(Pushed::LeftToAnother),
                Err(error) => return Err(error),
            };
            let (end, generation) = self.push_locked(deadline, notes).await?;
            drop(lock);
            let grown = self.ledger.peek()?.is_some_and(|totals| totals.generation > generation);
            if end != Pushed::Current || !grown {
                return Ok(end);
            }
            if Instant::now() >= deadline {
                return Ok(Pushed::Behind);
            }
        }
    }

    /// Sends until the gateway has what the ledger has. Also says up to which generation that is.
    async fn push_locked(&self, deadline: Instant, notes: &mut Vec<String>) -> Result<(Pushed, u64), Error> {
        let mut state = self.read_state();
        let mut sent_here = false;
        loop {
            let totals = self.ledger.totals(notes)?.filter(|totals| !totals.is_empty());
            let Some(totals) = totals else { return Ok((Pushed::Nothing, 0)) };
            let mark = (totals.id.clone(), totals.generation);
            if state.sent.as_ref() == Some(&mark) && (sent_here || self.wish == Wish::Passing) {
                return Ok((Pushed::Current, totals.generation));
            }
            if self.wish == Wish::Passing && state.is_holding_off(SystemTime::now()) {
                return Ok((Pushed::HeldOff, totals.generation));
            }
            if sent_here && Instant::now() >= deadline {
                return Ok((Pushed::Behind, totals.generation));
            }
            let answer = self.client.replace(&self.group(), totals.exposition()).await;
            state.note(&answer, mark, SystemTime::now());
            self.write_state(&state)?;
            answer?;
            sent_here = true;
        }
    }

    fn group(&self) -> Group {
        let place = self.ledger.place();
        Group::new(&place.job, &place.instance)
    }

    fn lock_file(&self) -> Result<PathBuf, Error> {
        let folder = &self.ledger.place().folder;
        if !folder.is_dir() {
            fs::create_dir_all(folder).context("create", folder)?;
        }
        Ok(folder.join("push.lock"))
    }

    fn state_file(&self) -> PathBuf {
        self.ledger.place().folder.join("push.state")
    }

    /// A state that is missing, cut short or about another gateway is none: the totals are then sent once more, which does no harm.
    fn read_state(&self) -> State {
        let url = &self.client.address().url;
        let state = fs::read_to_string(self.state_file()).ok().and_then(|text| State::parse(&text));
        state
            .filter(|state| state.url == *url)
            .unwrap_or_else(|| State { url: url.clone(), ..State::default() })
    }

    fn write_state(&self, state: &State) -> Result<(), Error> {
        fs::write(self.state_file(), state.render()).context("write", &self.state_file())
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
        let seconds = 1_u64 << (self.failures.clamp(1, 7) - 1);
        age < Duration::from_secs(seconds).min(MAX_HOLD_OFF)
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
