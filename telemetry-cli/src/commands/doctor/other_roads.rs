//! The steps of a count that is not pushed: the exposition server that serves the ledger, or its copy for node_exporter.

use super::ask::{Server, Unanswered};
use super::bounds::Bounds;
use super::step::Finding;
use crate::sources::{Reading, ask_exposition, block_on};
use telemetry_core::catalog::SERVE_INFO;
use telemetry_core::config::Config;
use telemetry_push::Ledger;

/// Whether the exposition server serves.
pub(super) fn exposition(config: &Config, bounds: &Bounds) -> Finding {
    let asked = match block_on(ask_exposition(config, bounds.answer())) {
        Ok(asked) => asked,
        Err(trouble) => return Finding::failed(trouble.sentence()),
    };
    match (&Reading::of(&asked).families, &asked.result) {
        (Ok(families), _) => {
            let ours = families.iter().any(|family| family.name == SERVE_INFO.def().name);
            let who = if ours { "`telemetry serve`" } else { "an exposition server, which is not `telemetry serve`" };
            Finding::ok(format!("{who} serves {} families at {}", families.len(), asked.place))
        }
        (Err(lack), Err(_)) if lack.absent => Finding::failed(format!("nothing serves the ledger at {}: {}", asked.place, lack.why))
            .advice("Start `telemetry serve`, and have it started with the machine."),
        (Err(lack), _) => Finding::failed(format!("{}: {}", asked.place, lack.why))
            .advice("What listens there is not `telemetry serve`, or asks for other credentials than telemetry.prometheus.exposition_auth."),
    }
}

/// Whether the copy for node_exporter is there.
pub(super) fn textfile(ledger: Option<&Ledger>) -> Finding {
    let Some(ledger) = ledger else {
        return Finding::not_testable("there is no copy before something was recorded");
    };
    let mut notes = Vec::new();
    // Looking at the totals makes up for a copy that was not written.
    let totals = ledger.totals(&mut notes);
    let Some(file) = ledger.textfile() else {
        return Finding::failed("the ledger has no place for its copy");
    };
    let failed = totals.err().map(|error| error.to_string()).or_else(|| notes.into_iter().next());
    if let Some(why) = failed {
        return Finding::failed(why).advice("Make the folder writable, or set telemetry.textfile_path.");
    }
    match file.metadata() {
        Ok(_) => Finding::ok(format!("{} is a copy of the ledger", file.display())),
        Err(error) => {
            Finding::failed(format!("{}: {error}", file.display())).advice("Set telemetry.textfile_path.")
        }
    }
}

/// Whether Prometheus has what that target told.
pub(super) fn query(prometheus: Server<'_>, expression: &str, what: &str, bounds: &Bounds) -> Finding {
    match prometheus.series(expression, bounds.answer()) {
        Ok(series) if !series.is_empty() => Finding::ok(format!("{expression} has {} series", series.len())),
        Ok(_) => Finding::failed(format!(
            "{expression} has no series: {what} was not scraped, or not within 5 minutes"
        ))
        .advice("See `telemetry endpoint -f prometheus` for the scrape job."),
        Err(Unanswered { why, advice }) => Finding::failed(why).advice(advice),
    }
}

/// What node_exporter tells of a file that it reads.
pub(super) fn copy_expression(name: &str) -> String {
    let literal: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("[{c}]") })
        .collect();
    format!("node_textfile_mtime_seconds{{file=~{:?}}}", format!("(.*/)?{literal}"))
}
