//! The alert and recording rules that follow from the indicators, as data; the renderers write them.
//!
//! | module | responsible for |
//! |---|---|
//! | `alert` | one alert rule for each level of an indicator, with labels and annotations |
//! | `recording` | the recording rules that alerts and panels need, each once |
//! | `links` | where an alert's runbook entry and dashboard are |

mod alert;
mod links;
mod recording;

pub use alert::{AlertRule, alert_rules, amount};
pub use links::{board_uid, dashboard_url, runbook_url};
pub use recording::{RecordingRule, recording_rules};
