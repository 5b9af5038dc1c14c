//! What is known by now, put together as a look.

use super::super::look::{Alerts, Look, Origin};
use super::super::{Plan, Source};
use super::asker::{Seen, Sight};
use super::found::{Road, Silent};
use super::health::Known;
use super::rates::rates;
use super::trails::{Trails, Values};
use crate::clock::{length_in_millis, now};
use std::time::Duration;
use telemetry_catalog::verdict::Verdict;
use telemetry_stack::health::Condition;

/// Everything that was told.
#[derive(Debug)]
pub(super) struct Board {
    interval: Duration,
    plan: Plan,
    seen: Option<Seen>,
    /// Why the numbers are of before.
    trouble: Option<Silent>,
    trails: Trails,
    health: Result<Known, String>,
    alerts: (Alerts, Option<String>),
}

impl Board {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            interval: plan.interval,
            plan,
            seen: None,
            trouble: None,
            trails: Trails::new(),
            health: Err("nobody has answered yet".to_owned()),
            alerts: (Alerts::Unknown("nobody has answered yet".to_owned()), None),
        }
    }

    /// By which road the last numbers came.
    pub(super) fn road(&self) -> Option<Road> {
        self.seen.as_ref().map(|seen| seen.road)
    }

    /// Which samples the last numbers are: by which road they came, and of when the newest is.
    pub(super) fn samples(&self) -> Option<(Road, Option<i64>)> {
        self.seen.as_ref().map(|seen| (seen.road, seen.origin.newest))
    }

    /// Takes what a look has found, or why it has found nothing: then what was found before stays.
    pub(super) fn take(&mut self, found: Result<Sight, Silent>) {
        match found {
            Ok(Sight::Seen(seen)) => {
                if self.road().is_some_and(|road| road != seen.road) {
                    self.trails.interrupt();
                }
                self.note(seen.at, Some(&seen));
                (self.seen, self.trouble) = (Some(*seen), None);
            }
            Ok(Sight::Same(at)) => {
                let seen = self.seen.take();
                self.note(at, seen.as_ref());
                (self.seen, self.trouble) = (seen, None);
            }
            Err(silent) => {
                self.note(now(), None);
                self.trouble = Some(silent);
            }
        }
    }

    /// A look has not come back within its bound.
    pub(super) fn miss(&mut self, why: String) {
        let (config, source) = (&self.plan.config.prometheus, self.plan.source);
        let place = match source {
            Source::Prometheus => config.url.url.clone(),
            Source::Pushgateway => config.pushgateway_url.url.clone(),
            Source::Auto | Source::Exposition | Source::Ledger => String::new(),
        };
        let name = format!("{source:?}").to_lowercase();
        self.note(now(), None);
        self.trouble = Some(Silent { hangs: true, ..Silent::new(name, place, why) });
    }

    /// Notes what was seen of everything that has a course, or that nothing was.
    fn note(&mut self, at: i64, seen: Option<&Seen>) {
        self.trails.note(at, seen, length_in_millis(self.interval));
    }

    /// Takes how the tiles went before.
    pub(super) fn take_past(&mut self, past: &[Vec<f64>]) {
        self.trails.precede(past);
    }

    /// Takes what is known of health. One that could not be asked leaves what was known before, which grows old.
    pub(super) fn take_health(&mut self, health: Result<Known, String>) {
        if health.is_ok() || self.health.is_err() {
            self.health = health;
        }
    }

    /// Takes what is known of alerts, and says whether that is something new.
    pub(super) fn take_alerts(&mut self, alerts: (Alerts, Option<String>)) -> bool {
        let is_new = self.alerts != alerts;
        self.alerts = alerts;
        is_new
    }

    /// All of it as of now; `None` before the first look has come back.
    pub(super) fn look(&self) -> Option<Look> {
        let origin = self.origin()?;
        let seen = self.seen.as_ref();
        let mut notes = seen.map(|seen| seen.notes.clone()).unwrap_or_default();
        let (health, verdict) = self.health(now(), &origin, &mut notes);
        notes.extend(self.alerts.1.clone());
        let alerts = match &self.alerts.0 {
            Alerts::Unknown(why) if is_said(why, self.url(), &origin, &notes) => {
                Alerts::Unknown(String::new())
            }
            alerts => alerts.clone(),
        };
        let untold = seen.is_none().then(|| rates(&[], None, &self.plan.config.health_thresholds));
        let values = Values {
            tiles: seen.map_or(&[], |seen| &seen.tiles),
            rates: seen.map(|seen| &seen.rates).or(untold.as_ref()).map_or(&[], |rates| rates),
            interval: self.interval,
        };
        let (tiles, rates) = self.trails.of_fleet(&values);
        Some(Look {
            parts: self.trails.parts(&values),
            rates_over: seen.and_then(|seen| seen.rates_over),
            sections: seen.map(|seen| seen.sections.clone()).unwrap_or_default(),
            elsewhere: None,
            origin,
            tiles,
            rates,
            health,
            verdict,
            alerts,
            notes,
        })
    }

    /// Whom health and alerts are asked of.
    fn url(&self) -> &str {
        &self.plan.config.prometheus.url.url
    }

    fn origin(&self) -> Option<Origin> {
        let trouble = self.trouble.as_ref();
        match (&self.seen, trouble) {
            (Some(seen), _) => Some(Origin {
                trouble: trouble.map(|silent| silent.why.clone()),
                hangs: trouble.is_some_and(|silent| silent.hangs),
                ..seen.origin.clone()
            }),
            (None, Some(Silent { name, place, why, hangs })) => Some(Origin {
                name: name.clone(),
                place: place.clone(),
                newest: None,
                interval: self.interval,
                asked_every: self.interval,
                trouble: Some(why.clone()),
                hangs: *hangs,
            }),
            (None, None) => None,
        }
    }

    fn health(&self, at: i64, origin: &Origin, notes: &mut Vec<String>) -> (Vec<Condition>, Verdict) {
        match &self.health {
            Ok(known) => {
                let (verdict, old) = known.aged(at, &self.plan);
                notes.extend(known.notes.iter().cloned().chain(old));
                (known.conditions.clone(), verdict)
            }
            Err(why) => {
                if !is_said(why, self.url(), origin, notes) {
                    notes.push(format!("health is not known: {why}"));
                }
                (Vec::new(), Verdict::Unknown)
            }
        }
    }
}

/// Whether this reason of the Prometheus at this address stands above already: where nobody answers, everything that is not known would give
/// the same.
fn is_said(why: &str, url: &str, origin: &Origin, notes: &[String]) -> bool {
    let (name, address) = ("prometheus", format!("{url}: "));
    let bare = why.rsplit_once(&address).map_or(why, |(_, bare)| bare);
    let trouble = origin.trouble.iter().filter(|_| origin.name.contains(name));
    trouble.chain(notes.iter().filter(|note| note.contains(name))).any(|said| said.contains(bare))
}

#[cfg(test)]
mod tests {
    use super::super::super::state::made_up::look;
    use super::*;

    #[test]
    fn a_reason_is_said_already_where_it_is_the_same_of_the_same_server() {
        let why = "http://p:9090: connection refused";
        let said = |name: &str, trouble: Option<&str>, note: &str| {
            let origin =
                Origin { name: name.to_owned(), trouble: trouble.map(str::to_owned), ..look("").origin };
            is_said(why, "http://p:9090", &origin, &[note.to_owned()])
        };
        assert!(said("prometheus", Some("connection refused"), ""));
        assert!(said("prometheus, ledger", Some("prometheus: connection refused; ledger: nothing"), ""));
        assert!(said("pushgateway", None, "prometheus http://p:9090: connection refused"));
        assert!(!said("pushgateway", Some("connection refused"), "another note"));
        assert!(!said("prometheus", Some("no answer within 5 s"), ""));
    }
}
