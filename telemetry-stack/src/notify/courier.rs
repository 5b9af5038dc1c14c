//! Carries what waits to one receiver: a thread of its own, which tries again until the receiver has it.

use super::delivered::Delivered;
use super::lines::News;
use super::queue::{Queue, Waits};
use crate::rules::{Event, Notice, Notifier};
use crate::upkeep::now;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use telemetry_core::config::Address;
use telemetry_push::http::{SetupError, authorize, beginning, is_refused, posting_client, root_cause};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// How many alerts may wait for a receiver: as many as with Prometheus.
const ROOM: usize = 10_000;

/// How long a receiver may take to answer: as long as with Prometheus.
const PATIENCE: Duration = Duration::from_secs(10);

/// The first and the longest pause after a receiver did not answer. Nobody who comes back waits for longer than that to be told.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// The most of an answer that is repeated in a line, in characters.
const LONGEST_QUOTE: usize = 120;

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

    /// The body of a request.
    fn body(&self, notices: &[Notice]) -> String;

    /// Whether this answer is the receiver's last word on what was sent, so that trying again would be in vain.
    fn is_final(status: StatusCode) -> bool;
}

/// Who is told, and how.
pub(super) struct Told<F> {
    /// The URL of the requests, and how to prove who is asking.
    pub(super) address: Address,
    /// How the receiver is called in lines.
    pub(super) name: String,
    pub(super) format: F,
    pub(super) news: News,
    /// What it was told before, for a receiver that hears of each change once. Others are told as often as they are to be told.
    pub(super) delivered: Option<Delivered>,
}

/// Tells one receiver. What is told waits in memory until the receiver has it or something newer is to be said of the same alert.
#[derive(Debug)]
pub struct Courier {
    queue: Arc<Queue>,
    delivered: Option<Arc<Delivered>>,
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
    address: Address,
    client: Client,
    name: String,
    format: F,
    queue: Arc<Queue>,
    news: News,
    delivered: Option<Arc<Delivered>>,
}

impl Courier {
    /// Starts a courier.
    pub(super) fn start<F: Format>(told: Told<F>) -> Result<Self, SetupError> {
        let Told { address, name, format, news, delivered } = told;
        let client = posting_client(&address, PATIENCE)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(SetupError::Thread)?;
        let (queue, delivered) = (Arc::new(Queue::new(ROOM)), delivered.map(Arc::new));
        let (waiting, before) = (Arc::clone(&queue), delivered.clone());
        let way = Way { address, client, name, format, queue, news, delivered };
        let (end, ending) = watch::channel(false);
        let thread = thread::Builder::new().name(format!("telemetry-{}", F::NAME));
        let thread = thread.spawn(move || run(runtime, &way, ending)).map_err(SetupError::Thread)?;
        Ok(Self { queue: waiting, delivered: before, end, thread: Mutex::new(Some(thread)) })
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
        let wanted = notices.iter().filter(|notice| is_news(self.delivered.as_deref(), notice));
        self.queue.push(wanted.cloned());
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether a receiver is to hear of this: of one that fires or has ended, and where it was told before, of what is new to it.
fn is_news(delivered: Option<&Delivered>, notice: &Notice) -> bool {
    let is_told = !matches!(notice.event, Event::Pending | Event::Gone);
    is_told && delivered.is_none_or(|delivered| delivered.is_news(notice))
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
        let batch = way.batch();
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
            way.arrived(&batch);
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
    /// What is to be sent next. What the receiver has heard since it began to wait does not wait any more.
    fn batch(&self) -> Vec<Waits> {
        loop {
            let is_news = |waits: &Waits| is_news(self.delivered.as_deref(), &waits.notice);
            let (batch, known): (Vec<_>, Vec<_>) = self.queue.first(F::MOST).into_iter().partition(is_news);
            if known.is_empty() {
                return batch;
            }
            self.queue.arrived(&known);
        }
    }

    /// These have had the receiver's last word, which is on disk before anything else is sent.
    fn arrived(&self, batch: &[Waits]) {
        if let Some(delivered) = &self.delivered {
            delivered.note(batch.iter().map(|waits| &waits.notice), now());
        }
        self.queue.arrived(batch);
    }

    async fn send(&self, batch: &[Waits]) -> Result<(), Trouble> {
        let notices: Vec<_> = batch.iter().map(|waits| waits.notice.clone()).collect();
        let request = self.client.post(&self.address.url).header(CONTENT_TYPE, "application/json");
        let request = request.body(self.format.body(&notices));
        let request = authorize(request, &self.address).map_err(|error| Trouble::Away(error.to_string()))?;
        let response = request.send().await.map_err(|error| Trouble::Away(why(error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => {
                let points = pointed(&response);
                let said: String = beginning(response).await.chars().take(LONGEST_QUOTE).collect();
                let said = if said.is_empty() { said } else { format!(": {said}") };
                let why = format!("HTTP status {status}{points}{said}");
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

/// Where an answer points that was not followed, without a path, in which somebody may have put a token; empty where it does not.
fn pointed(response: &Response) -> String {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
    let location = location.and_then(|location| response.url().join(location.to_str().ok()?).ok());
    location
        .map(|url| format!(", which points to {}", url.origin().ascii_serialization()))
        .unwrap_or_default()
}

/// What went wrong, without the URL, in which somebody may have put a token.
fn why(error: reqwest::Error) -> String {
    if is_refused(&error) {
        return "connection refused".to_owned();
    }
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    root_cause(&error.without_url())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: &str) -> Response {
        let answer = axum::http::Response::builder().status(status).header(LOCATION, location);
        Response::from(answer.body("").unwrap())
    }

    #[test]
    fn where_an_answer_points_is_said_without_its_path() {
        let said = pointed(&answer(302, "https://login.example:8443/token?of=mine"));
        assert_eq!(said, ", which points to https://login.example:8443");
        assert!(pointed(&answer(308, "/token")).starts_with(", which points to http://"));
        assert!(!pointed(&answer(308, "/token")).contains("token"));
        assert_eq!(pointed(&answer(404, "https://login.example/")), "");
    }
}
