//! A reference that is made known once and read on every call.
//!
//! A `OnceLock` would keep a state beside the value: two more instructions where a whole call has twenty.
#![expect(unsafe_code, reason = "an atomic pointer is what a reader can test and follow with one load")]

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A reference for the rest of the program's life, once there is one.
#[derive(Debug)]
pub(crate) struct Published<T: 'static>(AtomicPtr<T>, PhantomData<&'static T>);

impl<T> Published<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()), PhantomData)
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: the field is private to this module, and only `new`, `set` and `set_first` write it. So the pointer is null, for which `as_ref` gives
        // nothing, or it was made from a `&'static T`: aligned, initialised, never freed and never written through. What it points at
        // was written before these were called, and acquiring what they released makes that visible to this thread. As the
        // `PhantomData` has it, another thread gets here only if `&'static T` may be sent to it.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    pub(crate) fn set(&self, to: &'static T) -> &'static T {
        self.0.store(ptr::from_ref(to).cast_mut(), Ordering::Release);
        to
    }

    /// Makes a reference known unless another one is; says whether it did.
    pub(crate) fn set_first(&self, to: &'static T) -> bool {
        let to = ptr::from_ref(to).cast_mut();
        self.0.compare_exchange(ptr::null_mut(), to, Ordering::Release, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Published;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    /// Would read zeros, or fail under a tool that watches memory, if a reference could be seen before what it refers to.
    #[test]
    fn whoever_sees_a_reference_sees_what_it_refers_to() {
        static TO: Published<[u64; 64]> = Published::new();
        static DONE: AtomicBool = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !DONE.load(Ordering::Relaxed) {
                        if let Some(seen) = TO.get() {
                            assert!(seen.iter().all(|word| *word == seen[0] && *word > 0));
                        }
                    }
                });
            }
            assert_eq!(TO.get(), None);
            for number in 1..500 {
                assert_eq!(TO.set(Box::leak(Box::new([number; 64]))), &[number; 64]);
            }
            DONE.store(true, Ordering::Relaxed);
        });
        assert_eq!(TO.get(), Some(&[499; 64]));
    }
}
