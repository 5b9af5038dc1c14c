//! Notifications: whether they reach people.

use super::runbook::{act, ask};
use super::{Beyond, HOLD, Indicator, Limits, Measure, Query, Runbook, Unit};
use crate::promql::{Window, counter};
use telemetry_core::catalog::{NOTIFICATIONS, NOTIFICATIONS_SENT};

pub(super) static INDICATORS: [Indicator; 1] = [Indicator {
    alert: "NotificationsFailing",
    subsystem: &NOTIFICATIONS,
    title: "Share of notifications that failed",
    measure: Measure::Share {
        part: counter(&NOTIFICATIONS_SENT).failing(),
        whole: counter(&NOTIFICATIONS_SENT),
    },
    over: Window::minutes(15),
    by: &["type"],
    unit: Unit::Share,
    limits: Limits::ErrorRate,
    beyond: Beyond::AtLeast,
    hold: HOLD,
    summary: "Notifications of the type {type} fail",
    description: "{value} of the notifications of the type {type} in the last {window} failed; the limit is {limit}.",
    runbook: Runbook {
        meaning: "Notifications of one type do not reach the people whom they are for.",
        causes: &[
            "The service that delivers them does not answer, or limits the rate of messages.",
            "A token has expired, or the address of a webhook is no longer valid.",
            "The host has no way to the network.",
        ],
        look_at: &[
            ask(
                "Find out how notifications of each type end.",
                Query::increase(counter(&NOTIFICATIONS_SENT), &["type", "status"]),
            ),
            ask(
                "Find out whether they fail on one host only.",
                Query::increase(counter(&NOTIFICATIONS_SENT).failing(), &["type", "instance"]),
            ),
            act(
                "Send one by hand from that host, with the same token or webhook, and read the answer of the service.",
            ),
            act(
                "Until it is mended, tell the people concerned to look at the dashboards: they are not being told.",
            ),
        ],
    },
}];
