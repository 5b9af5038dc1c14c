//! What is told of an alert.

use telemetry_query::Labels;

/// What has become of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its expression holds, but not for long enough yet.
    Pending,
    /// It began to fire.
    Firing,
    /// It fires still, and is told again.
    StillFiring,
    /// It has ended.
    Resolved,
    /// It has ended a while ago, and is told again.
    StillResolved,
    /// It was pending and ended before it fired.
    Gone,
}

/// One alert at one time. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What has become of it.
    pub event: Event,
    /// Its labels, with `alertname`.
    pub labels: Labels,
    /// What people are told.
    pub annotations: Vec<(String, String)>,
    /// The value of its expression.
    pub value: f64,
    /// When it began to fire; when its expression began to hold, if it never fired.
    pub starts_at: i64,
    /// When it ended; for one that fires, until when it is to be believed without hearing of it again.
    pub ends_at: i64,
    /// Where its expression can be looked at.
    pub generator_url: String,
}

/// Somebody who is told of alerts. Telling takes no time: whoever needs time does so on a thread of their own.
pub trait Notifier: Send + Sync {
    /// Tells of these. What is told is not lost: who cannot pass it on now tries again.
    fn notify(&self, notices: &[Notice]);

    /// Says a sentence about the evaluation itself: that rules cannot be evaluated, or are again. Only who speaks to a person needs it.
    fn say(&self, _sentence: &str) {}
}
