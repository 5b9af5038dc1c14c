//! What the scraper tells of itself.

use crate::history::Appended;
use telemetry_core::config::Config;
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_core::{Registry, catalog, closed_label};

closed_label! {
    /// How a scrape ended.
    pub enum Outcome { Ok = "ok", Error = "error" (failure), Other = "other" (failure) }
}

catalog! {
    /// What the scraper tells of itself.
    pub SCRAPER = "Scraper", "scraper";

    /// Scrapes of all targets, by how they ended
    counter SCRAPES = "telemetry_scrapes_total", Scrapes { outcome: Outcome };
    /// Samples stored, with the marks of series that ended
    counter SAMPLES_APPENDED = "telemetry_scrape_samples_appended_total", SamplesAppended;
    /// Samples left out because they were not younger than the latest of their series
    counter SAMPLES_OUT_OF_ORDER = "telemetry_scrape_samples_out_of_order_total", SamplesOutOfOrder;
    /// Samples left out because their own timestamps are more than ten minutes ahead of the clock
    counter SAMPLES_OUT_OF_BOUNDS = "telemetry_scrape_samples_out_of_bounds_total", SamplesOutOfBounds;
}

/// A registry of the scraper's own, whether or not telemetry is on.
#[derive(Debug)]
pub(super) struct Instruments {
    registry: Registry,
}

impl Default for Instruments {
    /// Every series is there from the start: nobody sees a counter that is born at 1 rise.
    fn default() -> Self {
        let registry = Registry::new(&Config::default());
        registry.declare(&SCRAPER);
        let scrapes = SCRAPES.in_registry(&registry);
        Outcome::ALL.iter().for_each(|&outcome| scrapes.touch(|| Scrapes { outcome }));
        SAMPLES_APPENDED.in_registry(&registry).touch(|| SamplesAppended);
        SAMPLES_OUT_OF_ORDER.in_registry(&registry).touch(|| SamplesOutOfOrder);
        SAMPLES_OUT_OF_BOUNDS.in_registry(&registry).touch(|| SamplesOutOfBounds);
        Self { registry }
    }
}

impl Instruments {
    pub(super) fn scraped(&self, outcome: Outcome) {
        SCRAPES.in_registry(&self.registry).with(|| Scrapes { outcome }).inc();
    }

    pub(super) fn appended(&self, appended: Appended) {
        SAMPLES_APPENDED.in_registry(&self.registry).add(appended.stored as u64);
        SAMPLES_OUT_OF_ORDER.in_registry(&self.registry).add(appended.out_of_order as u64);
    }

    pub(super) fn out_of_bounds(&self, samples: usize) {
        SAMPLES_OUT_OF_BOUNDS.in_registry(&self.registry).add(samples as u64);
    }

    pub(super) fn metrics(&self) -> Vec<SnapshotMetric> {
        let mut metrics = self.registry.snapshot().metrics;
        metrics.retain(|metric| SCRAPER.metrics.contains(&metric.def));
        metrics
    }
}
