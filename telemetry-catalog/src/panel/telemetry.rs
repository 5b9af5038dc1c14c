//! What telemetry shows of itself.

use super::view::{Topic, View};
use telemetry_core::catalog::{BUILD_INFO, SERIES_OVERFLOW, SERVE_INFO};

pub(super) static TOPICS: [Topic; 1] = [Topic {
    title: "Who tells",
    together: &[],
    views: &[
        View::of(BUILD_INFO.def()).called("versions"),
        View::of(SERVE_INFO.def()).called("expositions of telemetry serve"),
        View::of(SERIES_OVERFLOW.def()).called("recordings folded into overflow"),
    ],
}];
