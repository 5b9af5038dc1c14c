//! What sources have, and who of several tells the numbers.

use super::scraped::{Scraped, is_of_the_fleet};
use std::time::Duration;
use telemetry_core::exposition::Family;

/// By which road numbers came. Those of two roads are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    Prometheus,
    Served { name: &'static str, has_ledger: bool },
}

/// What a source has.
pub(super) struct Found<'a> {
    pub(super) road: Road,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) newest: Option<i64>,
    /// What is typical between two samples; `None` for a source that does not say.
    pub(super) interval: Option<Duration>,
    /// Of which time the samples are, in milliseconds since 1970; `None` for that of the look.
    pub(super) at: Option<i64>,
    pub(super) families: Vec<Family<'a>>,
    pub(super) notes: Vec<String>,
}

/// That no source answered: which were asked, and why not.
#[derive(Debug, Clone)]
pub(super) struct Silent {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) why: String,
    /// Whether that is because they have not answered within their bound: what hangs may well be at work.
    pub(super) hangs: bool,
}

/// What a Prometheus has, or why it tells nothing.
pub(super) fn of_prometheus<'a>(
    scraped: Option<Result<Scraped, String>>,
    place: String,
    notes: Vec<String>,
) -> Result<Found<'a>, Silent> {
    let name = "prometheus".to_owned();
    match scraped {
        Some(Ok(Scraped { families, newest, interval, .. })) => {
            let (road, interval) = (Road::Prometheus, Some(interval));
            Ok(Found { road, name, place, newest, interval, at: newest, families, notes })
        }
        Some(Err(why)) => Err(Silent::new(name, place, why)),
        None => Err(Silent::new(name, place, "it was not asked".to_owned())),
    }
}

/// Who of all tells.
pub(super) fn choose<'a>(
    scraped: Option<Result<Scraped, String>>,
    url: String,
    served: Result<Found<'a>, Silent>,
) -> Result<Found<'a>, Silent> {
    let knows = |found: &Found<'_>| found.families.iter().any(is_of_the_fleet);
    match (scraped, served) {
        (Some(Ok(scraped)), _) if scraped.knows_the_fleet => {
            of_prometheus(Some(Ok(scraped)), url, Vec::new())
        }
        (Some(Ok(_)), Ok(found)) if knows(&found) => {
            Ok(found.noting(format!("prometheus {url} answers and has no series of the fleet")))
        }
        (Some(Ok(scraped)), Err(_)) => of_prometheus(Some(Ok(scraped)), url, vec![NOTHING.to_owned()]),
        (Some(Ok(scraped)), Ok(_)) if scraped.is_live => {
            of_prometheus(Some(Ok(scraped)), url, vec![NOTHING.to_owned()])
        }
        (Some(Ok(_)) | None, Ok(found)) => Ok(found.noting(NOTHING.to_owned())),
        (Some(Err(why)), Ok(found)) => Ok(found.noting(format!("prometheus {url}: {why}"))),
        (Some(Err(why)), Err(silent)) => Err(silent.and(&url, &why)),
        (None, Err(silent)) => Err(silent),
    }
}

/// What is said of sources that answer.
const NOTHING: &str = "nothing was recorded yet";

impl Found<'_> {
    fn noting(mut self, note: String) -> Self {
        self.notes.push(note);
        self
    }
}

impl Silent {
    pub(super) const fn new(name: String, place: String, why: String) -> Self {
        Self { name, place, why, hangs: false }
    }

    /// The same where a Prometheus does not answer either.
    fn and(self, url: &str, why: &str) -> Self {
        Self {
            name: format!("prometheus, {}", self.name),
            place: format!("{url}, {}", self.place),
            why: format!("prometheus: {why}; {}", self.why),
            ..self
        }
    }
}
