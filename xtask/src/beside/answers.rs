//! Whether two answers to a range query say the same.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::failure::{Failure, Outcome, While as _};

/// Values by the labels of their series and their times.
type Answer = BTreeMap<String, Vec<(f64, f64)>>;

/// How far apart values may be, as a part of them.
const NEAR: f64 = 1e-9;

/// How many series both have, or what is different.
pub(super) fn compared(theirs: &[u8], ours: &[u8]) -> Outcome<Result<usize, String>> {
    let (theirs, ours) = (read(theirs)?, read(ours)?);
    Ok(match difference(&theirs, &ours) {
        None => Ok(theirs.len()),
        Some(difference) => Err(difference),
    })
}

fn difference(theirs: &Answer, ours: &Answer) -> Option<String> {
    if theirs.len() != ours.len() {
        return Some(format!("{} series and not {}", ours.len(), theirs.len()));
    }
    for (labels, values) in theirs {
        let Some(own) = ours.get(labels) else { return Some(format!("{labels} is not there")) };
        if own.len() != values.len() {
            return Some(format!("{labels} has {} points and not {}", own.len(), values.len()));
        }
        let differs =
            |((at, value), (own_at, own)): &(&(f64, f64), &(f64, f64))| at != own_at || !near(*value, *own);
        if let Some(((at, value), (_, own))) = values.iter().zip(own).find(differs) {
            return Some(format!("{labels} is {own} and not {value} at {at}"));
        }
    }
    None
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
        assert_eq!(compared(&one, &same).unwrap(), Ok(1));
        for (labels, points) in [
            (r#"{"a":"b"}"#, r#"[[1,"0.3"],[2,"NaN"]]"#),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"]]"#),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"],[2,"1"]]"#),
            (r#"{"a":"b","c":"d"}"#, r#"[[1,"0.3"],[3,"NaN"]]"#),
        ] {
            assert!(compared(&one, &answer(labels, points)).unwrap().is_err(), "{labels} {points}");
        }
        assert!(compared(&one, br#"{"status":"error"}"#).is_err());
    }
}
