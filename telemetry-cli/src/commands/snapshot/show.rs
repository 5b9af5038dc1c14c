//! How one look is shown: as tables for people, or in a format for programs.

use super::ask::Look;
use super::{Format, SnapshotArgs, Source};
use crate::failure::{Failure, warn};
use crate::output::{Screen, print, print_to};
use crate::samples;
use crate::session::why_nothing_is_recorded;
use crate::tables::{self, Before, Page};
use std::process::ExitCode;
use telemetry_core::config::{Carrier, Config};
use telemetry_push::Ledger;

/// The most series of one metric that a table shows where no subsystem is asked for.
const FEW_SERIES: usize = 10;

/// How looks are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) args: &'v SnapshotArgs,
    pub(super) config: &'v Config,
    pub(super) screen: Screen,
}

impl View<'_> {
    /// Shows one look for itself.
    pub(super) fn show(self, look: &Look<'_>) -> Result<ExitCode, Failure> {
        if self.args.format() == Format::Rich {
            return print_to(self.screen, &self.page(look, None));
        }
        self.tell(look);
        let families = &look.union.families;
        print(&match self.args.format() {
            Format::Json => samples::json(families)?,
            _ => samples::text(families)?,
        })
    }

    /// The page for people, with what has changed since `before`.
    pub(super) fn page(self, look: &Look<'_>, before: Option<&Before>) -> String {
        let page = Page {
            sources: &look.sources,
            union: &look.union,
            thresholds: &self.config.health_thresholds,
            limit: self.args.subsystem.is_none().then_some(FEW_SERIES),
            before,
            when_empty: if look.is_answered() { self.when_empty(look) } else { self.advice() },
        };
        tables::snapshot(&page, self.screen)
    }

    /// Standard output is for the samples alone, so that everything else is said on standard error.
    pub(super) fn tell(self, look: &Look<'_>) {
        look.sources.iter().for_each(|line| warn(&format!("{} {}: {}", line.name, line.place, line.outcome)));
        look.union.notes.iter().for_each(|note| warn(note));
        if look.is_answered() && look.union.families.iter().all(|family| family.metrics.is_empty()) {
            warn(&self.when_empty(look));
        }
    }

    /// What to say of sources that answered and have nothing.
    fn when_empty(self, look: &Look<'_>) -> String {
        match self.args.subsystem {
            _ if self.args.from.is_some() => "There is no series in it.".to_owned(),
            Some(subsystem) => format!("Nothing was recorded yet of {}.", subsystem.title),
            None if self.holds_back(look) => HELD_BACK.to_owned(),
            None => match why_nothing_is_recorded(self.config) {
                Some(why) => format!("Nothing is recorded here: {why}."),
                None => "Nothing was recorded yet.".to_owned(),
            },
        }
    }

    /// Whether there is a ledger that should have been pushed to the gateway that was asked.
    fn holds_back(self, look: &Look<'_>) -> bool {
        let gateway = matches!(self.args.source, Source::Auto | Source::Pushgateway) && !look.has_ledger;
        let pushed = gateway && self.config.carrier == Carrier::Push;
        pushed && Ledger::new(self.config).is_ok_and(|ledger| ledger.file().exists())
    }

    /// What to do where no source has anything.
    pub(super) fn advice(self) -> String {
        match why_nothing_is_recorded(self.config) {
            _ if self.args.from.is_some() => FROM_ADVICE.to_owned(),
            Some(why) => {
                format!("Nothing is recorded here: {why}. Another exposition is read with `--from URL`.")
            }
            None => advice_about(self.args.source).to_owned(),
        }
    }
}

/// What to do where this source has nothing, though something would be recorded.
const fn advice_about(source: Source) -> &'static str {
    match source {
        Source::Pushgateway => GATEWAY_ADVICE,
        Source::Exposition => EXPOSITION_ADVICE,
        Source::Prometheus => PROMETHEUS_ADVICE,
        Source::Auto | Source::Ledger => ADVICE,
    }
}

/// What to say of a gateway that has nothing while the ledger has something.
const HELD_BACK: &str = "Nothing is recorded there, but there is a ledger: `telemetry snapshot -S ledger` shows it, \
    and `telemetry push` sends it.";

/// What to do where no source has anything because nothing was recorded.
const ADVICE: &str =
    "Record something with `telemetry run -- COMMAND`, or read another exposition with `--from URL`.";

/// What to do where no Pushgateway answers.
const GATEWAY_ADVICE: &str = "`telemetry up` is one, and what was not pushed is in the ledger: `telemetry snapshot -S ledger`; \
    telemetry.prometheus.pushgateway_url says where one is asked.";

/// What to do where no exposition server answers.
const EXPOSITION_ADVICE: &str = "Long-lived programs serve their metrics there, and `telemetry --set carrier=serve serve` the ledger; \
    telemetry.prometheus.exposition_port says where they are asked.";

/// What to do where no Prometheus answers.
const PROMETHEUS_ADVICE: &str =
    "`telemetry up` answers as a Prometheus does; telemetry.prometheus.url says where one is asked.";

/// What to do where the named exposition cannot be read.
const FROM_ADVICE: &str =
    "`--from` reads the text format or OpenMetrics from a URL, a file, or - for standard input.";
