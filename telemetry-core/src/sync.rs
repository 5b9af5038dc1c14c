//! What the lock-free parts are made of: the standard library's types, or, with `--cfg loom`, those of a model checker that goes
//! through the interleavings of a few threads and through the older values that a load may return.
//!
//! So the code that is checked is the code that runs. What only waits, such as the mutex of a registry, keeps the standard types.

#[cfg(all(feature = "live", not(loom)))]
pub(crate) use std::hash::RandomState;
#[cfg(not(loom))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};
#[cfg(not(loom))]
pub(crate) use std::{hint, thread, thread_local};

#[cfg(loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard, atomic};
#[cfg(loom)]
pub(crate) use loom::{hint, thread};
#[cfg(all(feature = "live", loom))]
pub(crate) use modelled::RandomState;
#[cfg(loom)]
pub(crate) use modelled::{Claim, thread_local};

#[cfg(all(test, loom))]
pub(crate) use modelled::explore;
pub(crate) use set_once::SetOnce;

/// Statics with an initial value that is a constant, except for the model checker: there each execution begins with new ones.
macro_rules! statics {
    ($($(#[$about:meta])* static $name:ident: $of:ty = $initial:expr;)*) => {$(
        #[cfg(not(loom))]
        $(#[$about])*
        static $name: $of = $initial;
        #[cfg(loom)]
        loom::lazy_static! { $(#[$about])* static ref $name: $of = $initial; }
    )*};
}

pub(crate) use statics;

/// A size: the one that programs have, or a small one with which a model comes to its limits within a few steps.
pub(crate) const fn size(usual: usize, modelled: usize) -> usize {
    if cfg!(loom) { modelled } else { usual }
}

/// Says of a part of memory who may be busy in it, which a model holds the threads to; in a program it is nothing.
#[cfg(not(loom))]
#[derive(Debug)]
pub(crate) struct Claim;

#[cfg(not(loom))]
impl Claim {
    pub(crate) const fn new() -> Self {
        Self
    }

    /// Others may be busy there too.
    #[inline(always)]
    pub(crate) const fn among_others(&self) {}

    /// Nobody else is, and all that others did there before is seen.
    #[inline(always)]
    pub(crate) const fn alone(&self) {}
}

#[cfg(loom)]
mod modelled;
mod set_once;
