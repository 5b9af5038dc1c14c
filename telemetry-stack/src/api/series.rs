//! Which series there are, and which labels and values they have.

use super::answer::{Answered, ApiError, Data};
use super::json::{push_labels, push_list, push_string};
use super::parameters::Parameters;
use super::{Samples, Shared};
use axum::extract::{Path, State};
use std::collections::BTreeSet;
use std::sync::Arc;
use telemetry_core::exposition::is_label_name;
use telemetry_query::Matcher;

/// Which series are meant.
struct Wanted {
    sets: Vec<Vec<Matcher>>,
    start: i64,
    end: i64,
    limit: usize,
}

pub(super) async fn series(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    if !parameters.has_selectors() {
        return Err(ApiError::bad_data("no match[] parameter provided"));
    }
    let ask = move |samples: &dyn Samples| {
        let Wanted { sets, start, end, limit } = Wanted::by(&parameters)?;
        let found = samples.label_sets(&sets, start, end);
        let shown = shown(found.len(), limit);
        let written = Data::written(|out| push_list(out, found.iter().take(shown), push_labels));
        Ok(written.truncated(shown < found.len()))
    };
    shared.desk.ask(None, move |samples, _| ask(samples)).await
}

pub(super) async fn names(State(shared): State<Arc<Shared>>, parameters: Parameters) -> Answered {
    let ask = move |samples: &dyn Samples| {
        let Wanted { sets, start, end, limit } = Wanted::by(&parameters)?;
        Ok(texts(&samples.label_names(&sets, start, end), limit))
    };
    shared.desk.ask(None, move |samples, _| ask(samples)).await
}

pub(super) async fn values(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Answered {
    if !is_label_name(&name) {
        return Err(ApiError::bad_data(format!("invalid label name: {name:?}")));
    }
    let ask = move |samples: &dyn Samples| {
        let Wanted { sets, start, end, limit } = Wanted::by(&parameters)?;
        Ok(texts(&samples.label_values(&name, &sets, start, end), limit))
    };
    shared.desk.ask(None, move |samples, _| ask(samples)).await
}

impl Wanted {
    /// Only ever on a thread of the desk: of what is sent to do harm, this takes seconds.
    fn by(parameters: &Parameters) -> Result<Self, ApiError> {
        let limit = parameters.limit()?;
        let start = parameters.time_or("start", i64::MIN)?;
        let end = parameters.time_or("end", i64::MAX)?;
        Ok(Self { sets: parameters.selectors()?, start, end, limit })
    }
}

fn texts(found: &BTreeSet<String>, limit: usize) -> Data {
    let shown = shown(found.len(), limit);
    let write =
        |out: &mut String| push_list(out, found.iter().take(shown), |out, text| push_string(out, text));
    Data::written(write).truncated(shown < found.len())
}

/// How many of the results the client wants; all where it has set no limit.
const fn shown(found: usize, limit: usize) -> usize {
    if limit > 0 && limit < found { limit } else { found }
}
