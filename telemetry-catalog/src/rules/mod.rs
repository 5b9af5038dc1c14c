//! The alert and recording rules that follow from the indicators, as data; the renderers write them.
//!
//! | module | responsible for |
//! |---|---|
//! | `alert` | one alert rule for each level of an indicator, with labels and annotations |
//! | `recording` | the recording rules that alerts and panels need, each once |
//! | `scenario` | what the rules are tried with: series, and the alerts that they must raise |
//! | `hurry` | rule files with windows of seconds, to watch what else takes hours |
//! | `links` | where an alert's runbook entry and dashboard are |

mod alert;
mod hurry;
mod links;
mod recording;
mod scenario;

pub use alert::{AlertRule, alert_rules, amount};
pub use hurry::{hurried, hurried_below_a_day};
pub use links::{board_uid, dashboard_url, runbook_url};
pub use recording::{RecordingRule, recording_rules};
pub use scenario::{Check, Expected, Reading, Scenario, Series, Suite, suite};
