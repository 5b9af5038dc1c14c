//! A value that is put in its place once, and which a forked process never waits for.
//!
//! A `OnceLock` of the standard library has whoever meets another thread that makes the value wait for that thread. A process that was
//! forked off meanwhile has the memory of that thread and not the thread, and would wait for ever. Here the value is made before it is put
//! in its place, and the place says of which process the thread is that puts it there: another process takes over from it.
#![expect(
    unsafe_code,
    reason = "what a thread left half done when its process was forked can only be replaced by whoever decides who may write"
)]

use super::atomic::{AtomicU32, Ordering};
use super::{Claim, thread};
use std::cell::UnsafeCell;
use std::fmt::{self, Debug, Formatter};
use std::mem::MaybeUninit;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::process;

/// The value is there. No process that runs a program has this number.
const SET: u32 = 0;

/// There is no value, and nobody puts one there. No process has this number either.
const EMPTY: u32 = u32::MAX;

/// A place for a value that is there for good once it is there.
pub(crate) struct SetOnce<T> {
    /// [`SET`], [`EMPTY`], or the process of which a thread puts the value there.
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
    claim: Claim,
}

// SAFETY: a shared place lets any thread have `&T`, for which `T` must be `Sync`, and lets one thread put a value there that another one drops,
// for which it must be `Send`; just what the standard library asks for its `OnceLock`.
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl<T: UnwindSafe> UnwindSafe for SetOnce<T> {}
// Nothing that can panic runs while the value is half in its place.
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for SetOnce<T> {}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        let value = UnsafeCell::new(MaybeUninit::uninit());
        Self { state: AtomicU32::new(EMPTY), value, claim: Claim::new() }
    }
}

impl<T> From<T> for SetOnce<T> {
    fn from(value: T) -> Self {
        let value = UnsafeCell::new(MaybeUninit::new(value));
        Self { state: AtomicU32::new(SET), value, claim: Claim::new() }
    }
}

impl<T: Debug> Debug for SetOnce<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl<T> SetOnce<T> {
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        // SAFETY: the value is there, as `is_set` has seen.
        if self.is_set() { Some(unsafe { self.value() }) } else { None }
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.state.load(Ordering::Acquire) == SET
    }

    /// # Safety
    ///
    /// The value must be there, and this thread must have seen it, by [`is_set`](Self::is_set) or because it has put it there itself.
    #[inline]
    unsafe fn value(&self) -> &T {
        self.claim.among_others();
        // SAFETY: `put` and `from` alone make it so that the value is there, and acquiring what `put` released makes it visible. Nobody writes there
        // from then on: `put` does so only after it has replaced another state, and `drop` has the place to itself.
        unsafe { (*self.value.get()).assume_init_ref() }
    }

    /// The value; the one that is made here if there is none. Where threads meet, each may make one, and that of one of them is kept.
    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.put(make()),
        }
    }

    /// Puts the value there, unless another one is put there before.
    #[cold]
    #[inline(never)]
    fn put(&self, value: T) -> &T {
        if self.is_to_be_written() {
            self.claim.alone();
            // SAFETY: no other thread of this process writes here or has a reference to the value, since this one alone has replaced a state other
            // than `SET`, and all others wait until it is `SET`. A thread of another process does not write here: it has memory of its own, of
            // which this is a copy from a moment at which that thread was at work. What it had written is overwritten, not read or dropped.
            unsafe { (*self.value.get()).write(value) };
            self.state.store(SET, Ordering::Release);
        }
        // SAFETY: the value is there, put there by this thread, or by one of which `is_to_be_written` has seen that it did.
        unsafe { self.value() }
    }

    /// Whether this thread shall write the value. If not, it is there.
    fn is_to_be_written(&self) -> bool {
        let own = process::id();
        loop {
            match self.state.load(Ordering::Acquire) {
                SET => return false,
                // A thread of this process has a few words to write, or waits for a processor in the midst of them.
                state if state == own => thread::yield_now(),
                state => {
                    let taken = self.state.compare_exchange(state, own, Ordering::Acquire, Ordering::Relaxed);
                    if taken.is_ok() {
                        return true;
                    }
                }
            }
        }
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if self.is_set() {
            // SAFETY: the value is there, and nobody has borrowed the place, so that nobody uses the value or drops it again.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}

#[cfg(all(test, loom))]
mod interleavings {
    use super::SetOnce;
    use crate::sync::{explore, thread};
    use std::sync::Arc;

    #[test]
    fn of_two_values_one_is_kept_and_nobody_sees_half_of_it() {
        explore(3, || {
            let place = Arc::new(SetOnce::default());
            let get = |number: usize| {
                let place = Arc::clone(&place);
                thread::spawn(move || (place.get().copied(), *place.get_or_init(|| number)))
            };
            let threads = [1, 2].map(get);
            let seen = place.get().copied();
            let got = threads.map(|thread| thread.join().unwrap());
            assert!(got.iter().all(|(before, after)| before.is_none_or(|before| before == *after)));
            assert_eq!(got[0].1, got[1].1);
            assert!(seen.is_none_or(|seen| seen == got[0].1));
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::SetOnce;
    use crate::sync::atomic::Ordering;
    use std::sync::{Arc, Barrier};
    use std::thread;

    #[test]
    fn a_value_is_kept_and_dropped_once() {
        let (value, other) = (Arc::new(()), Arc::new(()));
        let place = SetOnce::default();
        assert!(place.get().is_none());
        assert!(Arc::ptr_eq(place.get_or_init(|| Arc::clone(&value)), &value));
        assert!(Arc::ptr_eq(place.get_or_init(|| Arc::clone(&other)), &value));
        assert_eq!((Arc::strong_count(&value), Arc::strong_count(&other)), (2, 1));
        drop((place, SetOnce::from(Arc::clone(&other)), SetOnce::<Arc<()>>::default()));
        assert_eq!((Arc::strong_count(&value), Arc::strong_count(&other)), (1, 1));
    }

    /// Would read what is half written, or two values, if a thread did not wait until another has put the value there.
    #[test]
    fn threads_that_meet_get_the_same_value_and_the_others_are_dropped() {
        for _ in 0..200 {
            let (place, barrier, made) = (SetOnce::default(), Barrier::new(3), Arc::new(()));
            let get = |number: usize| {
                barrier.wait();
                let (numbers, _) = place.get_or_init(|| ([number; 32], Arc::clone(&made)));
                assert!(numbers.iter().all(|other| *other == numbers[0]));
                numbers[0]
            };
            let got = thread::scope(|scope| {
                [1, 2, 3].map(|number| scope.spawn(move || get(number))).map(|thread| thread.join().unwrap())
            });
            assert!(got.iter().all(|number| *number == got[0]));
            assert_eq!(Arc::strong_count(&made), 2);
        }
    }

    #[test]
    fn what_another_process_has_begun_is_done_again() {
        let place = SetOnce::<String>::default();
        // As it looks in a child: a thread of the parent was putting a value there.
        place.state.store(u32::MAX - 1, Ordering::Relaxed);
        assert!(place.get().is_none());
        assert_eq!(place.get_or_init(|| "own".to_owned()), "own");
        place.state.store(u32::MAX - 1, Ordering::Relaxed);
        drop(place);
    }
}
