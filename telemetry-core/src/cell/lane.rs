//! Lanes: the parts of a cell of which each thread writes its own.
//!
//! A few threads have a lane to themselves. What a thread alone writes it can add to with a plain load and a plain store, which costs
//! less than half of an atomic addition, and no other processor has to give up a cache line for it. A thread that ends gives its lane
//! back; whoever takes it next goes on where it ended. All further threads share other lanes, with atomic additions.

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{self, thread_local};
use std::cell::Cell;
use std::process;
use std::sync::atomic::AtomicU32;

/// How many threads at a time have a lane to themselves. Every cell has so many, whether or not they are used.
pub(crate) const OWN: usize = sync::size(4, 2);

/// How many lanes all other threads share. A cell has them only once such a thread records on it.
pub(super) const SHARED: usize = sync::size(8, 1);

/// How many words of a lane stand side by side in memory that several cells share.
pub(super) const PITCH: usize = sync::size(16, 2);

/// What stands for the lane of a thread that has not asked for one yet; no thread ever has it.
const NOT_YET: usize = usize::MAX / 2;

sync::statics! {
    /// Which lanes are taken, one bit for each.
    static TAKEN: AtomicUsize = AtomicUsize::new(0);

    /// How many lanes any thread ever had to itself.
    static EVER_TAKEN: AtomicUsize = AtomicUsize::new(0);

    /// Shared lanes are handed out in turn.
    static TURN: AtomicUsize = AtomicUsize::new(0);
}

/// The process in which a lane was first taken; 0 until then.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The first word of the lane of this thread; it needs no destructor, so that asking for it is one read.
    static LANE: Cell<usize> = const { Cell::new(NOT_YET) };
    /// Gives the lane back at the end of the thread.
    static LEASE: Lease = const { Lease };
}

/// The lane of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// One that no other thread writes.
    Own(Alone),
    /// One that others write too, below [`SHARED`].
    Shared(usize),
}

/// A lane that a thread has to itself, by the number of its first word where lanes of [`PITCH`] words follow each other: nothing is left
/// to multiply then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alone(usize);

impl Alone {
    /// One of these lanes.
    pub(super) const fn number(lane: usize) -> Self {
        Self(lane % OWN * PITCH)
    }

    /// Which one it is, below [`OWN`].
    #[inline(always)]
    pub(crate) const fn lane(self) -> usize {
        self.0 / PITCH % OWN
    }

    /// A multiple of [`PITCH`], below [`OWN`] times that.
    #[inline(always)]
    pub(super) const fn first_word(self) -> usize {
        self.0
    }
}

/// The lane of this thread, if it is known already that it has one to itself; if not, [`claim`] tells what it has.
///
/// No handler of a signal may record on a cell: it would come between a load and the store that belongs to it.
#[inline(always)]
pub(crate) fn alone() -> Option<Alone> {
    let word = first_word();
    if word <= (OWN - 1) * PITCH { Some(Alone(word)) } else { None }
}

#[inline(always)]
fn first_word() -> usize {
    LANE.with(Cell::get)
}

/// The lane of this thread, which takes one if it has none yet.
#[cold]
#[cfg_attr(loom, expect(clippy::modulo_one, reason = "the threads of a model share one lane"))]
pub(super) fn claim() -> Lane {
    if first_word() == NOT_YET {
        // Not a `OnceLock`, for which the threads of a process that is forked off just now would wait for ever.
        if PROCESS.load(Ordering::Relaxed) == 0 {
            PROCESS.store(process::id(), Ordering::Relaxed);
        }
        // At the end of a thread, when its leases were given back already, it gets a shared lane.
        let own = LEASE.try_with(|_| take()).ok().flatten();
        let lane = own.unwrap_or_else(|| OWN + TURN.fetch_add(1, Ordering::Relaxed) % SHARED);
        LANE.with(|first_word| first_word.set(lane * PITCH));
    }
    match alone() {
        Some(alone) => Lane::Own(alone),
        None => Lane::Shared((first_word() / PITCH - OWN) % SHARED),
    }
}

/// How many lanes any thread ever had to itself: all others are empty in every cell, and a reader need not look into them.
///
/// A lane is counted before its thread writes in it, so that who knows of what was written sees it counted. The number never goes down.
#[inline]
pub(super) fn ever_taken() -> usize {
    EVER_TAKEN.load(Ordering::Relaxed)
}

/// Whether this process was forked off one in which threads had lanes: it has what they wrote, but not the threads.
pub(super) fn is_forked() -> bool {
    ![0, process::id()].contains(&PROCESS.load(Ordering::Relaxed))
}

/// Takes the first free lane.
fn take() -> Option<usize> {
    let mut taken = TAKEN.load(Ordering::Relaxed);
    loop {
        let free = (0..OWN).find(|lane| taken & (1 << lane) == 0)?;
        // Sees everything that the thread which had this lane before has written.
        match TAKEN.compare_exchange_weak(taken, taken | 1 << free, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => {
                EVER_TAKEN.fetch_max(free + 1, Ordering::Relaxed);
                return Some(free);
            }
            Err(now) => taken = now,
        }
    }
}

/// Whatever else a thread does at its end, it then does in a shared lane.
struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        // Always there, but for the end of a thread of the model checker, which has given its lane back before.
        let word = LANE.try_with(|first_word| first_word.replace(OWN * PITCH)).unwrap_or(OWN * PITCH);
        let lane = word / PITCH;
        if lane < OWN {
            TAKEN.fetch_and(!(1 << lane), Ordering::Release);
        }
    }
}

/// Runs a model as [`sync::explore`] does, with all lanes free.
#[cfg(all(test, loom))]
pub(crate) fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    sync::explore(preemptions, move || {
        // Made before there are threads, so that making them orders nothing between these.
        let _ = [&*TAKEN, &*EVER_TAKEN, &*TURN].map(|number| number.load(Ordering::Relaxed));
        model();
    });
}

/// Leaves no lane that a thread could have to itself.
#[cfg(all(test, loom))]
pub(super) fn exhaust() {
    while take().is_some() {}
}

/// A thread of a model. It has given its lane back when another thread has joined it, as it is with real ones; the model checker by itself
/// lets the other thread go on before.
#[cfg(all(test, loom))]
pub(crate) fn spawn<R: 'static>(work: impl FnOnce() -> R + 'static) -> sync::thread::JoinHandle<R> {
    sync::thread::spawn(move || {
        let result = work();
        drop(Lease);
        result
    })
}

#[cfg(test)]
mod tests {
    use super::{Lane, Lease, OWN, claim};
    use std::sync::{Barrier, Mutex};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn no_two_threads_have_one_lane_and_the_rest_share() {
        const THREADS: usize = 12;
        let (barrier, own, shared) = (Barrier::new(THREADS), Mutex::new(Vec::new()), Mutex::new(0));
        let work = || {
            match claim() {
                Lane::Own(alone) => own.lock().unwrap().push(alone.lane()),
                Lane::Shared(_) => *shared.lock().unwrap() += 1,
            }
            // All of them have their lanes at the same time.
            barrier.wait();
        };
        thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
        let mut own = own.into_inner().unwrap();
        own.sort_unstable();
        own.dedup();
        assert!(own.iter().all(|lane| *lane < OWN));
        assert_eq!(own.len() + *shared.lock().unwrap(), THREADS);
    }

    /// Who went on there would write where the next holder does.
    #[test]
    fn a_thread_that_has_given_its_lane_back_shares_one() {
        let after = thread::spawn(|| (claim(), drop(Lease), claim()).2).join().unwrap();
        assert_eq!(after, Lane::Shared(0));
    }

    #[test]
    fn a_lane_that_was_given_back_is_taken_again() {
        let has_own = || thread::spawn(|| matches!(claim(), Lane::Own(_))).join().unwrap();
        (0..2 * OWN).for_each(|_| _ = has_own());
        // Other tests have lanes too, but none of them for so long.
        let end = Instant::now() + Duration::from_secs(20);
        while !has_own() {
            assert!(Instant::now() < end, "no lane was ever free again");
        }
    }

    #[test]
    fn a_thread_keeps_its_lane_and_gives_it_back_at_its_end() {
        for _ in 0..20 * OWN {
            let lane = thread::spawn(|| (claim(), claim())).join().unwrap();
            assert_eq!(lane.0, lane.1);
        }
    }
}
