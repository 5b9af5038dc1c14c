//! What is known by now, put together as a look.

use super::super::look::{Alerts, Look, Origin, Rate, Tile};
use super::super::{Plan, Source};
use super::asker::{Road, Seen, Silent, TILES};
use super::health::Known;
use super::rates::rates;
use super::trail::Trail;
use crate::clock::{length_in_millis, now};
use std::time::Duration;
use telemetry_catalog::verdict::Verdict;

/// How old health may be for it to be said of now, beside what a source may take to answer.
const HEALTH: Duration = Duration::from_secs(60);

/// Everything that was told.
#[derive(Debug)]
pub(super) struct Board {
    interval: Duration,
    most_age: i64,
    plan: Plan,
    seen: Option<Seen>,
    /// Why the numbers are of before.
    trouble: Option<Silent>,
    tiles: [Trail; 3],
    rates: [Trail; 5],
    health: Result<Known, String>,
    alerts: (Alerts, Option<String>),
}

impl Board {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            interval: plan.interval,
            most_age: length_in_millis(HEALTH.max(plan.interval * 3) + plan.timeout),
            plan,
            seen: None,
            trouble: None,
            tiles: Default::default(),
            rates: Default::default(),
            health: Err("nobody has answered yet".to_owned()),
            alerts: (Alerts::Unknown("nobody has answered yet".to_owned()), None),
        }
    }

    /// By which road the last numbers came.
    pub(super) fn road(&self) -> Option<Road> {
        self.seen.as_ref().map(|seen| seen.road)
    }

    /// Takes what a look has found, or why it has found nothing: then what was found before stays.
    pub(super) fn take(&mut self, found: Result<Seen, Silent>) {
        match found {
            Ok(seen) => {
                if self.road().is_some_and(|road| road != seen.road) {
                    self.tiles.iter_mut().chain(&mut self.rates).for_each(Trail::interrupt);
                }
                self.note(seen.at, Some(&seen));
                (self.seen, self.trouble) = (Some(seen), None);
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
        let silent = Silent { name: format!("{source:?}").to_lowercase(), place, why };
        self.note(now(), None);
        self.trouble = Some(silent);
    }

    fn note(&mut self, at: i64, seen: Option<&Seen>) {
        let step = length_in_millis(self.interval);
        for (place, trail) in self.tiles.iter_mut().enumerate() {
            trail.push(at, seen.and_then(|seen| *seen.tiles.get(place)?), step);
        }
        for (place, trail) in self.rates.iter_mut().enumerate() {
            trail.push(at, seen.and_then(|seen| seen.rates.get(place)?.value), step);
        }
    }

    /// Takes how the tiles went before.
    pub(super) fn take_past(&mut self, past: &[Vec<f64>]) {
        self.tiles.iter_mut().zip(past).for_each(|(trail, past)| trail.precede(past));
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
        let at = now();
        let origin = self.origin()?;
        let seen = self.seen.as_ref();
        let mut notes = seen.map(|seen| seen.notes.clone()).unwrap_or_default();
        let (health, verdict) = self.health(at, &mut notes);
        notes.extend(self.alerts.1.clone());
        Some(Look {
            origin,
            tiles: self.tiles(),
            rates: self.rates(),
            health,
            verdict,
            alerts: self.alerts.0.clone(),
            sections: seen.map(|seen| seen.sections.clone()).unwrap_or_default(),
            notes,
        })
    }

    fn origin(&self) -> Option<Origin> {
        let trouble = self.trouble.as_ref();
        match (&self.seen, trouble) {
            (Some(seen), _) => {
                Some(Origin { trouble: trouble.map(|silent| silent.why.clone()), ..seen.origin.clone() })
            }
            (None, Some(Silent { name, place, why })) => Some(Origin {
                name: name.clone(),
                place: place.clone(),
                newest: None,
                interval: self.interval,
                asked_every: self.interval,
                trouble: Some(why.clone()),
            }),
            (None, None) => None,
        }
    }

    fn health(&self, at: i64, notes: &mut Vec<String>) -> (Vec<telemetry_stack::health::Condition>, Verdict) {
        match &self.health {
            Ok(known) => {
                let (verdict, old) = known.aged(at, self.most_age);
                notes.extend(known.notes.iter().cloned().chain(old));
                (known.conditions.clone(), verdict)
            }
            Err(why) => {
                notes.push(format!("health is not known: {why}"));
                (Vec::new(), Verdict::Unknown)
            }
        }
    }

    fn tiles(&self) -> Vec<Tile> {
        let values = self.seen.as_ref().map(|seen| seen.tiles).unwrap_or_default();
        let titles = TILES.iter().map(|(title, _)| *title);
        let tiles = titles.zip(&self.tiles).zip(values).map(|((title, trail), value)| Tile {
            title,
            value,
            course: trail.values(),
            over: trail.over(self.interval),
        });
        tiles.collect()
    }

    fn rates(&self) -> Vec<Rate> {
        let none = || rates(&[], None, &self.plan.config.health_thresholds);
        let rated = self.seen.as_ref().map_or_else(none, |seen| seen.rates);
        let rates = rated.into_iter().zip(&self.rates);
        let rate = |(rated, trail): (super::rates::Rated, &Trail)| Rate {
            title: rated.title,
            value: rated.value,
            unit: rated.unit,
            verdict: rated.verdict,
            course: trail.values(),
        };
        rates.map(rate).collect()
    }
}
