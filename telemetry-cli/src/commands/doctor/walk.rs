//! Which step comes after which, and which are skipped since they need one that is broken.

use super::alert::{self, Servers};
use super::ask::Server;
use super::bounds::Bounds;
use super::probe::{self, Probe};
use super::scrape::{self, Scraped, Wanted};
use super::signals::Watch;
use super::step::{Finding, Name, Outcome, Step};
use super::{configuration, gateway, ledger, other_roads, query, rules};
use crate::failure::Failure;
use serde::Serialize;
use std::time::{Duration, Instant, SystemTime};
use telemetry_catalog::{EXPOSITION_JOB, GATEWAY_JOB, exposition_target};
use telemetry_core::config::{Carrier, Config, Loaded};
use telemetry_push::in_sentences;

/// A walk on its way.
pub(super) struct Walk<'s> {
    bounds: Bounds,
    quiet: bool,
    show: &'s dyn Fn(&Step),
    watch: Watch,
    probe: Option<Probe>,
    steps: Vec<Step>,
}

/// The probe that was pushed.
#[derive(Debug, Serialize)]
pub(super) struct Pushed {
    pub(super) job: &'static str,
    pub(super) instance: String,
    /// Why it could not be deleted; nothing where it was.
    pub(super) trouble: Option<String>,
}

impl<'s> Walk<'s> {
    /// Begins a walk of this length. Each step is shown when it is over.
    pub(super) fn begin(all: Duration, quiet: bool, show: &'s dyn Fn(&Step)) -> Result<Self, Failure> {
        let (bounds, watch) = (Bounds::new(all), Watch::begin()?);
        Ok(Self { bounds, quiet, show, watch, probe: None, steps: Vec::new() })
    }

    /// Takes every step.
    pub(super) fn go(&mut self, loaded: &Result<Loaded, Failure>) {
        self.take(Name::Configuration, |_| configuration::look(loaded));
        let Ok(Loaded { config, .. }) = loaded else {
            let others =
                [Name::Ledger, Name::Push, Name::Gateway, Name::Scrape, Name::Query, Name::Rule, Name::Alert];
            for name in others {
                self.skip(name, "without a configuration nothing is known");
            }
            return;
        };
        let begun = Instant::now();
        let found = ledger::look(config, &self.bounds);
        self.note(found.finding.clone().at(Name::Ledger, begun.elapsed()));
        match config.carrier {
            Carrier::Push => self.pushed(config, &found),
            Carrier::Serve => self.served(config),
            Carrier::Textfile => self.copied(config, &found),
            Carrier::None => self.kept(),
        }
    }

    /// Deletes the probe. Says which that was, if one was pushed.
    pub(super) fn end(&mut self) -> Option<Pushed> {
        let probe = self.probe.take()?;
        // Once more, where the first request was lost.
        let trouble = probe.delete().or_else(|_| probe.delete()).err();
        let trouble = trouble.map(|error| in_sentences(&error).join(": "));
        Some(Pushed { job: probe::JOB, instance: probe.id, trouble })
    }

    /// The steps that were taken.
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether any of them is broken.
    pub(super) fn is_broken(&self) -> bool {
        self.steps.iter().any(|step| step.outcome == Outcome::Failed)
    }

    /// The path of a count that is pushed.
    fn pushed(&mut self, config: &Config, found: &ledger::Found) {
        let address = &config.prometheus.pushgateway_url;
        let probe = Probe::new(address, self.bounds.answer(), self.bounds.all());
        if let Ok(probe) = &probe {
            self.watch.over(probe);
            self.probe = Some(probe.clone());
        }
        let at = SystemTime::now();
        let taken = self.take(Name::Push, |_| gateway::push(config, &probe));
        let probe = probe.ok().filter(|_| taken);
        let there = match &probe {
            Some(probe) => self.take(Name::Gateway, |bounds| gateway::show(config, probe, at, found, bounds)),
            None => self.skip(Name::Gateway, "the probe was not pushed"),
        };
        let wanted =
            Wanted { url: &address.url, what: "the Pushgateway", job: GATEWAY_JOB, keeps_labels: true };
        let scraped = self.scrape(config, &wanted);
        let quiet = self.quiet;
        let back = match (&scraped.target, &probe) {
            (Some(target), Some(probe)) if there || self.shows_probe() => {
                self.take(Name::Query, |bounds| query::look(server(config), target, probe, bounds, quiet))
            }
            (None, _) => self.skip(Name::Query, "nothing brings the probe to Prometheus"),
            _ => self.skip(Name::Query, "the probe is not at the gateway"),
        };
        self.rules_and_alert(config, scraped.answers, probe.filter(|_| back));
    }

    /// Whether the gateway shows the probe, whatever else is wrong there.
    fn shows_probe(&self) -> bool {
        let gateway = self.steps.iter().find(|step| step.name == Name::Gateway);
        gateway.is_some_and(|step| step.said.iter().any(|said| said.ends_with(gateway::SHOWN)))
    }

    /// The path of a count that is served.
    fn served(&mut self, config: &Config) {
        self.not_used("telemetry.carrier is serve");
        self.take(Name::Exposition, |bounds| other_roads::exposition(config, bounds));
        let Some(target) = exposition_target(config) else {
            let unknown = "telemetry.prometheus.exposition_port is 0, any free port";
            self.scrape_unknown(unknown);
            self.skip(Name::Query, "what is to be asked for is not known");
            return self.rules_and_alert(config, true, None);
        };
        let url = format!("{}://{target}", config.prometheus.exposition_tls.scheme());
        let wanted =
            Wanted { url: &url, what: "the exposition server", job: EXPOSITION_JOB, keeps_labels: false };
        let scraped = self.scrape(config, &wanted);
        match &scraped.target {
            Some(target) => {
                let expression = format!(
                    "up{{job={:?},instance={:?}}} == 1",
                    target.label("job"),
                    target.label("instance")
                );
                self.take(Name::Query, |bounds| {
                    other_roads::query(server(config), &expression, wanted.what, bounds)
                })
            }
            None => self.skip(Name::Query, "nothing brings the ledger to Prometheus"),
        };
        self.rules_and_alert(config, scraped.answers, None);
    }

    /// The path of a count that is copied for node_exporter.
    fn copied(&mut self, config: &Config, found: &ledger::Found) {
        self.not_used("telemetry.carrier is textfile");
        let copied = self.take(Name::Textfile, |_| other_roads::textfile(found.ledger.as_ref()));
        self.scrape_unknown(
            "which node_exporter reads that folder is not configured here; the query shows it",
        );
        let file = found.ledger.as_ref().and_then(|ledger| ledger.textfile());
        let name = file.and_then(|file| file.file_name()).map(|name| name.to_string_lossy().into_owned());
        match name.filter(|_| copied) {
            Some(name) => {
                let expression = other_roads::copy_expression(&name);
                self.take(Name::Query, |bounds| {
                    other_roads::query(server(config), &expression, "that file", bounds)
                })
            }
            None => self.skip(Name::Query, "there is no copy to ask for"),
        };
        self.rules_and_alert(config, true, None);
    }

    fn kept(&mut self) {
        self.not_used("telemetry.carrier is none");
        for name in [Name::Scrape, Name::Query, Name::Rule, Name::Alert] {
            self.take(name, |_| Finding::not_used("telemetry.carrier is none: nothing leaves its process"));
        }
    }

    fn not_used(&mut self, why: &str) {
        for name in [Name::Push, Name::Gateway] {
            self.take(name, |_| Finding::not_used(why));
        }
    }

    fn scrape(&mut self, config: &Config, wanted: &Wanted<'_>) -> Scraped {
        let begun = Instant::now();
        let scraped = scrape::look(server(config), wanted, &self.bounds, self.quiet);
        self.note(scraped.finding.clone().at(Name::Scrape, begun.elapsed()));
        scraped
    }

    /// Nobody knows what is to be scraped. Whether Prometheus answers is found out by the next question.
    fn scrape_unknown(&mut self, why: &str) {
        self.take(Name::Scrape, |_| Finding::not_testable(why));
    }

    fn rules_and_alert(&mut self, config: &Config, answers: bool, probe: Option<Probe>) {
        let prometheus = &config.prometheus;
        let alertmanager = prometheus.alertmanager_url.as_ref();
        let alertmanager =
            alertmanager.map(|address| Server { address, setting: "prometheus.alertmanager_url" });
        let servers = Servers { prometheus: server(config), alertmanager };
        let silent = || Finding::skipped("Prometheus does not answer");
        let known = if answers { Some(rules::ask(servers.prometheus, &self.bounds)) } else { None };
        self.take(Name::Rule, |_| match &known {
            Some(Ok(rules)) => rules::look(rules, config),
            Some(Err(unanswered)) => Finding::failed(&unanswered.why).advice(&unanswered.advice),
            None => silent(),
        });
        let quiet = self.quiet;
        self.take(Name::Alert, |bounds| match (known.and_then(Result::ok), probe) {
            (None, _) => alert::reached(silent(), &servers, bounds),
            (Some(rules), probe) => match (rules.for_probe(), probe) {
                (None, _) => alert::without_rule(&servers, bounds),
                (Some(_), None) => {
                    alert::reached(Finding::skipped("no probe is there for its rule"), &servers, bounds)
                }
                (Some(rule), Some(probe)) => alert::look(&servers, rule, &probe, bounds, quiet),
            },
        });
    }

    /// Takes a step, and says whether it works.
    fn take(&mut self, name: Name, look: impl FnOnce(&Bounds) -> Finding) -> bool {
        let begun = Instant::now();
        let finding = look(&self.bounds);
        let works = finding.is_ok();
        self.note(finding.at(name, begun.elapsed()));
        works
    }

    fn skip(&mut self, name: Name, why: &str) -> bool {
        self.take(name, |_| Finding::skipped(why))
    }

    fn note(&mut self, step: Step) {
        (self.show)(&step);
        self.steps.push(step);
    }
}

fn server(config: &Config) -> Server<'_> {
    Server { address: &config.prometheus.url, setting: "prometheus.url" }
}
