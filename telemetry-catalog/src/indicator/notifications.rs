//! Notifications: whether they reach people.

use super::{Beyond, HOLD, Indicator, Limits, Measure, Runbook, Unit};
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
        causes: &[],
        look_at: &[],
    },
}];
