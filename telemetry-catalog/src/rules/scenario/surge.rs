//! What is tried of a surge over the same time of the last days.

use super::course::Course;
use super::stage::{Fate, Outcome, Precision, Stage, UNWELL, series};
use crate::promql::{Counters, Selection};

const DAY: u32 = 86_400;
const HOUR: u32 = 3_600;

/// The two times of day that are compared, at two evaluations one after the other.
const TIMES: [u32; 2] = [6 * HOUR, 12 * HOUR];

/// How long before that time events happen: after a sample that lies in the window, and before the first evaluation.
const AHEAD: u32 = 600;

/// As long before, something happens that is too old to count.
const EARLIER: u32 = HOUR + AHEAD;

/// What a counter has reached before it begins anew.
const BASE: f64 = 35_000.0;

/// How the usual days differ.
const VARIATION: [f64; 2] = [0.5, 1.5];

/// What is counted on each of the usual days.
const USUAL: f64 = 10_000.0;

/// How many days there were, how much on each, and how much there is today.
#[derive(Clone, Copy)]
struct Days {
    known: u32,
    usual: f64,
    today: f64,
    fate: Fate,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small whole number of days")]
pub(super) fn play(stage: &mut Stage<'_>, of: &Selection<Counters>, known_days: f64, at_least: f64) {
    let known = known_days as u32;
    let limit = stage.levels().first().map_or(1.0, |level| level.limit);
    let usual = Days { known, usual: USUAL, today: USUAL, fate: Fate::Usual };
    let today = |today| Days { today, ..usual };
    let beyond = USUAL * limit * 1.01;
    let little = |today| Days { usual: (at_least / limit / 20.0).floor() * 2.0, ..self::today(usual, today) };
    put_on(stage, of, "a little more than the limit", today(beyond), true);
    put_on(stage, of, "a little less than the limit", today(USUAL * limit * 0.99), true);
    put_on(stage, of, "as much as usual", usual, true);
    put_on(stage, of, "nothing today", today(0.0), true);
    put_on(stage, of, "a day too few is known", Days { known: known - 1, ..today(beyond) }, false);
    put_on(stage, of, "just too little altogether", little(at_least - 1.0), false);
    put_on(stage, of, "just enough altogether", little(at_least), true);
    put_on(stage, of, "nothing on all other days", Days { usual: 0.0, ..today(beyond) }, true);
    let anew = |days| Days { fate: Fate::Restart, ..days };
    put_on(
        stage,
        of,
        "the counter begins anew, and there is more than the limit",
        anew(today(USUAL * 4.0)),
        true,
    );
    put_on(stage, of, "the counter begins anew, and there is nothing", anew(today(0.0)), true);
    put_on(
        stage,
        of,
        "what there is comes from a new series",
        Days { fate: Fate::Born, ..today(beyond) },
        true,
    );
    let mut idle = stage.play("nothing was ever counted");
    idle.interval = AHEAD;
    idle.series = stage.presence(Fate::Usual);
    idle.begins = TIMES[0];
    stage.put_on(idle);
}

const fn today(days: Days, today: f64) -> Days {
    Days { today, ..days }
}

fn put_on(stage: &mut Stage<'_>, of: &Selection<Counters>, about: &str, days: Days, counts: bool) {
    let mut play = stage.play(about);
    play.interval = AHEAD;
    play.begins = days.known * DAY + TIMES[0];
    play.series = stage.presence(Fate::Usual);
    let [host, exposition] = stage.targets();
    let happens = |day: u32| TIMES.map(|time| day * DAY + time - AHEAD);
    let mut usual = Course::of(0.0);
    let mut total = 0.0;
    for day in 0..days.known {
        // On one day half as much, on the next as much more, and then just as much: on average it is as much.
        let events = days.usual * VARIATION.get(day as usize).copied().unwrap_or(1.0);
        for at in happens(day) {
            usual = usual.then(at - EARLIER, total + events).then(at, total + 2.0 * events);
            total += 2.0 * events;
        }
    }
    let today = happens(days.known);
    let goes = |course: Course, total: f64| {
        let next = total + days.today;
        course
            .then(today[0], next)
            .then(today[1] - EARLIER, next + 500.0)
            .then(today[1], next + 500.0 + days.today)
    };
    let course = match days.fate {
        Fate::Restart => anew(usual, today, days.today),
        Fate::Born => usual,
        _ => goes(usual, total),
    };
    play.series.push((series(of.def(), "", &[], host), course));
    if days.fate == Fate::Born {
        let newborn = series(of.def(), "", &[], exposition);
        play.series
            .push((newborn, Course::absent().then(today[0], days.today).then(today[1], 2.0 * days.today)));
    }
    play.precision = Precision::Thousandth;
    // A quiet hour counts as one.
    play.outcomes.push(Outcome { counts, ..Outcome::new(UNWELL, days.today / days.usual.max(1.0)) });
    stage.put_on(play);
}

/// Before each of the two times the counter begins anew.
///
/// What happens begins with its rise to that height, from nothing where it is enough: below 0 `increase` estimates nothing, so that it makes no
/// difference how far the first sample of the window is from where the window begins.
fn anew(course: Course, today: [u32; 2], events: f64) -> Course {
    let before = events.min(BASE);
    today.into_iter().fold(course, |course, at| {
        course
            .then(at - EARLIER, BASE - before)
            .then(at - 2 * AHEAD, BASE)
            .then(at - AHEAD, 0.0)
            .then(at, events - before)
    })
}
