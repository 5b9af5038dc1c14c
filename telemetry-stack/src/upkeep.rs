//! What goes on by itself: scraping, evaluating rules, and what a history needs every minute.

use crate::history::History;
use crate::rules::Rules;
use crate::scrape::Scraper;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// The time from one look at the history to the next.
const MAINTENANCE: Duration = Duration::from_secs(60);

/// How long a write to the history that is under way at the end may still take. A request that is under way may not.
const LAST_WRITE: Duration = Duration::from_secs(1);

/// Threads that end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Upkeep(Vec<Task>);

/// A thread, and what tells it to end.
#[derive(Debug)]
struct Task {
    stop: Stop,
    thread: JoinHandle<()>,
}

/// Dropped, it tells its thread to end.
#[derive(Debug)]
#[expect(dead_code, reason = "they are only dropped")]
enum Stop {
    Future(oneshot::Sender<()>),
    Thread(mpsc::Sender<()>),
}

impl Upkeep {
    pub(crate) fn scrape(&mut self, scraper: &Arc<Scraper>) -> io::Result<()> {
        let scraper = Arc::clone(scraper);
        self.run("telemetry-scrape", async move |stopped| scraper.run(async { drop(stopped.await) }).await)
    }

    pub(crate) fn evaluate(&mut self, rules: &Arc<Rules>) -> io::Result<()> {
        let rules = Arc::clone(rules);
        self.run("telemetry-rules", async move |stopped| rules.run(async { drop(stopped.await) }).await)
    }

    pub(crate) fn maintain(&mut self, history: &Arc<History>) -> io::Result<()> {
        let (stop, stopped) = mpsc::channel();
        let history = Arc::clone(history);
        let thread = thread::Builder::new().name("telemetry-upkeep".to_owned());
        let thread = thread.spawn(move || maintain(&history, &stopped))?;
        self.0.push(Task { stop: Stop::Thread(stop), thread });
        Ok(())
    }

    /// Runs this on a thread with a runtime of its own.
    fn run(
        &mut self,
        name: &str,
        work: impl AsyncFnOnce(oneshot::Receiver<()>) + Send + 'static,
    ) -> io::Result<()> {
        let (stop, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            runtime.block_on(work(stopped));
            runtime.shutdown_timeout(LAST_WRITE);
        })?;
        self.0.push(Task { stop: Stop::Future(stop), thread });
        Ok(())
    }
}

/// What fails is tried again a minute later: nothing is lost by it, and the history says so in its metrics.
fn maintain(history: &History, stopped: &mpsc::Receiver<()>) {
    while stopped.recv_timeout(MAINTENANCE) == Err(RecvTimeoutError::Timeout) {
        let _again_later = history.maintain(now());
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        // All are told before any is waited for.
        let threads: Vec<_> = self.0.drain(..).map(|task| (drop(task.stop), task.thread).1).collect();
        for thread in threads {
            // A panic in it was reported by the hook of the program.
            let _ended = thread.join();
        }
    }
}
