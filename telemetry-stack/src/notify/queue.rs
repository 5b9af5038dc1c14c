//! What waits to be told. Of each alert only the newest notice waits: what it says makes the ones before it wrong.

use crate::rules::Notice;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use telemetry_query::Labels;
use tokio::sync::Notify;

/// Notices in the order in which their alerts began to wait.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// How many may wait.
    room: usize,
    /// Told of each change.
    changed: Notify,
}

/// A notice that waits, and goes on waiting until somebody says that it [has arrived](Queue::arrived).
#[derive(Debug, Clone)]
pub(super) struct Waits {
    place: u64,
    /// Tells it from a newer one that has taken its place meanwhile.
    stamp: u64,
    pub(super) notice: Notice,
}

#[derive(Debug, Default)]
struct Waiting {
    by_place: BTreeMap<u64, Waits>,
    places: HashMap<Labels, u64>,
    next: u64,
    dropped: u64,
}

impl Queue {
    pub(super) fn new(room: usize) -> Self {
        Self { waiting: Mutex::default(), room, changed: Notify::new() }
    }

    /// Each takes the place of what waits of the same alert, or the last place. Where there is no room, the one that has waited for
    /// longest is dropped: the newest matter most.
    pub(super) fn push(&self, notices: impl IntoIterator<Item = Notice>) {
        let mut waiting = self.lock();
        notices.into_iter().for_each(|notice| waiting.push(notice, self.room));
        drop(waiting);
        self.changed.notify_one();
    }

    /// The first ones that wait.
    pub(super) fn first(&self, most: usize) -> Vec<Waits> {
        self.lock().by_place.values().take(most).cloned().collect()
    }

    /// These do not wait any more, but for those in whose place a newer one waits by now.
    pub(super) fn arrived(&self, carried: &[Waits]) {
        let mut waiting = self.lock();
        for waits in carried {
            if waiting.by_place.get(&waits.place).is_some_and(|now| now.stamp == waits.stamp) {
                waiting.by_place.remove(&waits.place);
                waiting.places.remove(&waits.notice.labels);
            }
        }
    }

    /// The alerts of these wait behind all others from now on, so that one that nobody takes does not stand in the way of the rest.
    pub(super) fn put_back(&self, carried: &[Waits]) {
        let mut waiting = self.lock();
        for waits in carried {
            let Some(now) = waiting.by_place.remove(&waits.place) else { continue };
            let place = waiting.count();
            waiting.places.insert(now.notice.labels.clone(), place);
            waiting.by_place.insert(place, Waits { place, ..now });
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lock().by_place.len()
    }

    /// How many were dropped because there was no room.
    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// Waits until something was pushed since the last time.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// A panic while it was held has left nothing half done that matters: at worst a notice is sent twice.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    const fn count(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn push(&mut self, notice: Notice, room: usize) {
        let stamp = self.count();
        let place = self.places.get(&notice.labels).copied().unwrap_or(stamp);
        self.places.insert(notice.labels.clone(), place);
        self.by_place.insert(place, Waits { place, stamp, notice });
        if self.by_place.len() > room {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some((_, dropped)) = self.by_place.pop_first() {
            self.places.remove(&dropped.notice.labels);
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Event;

    fn notice(alert: &str, event: Event) -> Notice {
        Notice {
            event,
            labels: Labels::new([("alertname", alert)]),
            annotations: Vec::new(),
            value: 1.0,
            starts_at: 0,
            ends_at: 0,
            generator_url: String::new(),
        }
    }

    fn waiting(queue: &Queue) -> Vec<(String, Event)> {
        let of = |waits: Waits| (waits.notice.labels.get("alertname").to_owned(), waits.notice.event);
        queue.first(100).into_iter().map(of).collect()
    }

    #[test]
    fn a_newer_notice_takes_the_place_of_an_older_one() {
        let queue = Queue::new(10);
        queue.push([notice("a", Event::Firing)]);
        queue.push([notice("b", Event::Firing)]);
        queue.push([notice("a", Event::Resolved)]);
        assert_eq!(waiting(&queue), [("a".to_owned(), Event::Resolved), ("b".to_owned(), Event::Firing)]);
    }

    #[test]
    fn what_became_newer_on_the_way_still_waits() {
        let queue = Queue::new(10);
        queue.push([notice("a", Event::Firing)]);
        queue.push([notice("b", Event::Firing)]);
        let carried = queue.first(10);
        queue.push([notice("a", Event::Resolved)]);
        queue.arrived(&carried);
        assert_eq!(waiting(&queue), [("a".to_owned(), Event::Resolved)]);
        queue.arrived(&queue.first(10));
        assert_eq!(queue.len(), 0);
        queue.push([notice("a", Event::Firing)]);
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn what_nobody_took_goes_behind_the_others_and_stays_one() {
        let queue = Queue::new(10);
        for alert in ["a", "b"] {
            queue.push([notice(alert, Event::Firing)]);
        }
        let carried = queue.first(1);
        queue.push([notice("a", Event::Resolved)]);
        queue.put_back(&carried);
        assert_eq!(waiting(&queue), [("b".to_owned(), Event::Firing), ("a".to_owned(), Event::Resolved)]);
        queue.push([notice("a", Event::Firing)]);
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn the_oldest_is_dropped_where_there_is_no_room() {
        let queue = Queue::new(2);
        for alert in ["a", "b", "c"] {
            queue.push([notice(alert, Event::Firing)]);
        }
        let names: Vec<_> = waiting(&queue).into_iter().map(|(name, _)| name).collect();
        assert_eq!((names, queue.dropped()), (vec!["b".to_owned(), "c".to_owned()], 1));
        queue.push([notice("b", Event::Resolved)]);
        assert_eq!(queue.dropped(), 1, "a newer one of the same alert needs no room");
    }
}
