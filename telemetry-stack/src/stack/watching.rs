//! Rules and the page: what looks at the history, or at a Prometheus of others, and who is told.

use super::{Place, RulesPlan, Stack, StackError, StackOptions};
use crate::api::beside_the_page;
use crate::history::History;
use crate::neighbour::reachable;
use crate::notify::{Courier, Lines, alertmanager, webhook};
use crate::page::{self, Listening, Page};
use crate::part::Part;
use crate::rules::{Notifier, RuleKind, RuleOptions, RuleSet, Rules};
use crate::source::Source;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use telemetry_catalog::exposition_target;
use telemetry_core::config::Address;
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

/// The rules of a plan, which are read before anything is started: a file that is wrong stops the start.
///
/// # Errors
/// [`StackError::RuleFile`].
pub(super) fn rule_set(plan: &RulesPlan, options: &StackOptions, here: bool) -> Result<RuleSet, StackError> {
    if plan.files.is_empty() {
        let config = &options.config;
        return Ok(if here { RuleSet::generated(config) } else { RuleSet::generated_in_full(config) });
    }
    Ok(RuleSet::read_all(&plan.files)?)
}

impl Stack {
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
        self.couriers = couriers(plan, page.trim_end_matches('/'), options)?;
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
            external_url: self.api_url(),
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
        let generated = options.rules.as_ref().is_some_and(|plan| plan.files.is_empty());
        page::routes(Page {
            source: Arc::clone(&lookout.source),
            rules: self.rules.clone(),
            recorded: generated && lookout.sees_what_is_recorded,
            config: Arc::clone(&options.config),
            interval: lookout.interval,
            listening: self.listening(options),
            api_url: self.api_url(),
        })
    }

    /// Serves the page on a port of its own.
    pub(super) fn host_page(&mut self, listener: TcpListener, page: Router) -> Result<(), StackError> {
        let app = page.merge(beside_the_page(self.rules.clone()));
        let limits =
            Limits { answer_time: super::PAGE_TIME, stop_time: super::STOP_TIME, ..Limits::default() };
        self.servers.push(Server::host(listener, app, limits)?);
        Ok(())
    }

    /// What the API has at the top: the page, or the way to it where it has a port of its own.
    pub(super) fn front(&self, page: &Router) -> Router {
        // Alerts lead to where their expression can be looked at, by the path that Prometheus has for that.
        let front = match (&self.page_place, &self.page_url) {
            (Place::None, _) | (_, None) => page.clone(),
            (_, Some(url)) => {
                let url = url.clone();
                Router::new().route("/", get(async move || Redirect::temporary(&url)))
            }
        };
        front.route("/graph", get(graph))
    }

    /// The API over what is looked at, as a URL without a slash at the end.
    fn api_url(&self) -> String {
        self.history_place
            .address()
            .map(|address| format!("http://{}", reachable(address)))
            .unwrap_or_default()
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
        let url = format!("http://{}", reachable(place.address()?));
        Some(Listening { name: part.name().to_owned(), url, note })
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

fn records(set: &RuleSet) -> bool {
    let mut rules = set.groups.iter().flat_map(|group| &group.rules);
    rules.any(|rule| matches!(rule.kind, RuleKind::Recording { .. }))
}

/// One courier for each who is to be told; who is named twice is told once.
fn couriers(plan: &RulesPlan, page: &str, options: &StackOptions) -> Result<Vec<Arc<Courier>>, StackError> {
    let wrap = |address: &Address| {
        let address = address.url.clone();
        move |source| StackError::Receiver { address, source }
    };
    let news = || options.news.clone();
    let mut seen = BTreeSet::new();
    let alertmanagers = plan.alertmanagers.iter().filter(|address| seen.insert(&address.url));
    let alertmanagers = alertmanagers.map(|address| alertmanager(address, news()).map_err(wrap(address)));
    let mut couriers = alertmanagers.collect::<Result<Vec<_>, _>>()?;
    let mut seen = BTreeSet::new();
    for address in plan.webhooks.iter().filter(|address| seen.insert(&address.url)) {
        couriers.push(webhook(address, page, news()).map_err(wrap(address))?);
    }
    Ok(couriers.into_iter().map(Arc::new).collect())
}
