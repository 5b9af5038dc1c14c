//! The whole stack: what is started, in which order, and how it ends.

use crate::api::{self, Api, ApiOptions};
use crate::folder::{DataFolder, FolderError};
use crate::gateway::{Gateway, GatewayError, GatewayOptions};
use crate::history::{History, HistoryError, HistoryOptions, SetAside};
use crate::neighbour::reachable;
use crate::part::Part;
use crate::port::{Claim, PortError, claim};
use crate::rules::Rules;
use crate::scrape::{ScrapeOptions, Scraper, Target};
use crate::upkeep::{Upkeep, now};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use telemetry_catalog::{GATEWAY_JOB, STACK_JOB};
use telemetry_core::config::{Address, Config};
use telemetry_server::{Limits, Server};
use tokio::runtime::{Builder, Runtime};

/// How long answers that are under way may still take when the stack ends.
const STOP_TIME: Duration = Duration::from_secs(2);

/// How long a push may take: a disk that is busy with other things may need long to have it.
const PUSH_TIME: Duration = Duration::from_secs(30);

/// The longest headers of a query, in bytes, of which the expression may be a part: as in Go's servers.
const LONGEST_HEADERS: usize = 1024 * 1024;

/// How long a query may take, with the time to say that it took too long.
const QUERY_TIME: Duration = Duration::from_secs(125);

/// What is started, and where.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The folder of everything that is kept.
    pub data: PathBuf,
    /// The address that both ports are on: loopback.
    pub listen: IpAddr,
    /// The port of the gateway; `None` where there shall be none. 0 takes any free one.
    pub gateway_port: Option<u16>,
    /// The port of the HTTP API; `None` where there shall be no history. 0 takes any free one.
    pub api_port: Option<u16>,
    /// What the gateway accepts.
    pub gateway: GatewayOptions,
    /// What the history keeps.
    pub history: HistoryOptions,
    /// How targets are scraped.
    pub scrape: ScrapeOptions,
    /// What is scraped besides the stack itself.
    pub targets: Vec<Target>,
    /// Which rules are evaluated; `None` where none are.
    pub rules: Option<RulesPlan>,
    /// The port of the page; `None` is that of the HTTP API or, where that is a server of others, the first free one from 9095.
    pub page_port: Option<u16>,
    /// Thresholds, names and addresses, for the rules and the page.
    pub config: Arc<Config>,
}

/// Which rules are evaluated, how often, and who is told of alerts.
#[derive(Debug, Clone)]
pub struct RulesPlan {
    /// Rule files; the generated rules where there are none.
    pub files: Vec<PathBuf>,
    /// The time from one evaluation to the next.
    pub interval: Duration,
    /// The Alertmanagers, whose API v2 is told.
    pub alertmanagers: Vec<Address>,
    /// Who else is told, with Alertmanager's JSON for webhooks.
    pub webhooks: Vec<Address>,
}

impl Default for RulesPlan {
    fn default() -> Self {
        let interval = Duration::from_secs(15);
        Self { files: Vec::new(), interval, alertmanagers: Vec::new(), webhooks: Vec::new() }
    }
}

impl StackOptions {
    /// The standard ports on loopback, with nothing to scrape but the stack itself.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            gateway_port: Some(9091),
            api_port: Some(9090),
            gateway: GatewayOptions::default(),
            history: HistoryOptions::default(),
            scrape: ScrapeOptions::default(),
            targets: Vec::new(),
            rules: Some(RulesPlan::default()),
            page_port: None,
            config: Arc::default(),
        }
    }
}

/// Why a stack did not start. Nothing of it runs then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StackError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A port cannot be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// What the gateway keeps cannot be read.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// What the history keeps cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A server did not start.
    #[error(transparent)]
    Server(#[from] telemetry_server::Error),
    /// The operating system gives no thread, or not what one needs.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

/// What there is of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nothing: it was not asked for.
    None,
    /// It runs in this process and listens here.
    Here(SocketAddr),
    /// A server of others listens here already, and is used in its place.
    Theirs {
        /// Where.
        address: SocketAddr,
        /// What it is, such as `Prometheus 2.42.0`.
        name: String,
    },
}

impl Place {
    /// Where it is reached, if it is anywhere.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::None => None,
            Self::Here(address) | Self::Theirs { address, .. } => Some(*address),
        }
    }
}

/// A stack that runs until it is [stopped](Self::stop) or dropped.
#[derive(Debug)]
pub struct Stack {
    gateway_place: Place,
    history_place: Place,
    scraper: Option<Arc<Scraper>>,
    history: Option<Arc<History>>,
    gateway: Option<Arc<Gateway>>,
    rules: Option<Arc<Rules>>,
    page_url: Option<String>,
    /// In the order in which they end: what asks and what accepts, before what keeps.
    upkeep: Option<Upkeep>,
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
        let mut stack = Self {
            gateway_place: ports.gateway.place(),
            history_place: ports.history.place(),
            scraper: None,
            history: None,
            gateway: None,
            rules: None,
            page_url: None,
            upkeep: None,
            servers: Vec::new(),
            notes: Vec::new(),
            folder: None,
        };
        if ports.gateway.listener.is_none() && ports.history.listener.is_none() {
            return Ok(stack);
        }
        let folder = DataFolder::take(&options.data)?;
        if let Some(listener) = ports.gateway.listener {
            stack.start_gateway(listener, &folder, options)?;
        }
        if let Some(listener) = ports.history.listener {
            stack.start_history(listener, &folder, options)?;
        }
        stack.folder = Some(folder);
        Ok(stack)
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

    fn start_history(
        &mut self,
        listener: TcpListener,
        folder: &DataFolder,
        options: &StackOptions,
    ) -> Result<(), StackError> {
        let mut history = History::open(&folder.path().join("history"), options.history.clone())?;
        self.notes.extend(set_aside(&mut history));
        let history = Arc::new(history);
        let mut targets: Vec<Target> = self.own_targets().chain(options.targets.clone()).collect();
        let mut seen = HashSet::new();
        targets.retain(|target| seen.insert(target.url.clone()));
        let scraper = Arc::new(Scraper::new(Arc::clone(&history) as _, targets, options.scrape.clone()));
        let told = ApiOptions { retention: options.history.retention, ..ApiOptions::default() };
        let app = api::routes(Api::new(Arc::clone(&history) as _, Arc::clone(&scraper), told));
        let limits = Limits {
            answer_time: QUERY_TIME,
            header_bytes: LONGEST_HEADERS,
            stop_time: STOP_TIME,
            ..Limits::default()
        };
        self.servers.push(Server::host(listener, app, limits)?);
        self.upkeep = Some(Upkeep::start(&history, &scraper).map_err(StackError::Thread)?);
        (self.history, self.scraper) = (Some(history), Some(scraper));
        Ok(())
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

    /// What there is of a part.
    #[must_use]
    pub const fn place(&self, part: Part) -> &Place {
        match part {
            Part::Gateway => &self.gateway_place,
            Part::History => &self.history_place,
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

    /// Where the page is, as a URL that ends with a slash.
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

impl Drop for Stack {
    fn drop(&mut self) {
        drop(self.upkeep.take());
        let all = self.servers.drain(..).map(|server| thread::spawn(move || server.stop()));
        for ending in all.collect::<Vec<_>>() {
            // A panic in it was reported by the hook of the program.
            let _ended = ending.join();
        }
        if let Some(gateway) = &self.gateway {
            gateway.close();
        }
    }
}

/// The port of a part: what became of it, and what listens on it if we do.
struct Port {
    place: Place,
    listener: Option<TcpListener>,
}

struct Ports {
    gateway: Port,
    history: Port,
}

impl Ports {
    fn claim(options: &StackOptions, runtime: &Runtime) -> Result<Self, PortError> {
        let port = |part, port: Option<u16>| match port {
            Some(port) => Port::claim(part, SocketAddr::new(options.listen, port), runtime),
            None => Ok(Port { place: Place::None, listener: None }),
        };
        let gateway = port(Part::Gateway, options.gateway_port)?;
        Ok(Self { gateway, history: port(Part::History, options.api_port)? })
    }
}

impl Port {
    fn claim(part: Part, address: SocketAddr, runtime: &Runtime) -> Result<Self, PortError> {
        match claim(part, address, runtime)? {
            Claim::Theirs(name) => Ok(Self { place: Place::Theirs { address, name }, listener: None }),
            Claim::Ours(listener) => {
                let local = listener.local_addr();
                let local = local.map_err(|source| PortError::Listen { part, address, source })?;
                Ok(Self { place: Place::Here(local), listener: Some(listener) })
            }
        }
    }

    fn place(&self) -> Place {
        self.place.clone()
    }
}
