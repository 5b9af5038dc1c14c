//! A report: what was seen of a period, as one page of HTML that has everything in itself and asks nobody.
//!
//! Everything is looked up first, as plain data, and then written; what is not known is a dash with its reason.
//!
//! | module | responsible for |
//! |---|---|
//! | `desk` | asking for much at once, within a bound |
//! | `alerts` | which alerts fired, when and for how long |
//! | `numbers` | what was counted, beside the period before |
//! | `tops` | the workflows and providers with the most failures, time and tokens |
//! | `pictures` | every panel as a picture |
//! | `zone` | times of the place where the report is made |
//! | `view` | the report as HTML |

mod alerts;
mod desk;
mod numbers;
mod pictures;
mod tops;
mod view;
mod zone;

pub use desk::Tell;

use crate::health::{
    Answers, Condition, Coverage, batches, checks_over, conditions, coverage, knows_the_fleet, overall,
};
use crate::page::Recorded;
use crate::panels::{Sight, millis, scrape_interval};
use crate::source::{Source, SourceError};
use alerts::Fired;
use desk::Desk;
use numbers::Number;
use pictures::Picture;
use std::time::{Duration, Instant};
use telemetry_catalog::panel::{Board, Panel, Unit, boards};
use telemetry_catalog::promql::Window;
use telemetry_catalog::verdict::Verdict;
use telemetry_charts::Zone;
use telemetry_core::config::Config;
use tops::{Subject, Table};

/// What was answered, or why nothing was, in a sentence.
type Answered<T> = Result<T, String>;

/// Over which time health is judged at the end of the period: as `telemetry health` does.
const HEALTH_OVER: Window = Window::minutes(30);

/// How often the beginning of what was seen is looked at more closely.
const CLOSER_LOOKS: usize = 3;

/// How much of the period, and of the one before, must have been seen for a comparison.
const COMPARABLE: f64 = 0.99;

/// What is to be reported.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// The configuration, with the thresholds.
    pub config: &'a Config,
    /// Where the source is, as people read it and without a password.
    pub place: String,
    /// How long the period is.
    pub window: Window,
    /// When it ends, in milliseconds since 1970.
    pub to: i64,
    /// When nothing is asked any more; a question that is under way then may still be answered.
    pub deadline: Instant,
    /// What is known of the rules there.
    pub rules: Rules,
    /// In whose time charts are drawn.
    pub zone: Zone,
}

/// What is known of the alert rules of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rules {
    /// There are none: that no alert fires says nothing.
    None,
    /// Nobody tells of any, for this reason, so that this says nothing either.
    Unknown(String),
    /// So many are there.
    Evaluated {
        /// How many alert rules there are.
        count: usize,
        /// How many of them cannot be or were not evaluated yet.
        doubtful: usize,
        /// The longest time from one evaluation to the next, where it is known.
        every: Option<Duration>,
    },
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    place: String,
    window: Window,
    coverage: Coverage,
    rules: Rules,
    verdict: Verdict,
    conditions: Vec<Condition>,
    fired: Answered<Vec<Fired>>,
    /// How exactly it is known when alerts fired, in milliseconds.
    exactness: i64,
    numbers: Vec<Number>,
    tables: Vec<(Subject, Table)>,
    boards: Vec<Board>,
    /// Those of all panels of the boards, in their order.
    pictures: Vec<Picture>,
    config: Config,
}

/// Asks a source for everything that a report tells, and tells meanwhile how far that is.
///
/// # Errors
/// What keeps the source from saying what it has seen of the period at all. What else it does not answer is said in the report.
pub fn gather(source: &dyn Source, wish: &Wish<'_>, tell: Tell<'_>) -> Result<Report, SourceError> {
    let coverage = closely(source, wish)?;
    let boards = boards(wish.config);
    let panels: Vec<_> = boards.iter().flat_map(Board::panels).collect();
    let checks = checks_over(wish.config, Some(HEALTH_OVER));
    let batches = batches(&checks);
    let questions = numbers::questions(wish.window);
    let subjects = tops::subjects(wish.window);
    let columns: Vec<_> = subjects.iter().flat_map(|subject| &subject.columns).collect();
    let all = batches.len() + 2 + 2 * questions.len() + columns.len() + panels.len();
    let desk = Desk::new(source, wish.deadline, all, tell);

    let mut answers = Answers::default();
    desk.each(&batches, |source, batch| batch.ask(source, wish.to))
        .into_iter()
        .for_each(|answered| answers.extend(answered));
    let steps = alerts::steps(coverage.begin, wish.to);
    let fired = desk.each(&[steps], |source, steps| alerts::fired(source, *steps)).pop();
    let fired = fired.unwrap_or(Ok(Vec::new())).map_err(|error| error.to_string());
    let numbers = numbers(&desk, &questions, wish, &coverage);
    let mut found = desk.each(&columns, |source, column| column.ask(source, wish.to)).into_iter();
    let tables = subjects.into_iter().map(|subject| {
        let answers = found.by_ref().take(subject.columns.len()).collect();
        let table = Table::of(&subject, answers);
        (subject, table)
    });
    let tables = tables.collect();
    let sight = sight(source, wish, &coverage);
    let none_fired = fired.as_ref().is_ok_and(Vec::is_empty);
    let pictures = pictures(&desk, &panels, &sight, wish, none_fired);

    let findings = answers.findings(&checks, &wish.config.health_thresholds);
    let known = fired.as_deref().unwrap_or_default();
    let conditions = conditions(&findings, |subsystem| alerts::worst(known, subsystem));
    Ok(Report {
        place: wish.place.clone(),
        window: wish.window,
        verdict: verdict(&conditions, &coverage),
        rules: wish.rules.clone(),
        exactness: steps.step.max(millis(every(&wish.rules).unwrap_or(sight.interval))),
        config: wish.config.clone(),
        coverage,
        conditions,
        fired,
        numbers,
        tables,
        boards,
        pictures,
    })
}

/// What was seen of the period. What began late in it is looked at again, more closely, so that its beginning is that of the first scrape.
fn closely(source: &dyn Source, wish: &Wish<'_>) -> Result<Coverage, SourceError> {
    let mut seen = coverage(source, wish.window, wish.to)?;
    let (begin, mut over) = (seen.begin, wish.window);
    for _ in 0..CLOSER_LOOKS {
        let Some(from) = seen.from.filter(|from| *from > seen.begin) else { break };
        // From one look to the next is less than a hundredth of the time that is looked at.
        let reach = (seen.to - from) / 1000 + i64::from(over.seconds()) / 100 + 1;
        match u32::try_from(reach).map(Window::of_seconds) {
            Ok(closer) if closer < over => over = closer,
            _ => break,
        }
        let closer = coverage(source, over, wish.to)?;
        seen = if closer.from.is_some() { closer } else { break };
    }
    Ok(Coverage { begin, newest: newest(source, wish, &seen)?, ..seen })
}

/// The last scrape before the end of the period. Where that is a while ago, it is looked at again, more closely: from one look to the next
/// others may have come.
fn newest(source: &dyn Source, wish: &Wish<'_>, seen: &Coverage) -> Result<Option<i64>, SourceError> {
    let mut newest = seen.newest;
    for _ in 0..CLOSER_LOOKS {
        let Some(last) = newest.filter(|_| !seen.is_live()) else { break };
        let since = u32::try_from((wish.to - last) / 1000 + 1).unwrap_or(u32::MAX);
        let closer = coverage(source, Window::of_seconds(since), wish.to)?.newest;
        if closer <= newest {
            break;
        }
        newest = closer;
    }
    Ok(newest)
}

fn sight(source: &dyn Source, wish: &Wish<'_>, coverage: &Coverage) -> Sight {
    let interval = match scrape_interval(source, coverage.to) {
        Ok(interval) if coverage.is_live() => interval,
        // Hardly anything was scraped at the end. What is of now is three intervals old at the most.
        _ => coverage.young / 3,
    };
    Sight { length: Duration::from_secs(wish.window.seconds().into()), recorded: Recorded::Nothing, interval }
}

/// How often rules are evaluated, where that is known.
const fn every(rules: &Rules) -> Option<Duration> {
    if let Rules::Evaluated { every, .. } = rules { *every } else { None }
}

fn verdict(conditions: &[Condition], coverage: &Coverage) -> Verdict {
    match overall(conditions, coverage.is_live()) {
        // That a gateway is up says nothing of those who would push to it.
        Verdict::Healthy if !knows_the_fleet(conditions) => Verdict::Unknown,
        verdict => verdict,
    }
}

fn numbers(
    desk: &Desk<'_>,
    questions: &[numbers::Question],
    wish: &Wish<'_>,
    seen: &Coverage,
) -> Vec<Number> {
    let before = desk.each(&[()], |source, ()| comparable(source, wish, seen)).pop().unwrap_or(Ok(()));
    let found = desk.each(questions, |source, question| question.ask(source, wish.to));
    let from = wish.to - i64::from(wish.window.seconds()) * 1000;
    let earlier =
        desk.each(questions, |source, question| before.clone().and_then(|()| question.ask(source, from)));
    let all = questions.iter().zip(found).zip(earlier);
    all.map(|((question, found), earlier)| question.number(found, earlier)).collect()
}

/// Whether all was seen of the period and of the one before, and why they cannot be compared where it was not.
fn comparable(source: &dyn Source, wish: &Wish<'_>, seen: &Coverage) -> Answered<()> {
    if !is_whole(seen, wish) {
        return Err("not all of this period was seen".to_owned());
    }
    let from = wish.to - i64::from(wish.window.seconds()) * 1000;
    let before = coverage(source, wish.window, from).map_err(|error| error.to_string())?;
    match is_whole(&before, wish) {
        true => Ok(()),
        false => Err("the history does not have all of the period before".to_owned()),
    }
}

/// Whether so much was seen of a period that it can be compared with another.
fn is_whole(seen: &Coverage, wish: &Wish<'_>) -> bool {
    seen.covered.as_secs_f64() >= COMPARABLE * f64::from(wish.window.seconds())
}

fn pictures(
    desk: &Desk<'_>,
    panels: &[&Panel],
    sight: &Sight,
    wish: &Wish<'_>,
    none_fired: bool,
) -> Vec<Picture> {
    // What recording rules record says that rules are evaluated, and not that there are any that would alert.
    let is_judged = wish.rules != Rules::None || !none_fired;
    let picture = |source: &dyn Source, panel: &&Panel| match panel.unit {
        Unit::Health if !is_judged => Picture::Empty,
        _ => pictures::picture(source, panel, sight, wish.to, &wish.zone),
    };
    pictures::bounded(desk.each(panels, picture))
}

impl Report {
    /// Whether anything was seen of the period.
    #[must_use]
    pub const fn has_data(&self) -> bool {
        self.coverage.from.is_some()
    }

    /// The report as a document of HTML.
    #[must_use]
    pub fn page(&self) -> String {
        view::page(self).into_string()
    }
}
