//! Random series, for our store and as a file for Prometheus.

use std::fmt::Write as _;

use fastrand::Rng;
use telemetry_query::{Labels, MemoryStore, Sample, Steps};

/// The hour begins here, in seconds since 1970: at the edge of one of Prometheus's blocks of two hours.
pub(super) const START: i64 = 1_699_999_200;

/// How many samples an hour has.
const SAMPLES: i64 = 240;

/// Seconds between samples.
const INTERVAL: i64 = 15;

/// Times at which queries are made are this many seconds beyond a multiple of ten. Ranges, offsets and steps are multiples of ten
/// seconds, so that no window begins where a step of a subquery is.
pub(super) const BEYOND: i64 = 7;

struct Made<'r> {
    random: &'r mut Rng,
    store: MemoryStore,
    text: String,
}

/// The series, and the same as an exposition with timestamps.
pub(super) fn random(random: &mut Rng) -> (MemoryStore, String) {
    let mut made = Made { random, store: MemoryStore::default(), text: String::new() };
    for job in ["api", "batch", "web"] {
        made.of_job(job);
    }
    for (number, odd) in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].into_iter().enumerate() {
        let values = made.times(true).into_iter().map(|time| (time, odd)).collect::<Vec<_>>();
        let mixed =
            values.into_iter().map(|(time, odd)| (time, if made.random.u8(..4) == 0 { odd } else { 1.5 }));
        let mixed: Vec<_> = mixed.collect();
        made.write(&[("__name__", "odd"), ("instance", &number.to_string())], &mixed);
    }
    made.text += "# EOF\n";
    (made.store, made.text)
}

/// The steps of a query within the hour, so far from its beginning that every window lies within it as well.
pub(super) fn steps(random: &mut Rng) -> Steps {
    let start = START + 1_800 + random.i64(0..60) * 10 + BEYOND;
    let step = [10, 20, 30, 70, 110][random.usize(..5)];
    Steps { start: start * 1_000, end: (start + random.i64(0..40) * step) * 1_000, step: step * 1_000 }
}

impl Made<'_> {
    fn of_job(&mut self, job: &str) {
        for instance in ["0", "1", "2"] {
            let labels = [("job", job), ("instance", instance)];
            for code in ["200", "500"] {
                self.counter(&[("__name__", "requests"), labels[0], labels[1], ("code", code)]);
            }
            self.gauge(&[("__name__", "temperature"), labels[0], labels[1]]);
            self.young_counter(&[("__name__", "young"), labels[0], labels[1]]);
            self.histogram(&labels);
        }
        let tier = if job == "web" { "front" } else { "back" };
        self.gauge(&[("__name__", "quota"), ("job", job), ("tier", tier)]);
    }

    /// When samples are taken: always some eighths of a second beyond a second, where no window begins and what can be
    /// written exactly. With gaps, some as long as the lookback, and at other distances where they may be `uneven`.
    fn times(&mut self, uneven: bool) -> Vec<i64> {
        let phase = self.random.i64(0..INTERVAL) * 1_000 + 125;
        let mut gap = 0;
        let mut times = Vec::new();
        for number in 0..SAMPLES {
            if uneven {
                gap = if self.random.u8(..60) == 0 { self.random.i64(1..40) } else { gap - 1 };
            }
            let jitter = if uneven { self.random.i64(0..24) * 125 } else { 0 };
            if gap <= 0 {
                let time = START * 1_000 + number * INTERVAL * 1_000 + phase + jitter;
                times.push(if time % 1_000 == 0 { time + 125 } else { time });
            }
        }
        times
    }

    /// A counter that has counted for long, and now and then begins anew. It is never near zero: where samples are missing, the
    /// versions of Prometheus differ in how they treat a counter that is.
    fn counter(&mut self, labels: &[(&str, &str)]) {
        let mut value = 1e6 * (1.0 + self.random.f64());
        let mut samples = Vec::new();
        for time in self.times(true) {
            value = if self.random.u8(..40) == 0 { value / 3.0 } else { value + self.random.f64() * 40.0 };
            samples.push((time, value));
        }
        self.write(labels, &samples);
    }

    /// A counter that begins at zero, and anew now and then, without a gap.
    fn young_counter(&mut self, labels: &[(&str, &str)]) {
        let mut value = 0.0;
        let mut samples = Vec::new();
        for time in self.times(false) {
            value = if self.random.u8(..30) == 0 { 0.0 } else { value + f64::from(self.random.u8(..4)) };
            samples.push((time, value));
        }
        self.write(labels, &samples);
    }

    fn gauge(&mut self, labels: &[(&str, &str)]) {
        let mut samples = Vec::new();
        for time in self.times(true) {
            samples.push((time, (self.random.f64() - 0.4) * 100.0));
        }
        self.write(labels, &samples);
    }

    fn histogram(&mut self, labels: &[(&str, &str)]) {
        let bounds = ["0.1", "0.5", "2.5", "+Inf"];
        let mut counts = [0.0; 4];
        let mut samples: [Vec<(i64, f64)>; 4] = Default::default();
        for time in self.times(false) {
            for _ in 0..self.random.u8(..6) {
                let bucket = self.random.usize(..4);
                counts.iter_mut().skip(bucket).for_each(|count| *count += 1.0);
            }
            samples.iter_mut().zip(counts).for_each(|(samples, count)| samples.push((time, count)));
        }
        for (bound, samples) in bounds.iter().zip(samples) {
            let labels = [&[("__name__", "latency_bucket"), ("le", *bound)], labels].concat();
            self.write(&labels, &samples);
        }
    }

    fn write(&mut self, labels: &[(&str, &str)], samples: &[(i64, f64)]) {
        let all = Labels::new(labels.iter().copied());
        self.store.append(&all, samples.iter().map(|(time, value)| Sample::new(*time, *value)));
        let rest: Vec<_> = all.iter().filter(|label| &*label.name != "__name__").collect();
        let rest: Vec<_> = rest.iter().map(|label| format!("{}=\"{}\"", label.name, label.value)).collect();
        for (time, value) in samples {
            let number = if value.is_infinite() {
                format!("{value:+}").replace("inf", "Inf")
            } else {
                value.to_string()
            };
            let seconds = *time as f64 / 1_000.0;
            writeln!(self.text, "{}{{{}}} {number} {seconds:.3}", all.get("__name__"), rest.join(","))
                .unwrap();
        }
    }
}
