//! Where a guard and its threads meet: requests with numbers, and how far each thread has come.
//!
//! No thread holds the lock while it reads, writes or sends anything, so whoever waits here can always leave in time.

use super::Flushed;
use crate::pusher::Pushed;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How often a lock is tried that must not be waited for in the system's queue.
const PAUSE: Duration = Duration::from_millis(1);

/// Longer bounds than this one are this one, so that no deadline is beyond what the clock can tell.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The requests of one guard.
#[derive(Debug)]
pub(super) struct Desk {
    bound: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

/// Requests are numbered from 1; who has done a request has done all before it.
#[derive(Debug)]
struct State {
    asked: u64,
    /// Until when somebody waits for the last request.
    deadline: Instant,
    /// The last request is the last of all.
    ending: bool,
    merged: u64,
    /// Whether the last merge succeeded: everything counted before its request is durable.
    durable: bool,
    pushed: u64,
    /// What came of the last push; nothing where it failed or none was tried.
    push: Option<Pushed>,
    merger_is_gone: bool,
    pusher_is_gone: bool,
}

/// A request that somebody may wait for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    number: u64,
    deadline: Instant,
}

/// What the merging thread is to do next.
#[derive(Debug)]
pub(super) enum Call {
    /// Merge; if it is the last time, leave the ledger too.
    Merge { request: Request, last: bool },
    /// A period is over.
    Tick,
}

impl Desk {
    /// A desk whose requests take no longer than this; `pushes` says whether there is a thread that pushes.
    pub(super) fn new(bound: Duration, pushes: bool) -> Self {
        let state = State {
            asked: 0,
            deadline: Instant::now(),
            ending: false,
            merged: 0,
            durable: false,
            pushed: 0,
            push: None,
            merger_is_gone: false,
            pusher_is_gone: !pushes,
        };
        Self { bound: bound.min(LONGEST), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Asks for a merge and a push.
    pub(super) fn ask(&self) -> Request {
        self.request(false)
    }

    /// Asks for the last merge and the last push.
    pub(super) fn ask_to_end(&self) -> Request {
        self.request(true)
    }

    fn request(&self, ending: bool) -> Request {
        let deadline = Instant::now() + self.bound;
        let Some(mut state) = lock_until(&self.state, deadline) else {
            return Request { number: u64::MAX, deadline };
        };
        if state.ending {
            // There is nobody to do another, and the last may have been begun before what this one is about was counted. So it is never
            // done; whoever waits for it waits until the last one is over.
            return Request { number: state.asked + 1, deadline };
        }
        state.asked += 1;
        (state.deadline, state.ending) = (deadline, ending);
        self.changed.notify_all();
        Request { number: state.asked, deadline }
    }

    /// Waits until the request is merged and pushed, or until its deadline.
    pub(super) fn wait(&self, request: Request) -> Flushed {
        self.wait_until(request, State::is_done)
    }

    /// Waits until the request is merged, or until its deadline.
    pub(super) fn wait_for_merge(&self, request: Request) -> Flushed {
        self.wait_until(request, State::is_merged)
    }

    fn wait_until(&self, request: Request, reached: impl Fn(&State, u64) -> bool) -> Flushed {
        let Some(mut state) = lock_until(&self.state, request.deadline) else { return Flushed::default() };
        while !reached(&state, request.number) {
            let left = request.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.outcome(request.number)
    }

    /// For the thread that merges: waits for the next request, or for the end of the period.
    pub(super) fn next_call(&self, tick: Option<Instant>) -> Call {
        let mut state = self.lock();
        loop {
            if state.asked > state.merged {
                let request = Request { number: state.asked, deadline: state.deadline };
                return Call::Merge { request, last: state.ending };
            }
            state = match tick.map(|tick| tick.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return Call::Tick,
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// For the thread that merges: how far it has come.
    pub(super) fn note_merge(&self, number: u64, durable: bool) {
        let mut state = self.lock();
        (state.merged, state.durable) = (number, durable);
        self.changed.notify_all();
    }

    /// For the thread that merges: it does no more.
    pub(super) fn note_end_of_merging(&self) {
        self.lock().merger_is_gone = true;
        self.changed.notify_all();
    }

    /// For the thread that pushes: waits for a successful merge; nothing where none will follow.
    pub(super) fn next_push(&self) -> Option<Request> {
        let mut state = self.lock();
        loop {
            if state.merged > state.pushed && state.durable {
                return Some(Request { number: state.merged, deadline: state.deadline });
            }
            if state.merger_is_gone {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// For the thread that pushes: how far it has come.
    pub(super) fn note_push(&self, number: u64, push: Option<Pushed>) {
        let mut state = self.lock();
        (state.pushed, state.push) = (number, push);
        self.changed.notify_all();
    }

    /// For the thread that pushes: it does no more.
    pub(super) fn note_end_of_pushing(&self) {
        self.lock().pusher_is_gone = true;
        self.changed.notify_all();
    }

    /// Whether the last push that was tried left something to be pushed.
    pub(super) fn owes_a_push(&self) -> bool {
        let state = self.lock();
        !state.pusher_is_gone
            && state.pushed == state.merged
            && !matches!(state.push, Some(Pushed::Current | Pushed::LeftToAnother | Pushed::Nothing))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn is_merged(&self, number: u64) -> bool {
        self.merged >= number || self.merger_is_gone
    }

    const fn is_done(&self, number: u64) -> bool {
        let nothing_to_push = self.is_merged(number) && !self.durable;
        nothing_to_push || self.is_merged(number) && (self.pushed >= self.merged || self.pusher_is_gone)
    }

    fn outcome(&self, number: u64) -> Flushed {
        let durable = self.merged >= number && self.durable;
        let pushed = if durable && self.pushed >= number { self.push } else { None };
        Flushed { durable, pushed }
    }
}

impl Request {
    /// The number of the request.
    pub(super) const fn number(self) -> u64 {
        self.number
    }

    /// How long somebody still waits for it.
    pub(super) fn left(self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Locks without ever waiting for longer than until the deadline. At the end of a process the lock may be held by the very code that a
/// handler interrupted, which then never goes on.
pub(super) fn lock_until<T>(mutex: &Mutex<T>, deadline: Instant) -> Option<MutexGuard<'_, T>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
}
