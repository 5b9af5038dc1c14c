//! Whether two answers to a range query say the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::failure::{Failure, Outcome, While as _};

/// Values by the labels of their series and their times.
type Answer = BTreeMap<String, Vec<(f64, f64)>>;

/// How far apart values may be, as a part of them.
const NEAR: f64 = 1e-9;

/// How far two answers agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Agreement {
    /// The series that both have.
    pub(super) series: usize,
    /// The points that both have.
    pub(super) points: usize,
    /// How many of these have another value.
    pub(super) apart: usize,
    /// The first of them, or what else is different.
    pub(super) example: Option<String>,
}

/// How far two answers agree. Where one has a series or a point that the other lacks, that is the example.
pub(super) fn compared(theirs: &[u8], ours: &[u8]) -> Outcome<Agreement> {
    let (theirs, ours) = (read(theirs)?, read(ours)?);
    let mut found = Agreement { series: theirs.len(), ..Agreement::default() };
    for (labels, values) in &theirs {
        let own = ours.get(labels).map(Vec::as_slice).unwrap_or_default();
        if !values.iter().map(|point| point.0).eq(own.iter().map(|point| point.0)) {
            found.example = Some(format!("{labels} has {} points and not {}", own.len(), values.len()));
            return Ok(found);
        }
        found.points += values.len();
        for ((at, value), (_, own)) in values.iter().zip(own).filter(|(one, own)| !near(one.1, own.1)) {
            found.apart += 1;
            found.example.get_or_insert_with(|| format!("{labels} is {own} and not {value} at {at}"));
        }
    }
    if theirs.len() != ours.len() {
        found.example = Some(format!("{} series and not {}", ours.len(), theirs.len()));
    }
    Ok(found)
}

fn near(one: f64, other: f64) -> bool {
    let apart = (one - other).abs();
    one == other || one.is_nan() && other.is_nan() || apart <= NEAR * one.abs().max(other.abs())
}

fn read(body: &[u8]) -> Outcome<Answer> {
    let document: Value = serde_json::from_slice(body).while_doing("cannot read an answer")?;
    let missing = || Failure::new(format!("not an answer: {:.300}", String::from_utf8_lossy(body)));
    let series = document["data"]["result"].as_array().ok_or_else(missing)?;
    let point = |point: &Value| Some((point[0].as_f64()?, point[1].as_str()?.parse().ok()?));
    let mut answer = Answer::new();
    for one in series {
        let points = one["values"].as_array().ok_or_else(missing)?;
        let points: Option<Vec<_>> = points.iter().map(point).collect();
        answer.insert(one["metric"].to_string(), points.ok_or_else(missing)?);
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_series_time_or_value_is_a_difference() {
        let answer = |labels: &str, points: &str| {
            format!(r#"{{"data":{{"result":[{{"metric":{labels},"values":{points}}}]}}}}"#).into_bytes()
        };
        let one = answer(r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"],[2,"NaN"]]"#);
        let same = answer(r#"{"c":"d","a":"b"}"#, r#"[[1.0,"0.30000000000000004"],[2,"NaN"]]"#);
        let agreement = Agreement { series: 1, points: 2, ..Agreement::default() };
        assert_eq!(compared(&one, &same).unwrap(), agreement);
        for (labels, points, apart) in [
            (r#"{"a":"b"}"#, r#"[[1,"0.3"],[2,"NaN"]]"#, 0),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"]]"#, 0),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"],[2,"1"]]"#, 1),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"],[3,"NaN"]]"#, 0),
        ] {
            let found = compared(&one, &answer(labels, points)).unwrap();
            assert!(found.apart == apart && found.example.is_some(), "{found:?}");
        }
        assert!(compared(&one, br#"{"status":"error"}"#).is_err());
    }
}
