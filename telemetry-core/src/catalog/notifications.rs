//! Notifications to people.

use super::RunStatus;
use crate::catalog;

catalog! {
    /// What was sent to people.
    pub NOTIFICATIONS = "Notifications", "notifications";

    /// Notifications sent
    counter NOTIFICATIONS_SENT = "sase_notifications_sent_total",
        NotificationsSent<'a> { r#type: &'a str, status: RunStatus };
}
