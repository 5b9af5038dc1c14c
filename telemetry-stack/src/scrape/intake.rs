//! From an exposition to one batch of samples: all of a scrape, or the marks that say how it failed.

use super::cache::{Alive, Lines, Naming};
use super::fetch::ScrapeError;
use super::sink::Sink;
use super::{MetricMetadata, Target};
use crate::history::{Appended, FUTURE, HistoryError, SeriesId};
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::exposition::{Event, FamilyKind, Format, Reader, Sample as Line};
use telemetry_query::{Labels, METRIC_NAME, Matcher, STALE, Sample};

/// What a scraper says of each scrape, in the order of [`Report`].
const SYNTHETIC: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// For how long a series still has a value after its last sample: what is older needs no mark that it has ended.
const LOOKBACK: i64 = 300_000;

/// What is remembered of one target, and the batch of the present scrape.
#[derive(Debug, Default)]
pub(super) struct Intake {
    lines: Lines,
    alive: Alive,
    batch: Vec<(SeriesId, Sample)>,
    /// Whether there has been a scrape.
    begun: bool,
    /// Whether there has been a scrape that succeeded.
    answered: bool,
}

/// One scrape of one target.
pub(super) struct Scrape<'t> {
    pub(super) sink: &'t dyn Sink,
    pub(super) target: &'t Target,
    pub(super) labels: &'t Labels,
    /// Whether no other target has these labels, so that all series that have them came from this one.
    pub(super) unique: bool,
    pub(super) max_samples: usize,
    /// The timestamp of the scrape, in milliseconds since 1970.
    pub(super) at: i64,
    /// What the clock says, in milliseconds since 1970. Samples that are far later are not taken.
    pub(super) now: i64,
}

/// What became of a scrape.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) appended: Appended,
    /// How many samples were left out because their own timestamps are far ahead of the clock.
    pub(super) out_of_bounds: usize,
    /// The time until which the history takes nothing of this target, where that is later than the clock.
    pub(super) ahead: Option<i64>,
    pub(super) metadata: Vec<MetricMetadata>,
}

/// What is told of a scrape: its samples, and those of them that are of new series.
#[derive(Debug, Default, Clone, Copy)]
struct Report {
    up: bool,
    duration: Duration,
    samples: usize,
    added: usize,
}

impl Intake {
    /// Stores a scrape that was answered: samples, marks of what is gone, and what is told of the scrape, as one batch. `duration`
    /// says how long it has taken, the reading included.
    pub(super) fn accept(
        &mut self,
        scrape: &Scrape<'_>,
        exposition: &str,
        format: Format,
        duration: impl FnOnce() -> Duration,
    ) -> Result<Taken, ScrapeError> {
        self.begin(scrape)?;
        // These come first: they must be there even if there is no room for others.
        let synthetic = synthetic(scrape)?;
        let read = self.read(scrape, exposition, format)?;
        let added = self.alive.added();
        self.mark_gone(scrape.at, &synthetic);
        let report = Report { up: true, duration: duration(), samples: read.samples, added };
        self.report(report, scrape.at, &synthetic);
        let appended = scrape.sink.append(&self.batch)?;
        self.alive.commit();
        self.lines.evict();
        self.answered = true;
        let Read { out_of_bounds, metadata, .. } = read;
        Ok(Taken { appended, out_of_bounds, ahead: ahead(scrape, appended), metadata })
    }

    /// Stores that a scrape has failed: every series of the target ends. Of an optional target that has not answered yet nothing is
    /// told, but what an earlier run has left of it ends, too.
    pub(super) fn refuse(
        &mut self,
        scrape: &Scrape<'_>,
        duration: Duration,
    ) -> Result<Appended, HistoryError> {
        self.lines.forget();
        self.begin(scrape)?;
        if self.is_missed(scrape.target) {
            let synthetic = synthetic(scrape)?;
            self.mark_gone(scrape.at, &synthetic);
            self.report(Report { duration, ..Report::default() }, scrape.at, &synthetic);
        } else {
            self.mark_gone(scrape.at, &[]);
        }
        let appended =
            if self.batch.is_empty() { Appended::default() } else { scrape.sink.append(&self.batch)? };
        self.alive.commit();
        Ok(appended)
    }

    /// Whether somebody should know when this target does not answer.
    pub(super) const fn is_missed(&self, target: &Target) -> bool {
        !target.optional || self.answered
    }

    fn begin(&mut self, scrape: &Scrape<'_>) -> Result<(), HistoryError> {
        self.batch.clear();
        self.alive.begin();
        self.lines.begin();
        if !self.begun {
            self.adopt(scrape)?;
            self.begun = true;
        }
        Ok(())
    }

    /// Finds the series that a process before this one has scraped, so that those which do not come back end now.
    fn adopt(&mut self, scrape: &Scrape<'_>) -> Result<(), HistoryError> {
        if !scrape.unique {
            return Ok(());
        }
        let matchers: Vec<_> =
            scrape.labels.iter().map(|label| Matcher::equal(&*label.name, &*label.value)).collect();
        let present = scrape.sink.present(&matchers, scrape.at - LOOKBACK, scrape.at);
        let ids: Result<Vec<_>, _> = present.iter().map(|labels| scrape.sink.series_id(labels)).collect();
        self.alive.adopt(ids?);
        Ok(())
    }

    fn read(&mut self, scrape: &Scrape<'_>, exposition: &str, format: Format) -> Result<Read, ScrapeError> {
        let naming = Naming { sink: scrape.sink, labels: scrape.labels, honor: scrape.target.honor_labels };
        let mut reader = Reader::new(exposition, format);
        let mut read = Read::default();
        loop {
            match reader.next_event()? {
                Event::Eof => return Ok(read),
                Event::Comment(_) => {}
                Event::Help { name, text } => read.describe(name, |said| said.help = text.into_owned()),
                Event::Unit { name, unit } => read.describe(name, |said| unit.clone_into(&mut said.unit)),
                Event::Type { name, kind } => {
                    read.kind = kind;
                    read.describe(name, |said| said.kind = word(kind));
                }
                Event::Sample(line) => {
                    read.samples += 1;
                    if read.samples > scrape.max_samples {
                        return Err(ScrapeError::TooManySamples(scrape.max_samples));
                    }
                    read.out_of_bounds += usize::from(!self.take(&line, read.kind, &naming, scrape)?);
                }
            }
        }
    }

    /// Of a series that comes twice, the first sample counts. A series with timestamps of its own ends when they do: it gets no mark.
    /// One of the far future is not taken, since its series would have no other sample until then: `false`.
    fn take(
        &mut self,
        line: &Line<'_, '_>,
        kind: FamilyKind,
        naming: &Naming<'_>,
        scrape: &Scrape<'_>,
    ) -> Result<bool, ScrapeError> {
        let latest = scrape.now.saturating_add(FUTURE);
        if line.timestamp.is_some_and(|own| own.as_millis() > latest) {
            return Ok(false);
        }
        let id = self.lines.id(line, kind, naming)?;
        match line.timestamp {
            Some(own) => self.batch.push((id, Sample::new(own.as_millis(), line.value))),
            None if self.alive.see(id) => self.batch.push((id, Sample::new(scrape.at, line.value))),
            None => {}
        }
        Ok(true)
    }

    fn mark_gone(&mut self, at: i64, kept: &[SeriesId]) {
        let gone = self.alive.gone().filter(|id| !kept.contains(id));
        self.batch.extend(gone.map(|id| (id, Sample::new(at, STALE))));
    }

    fn report(&mut self, report: Report, at: i64, synthetic: &[SeriesId]) {
        let Report { up, duration, samples, added } = report;
        let samples = samples as f64;
        let values = [f64::from(u8::from(up)), duration.as_secs_f64(), samples, samples, added as f64];
        self.batch.extend(synthetic.iter().zip(values).map(|(id, value)| (*id, Sample::new(at, value))));
    }
}

/// What an exposition has said, but for its samples.
#[derive(Debug, Default)]
struct Read {
    samples: usize,
    out_of_bounds: usize,
    /// The kind that the latest TYPE line has named.
    kind: FamilyKind,
    metadata: Vec<MetricMetadata>,
}

impl Read {
    /// Notes what a line says of a metric. The lines that describe it follow one another.
    fn describe(&mut self, metric: &str, note: impl FnOnce(&mut MetricMetadata)) {
        if self.metadata.last().is_none_or(|last| last.metric != metric) {
            self.metadata.push(MetricMetadata {
                metric: metric.to_owned(),
                kind: word(FamilyKind::Untyped),
                help: String::new(),
                unit: String::new(),
            });
        }
        if let Some(last) = self.metadata.last_mut() {
            note(last);
        }
    }
}

/// The time of the youngest sample, where nothing was stored because the history is ahead of the clock, or nothing of what is told of
/// the target. A clock that was ahead for a moment leaves this behind.
fn ahead(scrape: &Scrape<'_>, appended: Appended) -> Option<i64> {
    let told = named(SYNTHETIC[0], scrape.labels);
    let matchers: Vec<_> = told.iter().map(|label| Matcher::equal(&*label.name, &*label.value)).collect();
    let later = scrape.now.saturating_add(1);
    let is_left_out = || appended.stored == 0 || !scrape.sink.present(&matchers, later, i64::MAX).is_empty();
    let until = (appended.out_of_order > 0 && is_left_out()).then(|| scrape.sink.youngest())?;
    until.filter(|until| *until > scrape.now)
}

fn synthetic(scrape: &Scrape<'_>) -> Result<Vec<SeriesId>, HistoryError> {
    SYNTHETIC.iter().map(|name| scrape.sink.series_id(&named(name, scrape.labels))).collect()
}

fn named(name: &str, labels: &Labels) -> Labels {
    let name = [(METRIC_NAME.into(), name.into())];
    let labels = labels.iter().map(|label| (Arc::clone(&label.name), Arc::clone(&label.value)));
    Labels::new(name.into_iter().chain(labels))
}

/// What the API calls a kind.
const fn word(kind: FamilyKind) -> &'static str {
    match kind {
        FamilyKind::Counter => "counter",
        FamilyKind::Gauge => "gauge",
        FamilyKind::Histogram => "histogram",
        FamilyKind::Summary => "summary",
        FamilyKind::Info => "info",
        FamilyKind::StateSet => "stateset",
        FamilyKind::GaugeHistogram => "gaugehistogram",
        FamilyKind::Untyped => "unknown",
    }
}
