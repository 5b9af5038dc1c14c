//! One look: asks the sources, and unites what they have.

use super::{SnapshotArgs, Source};
use crate::failure::Failure;
use crate::samples::{Scope, Union, unite};
use crate::sources::{
    Asked, Reading, ask_exposition, ask_from, ask_gateway, ask_ledger, ask_prometheus, ask_running, block_on,
    ledger_in_place_of,
};
use crate::tables::{SourceLine, Standing};
use telemetry_core::config::Config;
use telemetry_core::exposition::Family;

/// What the sources had at one moment.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) sources: Vec<SourceLine>,
    /// The wanted families, and what was noticed on the way to them.
    pub(super) union: Union<'a>,
    /// Whether the ledger was asked in place of a gateway.
    pub(super) has_ledger: bool,
}

impl<'a> Look<'a> {
    pub(super) fn of(mut readings: Vec<Reading<'a>>, has_ledger: bool, args: &SnapshotArgs) -> Self {
        let scope = args.scope();
        for families in readings.iter_mut().filter_map(|reading| reading.families.as_mut().ok()) {
            families.retain(|family| scope.admits(&family.name));
        }
        Self { sources: readings.iter().map(source_line).collect(), union: united(readings), has_ledger }
    }

    /// Whether any source answered.
    pub(super) fn is_answered(&self) -> bool {
        self.sources.iter().any(|line| line.standing == Standing::Answered)
    }

    /// The same, to be kept.
    pub(super) fn into_owned(self) -> Look<'static> {
        let Union { families, notes } = self.union;
        let families = families.into_iter().map(Family::into_owned).collect();
        Look { sources: self.sources, union: Union { families, notes }, has_ledger: self.has_ledger }
    }
}

impl SnapshotArgs {
    /// What is wanted.
    pub(super) fn scope(&self) -> Scope {
        match self.subsystem {
            Some(subsystem) => Scope::Only(subsystem),
            None if self.all || self.from.is_some() => Scope::Everything,
            None => Scope::Ours,
        }
    }
}

/// Asks what the arguments name, and gives away what was read, with whether the ledger was asked in place of a gateway.
pub(super) fn look<T>(
    args: &SnapshotArgs,
    config: &Config,
    see: impl FnOnce(Vec<Reading<'_>>, bool) -> T,
) -> Result<T, Failure> {
    let asked = ask(args, config)?;
    let mut readings: Vec<_> = asked.iter().map(Reading::of).collect();
    let auto = args.from.is_none() && args.source == Source::Auto;
    let gateway = readings.first().filter(|_| auto);
    let ledger = gateway.and_then(|gateway| ledger_in_place_of(gateway, config));
    // Where both have a series, the ledger has the newer value: a gateway has what was pushed before another road was chosen.
    ledger.iter().for_each(|ledger| readings.insert(0, Reading::of(ledger)));
    Ok(see(readings, ledger.is_some()))
}

/// Asks what the arguments name, all at once.
fn ask(args: &SnapshotArgs, config: &Config) -> Result<Vec<Asked>, Failure> {
    let timeout = args.patience.timeout;
    if let Some(from) = &args.from {
        return Ok(vec![ask_from(from, config, timeout)]);
    }
    match args.source {
        Source::Auto => Ok(ask_running(config, timeout)?.into()),
        Source::Pushgateway => Ok(vec![block_on(ask_gateway(config, timeout))?]),
        Source::Exposition => Ok(vec![block_on(ask_exposition(config, timeout))?]),
        Source::Ledger => Ok(vec![ask_ledger(config)]),
        Source::Prometheus => Ok(vec![ask_prometheus(config, &args.scope().selector(), timeout)]),
    }
}

/// The failure where no source answered.
pub(super) fn nothing(readings: &[Reading<'_>]) -> Option<Failure> {
    let line = |reading: &Reading<'_>| {
        let why = reading.families.as_ref().err().map(|lack| &*lack.why).unwrap_or_default();
        format!("{} {}: {why}", reading.asked.name, reading.asked.place)
    };
    match readings {
        readings if readings.iter().any(|reading| reading.families.is_ok()) => None,
        [only] => Some(Failure::new(format!("no samples from {}", line(only)))),
        several => {
            let lines: Vec<_> = several.iter().map(|reading| format!("\n  {}", line(reading))).collect();
            Some(Failure::new(format!("no source has samples{}", lines.concat())))
        }
    }
}

fn source_line(reading: &Reading<'_>) -> SourceLine {
    let standing = match &reading.families {
        Ok(_) => Standing::Answered,
        Err(lack) if lack.absent => Standing::Absent,
        Err(_) => Standing::Wrong,
    };
    SourceLine {
        name: reading.asked.name,
        place: reading.asked.place.clone(),
        outcome: reading.outcome(),
        standing,
    }
}

fn united<'a>(readings: Vec<Reading<'a>>) -> Union<'a> {
    let mut notes: Vec<_> = readings.iter().flat_map(|reading| reading.asked.notes.iter().cloned()).collect();
    let sources =
        readings.into_iter().filter_map(|reading| Some((reading.asked.name, reading.families.ok()?)));
    let mut union = unite(sources.collect());
    notes.append(&mut union.notes);
    Union { notes, ..union }
}
