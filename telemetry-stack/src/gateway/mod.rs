//! What programs push: groups of series, kept on disk and exposed on one page, over the HTTP API of the Pushgateway.
//!
//! | module | what it is responsible for |
//! |---|---|
//! | `routes`, `path` | which path and method leads where; labels and controls of a path |
//! | `arrival`, `families`, `protobuf` | a body on its way in: its length, its encoding, its families |
//! | `group`, `state` | a group as it is kept; all of them together, and what contradicts them |
//! | `aggregate` | adding a push to what is there |
//! | `writer`, `store`, `published` | the one thread that changes groups; the disk; what readers see |
//! | `page`, `api` | the exposition and the JSON, made while they are sent |
//! | `metrics`, `error` | what the gateway tells about itself; what can go wrong |
//!
//! # Beyond the Pushgateway
//! Two pairs in the path of a push are controls. They are neither labels of the series nor part of what tells one group from another:
//!
//! - `/ttl/5m`: the group vanishes when its last successful push is older than this. Each push says it anew; one that does not gets
//!   the [default](GatewayOptions::ttl). A group to which no push has succeeded lives as long from its last failure.
//! - `/clearmode/aggregate`: counters, the buckets, sums and counts of histograms, and sums and counts of summaries are added to what the
//!   group has. Gauges, untyped metrics and quantiles keep the last value, and what is not pushed stays, with PUT and POST alike.
//!   Other bucket bounds, counts that are negative or not finite, sums that would become so, and what is named `…_total` and has no type
//!   are refused. `/clearmode/replace` is the default.
//!
//! Pushes are worked off one after the other, so that an ordinary push replaces what was added up before it, as its method says, and a
//! later one with `aggregate` adds to what that left.
//!
//! # What is durable
//! A push is on the disk when it is answered with 200, and a deletion with 202. What is answered otherwise has changed nothing, but for
//! the time of failure in groups of which metrics were refused for what they say. A push whose connection ends before its answer may
//! have been kept or not, and never by half or twice.

mod aggregate;
mod api;
mod arrival;
mod error;
mod families;
mod group;
pub mod metrics;
mod page;
mod path;
mod protobuf;
mod published;
mod routes;
mod state;
mod store;
mod writer;

pub use error::{GatewayError, StoreError};

use arrival::{Budget, Share};
use axum::Router;
use error::Refusal;
use group::{Group, GroupKey, Nanos};
use metrics::Instruments;
use published::Published;
use state::{Limits, State};
use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};
use store::{Redb, Store};
use tokio::sync::{Semaphore, oneshot};
use writer::{Clock, Deed, Job, Writer};

/// The file in the gateway's folder.
const FILE: &str = "gateway.redb";

/// How many pushes may wait to be written; whoever comes then is asked to try again.
const QUEUE: usize = 1024;

/// How many bodies are read at the same time. Each takes many times its length while it is.
const READERS: usize = 2;

/// How long a push or a deletion is waited for. Whoever hosts the gateway cuts answers off later than this, so that the client is told.
const PATIENCE: Duration = Duration::from_secs(25);

/// How much a gateway takes and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayOptions {
    /// The longest body of a push, in bytes, as it is sent and after decompression.
    pub max_body: usize,
    /// How long a group lives after its last push if that did not say so; for ever if nothing is said here either.
    pub ttl: Option<Duration>,
    /// The most groups.
    pub max_groups: usize,
    /// The most series of all groups together, counted as Prometheus does: each line of a histogram is one.
    pub max_series: usize,
    /// The most bytes that all groups together take in memory, about as much as on the page.
    pub max_bytes: usize,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            max_body: 16 * 1024 * 1024,
            ttl: None,
            max_groups: 100_000,
            max_series: 1_000_000,
            max_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// How much there is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GatewayStats {
    /// Groups.
    pub groups: usize,
    /// Series, each line of a histogram being one, those that tell the times of a group included.
    pub series: usize,
    /// Bytes that the groups take in memory.
    pub bytes: usize,
}

/// A gateway with its file open. It is shared by whoever answers requests.
pub struct Gateway {
    options: GatewayOptions,
    published: Arc<Published>,
    instruments: Arc<Instruments>,
    clock: Clock,
    started: Nanos,
    budget: Budget,
    readers: Arc<Semaphore>,
    patience: Duration,
    /// Nothing once the gateway is closed.
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Gateway {
    /// Opens the gateway whose groups are in this folder, which is made if it is not there. Only their owner may look into the folder that
    /// is made and into the file: what is pushed may name projects and people.
    ///
    /// # Errors
    /// When the folder or its file cannot be made, read or written, or another process has it open.
    pub fn open(folder: &Path, options: GatewayOptions) -> Result<Self, GatewayError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| GatewayError::Folder { path: folder.to_owned(), source })?;
        let path = folder.join(FILE);
        let store = Redb::open(&path)?;
        Self::open_with(&path, Box::new(store), options, Arc::new(system_time))
    }

    fn open_with(
        path: &Path,
        store: Box<dyn Store>,
        options: GatewayOptions,
        clock: Clock,
    ) -> Result<Self, GatewayError> {
        let limits = Limits {
            groups: options.max_groups,
            series: options.max_series,
            bytes: options.max_bytes,
            ttl: options.ttl,
        };
        let published = Arc::new(Published::new(options.ttl));
        let instruments = Arc::new(Instruments::default());
        let (shown, told) = (Arc::clone(&published), Arc::clone(&instruments));
        let writer = Writer::new(State::new(limits), store, shown, told, Arc::clone(&clock));
        let writer = writer.map_err(|source| GatewayError::Store { path: path.to_owned(), source })?;
        let (jobs, waiting) = sync_channel(QUEUE);
        let writer = start(writer, waiting)?;
        Ok(Self {
            options,
            published,
            instruments,
            started: clock(),
            clock,
            budget: Budget::new(options.max_body),
            readers: Arc::new(Semaphore::new(READERS)),
            patience: PATIENCE,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Everything that the gateway answers, to be hosted by [`telemetry_server::Server::host`]: pushes, `/metrics`, `/-/healthy`,
    /// `/-/ready`, `/api/v1/metrics` and `/api/v1/status`; 404 for the rest. It needs a tokio runtime with its clock, whose threads it
    /// does not block. A push or a deletion that is not durable within 25 s is answered with 503, so that
    /// [`answer_time`](telemetry_server::Limits::answer_time) should be longer.
    pub fn routes(self: &Arc<Self>) -> Router {
        routes::routes(self)
    }

    /// How much there is at this moment.
    #[must_use]
    pub fn stats(&self) -> GatewayStats {
        let groups = self.living();
        GatewayStats {
            groups: groups.len(),
            series: groups.iter().map(|group| group.series()).sum(),
            bytes: groups.iter().map(|group| group.size()).sum(),
        }
    }

    /// Finishes all pushes that were taken in and closes the file. Pushes that come later are answered with 503; what was pushed can
    /// still be read.
    pub fn close(&self) {
        drop(lock(&self.jobs).take());
        if let Some(writer) = lock(&self.writer).take() {
            // A panic in it was reported by the hook of the program, and this one's end is not the place for another.
            let _ended = writer.join();
        }
    }

    fn living(&self) -> Vec<Arc<Group>> {
        self.published.living((self.clock)())
    }

    /// Hands a job to the writer and waits until it is durable.
    async fn submit(&self, key: GroupKey, deed: Deed, share: Option<Share>) -> Result<(), Refusal> {
        let (answer, outcome) = oneshot::channel();
        let job = Job { key, deed, answer, _share: share };
        match &*lock(&self.jobs) {
            Some(jobs) => jobs.try_send(job).map_err(|_full| {
                Refusal::busy("too many pushes wait to be written; try again in a second")
            })?,
            None => return Err(Refusal::busy("the gateway is closing")),
        }
        outcome.await.unwrap_or_else(|_gone| Err(Refusal::busy("the gateway is closing")))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("options", &self.options)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

fn start(writer: Writer, jobs: Receiver<Job>) -> Result<JoinHandle<()>, GatewayError> {
    let thread = thread::Builder::new().name("gateway-writer".to_owned());
    thread.spawn(move || writer.run(&jobs)).map_err(GatewayError::Thread)
}

fn system_time() -> Nanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
