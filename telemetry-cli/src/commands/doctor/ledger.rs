//! The second step: whether counts are safe in the ledger, and whether another one is pushed in its name.

use super::bounds::Bounds;
use super::step::Finding;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use telemetry_catalog::quantity::{bytes, number, seconds};
use telemetry_core::config::{Carrier, Config};
use telemetry_push::in_sentences;
use telemetry_push::{Error, Examination, Ledger, Unreadable};

/// Below this many free bytes the next merges may find the disk full.
const LEAST_FREE: u64 = 16 * 1024 * 1024;

/// How far the last change may lie in the future: file systems and clocks differ by a little.
const TOLERANCE: Duration = Duration::from_secs(5);

/// The ledger as it was found.
pub(super) struct Found {
    pub(super) finding: Finding,
    /// The ledger, where it can be read and holds something.
    pub(super) ledger: Option<Ledger>,
    /// When it was last changed.
    pub(super) changed: Option<SystemTime>,
}

/// Looks at the ledger of the configuration.
pub(super) fn look(config: &Config, bounds: &Bounds) -> Found {
    let ledger = match Ledger::new(config) {
        Ok(ledger) => ledger,
        Err(error) => return Found { finding: broken(&error), ledger: None, changed: None },
    };
    let examined = ledger.examine(bounds.answer());
    let finding = seen(&ledger, &examined).but(wrong(config, &ledger, &examined, SystemTime::now()));
    match examined.look.totals {
        Ok(Some(_)) => {
            Found { finding, ledger: Some(ledger), changed: examined.look.file.map(|(_, changed)| changed) }
        }
        _ => Found { finding, ledger: None, changed: None },
    }
}

/// What is there, whether or not it is well.
fn seen(ledger: &Ledger, examined: &Examination) -> Finding {
    let look = &examined.look;
    let content = match &look.totals {
        Ok(None) => "nothing was recorded yet".to_owned(),
        Ok(Some(totals)) => {
            let length = look.file.map_or(0, |(length, _)| length);
            format!("{} series, {}", number(totals.series() as f64), bytes(length as f64))
        }
        Err(_) => "what it holds is not known".to_owned(),
    };
    let place = ledger.place();
    let group = format!("its group is job={} instance={}", place.job, place.instance);
    let written = examined.write.as_ref().and_then(|write| write.as_ref().ok());
    let written = written
        .map(|took| format!("a file beside it was written durably in {}", seconds(took.as_secs_f64())));
    let free = examined.free_bytes.map(|free| format!("{} are free", bytes(free as f64)));
    let aside = |file: &PathBuf| {
        format!("{} could not be read once and was set aside: look at it, and delete it", file.display())
    };
    Finding::ok(format!("{}: {content}; {group}", ledger.file().display()))
        .with(written)
        .with(free)
        .with(look.set_aside.iter().map(aside))
}

/// What is wrong, the worst first.
fn wrong(config: &Config, ledger: &Ledger, examined: &Examination, now: SystemTime) -> Option<Finding> {
    if let Err(error) = &examined.lock {
        return Some(broken(error));
    }
    if let Some(Err(error)) = &examined.write {
        return Some(broken(error));
    }
    match &examined.look.totals {
        Err(Unreadable::Damaged(why)) => return Some(damaged(ledger, why)),
        Err(Unreadable::Closed(error)) => return Some(broken(error)),
        Err(other) => return Some(damaged(ledger, &other.to_string())),
        Ok(_) => {}
    }
    let future = examined.look.file.and_then(|(_, changed)| changed.duration_since(now + TOLERANCE).ok());
    let future = future.map(|beyond| ahead(beyond + TOLERANCE));
    future.or_else(|| full(examined)).or_else(|| fleeting(ledger)).or_else(|| rivalled(config, ledger))
}

fn broken(error: &Error) -> Finding {
    let advice = match error {
        Error::Busy { .. } => {
            "Look which process holds that file (`fuser`), and end it if it hangs; counts wait meanwhile."
        }
        Error::NoFolder(_) => "Set telemetry.ledger_path.",
        Error::Newer { .. } | Error::NoLocks { .. } => {
            "Give it a ledger of its own with telemetry.ledger_path."
        }
        _ => "Make that folder writable for this user, or set telemetry.ledger_path to one that is.",
    };
    Finding::failed(in_sentences(error).join(": ")).advice(advice)
}

fn damaged(ledger: &Ledger, why: &str) -> Finding {
    let file = ledger.file();
    Finding::failed(format!("{} is no ledger that can be read: {why}", file.display()))
        .advice("Keep a copy of it if its counts matter: the next run sets it aside and begins anew.")
}

fn ahead(by: Duration) -> Finding {
    let by = seconds(by.as_secs_f64());
    Finding::failed(format!("its last change lies {by} in the future: the clock was set back, or was wrong then"))
        .advice("Set the clock right; until then windows of time and the pauses between pushes are not what they say.")
}

fn full(examined: &Examination) -> Option<Finding> {
    let free = examined.free_bytes.filter(|&free| free < LEAST_FREE)?;
    let finding = Finding::failed(format!("only {} are free where it is", bytes(free as f64)));
    Some(finding.advice("Make room there, or set telemetry.ledger_path to a folder elsewhere."))
}

fn fleeting(ledger: &Ledger) -> Option<Finding> {
    ledger.place().advice.as_ref().map(Finding::failed)
}

/// Another ledger of the same group matters where it is pushed.
fn rivalled(config: &Config, ledger: &Ledger) -> Option<Finding> {
    let rivals = ledger.place().rivals();
    if config.carrier != Carrier::Push || rivals.is_empty() {
        return None;
    }
    let named: Vec<_> = rivals.iter().map(|folder| folder.display().to_string()).collect();
    let finding =
        Finding::failed(format!("another ledger is pushed under the same group: {}", named.join(", ")));
    Some(finding.advice(
        "Give one of them another telemetry.prometheus.instance: each push replaces what the other has sent.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::step::Outcome;

    fn examination(change: impl FnOnce(&mut Examination)) -> (Outcome, String) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { ledger_path: Some(folder.path().to_owned()), ..Config::default() };
        let ledger = Ledger::new(&config).unwrap();
        ledger.acquire_workspace("w", "site").unwrap();
        let mut examined = ledger.examine(Duration::from_secs(1));
        change(&mut examined);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let found = seen(&ledger, &examined).but(wrong(&config, &ledger, &examined, now));
        (found.outcome, found.said.join("\n"))
    }

    /// One of 2 KiB that was changed this many seconds after 1970, shortly before now.
    fn changed_at(seconds: u64) -> impl FnOnce(&mut Examination) {
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        move |examined| examined.look.file = Some((2048, changed))
    }

    #[test]
    fn one_that_works_says_what_it_holds() {
        let (outcome, said) =
            examination(|examined| (examined.look.totals, examined.look.file) = (Ok(None), None));
        assert_eq!(outcome, Outcome::Ok);
        assert!(said.contains("nothing was recorded yet") && said.contains("written durably"), "{said}");
        let (outcome, said) = examination(changed_at(999));
        assert_eq!(outcome, Outcome::Ok);
        assert!(said.contains(" series, 2 KiB"), "{said}");
    }

    #[test]
    fn what_is_wrong_is_said_first() {
        let (outcome, said) = examination(changed_at(1090));
        assert!(
            outcome == Outcome::Failed && said.starts_with("its last change lies 1 m 30 s in the future"),
            "{said}"
        );
        let (outcome, said) = examination(|examined| {
            changed_at(999)(examined);
            examined.free_bytes = Some(1024);
        });
        assert!(outcome == Outcome::Failed && said.starts_with("only 1 KiB are free"), "{said}");
        let damaged = || Err(Unreadable::Damaged("cut".to_owned()));
        let (outcome, said) = examination(|examined| examined.look.totals = damaged());
        assert!(outcome == Outcome::Failed && said.contains("no ledger that can be read: cut"), "{said}");
        let (outcome, said) = examination(|examined| {
            changed_at(999)(examined);
            examined.look.set_aside.push("/x/ledger.set-aside-1".into());
        });
        assert!(outcome == Outcome::Ok && said.contains("/x/ledger.set-aside-1"), "{said}");
    }
}
