//! `telemetry snapshot --watch`: look after look, with what has changed from one to the next.
//!
//! On a terminal each look takes the place of the one before; elsewhere one follows the other. A source that goes away ends nothing: it is
//! asked again at the next look, each time within its own bound.

use super::ask::{Look, look};
use super::show::View;
use super::{Format, SnapshotArgs};
use crate::failure::Failure;
use crate::output::{Stage, print_on};
use crate::samples;
use crate::session::Session;
use crate::tables::{Before, Paint, Standing, painted};
use chrono::{DateTime, Utc};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use telemetry_catalog::quantity::seconds;
use telemetry_core::config::Config;

/// Looks until somebody ends it.
pub(super) fn watch(
    args: &SnapshotArgs,
    config: &Config,
    session: &Session,
    interval: Duration,
) -> Result<ExitCode, Failure> {
    let watch = Watch { args, config, session, interval };
    match args.format() {
        Format::Rich if Stage::is_possible() => watch.on_stage(&Stage::enter()?),
        _ => watch.in_pipe(),
    }
}

/// What is watched, and how often.
struct Watch<'w> {
    args: &'w SnapshotArgs,
    config: &'w Config,
    session: &'w Session,
    interval: Duration,
}

impl Watch<'_> {
    fn look(&self) -> Result<Look<'static>, Failure> {
        look(self.args, self.config, |readings, has_ledger| {
            Look::of(readings, has_ledger, self.args).into_owned()
        })
    }

    /// The screen is looked at each time, since its size may change.
    fn view(&self) -> View<'_> {
        View { args: self.args, config: self.config, screen: self.session.screen() }
    }

    fn on_stage(&self, stage: &Stage) -> Result<ExitCode, Failure> {
        let mut before = Before::default();
        loop {
            let (begun, look, at) = (Instant::now(), self.look()?, SystemTime::now());
            loop {
                let view = self.view();
                let page = format!("{}\n{}", self.title(at, view), view.page(&look, Some(&before)));
                if !stage.show(view.screen, &page)? {
                    return Ok(ExitCode::SUCCESS);
                }
                if !stage.is_disturbed(self.interval.saturating_sub(begun.elapsed())) {
                    break;
                }
            }
            before.note(&look.union.families);
        }
    }

    fn title(&self, at: SystemTime, view: View<'_>) -> String {
        let clock = DateTime::<Utc>::from(at).format("%H:%M:%S UTC");
        let every = seconds(self.interval.as_secs_f64());
        painted(&format!("{clock}, again every {every}; Ctrl-C ends it"), Paint::Faint, view.screen)
    }

    fn in_pipe(&self) -> Result<ExitCode, Failure> {
        let (mut before, mut told) = (Before::default(), Vec::new());
        for number in 0_u64.. {
            let (begun, look) = (Instant::now(), self.look()?);
            if self.args.format() != Format::Rich && standings(&look) != told {
                told = standings(&look);
                self.view().tell(&look);
            }
            let text = self.written(&look, &before)?;
            let gap = if number > 0 && self.args.format() != Format::Json { "\n" } else { "" };
            if !text.is_empty() && !print_on(&format!("{gap}{text}"))? {
                break;
            }
            before.note(&look.union.families);
            std::thread::sleep(self.interval.saturating_sub(begun.elapsed()));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// One look as it follows another. Where nobody answered there are no samples, which is not the same as none of them.
    fn written(&self, look: &Look<'_>, before: &Before) -> Result<String, Failure> {
        let families = &look.union.families;
        Ok(match self.args.format() {
            Format::Rich => {
                let view = self.view();
                let time = DateTime::<Utc>::from(SystemTime::now()).format("%Y-%m-%dT%H:%M:%SZ");
                view.screen.written(&format!("{time}\n{}", view.page(look, Some(before))))
            }
            _ if !look.is_answered() => String::new(),
            Format::Json => samples::json_line(families)?,
            Format::Prometheus => samples::text(families)?,
        })
    }
}

/// What is said of the sources on standard error, once for each time that it becomes different.
fn standings(look: &Look<'_>) -> Vec<(&'static str, Option<String>)> {
    let trouble = |standing, outcome: &String| (standing != Standing::Answered).then(|| outcome.clone());
    look.sources.iter().map(|line| (line.name, trouble(line.standing, &line.outcome))).collect()
}
