//! What was measured of the panels that are wished for.

use super::super::Plan;
use super::super::look::{Courses, Measured};
use super::watch::Event;
use super::{Told, USUAL, Wish};
use crate::clock::now;
use crate::sources::why;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_catalog::panel::{Panel, boards};
use telemetry_stack::page::Recorded;
use telemetry_stack::panels::{Course, Sight, Span, course, scrape_interval};
use telemetry_stack::source::{SourceError, Theirs};

/// How many panels are asked for at once.
const AT_ONCE: usize = 3;

/// How many wishes that nobody has any more may still be under way before another waits.
const LEFT_BEHIND: usize = 3;

/// What is asked for of a long time brings nothing new for as long as this.
const SELDOM: Duration = Duration::from_secs(60);

/// Asks for panels, over and over.
#[derive(Debug)]
pub(super) struct Charts {
    plan: Plan,
    answers: Sender<Event>,
    theirs: Option<Arc<Theirs>>,
    all: Vec<Panel>,
    wanted: Vec<Panel>,
    range: Span,
    /// Which wish this is; answers to others are dropped.
    number: u64,
    abandoned: Arc<AtomicBool>,
    under_way: usize,
    is_busy: bool,
    last: Option<Instant>,
    /// From one value to the next, as it was last told; nothing until then.
    step: Duration,
    /// Whether the last answer was that nobody answers.
    failed: bool,
}

/// What a wish was answered, with its number.
#[derive(Debug)]
pub(super) struct Answer {
    number: u64,
    found: Result<Box<Courses>, String>,
}

impl Charts {
    pub(super) fn new(plan: Plan, answers: Sender<Event>) -> Self {
        let rows = boards(&plan.config).into_iter().flat_map(|board| board.rows);
        let all = rows.flat_map(|row| row.panels).collect();
        Self {
            answers,
            theirs: None,
            all,
            wanted: Vec::new(),
            range: plan.range,
            number: 0,
            abandoned: Arc::default(),
            under_way: 0,
            is_busy: false,
            last: None,
            step: Duration::ZERO,
            failed: false,
            plan,
        }
    }

    /// Takes a wish; another than before is due at once.
    pub(super) fn wish(&mut self, wish: &Wish) {
        let wanted: Vec<_> =
            wish.panels.iter().filter_map(|id| self.all.iter().find(|panel| panel.id == *id)).collect();
        if self.range == wish.range && self.wanted.iter().eq(wanted.iter().copied()) {
            return;
        }
        self.wanted = wanted.into_iter().cloned().collect();
        self.range = wish.range;
        self.number += 1;
        self.abandoned.store(true, Ordering::Relaxed);
        self.abandoned = Arc::default();
        self.is_busy = false;
        self.last = None;
        self.step = Duration::ZERO;
    }

    /// Makes it due, whenever it was last asked.
    pub(super) const fn hurry(&mut self) {
        self.last = None;
    }

    /// When it is to be asked, which may be now; `None` where nothing is wished for or everything is under way.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let free = !self.is_busy && self.under_way <= LEFT_BEHIND && !self.wanted.is_empty();
        let pause = if self.failed { self.plan.interval } else { self.pause() };
        free.then(|| self.last.map_or(now, |last| last + pause))
    }

    /// The time after which something new is to be seen: after one more value, which comes no sooner than a scrape. One that scrapes more
    /// seldom than is usual is asked as often as the others, so that the right edge of the charts is of now.
    fn pause(&self) -> Duration {
        let step = self.range.sight(Recorded::Nothing, Duration::ZERO).step();
        step.max(self.step.min(USUAL)).min(SELDOM).max(self.plan.interval)
    }

    /// Asks.
    pub(super) fn ask(&mut self) {
        self.last = Some(Instant::now());
        let theirs = match self.theirs() {
            Ok(theirs) => theirs,
            Err(why) => {
                let _ended =
                    self.answers.send(Event::Charts(Answer { number: self.number, found: Err(why) }));
                (self.is_busy, self.under_way) = (true, self.under_way + 1);
                return;
            }
        };
        (self.is_busy, self.under_way) = (true, self.under_way + 1);
        let asking = Asking {
            theirs,
            place: self.plan.config.prometheus.url.url.clone(),
            panels: self.wanted.clone(),
            range: self.range,
            abandoned: Arc::clone(&self.abandoned),
        };
        let (number, answers) = (self.number, self.answers.clone());
        thread::spawn(move || {
            let _ended = answers.send(Event::Charts(Answer { number, found: asking.courses() }));
        });
    }

    fn theirs(&mut self) -> Result<Arc<Theirs>, String> {
        if let Some(theirs) = &self.theirs {
            return Ok(Arc::clone(theirs));
        }
        let theirs = Theirs::within(self.plan.config.prometheus.url.clone(), self.plan.timeout);
        let theirs = Arc::new(theirs.map_err(|error| error.to_string())?);
        self.theirs = Some(Arc::clone(&theirs));
        Ok(theirs)
    }

    /// What is to be told of an answer; nothing where it is to a former wish.
    pub(super) fn told(&mut self, Answer { number, found }: Answer) -> Option<Told> {
        self.under_way = self.under_way.saturating_sub(1);
        if number != self.number {
            return None;
        }
        (self.is_busy, self.failed) = (false, found.is_err());
        if let Some(step) = found.as_ref().ok().and_then(|courses| step(courses)) {
            self.step = step;
        }
        Some(found.map_or_else(Told::NoCourses, Told::Courses))
    }
}

/// From one value to the next.
fn step(courses: &Courses) -> Option<Duration> {
    let course = courses.panels.iter().find_map(|measured| measured.course.as_ref().ok())?;
    u64::try_from(course.steps.step).ok().map(Duration::from_millis)
}

/// One wish that is asked for.
struct Asking {
    theirs: Arc<Theirs>,
    place: String,
    panels: Vec<Panel>,
    range: Span,
    abandoned: Arc<AtomicBool>,
}

/// What was measured of a panel, or why not.
type Found = Result<Course, String>;

impl Asking {
    /// Everything, or why nobody tells anything.
    fn courses(&self) -> Result<Box<Courses>, String> {
        let at = now();
        let interval = scrape_interval(&*self.theirs, at).map_err(|error| why(&error, &self.place))?;
        let sight = self.range.sight(Recorded::Nothing, interval);
        let courses = self.ask_all(&sight, at)?;
        let panels = self.panels.iter().cloned().zip(courses);
        let panels = panels.map(|(panel, course)| Measured { panel, course }).collect();
        Ok(Box::new(Courses { at, range: self.range, place: self.place.clone(), panels }))
    }

    /// Each panel, a few at a time. Where one cannot be reached, those that nobody has begun with are not waited for either.
    fn ask_all(&self, sight: &Sight, at: i64) -> Result<Vec<Found>, String> {
        let (next, gone) = (AtomicUsize::new(0), AtomicBool::new(false));
        let found: Vec<Mutex<Option<Found>>> = self.panels.iter().map(|_| Mutex::new(None)).collect();
        let ask = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let (Some(panel), Some(slot)) = (self.panels.get(place), found.get(place)) else { return };
                if gone.load(Ordering::Relaxed) || self.abandoned.load(Ordering::Relaxed) {
                    return;
                }
                let asked = course(&*self.theirs, panel, sight, at);
                if matches!(asked, Err(SourceError::Unreachable(_))) {
                    gone.store(true, Ordering::Relaxed);
                }
                let asked = asked.map_err(|error| why(&error, &self.place));
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
            }
        };
        thread::scope(|scope| (0..AT_ONCE.min(self.panels.len())).for_each(|_| drop(scope.spawn(ask))));
        let found = found.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner));
        all_or_none(found.collect())
    }
}

/// What was found, where anything was; else why nobody tells anything. What was not asked for has the reason of what was asked in vain.
fn all_or_none(found: Vec<Option<Found>>) -> Result<Vec<Found>, String> {
    let trouble = found.iter().flatten().find_map(|found| found.as_ref().err()).cloned();
    let trouble = trouble.unwrap_or_else(|| "it was not asked".to_owned());
    if found.iter().flatten().all(Result::is_err) {
        return Err(trouble);
    }
    Ok(found.into_iter().map(|found| found.unwrap_or_else(|| Err(trouble.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::state::made_up::plan;
    use super::*;
    use std::sync::mpsc::channel;
    use telemetry_query::Steps;

    /// How long is waited after an answer whose values are so many seconds apart.
    fn pause(range: Span, step: i64) -> u64 {
        let mut charts = Charts::new(plan(), channel().0);
        let panel = charts.all[0].id.clone();
        charts.wish(&Wish { panels: vec![panel], range, paused: false });
        let steps = Steps { start: 0, end: 0, step: step * 1000 };
        let course = Course { series: Vec::new(), left_out: 0, steps };
        let panels = vec![Measured { panel: charts.all[0].clone(), course: Ok(course) }];
        let courses = Courses { at: 0, range, place: String::new(), panels };
        charts.told(Answer { number: charts.number, found: Ok(Box::new(courses)) });
        charts.pause().as_secs()
    }

    #[test]
    fn nothing_is_asked_for_before_another_value_can_be_seen() {
        assert_eq!(
            [pause(Span::FiveMinutes, 5), pause(Span::Hour, 12), pause(Span::Week, 2016)],
            [5, 12, 60]
        );
        // They come no sooner than scrapes.
        assert_eq!([pause(Span::FiveMinutes, 15), pause(Span::Hour, 15)], [15, 15]);
        assert_eq!(pause(Span::FiveMinutes, 60), 15, "the right edge is of now");
    }
}
