//! Asking the half-hourly copies of the ledger.

use super::window::Seen;
use super::{Question, Report};
use crate::sources::Trouble;
use std::time::{Duration, SystemTime};
use telemetry_core::exposition::ParseError;
use telemetry_push::{Ledger, Window};
use telemetry_stack::health::{Check, Finding, Remembered, checks_over};

/// What the ledger tells of the window. It is locked for as long as another merges, and waited for no longer than any source.
pub(super) fn ask(question: &Question) -> Result<Report, Trouble> {
    let ledger = Ledger::new(&question.config)?;
    let (mut notes, now) = (Vec::new(), SystemTime::now());
    let span = Duration::from_secs(u64::from(question.window.seconds()));
    let window = ledger.window_within(question.timeout, span, now, &mut notes)?.ok_or(Trouble::NoLedger)?;
    let seen = Seen::by_copies(question.window, window.from, window.to);
    let unreadable = |error| Trouble::Unreadable { error, html: false };
    let (checks, findings) = findings(question, &window).map_err(unreadable)?;
    let place = ledger.file().display().to_string();
    let report = Report::new(("ledger", place), seen, (checks, &findings), |_| None);
    Ok(Report { remarks: notes, ..report })
}

/// In no time at all nothing can be found.
fn findings(question: &Question, window: &Window) -> Result<(Vec<Check>, Vec<Finding>), ParseError> {
    let remembered = Remembered::new(&window.families(), window.from, window.to)?;
    let checks = checks_over(&question.config, Some(remembered.over()));
    let findings = if window.from < window.to {
        remembered.findings(&checks, &question.config.health_thresholds)
    } else {
        Vec::new()
    };
    Ok((checks, findings))
}
