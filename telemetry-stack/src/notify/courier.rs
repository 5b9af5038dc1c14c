//! Carries what waits to one receiver: a thread of its own, which tries again until the receiver has it.

use super::lines::News;
use super::queue::{Queue, Waits};
use crate::rules::{Event, Notice, Notifier};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_push::http::{SetupError, authorize, beginning, is_refused, posting_client};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How many alerts may wait for a receiver: as many as with Prometheus.
const ROOM: usize = 10_000;

/// How long a receiver may take to answer: as long as with Prometheus.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first and the longest pause after a receiver did not answer. Nobody who comes back waits for longer than that to be told.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// How long what waits at the end may still take.
const LAST: Duration = Duration::from_secs(1);

/// The longest pause once the end has begun.
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// What a receiver understands.
pub(super) trait Format: Send + 'static {
    /// What it is, in one word.
    const NAME: &'static str;
    /// How many notices one request may have.
    const MOST: usize;

    /// Whether it wants to hear of this.
    fn wants(event: Event) -> bool;

    /// The body of a request.
    fn body(&self, notices: &[Notice]) -> String;

    /// Whether this answer is the receiver's last word on what was sent, so that trying again would be in vain.
    fn is_final(status: StatusCode) -> bool;
}

/// Tells one receiver. What is told waits in memory until the receiver has it or something newer is to be said of the same alert.
#[derive(Debug)]
pub struct Courier {
    queue: Arc<Queue>,
    wants: fn(Event) -> bool,
    end: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Why a request was in vain.
enum Trouble {
    /// The receiver does not take this, and never will.
    Refused(String),
    /// It may take it another time.
    Away(String),
}

/// Where the requests go.
struct Way<F> {
    /// The URL of the requests, and how to prove who is asking.
    address: Address,
    client: Client,
    /// How the receiver is called in lines.
    name: String,
    format: F,
    queue: Arc<Queue>,
    news: News,
}

impl Courier {
    /// Starts a courier to the URL of this address.
    pub(super) fn start<F: Format>(
        address: Address,
        name: String,
        format: F,
        news: News,
    ) -> Result<Self, SetupError> {
        let client = posting_client(&address, PATIENCE)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(SetupError::Thread)?;
        let queue = Arc::new(Queue::new(ROOM));
        let way = Way { address, client, name, format, queue: Arc::clone(&queue), news };
        let (end, ending) = watch::channel(false);
        let thread = thread::Builder::new().name(format!("telemetry-{}", F::NAME));
        let thread = thread.spawn(move || run(runtime, &way, ending)).map_err(SetupError::Thread)?;
        Ok(Self { queue, wants: F::wants, end, thread: Mutex::new(Some(thread)) })
    }

    /// How many alerts wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many alerts were dropped because too many waited.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// Says that the end has begun: what waits has one second from now on. It returns at once.
    pub fn end(&self) {
        self.end.send_replace(true);
    }

    /// Ends it, and waits until it has ended.
    pub fn close(&self) {
        self.end();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic in it was reported by the hook of the program.
        let _ended = thread.map(JoinHandle::join);
    }
}

impl Notifier for Courier {
    fn notify(&self, notices: &[Notice]) {
        let wanted = notices.iter().filter(|notice| (self.wants)(notice.event));
        self.queue.push(wanted.cloned());
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.close();
    }
}

fn run<F: Format>(runtime: Runtime, way: &Way<F>, ending: watch::Receiver<bool>) {
    runtime.block_on(async {
        let mut end = ending.clone();
        tokio::select! {
            () = carry(way, ending) => {}
            () = async { ended(&mut end).await; sleep(LAST).await } => {}
        }
    });
    // Finding the address of a name goes on in a thread of its own, for which nobody waits.
    runtime.shutdown_background();
}

/// Until the end has begun; nobody else can have ended it.
async fn ended(ending: &mut watch::Receiver<bool>) {
    let _begun_or_gone = ending.wait_for(|&ending| ending).await;
}

/// Carries what waits until the end has begun and nothing waits.
async fn carry<F: Format>(way: &Way<F>, mut ending: watch::Receiver<bool>) {
    let mut pauses = pauses();
    let mut answers = true;
    loop {
        let batch = way.queue.first(F::MOST);
        if batch.is_empty() {
            if *ending.borrow() {
                return;
            }
            tokio::select! { () = way.queue.changed() => {}, () = ended(&mut ending) => {} }
            continue;
        }
        let outcome = way.send(&batch).await;
        way.tell(&outcome, &mut answers, batch.len());
        if let Err(Trouble::Away(_)) = outcome {
            way.queue.put_back(&batch);
            pause(pauses.next().unwrap_or(PAUSES.1), &mut ending).await;
        } else {
            way.queue.arrived(&batch);
            pauses = self::pauses();
        }
    }
}

fn pauses() -> ExponentialBackoff {
    // The library draws its jitter from on top of a pause, up to as much again.
    let (first, longest) = (PAUSES.0 / 2, PAUSES.1 / 2);
    let pauses = ExponentialBuilder::default().with_min_delay(first).with_max_delay(longest);
    pauses.without_max_times().with_jitter().build()
}

/// A pause that the end shortens.
async fn pause(length: Duration, ending: &mut watch::Receiver<bool>) {
    if *ending.borrow() || timeout(length, ended(ending)).await.is_ok() {
        sleep(length.min(LAST_PAUSE)).await;
    }
}

impl<F: Format> Way<F> {
    async fn send(&self, batch: &[Waits]) -> Result<(), Trouble> {
        let notices: Vec<_> = batch.iter().map(|waits| waits.notice.clone()).collect();
        let request = self.client.post(&self.address.url).header(CONTENT_TYPE, "application/json");
        let request = request.body(self.format.body(&notices));
        let request = authorize(request, &self.address).map_err(|error| Trouble::Away(error.to_string()))?;
        let response = request.send().await.map_err(|error| Trouble::Away(why(error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => {
                let said = beginning(response).await;
                let said = if said.is_empty() { said } else { format!(": {said}") };
                let why = format!("HTTP status {status}{said}");
                Err(if F::is_final(status) { Trouble::Refused(why) } else { Trouble::Away(why) })
            }
        }
    }

    /// Says when the receiver has gone and come back, and what it refuses.
    fn tell(&self, outcome: &Result<(), Trouble>, answers: &mut bool, count: usize) {
        let name = &self.name;
        match outcome {
            Err(Trouble::Away(why)) => {
                if std::mem::replace(answers, false) {
                    self.news.insist(&format!("{name} cannot be told of alerts, which wait: {why}"));
                }
                return;
            }
            Err(Trouble::Refused(why)) => {
                self.news.say(&format!("{name} refuses {count} alerts, which are dropped: {why}"));
            }
            Ok(()) => {}
        }
        if !std::mem::replace(answers, true) {
            let lost = match self.queue.dropped() {
                0 => String::new(),
                dropped => format!("; {dropped} alerts were dropped so far, since more than {ROOM} waited"),
            };
            self.news.insist(&format!("{name} answers again{lost}"));
        }
    }
}

/// What went wrong, without the URL, in which somebody may have put a token.
fn why(error: reqwest::Error) -> String {
    if is_refused(&error) {
        return "connection refused".to_owned();
    }
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    let error = error.without_url();
    let mut causes = std::iter::successors(error.source(), |&error| error.source());
    causes.by_ref().last().map_or_else(|| error.to_string(), ToString::to_string)
}
