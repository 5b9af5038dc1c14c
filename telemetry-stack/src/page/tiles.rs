//! The numbers of the overview: what goes on now, and what happened lately.

use super::desk::{Desk, Rows};
use super::shared::Pending;
use super::tally::{Tallied, Tallies, Tally, known, unknown};
use crate::tally::Counted;
use telemetry_catalog::panel::Unit;
use telemetry_catalog::promql::{Vector, Window, counter, gauge};
use telemetry_core::catalog::{
    AGENT_ACTIVE, AGENT_RUNS, LLM_INPUT_TOKENS, LLM_INVOCATIONS, LLM_OUTPUT_TOKENS, LLM_RETRIES,
    WORKSPACE_ACTIVE,
};
use tokio::time::Instant;

/// How long ago "lately" is.
const SPANS: [Window; 2] = [Window::hours(1), Window::hours(24)];

/// Over which of the [`SPANS`] something is counted, as its place there.
#[derive(Debug, Clone, Copy)]
enum Lately {
    Hour = 0,
    Day = 1,
}

/// A number that is asked for.
pub(super) struct Question {
    title: &'static str,
    /// What it counts, in a sentence.
    about: &'static str,
    value: Asked,
}

/// What its answer comes from.
enum Asked {
    /// What is the case now.
    Now(Pending<Rows>),
    /// What happened: the tallies among which it is, at which place, and over which span.
    Lately { among: Pending<Vec<Tallies>>, place: usize, over: Lately },
}

/// A number of the overview.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) title: &'static str,
    /// Of when it is.
    pub(super) over: &'static str,
    /// The number, or why it is not known.
    pub(super) value: Result<String, String>,
    /// How many there are at least and how many more at the most, where that is not known exactly.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) about: &'static str,
}

/// Asks for every number. Events are counted, and not estimated.
pub(super) fn ask(desk: &Desk) -> Vec<Question> {
    let counted = |of: Counted, spans| desk.tallies(of.of().def().name, vec![of], spans);
    let all = |of, spans| counted(Counted::all(of), spans);
    let runs = counter(&AGENT_RUNS);
    let failures = Counted::part(runs.failing(), runs);
    let runs = desk.tallies(runs.def().name, vec![failures, Counted::all(runs)], &SPANS);
    let retries = counted(Counted::part(counter(&LLM_RETRIES), counter(&LLM_INVOCATIONS)), &SPANS);
    let tokens_in = all(counter(&LLM_INPUT_TOKENS), &SPANS[..1]);
    let tokens_out = all(counter(&LLM_OUTPUT_TOKENS), &SPANS[..1]);
    let lately = |title, about, of: &Pending<Vec<Tallies>>, place, over| Question {
        title,
        about,
        value: Asked::Lately { among: of.clone(), place, over },
    };
    let failed = |over| lately("Failures", "Agent runs that ended with an error", &runs, 0, over);
    let ended = |over| lately("Runs", "Agent runs that ended", &runs, 1, over);
    let tried_again =
        |over| lately("Retries", "Calls of language models that were tried again", &retries, 0, over);
    let now = |title, about, of| Question {
        title,
        about,
        value: Asked::Now(desk.value_in_full(&Vector::total(&of, &[]))),
    };
    vec![
        now(
            "Active agents",
            "Agents that are running, over all processes that are alive",
            gauge(&AGENT_ACTIVE),
        ),
        ended(Lately::Hour),
        failed(Lately::Hour),
        ended(Lately::Day),
        failed(Lately::Day),
        lately("Tokens in", "Input tokens of all providers", &tokens_in, 0, Lately::Hour),
        lately("Tokens out", "Output tokens of all providers", &tokens_out, 0, Lately::Hour),
        tried_again(Lately::Hour),
        tried_again(Lately::Day),
        now(
            "Workspaces held",
            "Workspaces that are in use, over all processes that are alive",
            gauge(&WORKSPACE_ACTIVE),
        ),
    ]
}

/// The numbers that are known by then.
pub(super) async fn tiles(questions: Vec<Question>, deadline: Instant) -> Vec<Tile> {
    let mut tiles = Vec::with_capacity(questions.len());
    for question in questions {
        tiles.push(question.tile(deadline).await);
    }
    tiles
}

impl Question {
    async fn tile(self, deadline: Instant) -> Tile {
        let Self { title, about, value } = self;
        let (over, value, bounds) = match value {
            Asked::Now(value) => {
                let value = known(&value.by(deadline).await).map(|value| Unit::Count.shown(value));
                ("now", value, None)
            }
            Asked::Lately { among, place, over } => {
                let tally = tallied(among, place, over, deadline).await;
                let bounds = tally.as_ref().ok().and_then(Tally::bounds);
                (over.words(), tally.map(|tally| Unit::Count.shown(tally.least)), bounds)
            }
        };
        Tile { title, over, value, bounds, about }
    }
}

async fn tallied(among: Pending<Vec<Tallies>>, place: usize, over: Lately, deadline: Instant) -> Tallied {
    let all = among.by(deadline).await.map_err(unknown)?;
    let none = || Err("Not known: it was not asked for".to_owned());
    all.get(place).and_then(|tallies| tallies.get(over as usize)).map_or_else(none, Clone::clone)
}

impl Lately {
    const fn words(self) -> &'static str {
        match self {
            Self::Hour => "last hour",
            Self::Day => "last 24 h",
        }
    }
}
