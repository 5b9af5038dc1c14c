//! Guards over a single series: a timer that observes when dropped, a gauge that goes down again when dropped.

use super::Ref;
use crate::cell::{GaugeCell, HistogramCell};
use crate::recorded::Recorded;
use std::time::Instant;

/// Observes the time from its beginning until it is dropped.
#[derive(Debug)]
pub struct Timer<'h> {
    series: Ref<'h, HistogramCell>,
    /// Nothing where telemetry was off at the beginning, so that not even the clock is read.
    started: Recorded<Instant>,
}

impl<'h> Timer<'h> {
    pub(super) fn new(series: Ref<'h, HistogramCell>) -> Self {
        Self { series, started: Recorded::new(series.series().map(|_| Instant::now())) }
    }

    /// Ends the timer without observing anything.
    pub fn discard(mut self) {
        self.started.take();
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        if let Some(started) = self.started.take() {
            self.series.observe(started.elapsed());
        }
    }
}

/// Holds a gauge up by one until it is dropped.
#[derive(Debug)]
pub struct ActiveGuard<'h> {
    series: Ref<'h, GaugeCell>,
}

impl<'h> ActiveGuard<'h> {
    pub(super) fn new(series: Ref<'h, GaugeCell>) -> Self {
        series.inc();
        Self { series }
    }
}

impl Drop for ActiveGuard<'_> {
    fn drop(&mut self) {
        self.series.dec();
    }
}
