//! What is tried of a count of events.

use super::stage::{Fate, Outcome, Stage, UNWELL, WELL};
use crate::promql::{Counters, Selection};

/// Events of another kind, which must not be counted.
const OTHERS: u32 = 50;

pub(super) fn play(stage: &mut Stage<'_>, of: &Selection<Counters>) {
    let limits: Vec<_> = stage.levels().iter().map(|level| whole(level.limit)).collect();
    for limit in &limits {
        let (limit, below) = (*limit, limit - 1);
        put_on(stage, of, &format!("{limit}, which is a limit, and forgotten in time"), limit, Fate::Usual);
        put_on(stage, of, &format!("{below}, just below a limit"), below, Fate::Usual);
    }
    // Several at each of both targets, so that it matters how they are put together.
    let most = limits.iter().copied().max().unwrap_or(1) + 5;
    put_on(stage, of, "the counter begins anew, and events follow", most, Fate::Restart);
    put_on(stage, of, "the counter begins anew, and nothing follows", 0, Fate::Restart);
    put_on(stage, of, "the counter begins anew again and again", most, Fate::Again);
    put_on(stage, of, "the series is born with the events", most, Fate::Born);
    put_on(stage, of, "a target that was away comes with old events", most, Fate::Back);
    put_on(stage, of, "the series is away for a while and comes back as it was", most, Fate::Wiped);
    untouched(stage);
}

/// The fewest events that reach a limit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "limits of counts are small and whole"
)]
pub(super) fn whole(limit: f64) -> u32 {
    limit.ceil().max(1.0) as u32
}

fn put_on(stage: &mut Stage<'_>, of: &Selection<Counters>, about: &str, events: u32, fate: Fate) {
    let begins = stage.begins(fate);
    let counted = if matches!(fate, Fate::Back | Fate::Wiped) { 0 } else { events };
    let mut play = stage.play(about);
    play.begins = begins;
    play.ends = match fate {
        Fate::Wiped => Some(stage.later_than(stage.window() + stage.reset())),
        Fate::Usual => Some(stage.forgotten(begins)),
        _ => None,
    };
    play.series = stage.presence(fate);
    for (subject, events, counted) in stage.told_apart([(UNWELL, events, counted), (WELL, 0, 0)]) {
        let labels = labels_of(stage, of, subject);
        play.series.extend(stage.counted((of.def(), &labels), events, fate));
        play.outcomes.push(Outcome::new(subject, f64::from(counted)));
    }
    if let Some((label, values)) = of.matcher() {
        let others = super::share::other_values(of.def(), label, &values);
        for value in others {
            play.series.extend(stage.counted((of.def(), &[(label, value)]), OTHERS, fate));
        }
    }
    stage.put_on(play);
}

fn labels_of(
    stage: &Stage<'_>,
    of: &Selection<Counters>,
    subject: &'static str,
) -> Vec<(&'static str, &'static str)> {
    let chosen = of.matcher().and_then(|(label, values)| Some((label, *values.first()?)));
    stage.indicator.by.iter().map(|label| (*label, subject)).chain(chosen).collect()
}

/// Nothing was ever counted: there is no series at all.
fn untouched(stage: &mut Stage<'_>) {
    let mut play = stage.play("nothing was ever counted");
    play.series = stage.presence(Fate::Usual);
    stage.put_on(play);
}
