//! What is wrong, and what to do about it.

use super::counts::{LedgerReport, PushReport};
use super::report::{Report, ServerReport, Standing};
use crate::sources::Kind;
use serde::Serialize;
use telemetry_catalog::quantity;
use telemetry_core::config::Carrier;

/// Something that is wrong.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What, in a sentence.
    pub(crate) what: String,
    /// What to do about it, in a sentence.
    pub(crate) advice: String,
}

impl Problem {
    fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }
}

/// A configuration that cannot be read.
pub(super) fn of_configuration(error: &str) -> Problem {
    Problem::new(
        // A sentence that ends in a question has its end.
        format!("The configuration cannot be read: {error}{}", if error.ends_with('?') { "" } else { "." }),
        "Mend it there. Until then it is not known where the ledger and the servers are.",
    )
}

/// Everything that is wrong, in the order in which counts pass: from the configuration to the servers.
pub(super) fn problems(report: &Report, carrier: Carrier, nowhere: Option<String>) -> Vec<Problem> {
    let off = report.recording.as_ref().filter(|recording| !recording.on);
    let off = off.map(|recording| {
        let (why, origin) = (&recording.why, &recording.origin);
        Problem::new(
            format!("Nothing is recorded: {why} ({origin})."),
            "Change it there if that is not what you want.",
        )
    });
    let warning = |warning: &String| {
        Problem::new(
            format!("{warning}."),
            "`telemetry config show --origin` says where each value comes from.",
        )
    };
    let warnings = report.configuration.warnings.iter().map(warning);
    let nowhere = nowhere.map(|advice| Problem::new("The ledger has no place that lasts.", advice));
    let ledger = report.ledger.iter().flat_map(of_ledger);
    let pushed = report.ledger.iter().filter_map(|ledger| of_push(ledger.last_push.as_ref()?, report));
    let pushed = pushed.filter(|_| carrier == Carrier::Push);
    let servers = report.servers.iter().filter_map(|server| of_server(server, carrier));
    off.into_iter()
        .chain(warnings)
        .chain(nowhere)
        .chain(ledger)
        .chain(pushed)
        .chain(servers)
        .chain(unread(report, carrier))
        .collect()
}

fn of_ledger(ledger: &LedgerReport) -> Vec<Problem> {
    let file = &ledger.file;
    let unreadable = ledger.error.as_ref().map(|why| {
        let advice = if ledger.damaged {
            "Put a copy of it back in its place, if there is one: the next run sets it aside and begins to count anew."
        } else {
            "See to it that this user and this version may read it, or set telemetry.ledger_path to another folder."
        };
        Problem::new(format!("The ledger {file} cannot be read: {why}."), advice)
    });
    let closed = ledger.not_writable.as_ref().map(|why| {
        Problem::new(
            format!("The folder of the ledger cannot be written: {why} ({file})."),
            "Give it to this user, or set telemetry.ledger_path to a folder of theirs. Until then nothing is counted.",
        )
    });
    let aside = ledger.set_aside.first().map(|first| {
        Problem::new(
            format!("{} could not be read once and was kept: {first}.", files(ledger.set_aside.len())),
            "Look whether you want what is in there, and remove it.",
        )
    });
    [unreadable, closed, aside].into_iter().flatten().collect()
}

fn files(count: usize) -> String {
    if count == 1 { "A file of the ledger".to_owned() } else { format!("{count} files of the ledger") }
}

/// A push that failed is of interest while it is about the gateway of now; and not where nobody set one up, which is no failure.
fn of_push(last: &PushReport, report: &Report) -> Option<Problem> {
    let gateway = report.servers.iter().find(|server| server.kind == Kind::Pushgateway)?;
    if last.url != gateway.url || (gateway.standing == Standing::Absent && !gateway.configured) {
        return None;
    }
    let PushReport { url, failures, age_seconds, .. } = last;
    let times = match failures {
        0 => return None,
        1 => "The last push".to_owned(),
        many => format!("The last {many} pushes"),
    };
    let ago = quantity::seconds(age_seconds.trunc());
    let held = last
        .held_off_seconds
        .map(|left| format!(", and runs hold off for {}", quantity::seconds(left.ceil())));
    Some(Problem::new(
        format!("{times} to {url} failed, {ago} ago{}.", held.unwrap_or_default()),
        "What was counted is safe in the ledger. `telemetry push` tries at once, and says what is wrong.",
    ))
}

/// A server that is not there is nothing wrong as long as nobody configured it.
fn of_server(server: &ServerReport, carrier: Carrier) -> Option<Problem> {
    let ServerReport { name, url, setting, origin, .. } = server;
    let why = server.error.as_deref().unwrap_or_default();
    let named = format!("telemetry.{setting} ({origin})");
    match server.standing {
        Standing::Answers => None,
        Standing::Absent => of_absent(server, carrier, &named),
        Standing::Stranger => Some(Problem::new(
            format!("{name} {url}: {why}."),
            format!("Set {named} to where the server is, or end the other program."),
        )),
        Standing::Unauthorized => Some(Problem::new(
            format!("{name} {url} does not accept who asks: {why}."),
            format!("Set user name and password_file, or bearer_token_file, beside {named}."),
        )),
        Standing::Failing => Some(Problem::new(
            format!("{name} {url} gives no answer: {why}."),
            format!("Look at that server, or correct {named}; --timeout waits for longer."),
        )),
    }
}

fn of_absent(server: &ServerReport, carrier: Carrier, named: &str) -> Option<Problem> {
    let ServerReport { name, url, .. } = server;
    let what = format!("{name} {url}: nobody is there.");
    match server.kind {
        // An axe serves while it runs; only for this carrier does somebody have to.
        Kind::Exposition => (carrier == Carrier::Serve).then(|| {
            Problem::new(
                what,
                "telemetry.carrier is serve: start `telemetry serve`, or nobody reads the ledger.",
            )
        }),
        _ if !server.configured => None,
        // What is not pushed needs no gateway.
        Kind::Pushgateway if carrier != Carrier::Push => None,
        _ => Some(Problem::new(what, format!("Start it, or correct {named}."))),
    }
}

/// Counts that nobody reads, because nothing was ever set up: no failure, but worth a word.
fn unread(report: &Report, carrier: Carrier) -> Option<Problem> {
    let counted = report.ledger.as_ref().is_some_and(|ledger| ledger.series.is_some_and(|series| series > 0));
    let absent = |kind: Kind| {
        let mut those = report.servers.iter().filter(|server| server.kind == kind);
        those.all(|server| server.standing == Standing::Absent && !server.configured)
    };
    let unread = carrier == Carrier::Push && counted && absent(Kind::Pushgateway) && absent(Kind::Prometheus);
    unread.then(|| {
        Problem::new(
            "The counts are kept in the ledger, and nobody collects them.",
            "`telemetry up` starts a gateway, a history and a page for them; `telemetry snapshot` shows them at once.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(kind: Kind, standing: Standing, configured: bool) -> ServerReport {
        ServerReport {
            name: kind.name(),
            url: "http://x:1".to_owned(),
            setting: kind.setting(),
            origin: "sase.yml:3:5".to_owned(),
            configured,
            standing,
            what: None,
            error: Some("why".to_owned()),
            latency_seconds: None,
            kind,
        }
    }

    #[test]
    fn who_is_not_there_is_missed_only_where_somebody_is_wanted() {
        use Carrier::{Push, Serve};
        use Kind::{Alertmanager, Exposition, Prometheus, Pushgateway};
        for (kind, configured, carrier, missed) in [
            (Pushgateway, false, Push, false),
            (Pushgateway, true, Push, true),
            (Pushgateway, true, Serve, false),
            (Prometheus, false, Push, false),
            (Prometheus, true, Serve, true),
            (Alertmanager, true, Push, true),
            (Exposition, true, Push, false),
            (Exposition, false, Serve, true),
        ] {
            let problem = of_server(&server(kind, Standing::Absent, configured), carrier);
            assert_eq!(problem.is_some(), missed, "{kind:?} {configured} {carrier}: {problem:?}");
        }
    }

    #[test]
    fn a_guess_at_what_was_meant_ends_its_sentence() {
        let what = |error| of_configuration(error).what;
        assert_eq!(what("a.yml: no text"), "The configuration cannot be read: a.yml: no text.");
        assert_eq!(
            what("unknown; did you mean job?"),
            "The configuration cannot be read: unknown; did you mean job?"
        );
    }

    #[test]
    fn whoever_answers_wrongly_is_a_problem_in_any_case() {
        for standing in [Standing::Stranger, Standing::Unauthorized, Standing::Failing] {
            let problem = of_server(&server(Kind::Prometheus, standing, false), Carrier::Push).unwrap();
            assert!(problem.what.contains("why") && problem.advice.contains("sase.yml:3:5"), "{problem:?}");
        }
        assert_eq!(of_server(&server(Kind::Prometheus, Standing::Answers, true), Carrier::Push), None);
    }
}
