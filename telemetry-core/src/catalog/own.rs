//! What telemetry tells about itself, under the prefix `telemetry_`; never counted among the metrics of the catalog.

use crate::catalog;

catalog! {
    /// Telemetry about telemetry.
    pub OWN = "Telemetry", "telemetry";

    /// Version of the telemetry library and of the Rust compiler that built it
    gauge(State) BUILD_INFO = "telemetry_build_info", BuildInfo<'a> { version: &'a str, rust_version: &'a str };
    /// Recordings folded into the overflow series of a metric that reached its series limit
    counter SERIES_OVERFLOW = "telemetry_series_overflow_total", SeriesOverflow<'a> { metric: &'a str };
    /// This exposition is that of `telemetry serve`, always 1
    gauge(State) SERVE_INFO = "telemetry_serve_info", ServeInfo;
}
