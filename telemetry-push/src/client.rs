//! The Pushgateway client: it replaces, extends or deletes one group.
//!
//! Bodies are always in the text format: the Pushgateway takes an OpenMetrics body for text and loses its types.

mod blocking;
mod body;
mod builder;
mod delivery;
mod error;
mod group;
mod retry;
mod tls;
mod worker;

pub use blocking::BlockingPushClient;
pub use body::Body;
pub use builder::PushClientBuilder;
pub use error::PushError;
pub use group::{Group, GroupError};
pub use retry::Retry;
pub use tls::TlsProblem;

use delivery::{Credentials, Delivery};
use reqwest::Method;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry_core::config::Address;
use tokio::sync::oneshot;
use worker::Worker;

/// A client of one group of one Pushgateway.
///
/// Its calls can be awaited in any executor and need no tokio runtime: the requests are sent by a thread of the client's own, which
/// begins with the first request and ends after the last clone of the client was dropped. Clones share it, and its connections.
/// A process that was forked with a client in it begins a thread of its own with its first request.
///
/// # What is durable when
/// A call that returns without an error was answered by the gateway: it holds the group as sent, and shows it in its next scrape.
/// Whether that survives a restart of the gateway is up to its own `--persistence.file`, which it writes every five minutes by
/// default. After an error of the kind [`PushError::Timeout`] or [`PushError::Transport`] it may or may not have taken the request,
/// or take it yet; every call replaces or removes whole metrics, so to repeat it does no harm. After any other error it took nothing.
/// A future that is dropped before it is ready gives its request up, with the same doubt.
///
/// # What it costs
/// A client has a thread and a handful of file descriptors from its first request until its last clone is dropped; clones share them.
///
/// # How long a call takes
/// Each request ends after the client's timeout, and the whole call, with its pauses and repetitions, after [`Retry::within`].
///
/// ```no_run
/// use telemetry_push::PushClient;
///
/// # async fn example() -> Result<(), telemetry_push::PushError> {
/// let client = PushClient::builder("http://localhost:9091").job("nightly").grouping("instance", "a/b").build()?;
/// client.push("# TYPE backups_total counter\nbackups_total 3\n").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PushClient {
    shared: Arc<Shared>,
}

struct Shared {
    /// The gateway's address, as messages name it.
    url: String,
    /// The address of the group.
    group_url: String,
    credentials: Arc<Credentials>,
    gzip: bool,
    timeout: Duration,
    retry: Retry,
    worker: Worker,
}

impl PushClient {
    /// Begins a client of the gateway at this address, such as `http://localhost:9091`. What is wrong with the address is said by
    /// [`PushClientBuilder::build`].
    pub fn builder(url: &str) -> PushClientBuilder {
        PushClientBuilder::new(url)
    }

    /// Begins a client of an address from the configuration, with its authorities and credentials. The files of the credentials are
    /// read for each request, so that a rotated secret is seen.
    pub fn of(address: &Address) -> PushClientBuilder {
        PushClientBuilder::of(address)
    }

    /// The address of the gateway, without credentials.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Replaces the whole group by this exposition (`PUT`): what the group held and the exposition does not is gone. An empty
    /// exposition empties the group.
    ///
    /// When this returns without an error the gateway has taken all of it; see [what is durable when](Self#what-is-durable-when).
    ///
    /// # Errors
    /// [`PushError`], which says whether anything listens there, whether it answered in time, and what it answered.
    pub async fn push(&self, body: impl Into<Body>) -> Result<(), PushError> {
        let call = self.call(Method::PUT, Some(body.into()));
        self.answer(call).await
    }

    /// Replaces, within the group, the metrics of the names in this exposition (`POST`), and leaves its others as they are.
    ///
    /// When this returns without an error the gateway has taken all of it; see [what is durable when](Self#what-is-durable-when).
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub async fn push_add(&self, body: impl Into<Body>) -> Result<(), PushError> {
        let call = self.call(Method::POST, Some(body.into()));
        self.answer(call).await
    }

    /// Deletes the group and everything in it (`DELETE`). A group that was not there is no error.
    ///
    /// When this returns without an error the gateway has taken note of it, and deletes the group before it takes anything that is sent
    /// afterwards; see [what is durable when](Self#what-is-durable-when).
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub async fn delete(&self) -> Result<(), PushError> {
        self.answer(self.call(Method::DELETE, None)).await
    }

    /// The same client for code that does not await.
    #[must_use]
    pub fn blocking(&self) -> BlockingPushClient {
        BlockingPushClient::new(self.clone())
    }

    fn call(&self, method: Method, body: Option<Body>) -> Call {
        let Shared { timeout, retry, .. } = &self.shared.as_ref();
        // Without a repetition nothing but the request takes time.
        let limit = if retry.times == 0 { retry.within.min(*timeout) } else { retry.within };
        Call { method, body, timeout: *timeout, retry: *retry, deadline: Instant::now().checked_add(limit) }
    }

    async fn answer(&self, call: Call) -> Result<(), PushError> {
        let answer = self.begin(call)?;
        answer.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Hands a call to the worker. Whoever drops the receiver gives the call up.
    fn begin(&self, call: Call) -> Result<oneshot::Receiver<Result<(), PushError>>, PushError> {
        let delivery = Delivery {
            method: call.method,
            url: self.shared.url.clone(),
            group_url: self.shared.group_url.clone(),
            body: call.body.map(Body::into_bytes),
            gzip: self.shared.gzip,
            credentials: Arc::clone(&self.shared.credentials),
            timeout: call.timeout,
            deadline: call.deadline,
        };
        Ok(self.shared.worker.run(move |http| delivery.deliver(http, call.retry))?)
    }

    fn gone(&self) -> PushError {
        PushError::Ended { url: self.shared.url.clone() }
    }
}

/// Shows nothing that is secret.
impl fmt::Debug for PushClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushClient")
            .field("group_url", &self.shared.group_url)
            .field("credentials", &self.shared.credentials)
            .field("gzip", &self.shared.gzip)
            .field("timeout", &self.shared.timeout)
            .field("retry", &self.shared.retry)
            .finish_non_exhaustive()
    }
}

/// One call, with the bounds on its time.
#[derive(Debug)]
struct Call {
    method: Method,
    body: Option<Body>,
    /// The bound of one request.
    timeout: Duration,
    retry: Retry,
    /// When all of it has ended; `None` where nothing bounds it.
    deadline: Option<Instant>,
}
