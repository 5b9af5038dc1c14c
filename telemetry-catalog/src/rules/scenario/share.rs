//! What is tried of a share.

use super::stage::{Fate, Outcome, Stage, UNWELL, WELL};
use crate::indicator::AT_LEAST_EVENTS;
use crate::promql::{Counters, Selection, Vector};
use telemetry_core::metric::{MetricDef, Values};

/// How many events there are of what is well.
const PLENTY: u32 = 20;

/// How many events there may be, the least first, so that a share can be met exactly with round numbers.
const ROUND: [u32; 4] = [20, 100, 1_000, 10_000];

/// The part and the whole.
#[derive(Clone, Copy)]
struct Sides<'a> {
    part: &'a Selection<Counters>,
    whole: &'a Selection<Counters>,
}

/// How many events there were, and how many of them were of the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flow {
    part: u32,
    whole: u32,
}

/// What is well.
const HEALTHY: Flow = Flow { part: 0, whole: PLENTY };

impl Flow {
    fn share(self) -> f64 {
        f64::from(self.part) / f64::from(self.whole)
    }
}

pub(super) fn play(stage: &mut Stage<'_>, part: &Selection<Counters>, whole: &Selection<Counters>) {
    let sides = Sides { part, whole };
    for level in stage.levels() {
        at_limit(stage, sides, level.limit);
    }
    let all = Flow { part: PLENTY, whole: PLENTY };
    let of = |part, whole| Flow { part, whole };
    put_on(stage, sides, "4 of 4, too few to say anything", of(4, 4), Fate::Usual);
    put_on(stage, sides, "5 of 5, just enough, and forgotten in time", of(5, 5), Fate::Usual);
    put_on(stage, sides, "nothing happens", of(0, 0), Fate::Usual);
    put_on(stage, sides, "the counters begin anew, and all events are of the part", all, Fate::Restart);
    put_on(stage, sides, "the counters begin anew, and no event is of the part", HEALTHY, Fate::Restart);
    put_on(stage, sides, "the counters begin anew, and nothing follows", of(0, 0), Fate::Restart);
    put_on(stage, sides, "the counters begin anew again and again", all, Fate::Again);
    put_on(stage, sides, "the series are born with the events", all, Fate::Born);
    put_on(stage, sides, "targets that were away come with old events", all, Fate::Back);
    put_on(stage, sides, "the series are away for a while and come back as they were", all, Fate::Wiped);
    untouched(stage, sides);
    others(stage, sides);
}

fn at_limit(stage: &mut Stage<'_>, sides: Sides<'_>, limit: f64) {
    let Some(flow) = least(limit) else {
        stage.leave_out(format!("a share of {limit}"), "no share of round numbers reaches it");
        return;
    };
    put_on(stage, sides, &format!("{} of {}, which a limit is", flow.part, flow.whole), flow, Fate::Usual);
    match flow.part.checked_sub(1) {
        Some(part) => {
            let about = format!("{part} of {}, just below a limit", flow.whole);
            put_on(stage, sides, &about, Flow { part, ..flow }, Fate::Usual);
        }
        None => stage.leave_out(format!("a share just below the limit of {limit}"), "no share is below 0"),
    }
}

/// The least share of round numbers that reaches the limit: the limit itself where one is.
fn least(limit: f64) -> Option<Flow> {
    let reaching =
        |whole| (0..=whole).map(move |part| Flow { part, whole }).find(|flow| flow.share() >= limit);
    let exact = |flow: &Flow| flow.share() <= limit;
    let found: Vec<_> = ROUND.into_iter().filter_map(reaching).collect();
    found.iter().copied().find(exact).or(found.last().copied())
}

fn put_on(stage: &mut Stage<'_>, sides: Sides<'_>, about: &str, flow: Flow, fate: Fate) {
    let begins = stage.begins(fate);
    let is_new = !matches!(fate, Fate::Back | Fate::Wiped);
    let mut play = stage.play(about);
    play.begins = begins;
    play.ends = match fate {
        // By then the window begins while they were away.
        Fate::Wiped => Some(stage.later_than(stage.window() + stage.reset())),
        Fate::Usual if flow.part == flow.whole => Some(stage.forgotten(begins)),
        _ => None,
    };
    play.series = stage.presence(fate);
    let mut wholes = Vec::new();
    let mut parts = Vec::new();
    for (subject, flow) in stage.told_apart([(UNWELL, flow), (WELL, HEALTHY)]) {
        play.series.extend(events(stage, sides, subject, flow, fate));
        let count = if is_new { f64::from(flow.whole) } else { 0.0 };
        wholes.push(Outcome::new(subject, count));
        parts.push(Outcome::new(subject, if is_new { f64::from(flow.part) } else { 0.0 }));
        if count > 0.0 {
            let counts = count >= AT_LEAST_EVENTS;
            play.outcomes.push(Outcome { counts, ..Outcome::new(subject, flow.share()) });
        }
    }
    play.also = vec![(counted(stage, sides.whole), wholes), (counted(stage, sides.part), parts)];
    stage.put_on(play);
}

fn counted(stage: &Stage<'_>, side: &Selection<Counters>) -> Vector {
    Vector::counted(side, stage.indicator.over, stage.indicator.by)
}

type Drawn = Vec<(String, super::course::Course)>;

fn events(stage: &Stage<'_>, sides: Sides<'_>, subject: &'static str, flow: Flow, fate: Fate) -> Drawn {
    let by: Vec<_> = stage.indicator.by.iter().map(|label| (*label, subject)).collect();
    let with = |chosen: Option<(&'static str, &'static str)>| -> Vec<_> {
        by.iter().copied().chain(chosen).collect()
    };
    let chosen = sides.part.matcher().and_then(|(label, values)| Some((label, *values.first()?)));
    let mut drawn = stage.counted((sides.part.def(), &with(chosen)), flow.part, fate);
    let (rest, label) = match chosen {
        Some((label, value)) => (
            flow.whole - flow.part,
            other_values(sides.part.def(), label, &[value]).first().map(|other| (label, *other)),
        ),
        None => (flow.whole, None),
    };
    drawn.extend(stage.counted((sides.whole.def(), &with(label)), rest, fate));
    drawn
}

/// The values of a closed label beside these.
pub(super) fn other_values(def: &MetricDef, label: &str, values: &[&str]) -> Vec<&'static str> {
    let declared = def.label(label).map(|label| label.values);
    let Some(Values::Closed(all)) = declared else { return Vec::new() };
    all.iter().map(|value| value.text).filter(|text| !values.contains(text)).collect()
}

/// Nothing of the part was ever counted: it has no series at all.
fn untouched(stage: &mut Stage<'_>, sides: Sides<'_>) {
    let mut play = stage.play("nothing of the part was ever counted");
    play.series = stage.presence(Fate::Usual);
    for (subject, flow) in stage.told_apart([(UNWELL, HEALTHY), (WELL, HEALTHY)]) {
        let drawn = events(stage, sides, subject, flow, Fate::Usual);
        // The series of the part stand first, one for each target.
        play.series.extend(drawn.into_iter().skip(stage.targets().len()));
        play.outcomes.push(Outcome::new(subject, 0.0));
    }
    stage.put_on(play);
}

/// Every value that is no part of it at once, among them what was killed and what met a conflict.
fn others(stage: &mut Stage<'_>, sides: Sides<'_>) {
    let Some((label, values)) = sides.part.matcher() else { return };
    let others = other_values(sides.part.def(), label, &values);
    let mut play = stage.play(format!("only {}", others.join(", ")));
    play.series = stage.presence(Fate::Usual);
    let by: Vec<_> = stage.indicator.by.iter().map(|label| (*label, UNWELL)).collect();
    for value in others {
        let labels: Vec<_> = by.iter().copied().chain([(label, value)]).collect();
        play.series.extend(stage.counted((sides.whole.def(), &labels), PLENTY, Fate::Usual));
    }
    play.outcomes.push(Outcome::new(UNWELL, 0.0));
    stage.put_on(play);
}
