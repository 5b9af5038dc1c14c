//! What is asked when, and what is told. Nothing here waits for a source.

use super::super::Plan;
use super::super::look::Alerts;
use super::asker::{Asker, Sight};
use super::board::Board;
use super::charts::{Answer, Charts};
use super::desk::Desk;
use super::found::{Road, Silent};
use super::health::{self, Known};
use super::memory::Memory;
use super::seldom::Seldom;
use super::{Order, Told, Wish, alerts, past};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// What a look may take beyond the bound of its sources before it is told that it is late: reading an answer takes time, too.
const SLACK: Duration = Duration::from_millis(500);

/// How long the time keeper sleeps where nothing is due.
const LONG: Duration = Duration::from_secs(3600);

/// What the time keeper is told.
#[derive(Debug)]
pub(super) enum Event {
    Order(Order),
    /// What a look has found, and what this dashboard has seen of health.
    Seen(Box<Result<Sight, Silent>>, Option<Known>),
    Health(Box<Result<Known, String>>),
    Alerts(Alerts, Option<String>),
    Past(Result<Vec<Vec<f64>>, String>),
    Charts(Answer),
}

/// Keeps the time, obeys orders, and tells what is found.
pub(super) struct Watch {
    plan: Plan,
    tell: Sender<Told>,
    wish: Wish,
    board: Board,
    /// An errand says whether nobody else remembers, so that health is judged by what was seen here.
    numbers: Desk<bool>,
    health: Seldom,
    alerts: Seldom,
    past: Desk<()>,
    charts: Charts,
    /// When the next look is due.
    next: Instant,
    /// Whether another look is to follow the one that is under way.
    again: bool,
    /// Whether somebody wants that health is judged with the next look, by whatever that is.
    judge: bool,
    /// Whether it was told that the look under way is late.
    told_late: bool,
    nobody_remembers: bool,
    knows_the_past: bool,
}

impl Watch {
    pub(super) fn new(plan: Plan, tell: Sender<Told>, answers: Sender<Event>) -> Self {
        let now = Instant::now();
        Self {
            numbers: numbers(plan.clone(), answers.clone()),
            health: Seldom::open(
                health::pause(&plan),
                answers.clone(),
                with(&plan, |plan| Event::Health(Box::new(health::ask(plan)))),
            ),
            alerts: Seldom::open(
                alerts::pause(&plan),
                answers.clone(),
                with(&plan, |Plan { config, timeout, .. }| {
                    let (alerts, note) = alerts::ask(&config.prometheus.url, *timeout);
                    Event::Alerts(alerts, note)
                }),
            ),
            past: Desk::open(answers.clone(), with(&plan, |plan| Event::Past(past::ask(plan)))),
            charts: Charts::new(plan.clone(), answers),
            board: Board::new(plan.clone()),
            wish: Wish { range: plan.range, ..Wish::default() },
            plan,
            tell,
            next: now,
            again: false,
            judge: false,
            told_late: false,
            nobody_remembers: false,
            knows_the_past: false,
        }
    }

    /// Until the observer is dropped or nobody listens.
    pub(super) fn run(mut self, events: &Receiver<Event>) {
        loop {
            self.ask_what_is_due();
            let sleep = self.wake().map_or(LONG, |wake| wake.saturating_duration_since(Instant::now()));
            let goes_on = match events.recv_timeout(sleep) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => self.tell_what_is_late(),
                Err(RecvTimeoutError::Disconnected) => false,
            };
            if !goes_on {
                return;
            }
        }
    }

    fn ask_what_is_due(&mut self) {
        let now = Instant::now();
        let is_time = !self.wish.paused && self.next <= now;
        if (is_time || self.again) && !self.numbers.is_busy() {
            self.look(now);
        }
        self.health.go_on(now);
        self.alerts.go_on(now);
        if !self.wish.paused && self.charts.due(now).is_some_and(|due| due <= now) {
            self.charts.ask();
        }
    }

    fn look(&mut self, now: Instant) {
        (self.again, self.told_late, self.next) = (false, false, now + self.plan.interval);
        if self.alerts.is_due(now) {
            self.alerts.want();
        }
        if self.board.samples().is_none() {
            self.judge_if_due(now);
        }
        let judge = std::mem::take(&mut self.judge) || self.health.is_due(now);
        self.numbers.ask(judge && self.nobody_remembers);
    }

    fn judge_if_due(&mut self, now: Instant) {
        if self.health.is_due(now) {
            self.health.want();
        }
    }

    /// Takes what a look has found. Health follows it and not the other way round, so that it is never of older samples than what is shown
    /// beside it: each look that has brought new ones is followed by a judgement, and so is another source, of which it may be altogether
    /// different.
    fn see(&mut self, found: Result<Sight, Silent>) {
        let before = self.board.samples();
        self.board.take(found);
        let (Some((road, newest)), Some((now_by, now_newest))) = (before, self.board.samples()) else {
            return;
        };
        if road != now_by || (newest != now_newest && !self.nobody_remembers) {
            self.health.want();
        }
        self.judge_if_due(Instant::now());
    }

    /// When something is to be done next.
    fn wake(&self) -> Option<Instant> {
        let bound = self.plan.timeout + SLACK;
        let look = match self.numbers.late_at(bound) {
            Some(late) => (!self.told_late).then_some(late),
            None => (!self.wish.paused).then_some(self.next),
        };
        let charts = self.charts.due(Instant::now()).filter(|_| !self.wish.paused);
        look.into_iter().chain(charts).min()
    }

    fn tell_what_is_late(&mut self) -> bool {
        let late = self.numbers.late_at(self.plan.timeout + SLACK);
        if self.told_late || late.is_none_or(|late| late > Instant::now()) {
            return true;
        }
        self.told_late = true;
        self.judge_if_due(Instant::now());
        self.board.miss(format!("no answer within {} s", self.plan.timeout.as_secs_f64()));
        self.tell_look()
    }

    /// Takes an event, and says whether it goes on.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Order(order) => return self.obey(order),
            Event::Seen(found, remembered) => {
                self.numbers.done();
                self.see(*found);
                if let Some(known) = remembered {
                    self.board.take_health(Ok(known));
                }
                if self.board.road() == Some(Road::Prometheus) && !self.knows_the_past {
                    self.past.ask(());
                }
            }
            Event::Health(health) => {
                self.health.done();
                self.nobody_remembers = health.is_err();
                self.board.take_health(*health);
            }
            Event::Alerts(alerts, note) => {
                self.alerts.done();
                if !self.board.take_alerts((alerts, note)) {
                    return true;
                }
            }
            Event::Past(past) => {
                self.past.done();
                let Ok(past) = past else { return true };
                self.knows_the_past = true;
                self.board.take_past(&past);
            }
            Event::Charts(answer) => {
                return self.charts.told(answer).is_none_or(|told| self.tell.send(told).is_ok());
            }
        }
        self.tell_look()
    }

    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Wish(wish) => {
                self.charts.wish(&wish);
                self.wish = wish;
            }
            Order::Now { everything } => {
                self.again = true;
                if everything {
                    self.judge = true;
                    self.health.want();
                    self.alerts.want();
                }
                self.charts.hurry();
                if self.wish.paused && self.charts.due(Instant::now()).is_some() {
                    self.charts.ask();
                }
            }
            Order::End => return false,
        }
        true
    }

    fn tell_look(&self) -> bool {
        let told = self.board.look().map(|look| Told::Look(Box::new(look)));
        told.is_none_or(|told| self.tell.send(told).is_ok())
    }
}

/// The desk at which sources are asked for numbers.
fn numbers(plan: Plan, answers: Sender<Event>) -> Desk<bool> {
    let (mut asker, mut memory) = (Asker::new(plan), Memory::default());
    Desk::open(answers, move |nobody_remembers: bool| {
        let (found, known) = asker.look(nobody_remembers.then_some(&mut memory));
        Event::Seen(Box::new(found), known)
    })
}

/// An errand that needs the plan alone.
fn with(
    plan: &Plan,
    errand: impl Fn(&Plan) -> Event + Send + 'static,
) -> impl FnMut(()) -> Event + Send + 'static {
    let plan = plan.clone();
    move |()| errand(&plan)
}
