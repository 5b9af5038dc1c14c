//! Asking the sources again and again, on threads that may wait.
//!
//! One thread keeps the time and obeys orders; it never asks anybody. What asks does so on a desk of its own, one errand at a time, so that
//! a source that hangs holds up its own desk and nothing else.
//!
//! | module | responsible for |
//! |---|---|
//! | `watch` | what is asked when, and what is told |
//! | `board` | what is known by now, put together as a look |
//! | `desk` | a thread that does one errand at a time |
//! | `asker` | which source tells the numbers |
//! | `scraped` | the numbers of a Prometheus |
//! | `served` | those of the gateway, the exposition server and the ledger |
//! | `flow` | by how much each series rose between looks |
//! | `section` | the numbers of each subsystem |
//! | `rates` | what happens per time, and how bad that is |
//! | `trail` | how a number went |
//! | `past` | how numbers went before the dashboard was opened |
//! | `health`, `alerts` | how the subsystems are, and what fires |
//! | `memory` | what this dashboard has seen, where nobody else remembers |
//! | `charts` | what was measured of panels |

mod alerts;
mod asker;
mod board;
mod charts;
mod desk;
mod flow;
mod health;
mod memory;
mod past;
mod rates;
mod scraped;
mod section;
mod served;
#[cfg(test)]
mod tests;
mod trail;
mod watch;

use super::Plan;
use super::look::{Courses, Look};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use telemetry_stack::panels::Span;
use watch::{Event, Watch};

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
    orders: Sender<Event>,
}

/// What an observer is to do.
#[derive(Debug)]
enum Order {
    Wish(Wish),
    Now,
    End,
}

impl Observer {
    /// Begins to ask at once. What is found is told to `tell`, until nobody listens.
    ///
    /// One refresh may be told in several looks: the numbers as soon as they are known, and what becomes known of health and alerts after
    /// them.
    pub(super) fn begin(plan: Plan, tell: Sender<Told>) -> Self {
        let (orders, events) = channel();
        let answers = orders.clone();
        thread::spawn(move || Watch::new(plan, tell, answers).run(&events));
        Self { orders }
    }

    /// From now on this is wished for; it is asked for at once where it is something new.
    pub(super) fn wish(&self, wish: Wish) {
        self.order(Order::Wish(wish));
    }

    /// Asks at once, also while paused. Where a look is under way, another one follows it.
    pub(super) fn refresh(&self) {
        self.order(Order::Now);
    }

    fn order(&self, order: Order) {
        let _ended = self.orders.send(Event::Order(order));
    }
}

/// Whatever is under way ends by itself at its bound, and nobody waits for it.
impl Drop for Observer {
    fn drop(&mut self) {
        self.order(Order::End);
    }
}
