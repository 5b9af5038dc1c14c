//! Queries at one time and over a range.

use super::Shared;
use super::answer::{Answered, ApiError, Data};
use super::json::push_result;
use super::parameters::Parameters;
use axum::extract::State;
use std::sync::Arc;
use telemetry_query::{Budget, Labels, Limits, Query, QueryError, Steps, Value};

pub(super) async fn instant(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    let limit = parameters.limit()?;
    let at = parameters.time_or("time", shared.api.clock.now())?;
    let (timeout, lookback) = (parameters.timeout()?, parameters.lookback()?);
    let ask = move |samples: &dyn super::Samples, limits: Limits| {
        let query = parse(&parameters)?;
        let limits = Limits { lookback: lookback.unwrap_or(limits.lookback), ..limits };
        let value = query.instant(samples, at, &limits).map_err(|error| ApiError::of_query(&error))?;
        answer(value, limit, &limits)
    };
    shared.desk.ask(timeout, ask).await
}

pub(super) async fn range(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    let limit = parameters.limit()?;
    let steps = steps(&parameters)?;
    let (timeout, lookback) = (parameters.timeout()?, parameters.lookback()?);
    let ask = move |samples: &dyn super::Samples, limits: Limits| {
        let query = parse(&parameters)?;
        let limits = Limits { lookback: lookback.unwrap_or(limits.lookback), ..limits };
        let series = query.range(samples, steps, &limits).map_err(|error| ApiError::of_query(&error))?;
        answer(Value::Matrix(series), limit, &limits)
    };
    shared.desk.ask(timeout, ask).await
}

/// Only ever on a thread of the desk: of what is sent to do harm, this takes seconds.
fn parse(parameters: &Parameters) -> Result<Query, ApiError> {
    Query::parse(parameters.get("query")).map_err(|error| ApiError::parameter("query", error))
}

/// Checked here, with the words of Prometheus, before anybody waits for a turn.
fn steps(parameters: &Parameters) -> Result<Steps, ApiError> {
    let (start, end) = (parameters.time("start")?, parameters.time("end")?);
    if end < start {
        return Err(ApiError::parameter("end", QueryError::EndBeforeStart));
    }
    let step = parameters.duration("step")?;
    if step <= 0 {
        return Err(ApiError::parameter("step", QueryError::StepNotPositive));
    }
    let most = i64::try_from(Limits::default().points).unwrap_or(i64::MAX);
    if end.saturating_sub(start) / step > most {
        return Err(ApiError::bad_data(
            "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
        ));
    }
    Ok(Steps { start, end, step })
}

fn answer(mut value: Value, limit: usize, limits: &Limits) -> Answered {
    let truncated = truncate(&mut value, limit);
    let room = limits.budget.as_ref().map(|budget| Budget::hold(budget, weight(&value))).transpose();
    let room = room.map_err(|error| ApiError::of_query(&error))?;
    Ok(Data::written(|out| push_result(out, &value)).truncated(truncated).holding(room))
}

/// How many values an answer counts for: a sample is some 40 bytes of text, and a label has its quotes.
fn weight(value: &Value) -> usize {
    const SAMPLE: usize = 3;
    let text = |labels: &Labels| -> usize {
        labels.iter().map(|label| (label.name.len() + label.value.len()).div_ceil(16)).sum()
    };
    match value {
        Value::Vector(elements) => elements.iter().map(|(labels, _)| SAMPLE + text(labels)).sum(),
        Value::Matrix(all) => {
            all.iter().map(|series| series.samples.len() * SAMPLE + text(&series.labels)).sum()
        }
        _ => SAMPLE,
    }
}

/// Leaves out what the client does not want; whether that was anything.
fn truncate(value: &mut Value, limit: usize) -> bool {
    match value {
        Value::Vector(elements) if limit > 0 && elements.len() > limit => elements.truncate(limit),
        Value::Matrix(series) if limit > 0 && series.len() > limit => series.truncate(limit),
        _ => return false,
    }
    true
}
