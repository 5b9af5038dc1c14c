//! Asking a Prometheus, everything at once and within one bound: what has not answered by then is not known.

use super::window::Seen;
use super::{Question, Report};
use crate::clock::now;
use crate::commands::alerts::{Alert, Answer, Severity, ask_rules};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;
use telemetry_catalog::verdict::Verdict;
use telemetry_core::metric::Subsystem;
use telemetry_stack::health::{Answers, Coverage, batches, checks_over, coverage};
use telemetry_stack::source::{SourceError, Theirs};

/// One thing that was told.
enum Told {
    Coverage(Result<Coverage, SourceError>),
    Answers(Answers),
    Rules(Result<Answer, String>),
}

/// Everything that was told in time.
struct Heard {
    coverage: Option<Result<Coverage, SourceError>>,
    answers: Answers,
    rules: Option<Answer>,
}

/// What the Prometheus tells of the window, or why it tells nothing.
pub(super) fn ask(question: &Question) -> Result<Report, String> {
    let deadline = Instant::now() + question.timeout;
    let checks = checks_over(&question.config, Some(question.window));
    let source =
        Theirs::within(question.address.clone(), question.timeout).map_err(|error| error.to_string())?;
    let batches = batches(&checks);
    let mut heard = Heard { coverage: None, answers: Answers::default(), rules: None };
    let late = format!("{}: no answer within {} s", question.address, question.timeout.as_secs_f64());
    batches.iter().for_each(|batch| heard.answers.extend(batch.unanswered(&late)));
    let (sender, receiver) = channel();
    let source = Arc::new(source);
    let (at, window) = (now(), question.window);
    spawn(&sender, &source, move |source| Told::Coverage(coverage(source, window, at)));
    for batch in batches {
        spawn(&sender, &source, move |source| Told::Answers(batch.ask(source, at)));
    }
    let (address, timeout) = (question.address.clone(), question.timeout);
    spawn(&sender, &source, move |_| Told::Rules(ask_rules(&address, timeout)));
    drop(sender);
    heard.listen(&receiver, deadline);
    let coverage = heard.coverage.take().ok_or(late)?.map_err(|error| error.to_string())?;
    let findings = heard.answers.findings(&checks, &question.config.health_thresholds);
    let alerts = heard.rules.as_ref().map(Answer::worst_first).unwrap_or_default();
    let of = ("prometheus", question.address.to_string());
    let seen = Seen::by_scrapes(question.window, &coverage);
    Ok(Report::new(of, seen, (checks, &findings), |subsystem| firing(&alerts, subsystem)))
}

/// Asks in a thread of its own. Nobody waits for it beyond the deadline, and a thread that hangs ends with the process.
fn spawn(sender: &Sender<Told>, source: &Arc<Theirs>, ask: impl FnOnce(&Theirs) -> Told + Send + 'static) {
    let (sender, source) = (sender.clone(), Arc::clone(source));
    thread::spawn(move || {
        let _nobody_listens = sender.send(ask(&source));
    });
}

impl Heard {
    /// Until everything is told, the deadline passes, or it is known that nobody is there.
    fn listen(&mut self, receiver: &Receiver<Told>, deadline: Instant) {
        let left = || deadline.saturating_duration_since(Instant::now());
        while !matches!(self.coverage, Some(Err(_))) {
            match receiver.recv_timeout(left()) {
                Ok(Told::Coverage(coverage)) => self.coverage = Some(coverage),
                Ok(Told::Answers(answers)) => self.answers.extend(answers),
                // Of a Prometheus without rules nothing is said, and one that cannot tell its rules still has samples.
                Ok(Told::Rules(rules)) => self.rules = rules.ok(),
                Err(_) => return,
            }
        }
    }
}

/// The worst alert that fires in a subsystem; they come the worst first.
fn firing<'a>(alerts: &'a [Alert<'_>], subsystem: &Subsystem) -> Option<(Verdict, &'a str)> {
    let worst = alerts.iter().find(|alert| alert.is_firing() && alert.subsystem() == subsystem.slug)?;
    let verdict = match worst.severity() {
        Severity::Critical => Verdict::Critical,
        Severity::Warning => Verdict::Warning,
        Severity::Info => return None,
    };
    Some((verdict, worst.name()))
}
