//! All targets: one scrape after the other of each, and what is known of them.

use super::fetch::{Answer, ScrapeError, Source, instance};
use super::intake::{Intake, Scrape, Taken};
use super::metrics::{Instruments, Outcome};
use super::schedule::{Clock, Schedule, SystemClock};
use super::sink::Sink;
use super::{Health, MetricMetadata, ScrapeOptions, Target, TargetState};
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use telemetry_core::snapshot::SnapshotMetric;
use telemetry_query::Labels;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

/// Scrapes targets into a history. Shared by what scrapes and what asks how it goes.
pub struct Scraper {
    targets: Vec<Arc<Scraped>>,
    place: Arc<Place>,
    clock: Arc<dyn Clock>,
    options: ScrapeOptions,
}

/// One target, with everything that is remembered of it.
struct Scraped {
    target: Target,
    labels: Labels,
    /// Whether no other target has these labels.
    unique: bool,
    schedule: Schedule,
    source: Result<Source, String>,
    place: Arc<Place>,
    /// Held by the one scrape that is being stored.
    intake: Mutex<Intake>,
    latest: Mutex<Latest>,
}

/// Where the samples of all targets and the counts of their scrapes go, and how much of a target is taken.
struct Place {
    sink: Arc<dyn Sink>,
    instruments: Instruments,
    max_body: usize,
    max_samples: usize,
}

/// When a scrape is.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Its timestamp, in milliseconds since 1970.
    at: i64,
    /// What the clock said when it was answered, in milliseconds since 1970.
    now: i64,
    begun: Instant,
}

/// What is told of a target.
#[derive(Debug)]
struct Latest {
    health: Health,
    error: String,
    scrape: Option<i64>,
    duration: Duration,
    metadata: Vec<MetricMetadata>,
}

impl Scraper {
    /// A scraper of these targets, none of which has been scraped yet.
    #[must_use]
    pub fn new(history: Arc<dyn Sink>, targets: Vec<Target>, options: ScrapeOptions) -> Self {
        let ScrapeOptions { max_body, max_samples, .. } = options;
        let instruments = Instruments::default();
        let place = Arc::new(Place { sink: history, instruments, max_body, max_samples });
        let labels: Vec<_> = targets.iter().map(labels_of).collect();
        let made = targets.into_iter().zip(&labels).map(|(target, own)| {
            let unique = labels.iter().filter(|labels| *labels == own).count() == 1;
            let source = Source::new(&target, &options).map_err(|error| error.to_string());
            Arc::new(Scraped {
                schedule: Schedule::new(options.interval, &format!("{} {}", target.job, target.shown_url())),
                target,
                labels: own.clone(),
                unique,
                source,
                place: Arc::clone(&place),
                intake: Mutex::default(),
                latest: Mutex::default(),
            })
        });
        Self { targets: made.collect(), place, clock: Arc::new(SystemClock), options }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Scrapes each target at its own point of every interval until `stop` is there, and returns when the scrapes that are being
    /// stored then are stored; those that still wait for an answer are given up. No target waits for another. It must run in a
    /// tokio runtime with time and network.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let (stopping, stopped) = watch::channel(());
        let mut targets = JoinSet::new();
        for target in &self.targets {
            targets.spawn(Arc::clone(target).run(Arc::clone(&self.clock), stopped.clone()));
        }
        stop.await;
        drop(stopping);
        while targets.join_next().await.is_some() {}
    }

    /// Scrapes all targets once, at the same time, as of `at` in milliseconds since 1970.
    pub async fn scrape_all(&self, at: i64) {
        let mut targets = JoinSet::new();
        for target in &self.targets {
            let (target, clock) = (Arc::clone(target), Arc::clone(&self.clock));
            targets.spawn(async move { target.scrape(at, &*clock).await });
        }
        while targets.join_next().await.is_some() {}
    }

    /// What is known of each target.
    #[must_use]
    pub fn targets(&self) -> Vec<TargetState> {
        self.targets.iter().map(|target| target.state()).collect()
    }

    /// What the targets say of their metrics: for each target, what its last successful scrape said.
    #[must_use]
    pub fn metadata(&self) -> Vec<(Labels, Vec<MetricMetadata>)> {
        let said = |target: &Arc<Scraped>| (target.labels.clone(), target.latest().metadata.clone());
        self.targets.iter().map(said).collect()
    }

    /// What the scraper tells of itself: scrapes and samples, counted since it was made.
    #[must_use]
    pub fn metrics(&self) -> Vec<SnapshotMetric> {
        self.place.instruments.metrics()
    }

    /// How targets are scraped.
    #[must_use]
    pub const fn options(&self) -> &ScrapeOptions {
        &self.options
    }
}

impl fmt::Debug for Scraper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let targets: Vec<_> = self.targets.iter().map(|target| &target.target).collect();
        f.debug_struct("Scraper")
            .field("targets", &targets)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Scraped {
    async fn run(self: Arc<Self>, clock: Arc<dyn Clock>, mut stopped: watch::Receiver<()>) {
        let mut before = None;
        loop {
            let now = clock.now();
            let tick = self.schedule.next(now, before);
            let wait = Duration::from_millis(u64::try_from(tick - now).unwrap_or_default());
            tokio::select! {
                _ = stopped.changed() => return,
                () = sleep(wait) => {}
            }
            let at = self.schedule.timestamp(tick, clock.now());
            let begun = Instant::now();
            let answer = tokio::select! {
                _ = stopped.changed() => return,
                answer = self.fetch() => answer,
            };
            self.store(answer, Moment { at, now: clock.now(), begun }).await;
            before = Some(tick);
        }
    }

    async fn scrape(self: &Arc<Self>, at: i64, clock: &dyn Clock) {
        let begun = Instant::now();
        let answer = self.fetch().await;
        self.store(answer, Moment { at, now: clock.now(), begun }).await;
    }

    async fn fetch(&self) -> Result<Answer, ScrapeError> {
        match &self.source {
            Ok(source) => source.fetch().await,
            Err(error) => Err(ScrapeError::Http(error.clone())),
        }
    }

    /// Reading and storing take the processor or the disk, so that they are done where nobody else waits.
    async fn store(self: &Arc<Self>, answer: Result<Answer, ScrapeError>, moment: Moment) {
        let target = Arc::clone(self);
        let stored = spawn_blocking(move || target.store_now(answer, moment)).await;
        if stored.is_err() {
            self.note(moment, Err(ScrapeError::GivenUp), true);
        }
    }

    fn store_now(&self, answer: Result<Answer, ScrapeError>, moment: Moment) {
        let mut intake = self.intake.lock().unwrap_or_else(PoisonError::into_inner);
        let scrape = Scrape {
            sink: &*self.place.sink,
            target: &self.target,
            labels: &self.labels,
            unique: self.unique,
            max_samples: self.place.max_samples,
            at: moment.at,
            now: moment.now,
        };
        let taken = answer.and_then(|answer| {
            let format = answer.format;
            let text = answer.text(self.place.max_body)?;
            intake.accept(&scrape, &text, format, || moment.begun.elapsed())
        });
        let taken = taken.map_err(|error| self.refuse(&mut intake, &scrape, moment.begun, error));
        let missed = intake.is_missed(&self.target);
        drop(intake);
        self.note(moment, taken, missed);
    }

    /// Stores that the scrape has failed, and says why it has, whether or not that could be stored.
    fn refuse(
        &self,
        intake: &mut Intake,
        scrape: &Scrape<'_>,
        begun: Instant,
        error: ScrapeError,
    ) -> ScrapeError {
        match intake.refuse(scrape, begun.elapsed()) {
            Ok(appended) => {
                self.place.instruments.appended(appended);
                error
            }
            Err(_) if matches!(error, ScrapeError::Store(_)) => error,
            Err(second) => second.into(),
        }
    }

    fn note(&self, moment: Moment, taken: Result<Taken, ScrapeError>, missed: bool) {
        let mut latest = self.latest();
        (latest.scrape, latest.duration) = (Some(moment.at), moment.begun.elapsed());
        let stored = taken.and_then(|taken| {
            self.place.instruments.appended(taken.appended);
            self.place.instruments.out_of_bounds(taken.out_of_bounds);
            latest.metadata = taken.metadata;
            taken.ahead.map_or(Ok(()), |until| Err(ScrapeError::Ahead(until)))
        });
        match stored {
            Ok(()) => {
                self.place.instruments.scraped(Outcome::Ok);
                (latest.health, latest.error) = (Health::Up, String::new());
            }
            Err(error) => {
                self.place.instruments.scraped(Outcome::Error);
                latest.health = if missed { Health::Down } else { Health::Unknown };
                latest.error = error.to_string();
            }
        }
    }

    fn latest(&self) -> std::sync::MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> TargetState {
        let latest = self.latest();
        TargetState {
            target: self.target.clone(),
            labels: self.labels.clone(),
            health: latest.health.clone(),
            last_error: latest.error.clone(),
            last_scrape: latest.scrape,
            last_duration: latest.duration,
        }
    }
}

impl Default for Latest {
    fn default() -> Self {
        Self {
            health: Health::Unknown,
            error: String::new(),
            scrape: None,
            duration: Duration::ZERO,
            metadata: Vec::new(),
        }
    }
}

fn labels_of(target: &Target) -> Labels {
    Labels::new([("job", target.job.clone()), ("instance", instance(&target.url))])
}
