//! What `telemetry serve` tells of the text files that it reads.

use telemetry_core::config::Config;
use telemetry_core::exposition::Family;
use telemetry_core::{Registry, catalog};

catalog! {
    /// The text files of `telemetry serve`.
    pub(super) TEXTFILES = "Text Files", "textfile";

    /// Text files that are part of this answer
    gauge(Live) SERVED = "telemetry_textfiles_served", Served;
    /// Text files that are left out of this answer, since they cannot be read or contradict another
    gauge(Live) LEFT_OUT = "telemetry_textfiles_left_out", LeftOut;
}

/// How many files were read, and how many of them are left out, as families.
pub(super) fn counted(served: usize, left_out: usize) -> Vec<Family<'static>> {
    let registry = Registry::new(&Config::default());
    registry.declare(&TEXTFILES);
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    SERVED.in_registry(&registry).set(number(served));
    LEFT_OUT.in_registry(&registry).set(number(left_out));
    let mut metrics = registry.snapshot().metrics;
    metrics.retain(|metric| TEXTFILES.metrics.contains(&metric.def));
    metrics.iter().map(|metric| metric.family().into_owned()).collect()
}
