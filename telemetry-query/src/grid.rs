//! The times at which an expression is evaluated.

/// Evenly spaced times in milliseconds since 1970, at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) start: i64,
    /// Milliseconds from one time to the next; positive.
    pub(crate) step: i64,
    pub(crate) steps: usize,
}

impl Grid {
    pub(crate) const fn single(at: i64) -> Self {
        Self { start: at, step: 1, steps: 1 }
    }

    /// From the start to the last step that is not after the end.
    pub(crate) fn between(start: i64, end: i64, step: i64) -> Self {
        let steps = usize::try_from((end - start) / step).unwrap_or(0) + 1;
        Self { start, step, steps }
    }

    pub(crate) fn times(self) -> impl Iterator<Item = i64> {
        (0..self.steps).scan(self.start, move |next, _| {
            let time = *next;
            *next += self.step;
            Some(time)
        })
    }

    pub(crate) fn end(self) -> i64 {
        self.start + self.step * i64::try_from(self.steps - 1).unwrap_or(i64::MAX)
    }

    pub(crate) const fn moved(self, milliseconds: i64) -> Self {
        Self { start: self.start + milliseconds, ..self }
    }
}

/// A time as PromQL's numbers have it.
#[expect(clippy::cast_precision_loss, reason = "times are within 2^53 milliseconds")]
pub(crate) fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}
