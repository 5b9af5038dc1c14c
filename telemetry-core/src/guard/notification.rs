//! One notification: its type and status.

use super::{Abandoned, Begun, Scope};
use crate::catalog::{NOTIFICATIONS_SENT, NotificationsSent, RunStatus};
use crate::registry::Registry;

/// One notification on its way to a person.
///
/// Records `sase_notifications_sent_total` by status at its end. Dropped without an outcome it counts as `error`.
#[derive(Debug)]
#[must_use = "dropped at once, the notification counts as an error"]
pub struct NotificationSending(Begun<Sending>);

#[derive(Debug)]
struct Sending {
    scope: Scope,
    r#type: Box<str>,
}

impl NotificationSending {
    /// The notification of this type, such as `email`, is being sent.
    pub fn begin(r#type: &str) -> Self {
        Self(Begun::new(Scope::global().map(|scope| Sending::begin(scope, r#type))))
    }

    /// The notification of this type is being sent, and is recorded in this registry.
    pub fn begin_in(registry: &Registry, r#type: &str) -> Self {
        Self(Begun::new(Scope::own(registry).map(|scope| Sending::begin(scope, r#type))))
    }

    /// The notification ended with this status.
    pub fn end(self, status: RunStatus) {
        if let Some(sending) = self.0.end() {
            sending.end(status);
        }
    }

    /// The notification was sent.
    pub fn ok(self) {
        self.end(RunStatus::Ok);
    }

    /// The notification could not be sent.
    pub fn error(self) {
        self.end(RunStatus::Error);
    }
}

impl Sending {
    fn begin(scope: Scope, r#type: &str) -> Self {
        for status in RunStatus::ALL {
            scope.touch(&NOTIFICATIONS_SENT, NotificationsSent { r#type, status: *status });
        }
        Self { r#type: r#type.into(), scope }
    }

    fn end(self, status: RunStatus) {
        self.scope.series(&NOTIFICATIONS_SENT, NotificationsSent { r#type: &self.r#type, status }).inc();
    }
}

impl Abandoned for Sending {
    fn abandoned(self) {
        self.end(RunStatus::Error);
    }
}
