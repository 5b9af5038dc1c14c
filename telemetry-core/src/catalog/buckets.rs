//! Bucket bounds in seconds, chosen so that the documented thresholds of the 95th percentile are bounds themselves: a
//! quantile that is interpolated between bounds is exact at a bound.

/// Agent runs and workflows: ten seconds to two hours, with 300 s and 600 s, the default latency thresholds.
pub(super) const RUN: &[f64] = &[10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];

/// Calls of a language model: half a second to ten minutes, with the thresholds 60 s and 120 s.
pub(super) const INVOCATION: &[f64] = &[0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// Cycles and hooks: ten milliseconds to ten minutes, with the thresholds 60 s and 300 s.
pub(super) const STEP: &[f64] = &[0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];
