//! What the reader of a page chose of the times over which charts go.

pub(super) use crate::panels::{Span, millis};
use telemetry_catalog::promql::Foreign;

/// What the reader of a page chose; links keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Choice {
    /// The time over which charts go.
    pub(super) span: Span,
    /// Whether it was asked for.
    pub(super) is_asked: bool,
    /// Whether the page is to be loaded anew again and again, where there is no script to renew it.
    pub(super) reloads: bool,
}

/// What is there exactly where any target was scraped before the last five minutes.
pub(super) fn long_ago() -> String {
    format!("count(last_over_time({}[7d] offset 5m))", Foreign::Up.name())
}
