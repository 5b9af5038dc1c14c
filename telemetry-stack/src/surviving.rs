//! Going on where the database panics.
//!
//! `redb` panics over a file that makes no sense: one that was cut, or of which bits were changed. Whoever opened it says so instead.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// That the database gave up. The hook of the program has reported where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database cannot make sense of it")]
pub(crate) struct Senseless;

/// Does something with a database. When that panics, nothing of what it was doing may be used after it, the database included.
///
/// # Errors
/// What the work says, or what becomes of [`Senseless`].
pub(crate) fn surviving<T, E: From<Senseless>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Senseless.into()))
}
