//! Hours in the life of a fleet, made up: every metric of the catalog in several series, with restarts, gaps and ends.
//!
//! There are two hours of yesterday, which ended as if the machine had been switched off, and five of today. In the first two of today
//! series and targets end and come back, with marks of staleness; in the others there are restarts and gaps without a mark. The
//! workload is always the same.

use std::collections::BTreeSet;

use fastrand::Rng;
use telemetry_catalog::{EXPOSITION_JOB, GATEWAY_JOB, WORKER_JOB};
use telemetry_core::catalog::{OWN, SERVE_INFO, metrics};
use telemetry_core::metric::{Kind, MetricDef, Values};
use telemetry_query::{Labels, STALE, Sample};

/// Today begins here, in milliseconds since 1970, and with it a block of two hours.
pub(super) const TODAY: i64 = 1_700_085_600_000;

pub(super) const MINUTE: i64 = 60_000;

pub(super) const HOUR: i64 = 60 * MINUTE;

pub(super) const DAY: i64 = 24 * HOUR;

/// Minutes of yesterday in which there was something, as minutes before today.
const YESTERDAY: std::ops::Range<i64> = -1260..-1140;

/// Minutes of today.
const MINUTES: std::ops::Range<i64> = 0..300;

/// How many label sets a metric has at each target.
const LABEL_SETS: usize = 4;

/// Projects, providers and all else that has no fixed values. Without a line break: until version 3 Prometheus had `.*` end at one.
const OPEN: [&str; LABEL_SETS] = ["claude", "\"quoted\" \\ ünd", "gemini", ""];

/// A series with its samples in the order of their times.
pub(super) type Made = (Labels, Vec<Sample>);

/// Somebody who is scraped, or pushes.
struct Target {
    job: &'static str,
    instance: &'static str,
    /// When in each minute its samples are taken, in milliseconds: where no window begins. A mark of staleness in a minute that five
    /// divides is, at this phase, so placed that no time 7.3 s after a multiple of five minutes sees what was before it, mark or no mark.
    phase: i64,
    pushes: bool,
    /// Minutes of today in which it cannot be reached.
    down: std::ops::Range<i64>,
    /// Minutes of today in which nobody was there to scrape it.
    gap: std::ops::Range<i64>,
    /// The minute of today at which it begins anew.
    restart: i64,
}

/// The job of whoever pushes, as the configuration has it by default.
const PUSHED_JOB: &str = "sase_agent";

const TARGETS: [Target; 3] = [
    Target {
        job: PUSHED_JOB,
        instance: "builder",
        phase: 11_125,
        pushes: true,
        down: 0..0,
        gap: 0..0,
        restart: 170,
    },
    Target {
        job: EXPOSITION_JOB,
        instance: "127.0.0.1:9464",
        phase: 23_250,
        pushes: false,
        down: 35..80,
        gap: 200..209,
        restart: 80,
    },
    Target {
        job: WORKER_JOB,
        instance: "laptop:9464",
        phase: 37_375,
        pushes: false,
        down: 0..0,
        gap: 150..154,
        restart: 260,
    },
];

/// What there is of a series in a minute.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Sample,
    /// A sample that begins anew.
    Anew,
    End,
}

/// Every series.
pub(super) fn series() -> Vec<Made> {
    let mut all = Fleet { series: Vec::new(), random: Rng::with_seed(4) };
    for target in &TARGETS {
        let own =
            OWN.metrics.iter().copied().filter(|def| *def != SERVE_INFO.def() || target.job == WORKER_JOB);
        for def in metrics().chain(own) {
            all.metric(target, def);
        }
        all.synthetic(target);
    }
    all.series
}

struct Fleet {
    series: Vec<Made>,
    random: Rng,
}

impl Fleet {
    fn metric(&mut self, target: &Target, def: &MetricDef) {
        let sets = if def.labels.is_empty() { 1 } else { LABEL_SETS };
        let turn = self.series.len();
        let label_sets: BTreeSet<_> = (0..sets).map(|set| labels(target, def, set, turn)).collect();
        for labels in label_sets {
            let times = self.times(target);
            match def.kind {
                Kind::Counter => self.counter(def.name, &labels, &times),
                Kind::Gauge(_) => self.gauge(def.name, &labels, &times),
                Kind::Histogram(bounds) => self.histogram(def.name, bounds, &labels, &times),
            }
        }
    }

    /// When there are samples of the next series of a target, and of what kind.
    fn times(&self, target: &Target) -> Vec<(i64, Moment)> {
        let number = self.series.len();
        let minutes = YESTERDAY.chain(MINUTES);
        minutes
            .filter_map(|minute| {
                Some((TODAY + minute * MINUTE + target.phase, target.moment(minute, number)?))
            })
            .collect()
    }

    fn counter(&mut self, name: &str, labels: &[(String, String)], times: &[(i64, Moment)]) {
        let busy = self.random.bool();
        let mut value = 1_000.0;
        let random = &mut self.random;
        let samples = times.iter().map(|(time, moment)| {
            value = match moment {
                Moment::End => return Sample::new(*time, STALE),
                Moment::Anew => 0.0,
                Moment::Sample if busy => value + f64::from(random.u8(..6)),
                Moment::Sample => value + f64::from(u8::from(random.u8(..15) == 0)),
            };
            Sample::new(*time, value)
        });
        let samples = samples.collect();
        self.push(name, labels, samples);
    }

    fn gauge(&mut self, name: &str, labels: &[(String, String)], times: &[(i64, Moment)]) {
        let random = &mut self.random;
        let mut value = 3.0_f64;
        let samples = times.iter().map(|(time, moment)| {
            value = match moment {
                Moment::End => return Sample::new(*time, STALE),
                Moment::Anew => 0.0,
                Moment::Sample => (value + f64::from(random.i8(-1..=1))).clamp(0.0, 9.0),
            };
            Sample::new(*time, value)
        });
        let samples = samples.collect();
        self.push(name, labels, samples);
    }

    fn histogram(
        &mut self,
        name: &str,
        bounds: &[f64],
        labels: &[(String, String)],
        times: &[(i64, Moment)],
    ) {
        let mut counts = vec![0_u32; bounds.len() + 1];
        let mut sum = 0.0;
        let mut buckets = vec![Vec::new(); bounds.len() + 1];
        let mut sums = Vec::new();
        for (time, moment) in times {
            match moment {
                Moment::End => {}
                Moment::Anew => (sum, counts) = (0.0, vec![0; bounds.len() + 1]),
                Moment::Sample => self.observe(bounds, &mut counts, &mut sum),
            }
            let value = |value: f64| Sample::new(*time, if *moment == Moment::End { STALE } else { value });
            buckets
                .iter_mut()
                .zip(&counts)
                .for_each(|(samples, count)| samples.push(value(f64::from(*count))));
            sums.push(value(sum));
        }
        let texts = bounds.iter().map(|bound| format!("{bound:?}")).chain(["+Inf".to_owned()]);
        self.push(&format!("{name}_count"), labels, buckets.last().cloned().unwrap());
        for (text, samples) in texts.zip(buckets) {
            let labels = [labels, &[("le".to_owned(), text)]].concat();
            self.push(&format!("{name}_bucket"), &labels, samples);
        }
        self.push(&format!("{name}_sum"), labels, sums);
    }

    /// Either nothing, or something in each bucket: over buckets that stay empty a quantile leaps, and where one lies exactly at their edge
    /// the rounding of a sum decides on which side, which is another one since Prometheus 3.
    fn observe(&mut self, bounds: &[f64], counts: &mut [u32], sum: &mut f64) {
        if self.random.u8(..4) == 0 {
            return;
        }
        let mut within = 0;
        for (bucket, count) in counts.iter_mut().enumerate() {
            let observed = self.random.u32(1..200);
            within += observed;
            *count += within;
            *sum += f64::from(observed) * bounds.get(bucket).copied().unwrap_or(1e4) * 0.75;
        }
    }

    /// What the scraper adds of its own, and the gateway.
    fn synthetic(&mut self, target: &Target) {
        let own = target.labels();
        let name = if target.pushes { "push_time_seconds" } else { "up" };
        let times = YESTERDAY.chain(MINUTES).filter(|minute| !target.gap.contains(minute));
        let samples: Vec<_> = times
            .map(|minute| {
                let time = TODAY + minute * MINUTE + target.phase;
                let up = f64::from(u8::from(!target.down.contains(&minute)));
                Sample::new(time, if target.pushes { ((time - 5_000) / 1_000) as f64 } else { up })
            })
            .collect();
        if target.pushes {
            let ones = samples.iter().map(|sample| Sample::new(sample.timestamp, 1.0)).collect();
            let gateway = [("job", GATEWAY_JOB), ("instance", "127.0.0.1:9091")];
            self.push("up", &gateway.map(|(name, value)| (name.to_owned(), value.to_owned())), ones);
        }
        self.push(name, &own, samples);
    }

    fn push(&mut self, name: &str, labels: &[(String, String)], samples: Vec<Sample>) {
        let name = [("__name__".to_owned(), name.to_owned())];
        self.series.push((Labels::new(name.into_iter().chain(labels.iter().cloned())), samples));
    }
}

impl Target {
    fn labels(&self) -> [(String, String); 2] {
        [("job", self.job), ("instance", self.instance)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// What there is of its series of this number in a minute of today, or before today.
    fn moment(&self, minute: i64, number: usize) -> Option<Moment> {
        let (leaves, is_born_late) = (number % 7 == 3, number % 5 == 1);
        match minute {
            _ if self.gap.contains(&minute) || (is_born_late && minute < 140) => None,
            // Born with nothing, or with the first event.
            140 if is_born_late && number.is_multiple_of(2) => Some(Moment::Anew),
            _ if self.down.start == minute && !self.down.is_empty() => Some(Moment::End),
            90 if leaves => Some(Moment::End),
            _ if self.down.contains(&minute) || (leaves && (90..105).contains(&minute)) => None,
            _ if self.restart == minute => Some(Moment::Anew),
            _ => Some(Moment::Sample),
        }
    }
}

/// The labels of a metric's series of this number, with those of the target. The values that are declared take turns in the last ones;
/// before them are the first value, and one that counts as failure.
fn labels(target: &Target, def: &MetricDef, set: usize, turn: usize) -> Vec<(String, String)> {
    let own = def.labels.iter().map(|label| {
        let value = match label.values {
            Values::Open => OPEN[set],
            Values::Closed(known) => {
                let failure = known.iter().position(|value| value.failure).unwrap_or(1);
                known[[0, failure, turn, turn + 1][set] % known.len()].text
            }
        };
        (label.name.to_owned(), value.to_owned())
    });
    own.chain(target.labels()).collect()
}
