//! What queries hold in memory, counted while they do.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::QueryError;
use crate::limits::Limits;

/// How many values several queries may hold together; each of them has a share of it in its [`Limits`](crate::Limits).
///
/// ```
/// use std::sync::Arc;
/// use telemetry_query::Budget;
///
/// let budget = Arc::new(Budget::new(100));
/// let held = Budget::hold(&budget, 70)?;
/// assert!(Budget::hold(&budget, 40).is_err());
/// drop(held);
/// assert!(Budget::hold(&budget, 40).is_ok());
/// # Ok::<(), telemetry_query::QueryError>(())
/// ```
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    held: AtomicUsize,
}

/// A part of a [`Budget`], which is given back when this is dropped.
#[derive(Debug)]
#[must_use = "what is dropped at once is not held"]
pub struct Held {
    budget: Arc<Budget>,
    values: usize,
}

impl Budget {
    /// So many values of 8 to 16 bytes each.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, held: AtomicUsize::new(0) }
    }

    /// Takes room for values that are held outside of a query, such as its result.
    ///
    /// # Errors
    ///
    /// [`QueryError::TooManySamples`] where so much is not left.
    pub fn hold(budget: &Arc<Self>, values: usize) -> Result<Held, QueryError> {
        budget.take(values)?;
        Ok(Held { budget: Arc::clone(budget), values })
    }

    /// How many values are held now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn take(&self, values: usize) -> Result<(), QueryError> {
        let room = |held: usize| held.checked_add(values).filter(|held| *held <= self.limit);
        let taken = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        taken.map(drop).map_err(|_| QueryError::TooManySamples { limit: self.limit })
    }

    fn give_back(&self, values: usize) {
        self.held.fetch_sub(values, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.give_back(self.values);
    }
}

/// What one query holds of its own limit and of the budget that it shares.
///
/// The parts of an expression are evaluated as a stack: each holds more while it is at work, and [settles](Self::settle) for its
/// result when it is done, so that what it took on its way needs not be given back piece by piece.
pub(crate) struct Account<'q> {
    limits: &'q Limits,
    held: Cell<usize>,
}

impl<'q> Account<'q> {
    pub(crate) const fn new(limits: &'q Limits) -> Self {
        Self { limits, held: Cell::new(0) }
    }

    pub(crate) const fn held(&self) -> usize {
        self.held.get()
    }

    /// Holds more values than before.
    pub(crate) fn hold(&self, values: usize) -> Result<(), QueryError> {
        let limit = self.limits.samples;
        let held = self.held.get().checked_add(values).filter(|held| *held <= limit);
        let held = held.ok_or(QueryError::TooManySamples { limit })?;
        if let Some(budget) = &self.limits.budget {
            budget.take(values)?;
        }
        self.held.set(held);
        Ok(())
    }

    /// Holds what was held before, and so many values of a result.
    pub(crate) fn settle(&self, before: usize, result: usize) -> Result<(), QueryError> {
        let settled = before.saturating_add(result);
        match settled.checked_sub(self.held.get()) {
            Some(more) => self.hold(more),
            None => {
                self.release(self.held.get() - settled);
                Ok(())
            }
        }
    }

    fn release(&self, values: usize) {
        self.held.set(self.held.get() - values);
        if let Some(budget) = &self.limits.budget {
            budget.give_back(values);
        }
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        self.release(self.held.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_settles_for_its_result_and_gives_back_the_rest() {
        let budget = Arc::new(Budget::new(100));
        let limits = Limits { samples: 60, budget: Some(Arc::clone(&budget)), ..Limits::default() };
        let (one, other) = (Account::new(&limits), Account::new(&limits));
        assert!(one.hold(50).is_ok() && one.hold(11).is_err());
        assert!(other.hold(50).is_ok() && other.hold(1).is_err(), "the budget of both is spent");
        assert_eq!((one.held(), budget.held()), (50, 100));
        assert!(one.settle(10, 5).is_ok() && other.hold(10).is_ok());
        assert_eq!((one.held(), other.held(), budget.held()), (15, 60, 75));
        drop((one, other));
        assert_eq!(budget.held(), 0);
    }
}
