//! The whole stack: what is started, in which order, and how it ends.
//!
//! | module | responsible for |
//! |---|---|
//! | `options` | what is started, and where |
//! | `ports` | taking the ports, or finding who has them |
//! | `keeping` | the history, whom it scrapes, and the API over it |
//! | `watching` | rules, who is told of alerts, and the page |
//! | `leads` | ways from one port to another |
//! | `error` | why a stack does not start |

mod error;
mod keeping;
mod leads;
mod options;
mod ports;
mod watching;

use crate::folder::DataFolder;
use crate::gateway::Gateway;
use crate::history::History;
use crate::neighbour::reachable;
use crate::notify::Courier;
use crate::part::Part;
use crate::rules::Rules;
use crate::scrape::Scraper;
use crate::upkeep::Upkeep;
use ports::Ports;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use telemetry_server::{Limits, Server};
use tokio::runtime::Builder;

pub use error::StackError;
pub use options::{RulesPlan, StackOptions};
pub use ports::Place;

/// How long answers that are under way may still take when the stack ends.
const STOP_TIME: Duration = Duration::from_secs(2);

/// How long a push may take: a disk that is busy with other things may need long to have it.
const PUSH_TIME: Duration = Duration::from_secs(30);

/// How long a query may take, with the time to say that it took too long.
const QUERY_TIME: Duration = Duration::from_secs(125);

/// How long the page may take, which asks many things of a server that may be busy.
const PAGE_TIME: Duration = Duration::from_secs(60);

/// A stack that runs until it is [stopped](Self::stop) or dropped.
#[derive(Debug)]
pub struct Stack {
    gateway_place: Place,
    history_place: Place,
    /// Where the page is, if it has a port of its own.
    page_place: Place,
    scraper: Option<Arc<Scraper>>,
    history: Option<Arc<History>>,
    gateway: Option<Arc<Gateway>>,
    rules: Option<Arc<Rules>>,
    page_url: Option<String>,
    /// In the order in which they end: what asks and what accepts, before what keeps.
    upkeep: Upkeep,
    couriers: Vec<Arc<Courier>>,
    servers: Vec<Server>,
    /// What a person should know of the start.
    notes: Vec<String>,
    /// Given back last.
    folder: Option<DataFolder>,
}

impl Stack {
    /// Starts everything that was asked for, or nothing. All ports are taken and all data is read when this returns.
    ///
    /// # Errors
    /// [`StackError`].
    pub fn start(options: &StackOptions) -> Result<Self, StackError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(StackError::Thread)?;
        let ports = Ports::claim(options, &runtime)?;
        drop(runtime);
        let mut stack = Self::at(&ports, options);
        if ports.is_nothing_ours() {
            return Ok(stack);
        }
        let here = ports.history.listener.is_some();
        let plan = options.rules.as_ref().filter(|_| stack.page_url.is_some());
        let set = plan.map(|plan| stack.rule_set(plan, options, here)).transpose()?;
        let folder = DataFolder::take(&options.data)?;
        if let Some(listener) = ports.gateway.listener {
            stack.start_gateway(listener, &folder, options)?;
        }
        match (ports.history.listener, ports.page.listener, ports.history.place) {
            (Some(listener), page, _) => stack.start_history(listener, page, folder.path(), set, options)?,
            (None, Some(page), Place::Theirs { address, .. }) => {
                stack.start_beside(address, page, folder.path(), set, options)?;
            }
            _ => {}
        }
        // The first evaluation finds everything else in its place.
        stack
            .rules
            .as_ref()
            .map_or(Ok(()), |rules| stack.upkeep.evaluate(rules))
            .map_err(StackError::Thread)?;
        stack.folder = Some(folder);
        Ok(stack)
    }

    /// A stack at these ports, of which nothing runs yet.
    fn at(ports: &Ports, options: &StackOptions) -> Self {
        let shown =
            [&ports.page.place, &ports.history.place].into_iter().find(|place| **place != Place::None);
        let shown = shown.and_then(Place::address).map(|address| {
            let here = || format!("http://{}", reachable(address));
            options.external_url.clone().unwrap_or_else(here) + "/"
        });
        Self {
            gateway_place: ports.gateway.place.clone(),
            history_place: ports.history.place.clone(),
            page_place: ports.page.place.clone(),
            scraper: None,
            history: None,
            gateway: None,
            rules: None,
            page_url: shown,
            upkeep: Upkeep::default(),
            couriers: Vec::new(),
            servers: Vec::new(),
            notes: Vec::new(),
            folder: None,
        }
    }

    fn start_gateway(
        &mut self,
        listener: TcpListener,
        folder: &DataFolder,
        options: &StackOptions,
    ) -> Result<(), StackError> {
        let gateway = Arc::new(Gateway::open(&folder.path().join("gateway"), options.gateway)?);
        let limits = Limits {
            connections: 256,
            answer_time: PUSH_TIME,
            // A push is worked off whether somebody waits for it or not.
            answer_half_closed: true,
            stop_time: STOP_TIME,
            ..Limits::default()
        };
        self.servers.push(Server::host(listener, gateway.routes(), limits)?);
        self.gateway = Some(gateway);
        Ok(())
    }

    /// What there is of a part.
    #[must_use]
    pub const fn place(&self, part: Part) -> &Place {
        match part {
            Part::Gateway => &self.gateway_place,
            Part::History => &self.history_place,
            Part::Page => &self.page_place,
        }
    }

    /// What a person should know of the start, a sentence each.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether anything of it runs in this process.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.servers.is_empty()
    }

    /// The folder of everything that is kept, if anything is.
    #[must_use]
    pub fn data(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(DataFolder::path)
    }

    /// The gateway, where it runs in this process.
    #[must_use]
    pub const fn gateway(&self) -> Option<&Arc<Gateway>> {
        self.gateway.as_ref()
    }

    /// The history, where it runs in this process.
    #[must_use]
    pub const fn history(&self) -> Option<&Arc<History>> {
        self.history.as_ref()
    }

    /// What scrapes, where the history runs in this process.
    #[must_use]
    pub const fn scraper(&self) -> Option<&Arc<Scraper>> {
        self.scraper.as_ref()
    }

    /// The rules that are evaluated, if any are.
    #[must_use]
    pub const fn rules(&self) -> Option<&Arc<Rules>> {
        self.rules.as_ref()
    }

    /// Where people reach the page, as a URL that ends with a slash: by [`StackOptions::external_url`], or else as this machine does.
    #[must_use]
    pub fn page_url(&self) -> Option<&str> {
        self.page_url.as_deref()
    }

    /// Ends it, as dropping it does: no scrape begins, answers under way have two seconds, and then everything is closed. What was
    /// acknowledged is on disk before that.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Rules say their last before those who are told of alerts have their last second, while the servers have theirs.
        drop(std::mem::take(&mut self.upkeep));
        self.couriers.iter().for_each(|courier| courier.end());
        let all = self.servers.drain(..).map(|server| thread::spawn(move || server.stop()));
        for ending in all.collect::<Vec<_>>() {
            // A panic in it was reported by the hook of the program.
            let _ended = ending.join();
        }
        self.couriers.iter().for_each(|courier| courier.close());
        if let Some(gateway) = &self.gateway {
            gateway.close();
        }
    }
}
