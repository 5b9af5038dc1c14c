//! The history as a whole, held to a simple model: maps of samples.

use super::*;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(u8, u8, f64)>),
    Wait(u16),
    Maintain,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let value =
        prop_oneof![Just(1.0), Just(STALE), Just(-0.0), any::<u8>().prop_map(f64::from), any::<f64>()];
    prop_oneof![
        6 => prop::collection::vec((0..6_u8, 0..200_u8, value), 1..12).prop_map(Step::Append),
        4 => (0..120_u16).prop_map(Step::Wait),
        3 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, what is read is what was said to be stored.
    #[test]
    fn a_history_is_a_map_of_samples(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let mut history = open(folder.path());
        let mut model: BTreeMap<String, Vec<(i64, u64)>> = BTreeMap::new();
        let mut now = START;
        for step in steps {
            match step {
                Step::Append(samples) => {
                    let mut stored = 0;
                    let floor = history.head().sealed;
                    let mut batch = Vec::new();
                    for (name, offset, value) in samples {
                        let (name, time) = (name.to_string(), now + i64::from(offset));
                        batch.push((history.series_id(&series(&name)).unwrap(), Sample::new(time, value)));
                        let known = model.entry(name).or_default();
                        if time >= floor && known.last().is_none_or(|(last, _)| *last < time) {
                            known.push((time, value.to_bits()));
                            stored += 1;
                        }
                    }
                    prop_assert_eq!(history.append(&batch).unwrap().stored, stored);
                }
                Step::Wait(minutes) => now += i64::from(minutes) * 60_000,
                Step::Maintain => history.maintain(now).unwrap(),
                Step::Reopen => {
                    drop(history);
                    history = open(folder.path());
                }
            }
            model.retain(|_, samples| !samples.is_empty());
            prop_assert_eq!(&content(&history, i64::MIN, i64::MAX), &model);
        }
    }
}
