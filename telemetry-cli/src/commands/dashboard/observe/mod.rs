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
//! | `seldom` | a desk for what is asked more seldom than the numbers |
//! | `asker` | asking the sources, and what has become of their numbers |
//! | `found` | what sources have, and which of them tells the numbers |
//! | `rhythm` | how often new samples come from a source that does not say so |
//! | `scraped` | the numbers of a Prometheus |
//! | `served` | those of the gateway, the exposition server and the ledger |
//! | `flow` | by how much each series rose between looks |
//! | `section` | the numbers of each subsystem |
//! | `tiles` | the numbers that are shown largest |
//! | `rates` | what happens per time, and how bad that is |
//! | `trail` | how a number went |
//! | `trails` | how all tiles and rates went |
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
mod found;
mod health;
mod memory;
mod past;
mod rates;
mod rhythm;
mod scraped;
mod section;
mod seldom;
mod served;
#[cfg(test)]
mod tests;
mod tiles;
mod trail;
mod trails;
mod watch;

use super::Plan;
use super::look::{Courses, Look};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;
use telemetry_stack::panels::Span;
use watch::{Event, Watch};

/// The time between two samples where nothing else is known, which is how often a Prometheus usually scrapes.
const USUAL: Duration = Duration::from_secs(15);

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
    /// A look at once; of everything, or of the numbers alone and what is due.
    Now {
        everything: bool,
    },
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

    /// Asks for the numbers at once, also while paused. Where a look is under way, another one follows it.
    pub(super) fn refresh(&self) {
        self.order(Order::Now { everything: false });
    }

    /// The same, and also what is else asked more seldom than the numbers.
    pub(super) fn refresh_all(&self) {
        self.order(Order::Now { everything: true });
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
