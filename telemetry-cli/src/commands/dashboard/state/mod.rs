//! What is shown of what was found, and what each key does. Nothing here knows a terminal, a source or a clock.
//!
//! | module | responsible for |
//! |---|---|
//! | here | everything that a frame shows, and what becomes of it when an observer tells something |
//! | `keys` | which action a key stands for, by what takes the keys at that moment |
//! | `action` | what each action does |
//! | `moves` | the focus among panels that stand in a grid, and how far tables are scrolled |
//! | `charted` | what was measured of the panels, with what every frame needs of it |
//! | `choose` | what there is to choose from: panels, sections, subsystems and series |

mod action;
mod charted;
mod choose;
mod keys;
#[cfg(test)]
pub(super) mod made_up;
mod moves;
#[cfg(test)]
mod tests;

pub(super) use action::Effect;
pub(super) use charted::{Charted, Chosen, Draft, chart};
pub(super) use choose::{Choice, series_of, subsystems_of, troubles_of};
pub(super) use keys::action;

use super::Plan;
use super::look::{Courses, Liveness, Look};
use super::observe::Told;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;
use telemetry_core::metric::Subsystem;
use telemetry_stack::panels::Span;

/// Everything that a frame shows.
#[derive(Debug, Clone)]
pub(super) struct App {
    /// What was asked for at the start.
    pub(super) plan: Plan,
    /// Now, in milliseconds since 1970.
    pub(super) now: i64,
    /// The last look; `None` until the first.
    pub(super) look: Option<Box<Look>>,
    /// What was last measured of the panels; `None` until that is told.
    pub(super) courses: Option<Box<Charted>>,
    /// Why no Prometheus tells of panels; the summary is shown in place of the charts until one does.
    pub(super) no_courses: Option<String>,
    /// Which view is wanted.
    pub(super) view: View,
    /// Over which time charts go.
    pub(super) range: Span,
    /// The only subsystem that is shown; `None` for all.
    pub(super) subsystem: Option<&'static Subsystem>,
    /// Whether nothing is asked until further notice.
    pub(super) paused: bool,
    /// Whether somebody has asked for a look that has not come yet.
    pub(super) refreshing: bool,
    /// Which panel has the focus: a place among those that are shown. In the summary it is a place among the sections.
    pub(super) focus: usize,
    /// Whether the panel with the focus fills the screen.
    pub(super) zoomed: bool,
    /// By how many lines the tables are scrolled, beyond where the section with the focus begins.
    pub(super) scroll: usize,
    /// The furthest by which they can be scrolled, as the last frame has found; `None` where no frame has said.
    pub(super) furthest: Cell<Option<usize>>,
    /// Focus, zoom and scrolling of the view that is not shown.
    pub(super) aside: (usize, bool, usize),
    /// What series must have in their names; empty for all.
    pub(super) filter: String,
    /// The series that are not drawn: ids of panels with names of series.
    pub(super) hidden: BTreeSet<(String, String)>,
    /// What lies over the view.
    pub(super) overlay: Overlay,
    /// What is to be told of the last key, such as where a picture was saved.
    pub(super) message: Option<String>,
    /// The width and height that the view has, by which panels stand in a grid.
    pub(super) body: (u16, u16),
}

/// What fills the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Summary,
    Charts,
}

/// What lies over the view, and takes the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Overlay {
    None,
    /// The keys.
    Help,
    /// The subsystems to choose from; 0 is all of them.
    Subsystems {
        chosen: usize,
    },
    /// The series of the panel with the focus, to be toggled.
    Series {
        chosen: usize,
    },
    /// Why each subsystem is as it is, and every alert.
    Troubles {
        chosen: usize,
    },
    /// The filter is being typed.
    Filter,
}

/// How what is shown stands to what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Badge {
    /// No look has come yet.
    Connecting,
    /// Nothing is asked, because somebody said so.
    Paused,
    /// As the source says it.
    Of(Liveness),
}

impl App {
    /// The start.
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            now: 0,
            look: None,
            courses: None,
            no_courses: None,
            view: if plan.charts { View::Charts } else { View::Summary },
            range: plan.range,
            subsystem: plan.subsystem,
            paused: false,
            refreshing: false,
            focus: 0,
            zoomed: false,
            scroll: 0,
            furthest: Cell::new(None),
            aside: (0, false, 0),
            filter: String::new(),
            hidden: BTreeSet::new(),
            overlay: Overlay::None,
            message: None,
            body: (0, 0),
            plan,
        }
    }

    /// What is really shown: the summary where no Prometheus tells of panels.
    pub(super) fn shown(&self) -> View {
        if self.no_courses.is_some() { View::Summary } else { self.view }
    }

    /// Whether a series is to be seen by the filter: its name has the text in it, in whatever case. Where nothing passes, nothing is shown.
    pub(super) fn passes(&self, name: &str) -> bool {
        charted::passes(&self.filter, name)
    }

    /// How what is shown stands to what is.
    pub(super) fn badge(&self) -> Badge {
        match &self.look {
            _ if self.paused => Badge::Paused,
            None => Badge::Connecting,
            Some(look) => match self.courses.as_ref().filter(|_| self.shown() == View::Charts) {
                Some(courses) => Badge::Of(self.liveness_of(courses)),
                None => Badge::Of(look.origin.liveness(self.now)),
            },
        }
    }

    /// Whether charts are of now. They are asked for at each look, but over a long time less often.
    fn liveness_of(&self, courses: &Courses) -> Liveness {
        const INTERVALS: i64 = 3;
        const SELDOM: Duration = Duration::from_secs(60);
        let step = Duration::from_secs(courses.range.seconds() / 300).min(SELDOM);
        let interval = self.plan.interval.max(step) + self.plan.timeout;
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        match self.look.as_ref().filter(|look| look.origin.place == courses.place) {
            _ if self.now - courses.at >= interval.saturating_mul(INTERVALS) => Liveness::Stale,
            Some(look) => look.origin.liveness(self.now),
            None => Liveness::Live,
        }
    }

    /// The time of the newest sample of what is shown, as far as that is known.
    pub(super) fn newest(&self) -> Option<i64> {
        let look = self.look.as_ref();
        let courses = self.courses.as_ref().filter(|_| self.shown() == View::Charts);
        match courses {
            Some(courses) => look
                .filter(|look| look.origin.place == courses.place)
                .and_then(|look| look.origin.newest)
                .map_or(Some(courses.at), |newest| Some(newest.min(courses.at))),
            None => look.and_then(|look| look.origin.newest),
        }
    }

    /// An observer has told something. What had the focus may be gone.
    pub(super) fn hear(&mut self, told: Told) {
        match told {
            Told::Look(look) => self.change(|app| {
                app.look = Some(look);
                app.refreshing = false;
            }),
            Told::Courses(courses) => self.take(Box::new(Charted::of(*courses))),
            Told::NoCourses(why) => self.change(|app| app.no_courses = Some(why)),
        }
    }

    /// What was measured of the panels is there, ready to be drawn.
    pub(super) fn take(&mut self, charted: Box<Charted>) {
        self.change(|app| {
            app.courses = Some(charted);
            app.no_courses = None;
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.shown();
        change(self);
        if self.shown() != before {
            self.turn_to_another_view();
        }
        self.clamp();
    }
}
