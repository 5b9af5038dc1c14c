//! What the server tells about itself: how it was scraped, and what was missing from the answers.

use std::sync::Arc;
use std::time::Instant;
use telemetry_core::config::Config;
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_core::{Registry, catalog, closed_label};

closed_label! {
    /// With which status a scrape was answered.
    pub enum ScrapeCode {
        Ok = "200",
        Unauthorized = "401" (failure),
        MethodNotAllowed = "405" (failure),
        Unavailable = "503" (failure),
        Other = "other" (failure),
    }
}

closed_label! {
    /// Why a source is missing from an answer.
    pub enum FailureReason {
        Error = "error" (failure),
        Panic = "panic" (failure),
        Timeout = "timeout" (failure),
        Overdue = "overdue" (failure),
        Other = "other" (failure),
    }
}

closed_label! {
    /// Which files changed and could not be read again, so that what they held before stays in force.
    pub enum ReloadOf { Tls = "tls", Credentials = "credentials", Other = "other" }
}

catalog! {
    /// What the exposition server tells about itself.
    pub EXPOSITION = "Exposition Server", "exposition";

    /// Scrapes answered, by HTTP status code
    counter SCRAPES = "telemetry_exposition_scrapes_total", Scrapes { code: ScrapeCode };
    /// Time from a scrape until its answer is ready to be sent
    histogram(&[0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0]) SCRAPE_DURATION =
        "telemetry_exposition_scrape_duration_seconds", ScrapeDuration;
    /// Scrapes whose answer is not ready yet
    gauge(Live) SCRAPES_IN_FLIGHT = "telemetry_exposition_scrapes_in_flight", ScrapesInFlight;
    /// Answers in which a source is missing, by source and reason
    counter SOURCE_ERRORS = "telemetry_exposition_source_errors_total",
        SourceErrors<'a> { source: &'a str, reason: FailureReason };
    /// Changed certificates or credentials that could not be read, so that the ones before stay in force
    counter RELOAD_ERRORS = "telemetry_exposition_reload_errors_total", ReloadErrors { what: ReloadOf };
    /// Connections closed before their time to make room for a new one
    counter CONNECTIONS_EVICTED = "telemetry_exposition_connections_evicted_total", ConnectionsEvicted;
}

/// The server's own registry: its counts are its alone, however many servers a process has and whether or not telemetry is on.
#[derive(Debug)]
pub(crate) struct Instruments {
    registry: Registry,
}

/// A scrape whose answer is not ready yet.
pub(crate) struct InFlight {
    instruments: Arc<Instruments>,
    begun: Instant,
}

impl Default for Instruments {
    /// Every series whose labels are known is there from the start: nobody sees a counter that is born at 1 rise.
    fn default() -> Self {
        let registry = Registry::new(&Config::default());
        registry.declare(&EXPOSITION);
        let scrapes = SCRAPES.in_registry(&registry);
        ScrapeCode::ALL.iter().for_each(|&code| scrapes.touch(|| Scrapes { code }));
        let reloads = RELOAD_ERRORS.in_registry(&registry);
        ReloadOf::ALL.iter().for_each(|&what| reloads.touch(|| ReloadErrors { what }));
        SCRAPE_DURATION.in_registry(&registry).touch(|| ScrapeDuration);
        SCRAPES_IN_FLIGHT.in_registry(&registry).touch(|| ScrapesInFlight);
        CONNECTIONS_EVICTED.in_registry(&registry).touch(|| ConnectionsEvicted);
        Self { registry }
    }
}

impl Instruments {
    /// Creates the series of a source.
    pub(crate) fn expect_source(&self, source: &str) {
        let errors = SOURCE_ERRORS.in_registry(&self.registry);
        FailureReason::ALL.iter().for_each(|&reason| errors.touch(|| SourceErrors { source, reason }));
    }

    pub(crate) fn source_failed(&self, source: &str, reason: FailureReason) {
        SOURCE_ERRORS.in_registry(&self.registry).with(|| SourceErrors { source, reason }).inc();
    }

    pub(crate) fn reload_failed(&self, what: ReloadOf) {
        RELOAD_ERRORS.in_registry(&self.registry).with(|| ReloadErrors { what }).inc();
    }

    pub(crate) fn evicted(&self) {
        CONNECTIONS_EVICTED.in_registry(&self.registry).inc();
    }

    /// Counts a scrape that is answered with this status.
    pub(crate) fn scraped(&self, status: u16) {
        let code = ScrapeCode::fold(&status.to_string());
        SCRAPES.in_registry(&self.registry).with(|| Scrapes { code }).inc();
    }

    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        SCRAPES_IN_FLIGHT.in_registry(&self.registry).inc();
        InFlight { instruments: Arc::clone(self), begun: Instant::now() }
    }

    /// The server's own metrics as they are now.
    pub(crate) fn metrics(&self) -> Vec<SnapshotMetric> {
        let mut metrics = self.registry.snapshot().metrics;
        metrics.retain(|metric| EXPOSITION.metrics.contains(&metric.def));
        metrics
    }
}

impl Drop for InFlight {
    /// A client that goes away ends its scrape, too.
    fn drop(&mut self) {
        SCRAPES_IN_FLIGHT.in_registry(&self.instruments.registry).dec();
        SCRAPE_DURATION.in_registry(&self.instruments.registry).observe(self.begun.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::{Instruments, ScrapeCode};
    use std::sync::Arc;
    use telemetry_core::snapshot::Reading;

    fn value(instruments: &Instruments, name: &str, labels: &[&str]) -> f64 {
        let metrics = instruments.metrics();
        let metric = metrics.iter().find(|metric| metric.def.name == name).unwrap();
        let values = |values: &[Box<str>]| values.iter().map(AsRef::as_ref).eq(labels.iter().copied());
        match &metric.series.iter().find(|series| values(&series.values)).unwrap().reading {
            Reading::Counter(value) | Reading::Gauge { value, .. } => *value,
            Reading::Histogram(reading) => reading.buckets.iter().sum::<u64>() as f64,
        }
    }

    #[test]
    fn every_known_code_is_there_at_zero_and_an_unknown_one_is_another() {
        let instruments = Instruments::default();
        let codes = |code: &str| value(&instruments, "telemetry_exposition_scrapes_total", &[code]);
        assert!(ScrapeCode::ALL.iter().all(|code| codes(code.as_str()) == 0.0));
        [200, 200, 418].into_iter().for_each(|status| instruments.scraped(status));
        assert_eq!((codes("200"), codes("503"), codes("other")), (2.0, 0.0, 1.0));
    }

    #[test]
    fn a_scrape_is_in_flight_until_it_is_dropped() {
        let instruments = Arc::new(Instruments::default());
        let in_flight = || value(&instruments, "telemetry_exposition_scrapes_in_flight", &[]);
        let scrape = instruments.begin();
        assert_eq!(in_flight(), 1.0);
        drop(scrape);
        assert_eq!(in_flight(), 0.0);
        assert_eq!(value(&instruments, "telemetry_exposition_scrape_duration_seconds", &[]), 1.0);
    }
}
