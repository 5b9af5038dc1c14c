//! When a group is evaluated: at its own point of every interval, whatever the clock does.

use super::Rules;
use super::asked::Moment;
use super::milliseconds;
use crate::scrape::Schedule;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// By how much a clock may go wrong from one evaluation to the next without having been set, in milliseconds.
const DRIFT: i64 = 1_000;

/// How much earlier than it should a sleep may end, in milliseconds.
const EARLY: i64 = 5;

/// When a group was evaluated before.
#[derive(Debug, Clone, Copy)]
struct Beat {
    tick: i64,
    /// What the clock of the wall and that of the machine said at its beginning.
    now: i64,
    begun: Instant,
}

/// Evaluates a group until `stopped` says so. What is under way then is given up.
pub(super) async fn keep(
    rules: Arc<Rules>,
    place: usize,
    mut stopped: watch::Receiver<()>,
    given_up: Arc<AtomicBool>,
) {
    let Some(group) = rules.groups.get(place) else { return };
    let (interval, name) = (milliseconds(group.interval), group.name());
    let schedule = Schedule::new(group.interval, &group.key());
    let mut before: Option<Beat> = None;
    loop {
        let tick = schedule.next(rules.clock.now(), before.map(|beat| beat.tick));
        let wait = u64::try_from(tick - rules.clock.now()).unwrap_or_default();
        tokio::select! {
            _ = stopped.changed() => return,
            () = sleep(Duration::from_millis(wait)) => {}
        }
        let beat = Beat { tick, now: rules.clock.now(), begun: Instant::now() };
        // The clock was set, or the machine slept: by the next time there will be samples of the new time.
        if !(-EARLY..interval.max(DRIFT)).contains(&(beat.now - tick)) {
            rules.shared.instruments.missed(&name, 1);
            continue;
        }
        rules.shared.instruments.missed(&name, missed(before, beat, interval));
        let moment = Moment { at: tick, jump: jump(before, beat), given_up: Arc::clone(&given_up) };
        let evaluated = Arc::clone(&rules);
        let evaluation = spawn_blocking(move || evaluated.evaluate_group(place, &moment));
        tokio::select! {
            _ = stopped.changed() => return,
            // A panic in it was reported by the hook of the program, and the next evaluation may do better.
            _ended = evaluation => {}
        }
        before = Some(beat);
    }
}

/// How many evaluations there should have been since the one before.
fn missed(before: Option<Beat>, beat: Beat, interval: i64) -> u64 {
    let apart = before.map_or(0, |before| beat.tick.saturating_sub(before.tick));
    u64::try_from(apart / interval - 1).unwrap_or_default()
}

/// By how much the clock has moved beyond the time that has passed. A machine that slept has a clock that has moved, too.
fn jump(before: Option<Beat>, beat: Beat) -> i64 {
    let Some(before) = before else { return 0 };
    let passed = milliseconds(beat.begun.saturating_duration_since(before.begun));
    let jump = beat.now.saturating_sub(before.now).saturating_sub(passed);
    if jump.abs() > DRIFT { jump } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_told_from_time_that_has_passed() {
        let begun = Instant::now();
        let before = Beat { tick: 15_000, now: 15_001, begun };
        let after = |now, passed| Beat { tick: now, now, begun: begun + Duration::from_millis(passed) };
        assert_eq!(jump(Some(before), after(30_000, 15_000)), 0);
        assert_eq!(jump(Some(before), after(3_630_000, 15_000)), 3_599_999);
        assert_eq!(jump(Some(before), after(5_000, 15_000)), -25_001);
        assert_eq!(jump(None, after(5_000, 15_000)), 0);
    }

    #[test]
    fn evaluations_that_were_left_out_are_counted() {
        let begun = Instant::now();
        let beat = |tick| Beat { tick, now: tick, begun };
        let missed = |to| missed(Some(beat(15_000)), beat(to), 15_000);
        assert_eq!([30_000, 60_000, 0].map(missed), [0, 2, 0]);
    }
}
