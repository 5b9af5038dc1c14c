//! The recording rules, `rules/recording.yml`.

use super::rule_groups::recording_groups;
use telemetry_core::config::Config;

const HEAD: &str = "\
# Recording rules: what alerts and dashboards share, computed once.
#
# A name is level:metric:operation. The level says which labels are kept, `fleet` where none is. The operation says what was done over
# which window: `increase30m` counts events, `ratio30m` is a share of them, `p95_30m` a percentile in seconds, `min1h` the least in it.
#
# Events are counted, not estimated. Of each series it is the highest value in the window less the lowest, which is a whole number.
# - Where a counter began anew in the window, because its process did, it is `increase`, cut to a whole number. That may be too much by what
#   Prometheus adds for the ends of the window.
# - A series that was not there when the window began is born with its first event, which no difference can see. It counts with its whole
#   value, if its target was up then (`up`) or its group had been pushed (`push_time_seconds`). If not, nobody knows how old its value is,
#   and only what it grows by counts. A percentile does not see what a histogram is born with.
# What was never counted is 0 where the whole of it is known, and absent where its target is away.
groups:
";

/// The recording rules of every indicator, a group for each subsystem, without the line that says what wrote them.
///
/// ```
/// use telemetry_catalog::render::recording_yml;
/// use telemetry_core::config::Config;
///
/// assert!(recording_yml(&Config::default()).contains("- record: fleet:sase_agent_runs_error:ratio30m\n"));
/// ```
#[must_use]
pub fn recording_yml(config: &Config) -> String {
    format!("{HEAD}{}", recording_groups(config, 2))
}
