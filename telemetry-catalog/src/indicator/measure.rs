//! The ways to measure an indicator, and the expression of each.

use super::{Beyond, Indicator};
use crate::promql::{Counters, Foreign, Gauges, Histograms, Selection, Vector, Window, gauge};
use crate::target::{EXPOSITION_JOB, GATEWAY_JOB};
use telemetry_core::catalog::{BUILD_INFO, SERVE_INFO};
use telemetry_core::config::Config;

/// How many events a window holds before a share of them says anything.
pub const AT_LEAST_EVENTS: f64 = 5.0;

/// How long something that has gone is remembered as having been there.
const REMEMBERED: Window = Window::days(1);

/// The share of the scrapes that succeed while something is up, though one of them is lost now and then.
const MOSTLY: f64 = 0.8;

/// What an indicator measures.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// The part of a whole.
    Share {
        /// What is counted.
        part: Selection<Counters>,
        /// Of what.
        whole: Selection<Counters>,
    },
    /// The 95th percentile.
    P95(Selection<Histograms>),
    /// How many events there were.
    Count(Selection<Counters>),
    /// How many have been active for the whole window, while nothing was counted; else 0.
    Stalled {
        /// What is active.
        active: Selection<Gauges>,
        /// What would have been counted, if it went on.
        progress: Selection<Counters>,
    },
    /// 1 where the exposition was up for nearly the whole window, while nothing was counted there.
    Idle(Selection<Counters>),
    /// 1 where a gauge that was more within a day is 0, while something is counted.
    Gone {
        /// What has gone.
        gauge: Selection<Gauges>,
        /// What still is counted.
        progress: Selection<Counters>,
    },
    /// What was acquired and neither released nor is still held.
    Leak {
        /// How many were acquired.
        acquired: Selection<Counters>,
        /// How many were released.
        released: Selection<Counters>,
        /// How many are held.
        held: Selection<Gauges>,
    },
    /// How many times as much as the average of the same time of day on the last days.
    Surge {
        /// What is counted.
        of: Selection<Counters>,
        /// How many days are looked at.
        days: u32,
        /// On how many of them there must have been anything.
        known_days: f64,
        /// How much there must be now.
        at_least: f64,
    },
    /// Whether the Pushgateway could be scraped.
    GatewayUp,
    /// Whether an exposition could be scraped that could within a day.
    ExpositionUp,
    /// How many seconds ago a group was pushed.
    SincePush,
    /// 1 where a target answers that does not speak of this telemetry.
    Stranger,
}

/// The expression of an indicator: a value, and what must hold beside it before an alert may fire.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// What is measured, as the panel shows it; aggregated to the labels of the indicator.
    pub value: Vector,
    /// What must be there too.
    pub guards: Vec<Vector>,
}

impl Indicator {
    /// The expression of the value and its guards.
    #[must_use]
    pub fn signal(&self, config: &Config) -> Signal {
        let Self { over, by, .. } = *self;
        let alone = |value| Signal { value, guards: Vec::new() };
        match &self.measure {
            Measure::Share { part, whole } => Signal {
                value: Vector::share(part, whole, over, by),
                guards: vec![Vector::counted(whole, over, by).at_least(AT_LEAST_EVENTS)],
            },
            Measure::P95(of) => alone(Vector::quantile(0.95, of, Some(over), by)),
            Measure::Count(of) => alone(Vector::counted(of, over, by)),
            Measure::Stalled { active, progress } => alone(stalled(active, progress, over, by)),
            Measure::Idle(progress) => alone(idle(progress, over)),
            Measure::Gone { gauge, progress } => alone(gone(gauge, progress, over, by)),
            Measure::Leak { acquired, released, held } => alone(leak(acquired, released, held, self)),
            Measure::Surge { of, days, known_days, at_least } => {
                let now = Vector::counted(of, over, by);
                let stem = format!("{}_same_time", of.def().name.trim_end_matches("_total"));
                let (average, known) = now.daily_average(*days, &stem);
                // Of nothing there is no multiple, so that an hour that is usually quiet counts as one token: what is spent in it all the
                // same is a surge.
                let value = now.clone().over(average.no_less_than(1.0)).named(&stem, "ratio");
                Signal { value, guards: vec![known.at_least(*known_days), now.at_least(*at_least)] }
            }
            Measure::GatewayUp => alone(Vector::foreign(Foreign::Up, Some(GATEWAY_JOB))),
            Measure::ExpositionUp => Signal {
                value: Vector::foreign(Foreign::Up, Some(EXPOSITION_JOB)),
                guards: vec![
                    Vector::foreign_peak(Foreign::Up, Some(EXPOSITION_JOB), REMEMBERED).equal_to(1.0),
                ],
            },
            Measure::SincePush => {
                let pushed = Vector::foreign(Foreign::PushTime, Some(&config.prometheus.job));
                alone(pushed.age())
            }
            Measure::Stranger => alone(stranger()),
        }
    }

    /// The expression that is there exactly where the indicator lies beyond this limit.
    #[must_use]
    pub fn condition(&self, config: &Config, limit: f64) -> Vector {
        let Signal { value, guards } = self.signal(config);
        let beyond = match self.beyond {
            Beyond::AtLeast => value.at_least(limit),
            Beyond::Above => value.above(limit),
            Beyond::FallsTo => value.equal_to(limit),
        };
        guards.into_iter().fold(beyond, Vector::and)
    }
}

fn stalled(
    active: &Selection<Gauges>,
    progress: &Selection<Counters>,
    over: Window,
    by: &[&'static str],
) -> Vector {
    let held = Vector::held(active, over, by);
    let nothing = Vector::counted(progress, over, by).or_zero_of(&held).is_zero();
    let stem = format!("{}_without_{}", active.stem(), progress.stem().trim_start_matches("sase_"));
    held.times(nothing).named(&stem, &format!("min{over}"))
}

/// 1 where any target answers that could tell how the fleet is, and the rules are evaluated; else nothing.
#[must_use]
pub fn seen() -> Vector {
    Vector::any_up(&[EXPOSITION_JOB, GATEWAY_JOB]).named("up", "any")
}

/// `telemetry serve` is no daemon, and one that says nothing of this telemetry is somebody else's. A scrape that is lost now and then
/// makes no difference.
fn idle(progress: &Selection<Counters>, over: Window) -> Vector {
    let target: &[&'static str] = &["job", "instance"];
    let ours = Vector::mostly_up(EXPOSITION_JOB, MOSTLY, over)
        .and(Vector::peak(&gauge(&BUILD_INFO), over, target))
        .unless(Vector::peak(&gauge(&SERVE_INFO), over, target))
        .named("sase_axe_up", &format!("avg{over}"));
    let nothing = Vector::counted(progress, over, target).or_zero_of(&ours).is_zero();
    ours.times(nothing)
        .named(&format!("up_without_{}", progress.stem().trim_start_matches("sase_")), &format!("avg{over}"))
}

fn gone(
    lively: &Selection<Gauges>,
    progress: &Selection<Counters>,
    over: Window,
    by: &[&'static str],
) -> Vector {
    let was = Vector::peak(lively, REMEMBERED, by).is_positive();
    let is_none = Vector::total(lively, by).is_zero();
    let goes_on = Vector::counted(progress, over, by).is_positive();
    was.times(is_none).times(goes_on).named(&format!("{}_gone", lively.stem()), "bool")
}

/// Computed in each target, and only where it is here now: what a host that is away still holds nobody can tell. A target that came
/// back within the window is compared with the least that it has held since, so that its absence is not taken for a leak.
fn leak(
    acquired: &Selection<Counters>,
    released: &Selection<Counters>,
    held: &Selection<Gauges>,
    indicator: &Indicator,
) -> Vector {
    let Indicator { over, by, .. } = *indicator;
    let each: Vec<_> = ["job", "instance"].iter().chain(by).copied().collect();
    let operation = format!("increase{over}");
    let here = Vector::counted(acquired, over, &each)
        .where_known(Window::ZERO)
        .named(&format!("{}_here", acquired.stem()), &operation);
    let released = Vector::counted(released, over, &each).or_zero_of(&here);
    let now = Vector::total(held, &each).or_zero_of(&here);
    let before = Vector::total(held, &each)
        .earlier(over)
        .or(here.clone().scaled(0.0).where_known(over))
        .or(Vector::trough(held, over, &each))
        .or_zero_of(&here);
    let leaked = here.less(released).less(now.less(before));
    leaked.summed_to(by).named(&format!("{}_leaked", held.stem()), &operation)
}

/// Of what is up, 1 where nothing tells of this telemetry, and 0 elsewhere.
fn stranger() -> Vector {
    let up = || Vector::foreign(Foreign::Up, Some(EXPOSITION_JOB));
    let ours = Vector::total(&gauge(&BUILD_INFO), &["job", "instance"]);
    up().unless(ours).or_zero_of(&up())
}
