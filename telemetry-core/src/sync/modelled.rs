//! What the model checker lacks.

use loom::cell::UnsafeCell;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Hashes with the same keys each time: a model must do the same in each execution but for what the checker varies.
#[cfg(feature = "live")]
pub(crate) type RandomState = BuildHasherDefault<DefaultHasher>;

/// Says of a part of memory who may be busy in it: the model checker tells when that is not so.
#[derive(Debug, Default)]
pub(crate) struct Claim(UnsafeCell<()>);

#[expect(
    unsafe_code,
    reason = "the checker's cell is for memory that threads share, and leaves it to its owner to say so"
)]
// SAFETY: what is in the cell has no bytes, and nothing but the checker's own bookkeeping is reached through it. That is done on one real thread
// at a time, which runs the threads of a model in turn.
unsafe impl Sync for Claim {}

impl Claim {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn among_others(&self) {
        self.0.with(|_| ());
    }

    pub(crate) fn alone(&self) {
        self.0.with_mut(|_| ());
    }
}

/// The standard macro's form for what needs no initialisation at run time, which the model checker's does not know.
macro_rules! of_thread {
    ($($(#[$about:meta])* static $name:ident: $of:ty = const { $initial:expr };)*) => {
        loom::thread_local! { $($(#[$about])* static $name: $of = $initial;)* }
    };
}

pub(crate) use of_thread as thread_local;

/// Runs a model in all its interleavings with at most so many switches away from a thread that could go on; the threads of most errors
/// that anybody found needed two.
#[cfg(test)]
pub(crate) fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}
