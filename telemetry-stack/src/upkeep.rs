//! What goes on by itself: scraping, and what a history needs every minute.

use crate::history::History;
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

/// Two threads that end when this is dropped.
#[derive(Debug)]
pub(crate) struct Upkeep {
    scraping: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    maintaining: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Upkeep {
    pub(crate) fn start(history: &Arc<History>, scraper: &Arc<Scraper>) -> io::Result<Self> {
        let (stop_scraping, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let scraper = Arc::clone(scraper);
        let scraping = thread::Builder::new().name("telemetry-scrape".to_owned());
        let scraping = scraping.spawn(move || {
            runtime.block_on(scraper.run(async { drop(stopped.await) }));
            // A write to the history that is under way may end; a request that is under way may not.
            runtime.shutdown_timeout(Duration::from_secs(1));
        })?;
        let (stop_maintaining, stopped) = mpsc::channel();
        let history = Arc::clone(history);
        let maintaining = thread::Builder::new().name("telemetry-upkeep".to_owned());
        let maintaining = maintaining.spawn(move || maintain(&history, &stopped))?;
        Ok(Self {
            scraping: Some((stop_scraping, scraping)),
            maintaining: Some((stop_maintaining, maintaining)),
        })
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
        let (scraping, maintaining) = (self.scraping.take(), self.maintaining.take());
        // Both are told before either is waited for.
        let scraping = scraping.map(|(stop, thread)| (drop(stop), thread).1);
        let maintaining = maintaining.map(|(stop, thread)| (drop(stop), thread).1);
        for thread in scraping.into_iter().chain(maintaining) {
            // A panic in it was reported by the hook of the program.
            let _ended = thread.join();
        }
    }
}
