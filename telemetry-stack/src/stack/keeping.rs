//! The history of the stack: what it keeps, whom it scrapes, and the API over it.

use super::watching::Lookout;
use super::{Place, QUERY_TIME, STOP_TIME, Stack, StackError, StackOptions};
use crate::api::{self, Api, ApiOptions};
use crate::history::{History, SetAside};
use crate::neighbour::reachable;
use crate::panels::USUAL_INTERVAL;
use crate::rules::RuleSet;
use crate::scrape::{Scraper, Target};
use crate::source::{Here, Theirs};
use crate::upkeep::now;
use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use telemetry_catalog::{GATEWAY_JOB, STACK_JOB};
use telemetry_core::config::Address;
use telemetry_server::{Limits, Server};

/// The longest headers of a query, in bytes, of which the expression may be a part: as in Go's servers.
const LONGEST_HEADERS: usize = 1024 * 1024;

impl Stack {
    /// Everything over a history of our own.
    pub(super) fn start_history(
        &mut self,
        listener: TcpListener,
        page: Option<TcpListener>,
        data: &Path,
        set: Option<RuleSet>,
        options: &StackOptions,
    ) -> Result<(), StackError> {
        let history = self.open(&data.join("history"), options)?;
        let mut targets: Vec<Target> = self.own_targets().chain(options.targets.clone()).collect();
        let mut seen = HashSet::new();
        targets.retain(|target| seen.insert(target.url.clone()));
        let scraper = Arc::new(Scraper::new(Arc::clone(&history) as _, targets, options.scrape.clone()));
        let lookout = Lookout {
            source: Arc::new(Here::new(Arc::clone(&history) as _, Arc::clone(&scraper))),
            history: Arc::clone(&history),
            sees_what_is_recorded: true,
            interval: options.scrape.interval,
        };
        self.start_rules(data, &lookout, set, options)?;
        let told = ApiOptions { retention: options.history.retention, ..ApiOptions::default() };
        let shown = self.page(&lookout, options);
        let app = api::routes(Api {
            rules: self.rules.clone(),
            front: Some(self.front(&shown)),
            ..Api::new(Arc::clone(&history) as _, Arc::clone(&scraper), told)
        });
        let limits = Limits {
            answer_time: QUERY_TIME,
            header_bytes: LONGEST_HEADERS,
            stop_time: STOP_TIME,
            ..Limits::default()
        };
        self.servers.push(Server::host(listener, app, limits)?);
        page.map_or(Ok(()), |page| self.host_page(page, shown))?;
        self.upkeep.scrape(&scraper).map_err(StackError::Thread)?;
        (self.history, self.scraper) = (Some(history), Some(scraper));
        Ok(())
    }

    /// Rules and the page over a server of others. What the rules record is kept here.
    pub(super) fn start_beside(
        &mut self,
        theirs: SocketAddr,
        page: TcpListener,
        data: &Path,
        set: Option<RuleSet>,
        options: &StackOptions,
    ) -> Result<(), StackError> {
        let history = self.open(&data.join("recorded"), options)?;
        let address = Address::parse(&format!("http://{}", reachable(theirs))).unwrap_or_else(|_| {
            // An address of a socket is an address; the default is the same server.
            options.config.prometheus.url.clone()
        });
        let lookout = Lookout {
            source: Arc::new(Theirs::new(address)?),
            history,
            sees_what_is_recorded: false,
            interval: options.scrape.interval.max(USUAL_INTERVAL),
        };
        self.start_rules(data, &lookout, set, options)?;
        let shown = self.page(&lookout, options);
        self.host_page(page, shown)
    }

    /// Opens a history, which is looked after from then on.
    fn open(&mut self, folder: &Path, options: &StackOptions) -> Result<Arc<History>, StackError> {
        let mut history = History::open(folder, options.history.clone())?;
        self.notes.extend(set_aside(&mut history));
        let history = Arc::new(history);
        self.upkeep.maintain(&history).map_err(StackError::Thread)?;
        Ok(history)
    }

    /// The stack as it scrapes itself; a gateway of others is scraped as well.
    fn own_targets(&self) -> impl Iterator<Item = Target> + use<> {
        let target = |place: &Place, job: &str, honor_labels: bool| {
            let url = format!("http://{}/metrics", reachable(place.address()?));
            Some(Target { job: job.to_owned(), url, honor_labels, optional: false })
        };
        let gateway = target(&self.gateway_place, GATEWAY_JOB, true);
        gateway.into_iter().chain(target(&self.history_place, STACK_JOB, false))
    }
}

/// Takes out what a clock that was ahead has left, which would keep out everything until then. What cannot be taken out stays, and the
/// rest works.
fn set_aside(history: &mut History) -> Option<String> {
    match history.set_aside_future(now()) {
        Ok(None) => None,
        Ok(Some(SetAside { path, exported })) => Some(format!(
            "{} samples of the future, which a clock that was ahead has left, were moved to {}",
            exported.samples,
            path.display()
        )),
        Err(error) => {
            Some(format!("the history has samples of the future, which cannot be set aside: {error}"))
        }
    }
}
