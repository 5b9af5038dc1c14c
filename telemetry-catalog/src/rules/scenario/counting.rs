//! What is tried of a counter that an indicator only asks whether it moves: that its events are counted all the same.

use super::stage::{Fate, Outcome, Stage, UNWELL};
use crate::promql::{Counters, Selection, Vector};

/// How many events there are, several at each target.
const EVENTS: u32 = 6;

/// The labels of a target.
const TARGET: [&str; 2] = ["job", "instance"];

/// Nothing is there but the counter, so that the indicator itself has no value.
pub(super) fn play(stage: &mut Stage<'_>, of: &Selection<Counters>) {
    let fates = [
        (Fate::Usual, "events alone", EVENTS),
        (Fate::Restart, "events alone, after the counter began anew", EVENTS),
        (Fate::Born, "events alone, with which the series are born", EVENTS),
        (Fate::Back, "old events alone, of targets that were away", 0),
    ];
    for (fate, about, counted) in fates {
        let mut play = stage.play(about);
        play.begins = stage.begins(fate);
        play.series = stage.presence(fate);
        play.series.extend(stage.counted((of.def(), &[]), EVENTS, fate));
        let vector = Vector::counted(of, stage.indicator.over, stage.indicator.by);
        let outcomes = if stage.indicator.by == TARGET {
            let each = |(job, instance): (&str, &str)| Outcome {
                labels: vec![job.to_owned(), instance.to_owned()],
                ..Outcome::new(UNWELL, f64::from(counted / 2))
            };
            stage.targets().map(each).to_vec()
        } else {
            vec![Outcome::new(UNWELL, f64::from(counted))]
        };
        play.also = vec![(vector, outcomes)];
        stage.put_on(play);
    }
}
