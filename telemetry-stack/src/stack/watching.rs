//! Rules and the page: what looks at the history, or at a Prometheus of others, and who is told.

use super::leads;
use super::{Place, RulesPlan, Stack, StackError, StackOptions};
use crate::api::beside_the_page;
use crate::history::History;
use crate::neighbour::reachable;
use crate::notify::{Courier, Lines, alertmanager, origin, webhook};
use crate::page::{self, Listening, Page, Recorded};
use crate::part::Part;
use crate::rules::{Notifier, Rule, RuleKind, RuleOptions, RuleSet, Rules};
use crate::source::Source;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use std::collections::{BTreeSet, HashMap};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use telemetry_catalog::exposition_target;
use telemetry_core::config::{Address, Config};
use telemetry_server::{Limits, Server};

/// How long after it was told an alert that fires is told again: as with Prometheus.
const RESEND: Duration = Duration::from_secs(60);

/// The file in which the states of alerts survive a restart.
const STATE: &str = "alerts.json";

/// What is known of the place in which everything is looked at.
pub(super) struct Lookout {
    pub(super) source: Arc<dyn Source>,
    /// Where rules record.
    pub(super) history: Arc<History>,
    /// Whether that is where the source looks, too.
    pub(super) sees_what_is_recorded: bool,
    /// The time from one scrape to the next.
    pub(super) interval: Duration,
}

impl Stack {
    /// The rules of a plan, which are read before anything is started: a file that is wrong stops the start.
    ///
    /// # Errors
    /// [`StackError::RuleFile`].
    pub(super) fn rule_set(
        &mut self,
        plan: &RulesPlan,
        options: &StackOptions,
        here: bool,
    ) -> Result<RuleSet, StackError> {
        if plan.files.is_empty() {
            let config = &linked(&options.config, self.page_url.as_deref());
            return Ok(if here { RuleSet::generated(config) } else { RuleSet::generated_in_full(config) });
        }
        let set = RuleSet::read_all(&plan.files)?;
        let named: BTreeSet<_> = set.groups.iter().map(|group| group.file.as_str()).collect();
        let silent = plan.files.iter().filter(|file| !named.contains(&*file.display().to_string()));
        // One that was named in two ways is silent the second time.
        let empty = silent.filter(|file| RuleSet::read(file).is_ok_and(|set| set.is_empty()));
        self.notes.extend(empty.map(|file| format!("{} has no rules", file.display())));
        Ok(set)
    }

    /// Begins to evaluate the rules, if any are.
    pub(super) fn start_rules(
        &mut self,
        data: &Path,
        lookout: &Lookout,
        set: Option<RuleSet>,
        options: &StackOptions,
    ) -> Result<(), StackError> {
        let (Some(plan), Some(set)) = (&options.rules, set) else { return Ok(()) };
        let page = self.page_url.clone().unwrap_or_default();
        self.couriers = couriers(plan, page.trim_end_matches('/'), data, options)?;
        let told = self.couriers.iter().map(|courier| Arc::clone(courier) as Arc<dyn Notifier>);
        let lines: Arc<dyn Notifier> = Arc::new(Lines::new(options.news.clone()));
        if !lookout.sees_what_is_recorded && records(&set) {
            self.notes.push(
                "what the rules record is kept here alone: the Prometheus whose place the history has does not see it"
                    .to_owned(),
            );
        }
        let rule_options = RuleOptions {
            interval: plan.interval,
            resend: RESEND,
            external_url: options.external_url.clone().unwrap_or_else(|| self.api_url()),
            state: data.join(STATE),
        };
        let (source, history) = (Arc::clone(&lookout.source), Arc::clone(&lookout.history));
        let rules = Rules::new(set, source, history, told.chain([lines]).collect(), rule_options)?;
        self.notes.extend(rules.notes().iter().cloned());
        self.rules = Some(Arc::new(rules));
        Ok(())
    }

    /// The page over all of this.
    pub(super) fn page(&self, lookout: &Lookout, options: &StackOptions) -> Router {
        let seen = self.rules.as_ref().filter(|_| lookout.sees_what_is_recorded);
        page::routes(Page {
            source: Arc::clone(&lookout.source),
            rules: self.rules.clone(),
            recorded: seen.map_or(Recorded::Nothing, |rules| recorded(rules, options)),
            config: Arc::clone(&options.config),
            interval: lookout.interval,
            listening: self.listening(options),
            api_url: self.api_url(),
        })
    }

    /// Serves the page on a port of its own.
    pub(super) fn host_page(&mut self, listener: TcpListener, page: Router) -> Result<(), StackError> {
        let graph = self.history_place.address().map(leads::to_graph).unwrap_or_default();
        let app = page.merge(beside_the_page(self.rules.clone())).merge(graph);
        let limits =
            Limits { answer_time: super::PAGE_TIME, stop_time: super::STOP_TIME, ..Limits::default() };
        self.servers.push(Server::host(listener, app, limits)?);
        Ok(())
    }

    /// What the API has at the top: the page, or the way to it where it has a port of its own.
    pub(super) fn front(&self, page: &Router) -> Router {
        // Alerts lead to where their expression can be looked at, by the path that Prometheus has for that.
        let front = self.page_place.address().map_or_else(|| page.clone(), leads::to_page);
        front.route("/graph", get(graph))
    }

    /// The API over what is looked at, as a URL without a slash at the end: that of the page, where both have the same port.
    fn api_url(&self) -> String {
        let api = || self.history_place.address().map(|address| format!("http://{}", reachable(address)));
        let shared = self.page_url.as_ref().filter(|_| self.page_place == Place::None);
        shared.map(|url| url.trim_end_matches('/').to_owned()).or_else(api).unwrap_or_default()
    }

    /// Everything that listens, for the page.
    fn listening(&self, options: &StackOptions) -> Vec<Listening> {
        let exposition = exposition_target(&options.config).map(|target| Listening {
            name: "exposition".to_owned(),
            url: format!("{}://{target}/metrics", options.config.prometheus.exposition_tls.scheme()),
            note: "what long-lived programs tell of themselves, while one of them runs".to_owned(),
        });
        let page = self.page_url.as_ref().map(|url| Listening {
            name: Part::Page.name().to_owned(),
            url: url.clone(),
            note: "what you are looking at".to_owned(),
        });
        let parts = [
            (Part::Gateway, "takes what telemetry run and Pushgateway clients push"),
            (Part::History, "answers queries as Prometheus does"),
        ];
        let parts = parts.into_iter().filter_map(|(part, note)| self.listens(part, note));
        parts.chain(page).chain(exposition).collect()
    }

    fn listens(&self, part: Part, note: &str) -> Option<Listening> {
        let place = self.place(part);
        let note = match place {
            Place::Theirs { name, .. } => format!("{name}, {note}"),
            _ => note.to_owned(),
        };
        let url = match part {
            Part::History if place.address().is_some() => self.api_url(),
            _ => format!("http://{}", reachable(place.address()?)),
        };
        Some(Listening { name: part.name().to_owned(), url, note })
    }
}

/// The configuration with links to our own runbook, unless somebody has said that it is elsewhere.
fn linked(config: &Config, page: Option<&str>) -> Config {
    let elsewhere = config.runbook_base_url != Config::default().runbook_base_url;
    match page.filter(|_| !elsewhere) {
        Some(page) => Config { runbook_base_url: format!("{page}runbook"), ..config.clone() },
        None => config.clone(),
    }
}

/// Leads from the page of Prometheus for an expression to its value.
async fn graph(uri: axum::http::Uri) -> Redirect {
    let query = uri.query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    let expression =
        pairs.into_iter().find(|(name, _)| name == "g0.expr").map(|(_, value)| value.into_owned());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("query", &expression.unwrap_or_default())
        .finish();
    Redirect::temporary(&format!("/api/v1/query?{query}"))
}

/// What the rules record, wherever they come from, beside what the generated ones do.
fn recorded(rules: &Rules, options: &StackOptions) -> Recorded {
    let groups = rules.groups();
    let rules = groups.iter().flat_map(|group| &group.rules).map(|status| &*status.rule);
    let own: HashMap<_, _> = rules.filter_map(|rule| Some((recorded_by(rule)?, &rule.expr))).collect();
    let generated = RuleSet::generated(&options.config);
    let rules = generated.groups.iter().flat_map(|group| &group.rules);
    let mut of_each =
        rules.filter_map(|rule| Some(own.get(recorded_by(rule)?).map(|expr| **expr == rule.expr)));
    let worst = of_each.try_fold(true, |alike, own| own.map(|own| alike && own));
    match worst {
        None => Recorded::Nothing,
        Some(true) => Recorded::AsGenerated,
        Some(false) => Recorded::Otherwise,
    }
}

fn records(set: &RuleSet) -> bool {
    set.groups.iter().flat_map(|group| &group.rules).any(|rule| recorded_by(rule).is_some())
}

/// The series that a rule records, if it is such a rule.
fn recorded_by(rule: &Rule) -> Option<&str> {
    match &rule.kind {
        RuleKind::Recording { record } => Some(record),
        RuleKind::Alert { .. } => None,
    }
}

/// One courier for each who is to be told; who is named twice is told once.
fn couriers(
    plan: &RulesPlan,
    page: &str,
    data: &Path,
    options: &StackOptions,
) -> Result<Vec<Arc<Courier>>, StackError> {
    let wrap = |address: &Address| {
        let address = origin(&address.url).to_owned();
        move |source| StackError::Receiver { address, source }
    };
    let news = || options.news.clone();
    let mut seen = BTreeSet::new();
    let alertmanagers = plan.alertmanagers.iter().filter(|address| seen.insert(&address.url));
    let alertmanagers = alertmanagers.map(|address| alertmanager(address, news()).map_err(wrap(address)));
    let mut couriers = alertmanagers.collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeSet::new();
    for address in plan.webhooks.iter().filter(|address| seen.insert(&address.url)) {
        couriers.push(webhook(address, page, data, news()).map_err(wrap(address))?);
    }
    Ok(couriers.into_iter().map(Arc::new).collect())
}
