//! Asking the source: on threads that may wait, so many at once, and no longer than a reader does.

use super::charts::{self, Asked};
use super::liveness::{self, Reached};
use super::shared::{Pending, Shared, Trouble};
use super::span::{self, Span};
use super::tally::{self, Tallies};
use super::{Page, Recorded};
use crate::panels::{self, Sight};
use crate::rules::GroupStatus;
use crate::source::{SeenTarget, Source, SourceError};
use crate::tally::Counted;
use crate::upkeep::now;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry_catalog::panel::Panel;
use telemetry_catalog::promql::{Scope, Vector, Window};
use telemetry_charts::Size;
use telemetry_query::Labels;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a page looks for what it shows, in all.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// How many milliseconds a scrape may take until what it brought can be read. A span that ends that much earlier does not change between
/// two questions about it.
const LANDING: i64 = 1_000;

/// How many questions are asked at once, and how many charts are computed.
const QUESTIONS: usize = 4;
const CHARTS: usize = 2;

/// The values of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    /// Each label set with its value.
    pub(super) rows: Vec<(Labels, f64)>,
}

/// A chart that is wanted: of which panel, over which time, and how large.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Wanted {
    panel: String,
    span: Span,
    width: u32,
    height: u32,
}

/// Where questions are asked.
pub(super) struct Desk {
    source: Arc<dyn Source>,
    rules: Option<Arc<crate::rules::Rules>>,
    recorded: Recorded,
    interval: Duration,
    values: Shared<String, Rows>,
    tallies: Shared<&'static str, Vec<Tallies>>,
    charts: Shared<Wanted, String>,
    targets: Shared<(), Vec<SeenTarget>>,
    reached: Shared<(), Reached>,
    groups: Shared<(), Vec<GroupStatus>>,
    old: Shared<(), bool>,
    /// Whether it is known that there are samples of long ago, which does not change.
    is_old: AtomicBool,
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        Self::Source(error.to_string())
    }
}

impl Desk {
    pub(super) fn new(page: &Page) -> Self {
        let turns = Arc::new(Semaphore::new(QUESTIONS));
        // What the rules know is in this process, and must not wait for a source that does not answer.
        let own = Arc::new(Semaphore::new(1));
        // Nothing is asked before it is known over which time, so that this waits for nobody else.
        let alone = Arc::new(Semaphore::new(1));
        Self {
            source: Arc::clone(&page.source),
            rules: page.rules.clone(),
            recorded: page.recorded,
            interval: page.interval,
            values: Shared::new(Arc::clone(&turns), PATIENCE),
            tallies: Shared::new(Arc::clone(&turns), PATIENCE),
            charts: Shared::new(Arc::new(Semaphore::new(CHARTS)), PATIENCE),
            targets: Shared::new(Arc::clone(&turns), PATIENCE),
            reached: Shared::new(turns, PATIENCE),
            groups: Shared::new(own, PATIENCE),
            old: Shared::new(alone, PATIENCE),
            is_old: AtomicBool::new(false),
        }
    }

    /// Until when a page that is begun now is waited for.
    pub(super) fn deadline() -> Instant {
        Instant::now() + PATIENCE
    }

    /// What a vector is now. Recorded series are read where there are any.
    pub(super) fn value(&self, vector: &Vector) -> Pending<Rows> {
        self.ask(vector.written(&Scope { recorded: self.recorded != Recorded::Nothing, ..Scope::plain() }))
    }

    /// What a vector is now, which no rule records.
    pub(super) fn value_in_full(&self, vector: &Vector) -> Pending<Rows> {
        self.ask(vector.written(&Scope::plain()))
    }

    pub(super) fn ask(&self, expr: String) -> Pending<Rows> {
        let (source, asked) = (Arc::clone(&self.source), expr.clone());
        self.values.begin(expr, move || Ok(Rows { rows: source.instant(&asked, now())? }))
    }

    /// How often each of these happened over each of these spans, as [`tally::tallies`] says: as of one moment, of which everything has
    /// arrived. They are shared under the name of what they are about.
    pub(super) fn tallies(
        &self,
        name: &'static str,
        counted: Vec<Counted>,
        spans: &'static [Window],
    ) -> Pending<Vec<Tallies>> {
        let source = Arc::clone(&self.source);
        self.tallies.begin(name, move || Ok(tally::tallies(&*source, &counted, spans, now() - LANDING)))
    }

    /// Which targets there are.
    pub(super) fn targets(&self) -> Pending<Vec<SeenTarget>> {
        let source = Arc::clone(&self.source);
        self.targets.begin((), move || Ok(source.targets()?))
    }

    /// When each target last answered.
    pub(super) fn reached(&self) -> Pending<Reached> {
        let (source, interval) = (Arc::clone(&self.source), self.interval);
        self.reached.begin((), move || liveness::reached(&*source, now(), interval))
    }

    /// What is known of the rules; nothing where none are evaluated.
    pub(super) fn groups(&self) -> Option<Pending<Vec<GroupStatus>>> {
        let rules = Arc::clone(self.rules.as_ref()?);
        Some(self.groups.begin((), move || Ok(rules.groups())))
    }

    /// Over which time charts go where nobody asked for one: one that what is known fills, even in the first minutes. Whoever does not answer
    /// that soon may know much.
    pub(super) async fn usual_span(&self) -> Span {
        /// How long a page may wait for this before it asks for what it shows.
        const SOON: Duration = Duration::from_millis(500);
        if self.is_old.load(Ordering::Relaxed) {
            return Span::Hour;
        }
        let source = Arc::clone(&self.source);
        let old = self.old.begin((), move || Ok(!source.instant(&span::long_ago(), now())?.is_empty()));
        match old.by(Instant::now() + SOON).await.as_deref() {
            Ok(false) => Span::FiveMinutes,
            Ok(true) => {
                self.is_old.store(true, Ordering::Relaxed);
                Span::Hour
            }
            Err(_) => Span::Hour,
        }
    }

    /// A panel as a picture.
    pub(super) fn chart(&self, panel: &Panel, span: Span, size: Size) -> Pending<String> {
        let wanted = Wanted { panel: panel.id.clone(), span, width: size.width, height: size.height };
        let (source, panel) = (Arc::clone(&self.source), panel.clone());
        let asked = Asked { sight: self.sight(span), size };
        self.charts.begin(wanted, move || charts::svg(&*source, &panel, &asked, now()))
    }

    /// The expressions of a panel, as they are asked over this time.
    pub(super) fn expressions(&self, panel: &Panel, span: Span) -> Vec<String> {
        panels::expressions(panel, &self.sight(span))
    }

    const fn sight(&self, span: Span) -> Sight {
        span.sight(self.recorded, self.interval)
    }
}
