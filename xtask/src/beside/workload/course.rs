//! How values move from scrape to scrape. Most counters of a fleet stand still most of the time, and a few never do.

use fastrand::Rng;

/// What a series is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A count of things.
    Counter,
    /// A number of things that are there.
    Gauge,
    /// What a recording rule computes: a number with many digits.
    Share,
    /// Whether a target answers.
    Up,
    /// When something last happened.
    Clock,
    /// A distribution with these bounds: the buckets with `+Inf`, then sum and count.
    Histogram(&'static [f64]),
}

/// How many scrapes lie between two restarts of what counts, on average: two days of a scrape every 15 seconds.
const LIFE: u32 = 11_520;

/// The chance that something happens between two scrapes, of a third of the series each.
const ACTIVITY: [f64; 3] = [0.02, 0.2, 0.9];

/// Values on their way.
pub(super) struct Course {
    shape: Shape,
    random: Rng,
    activity: f64,
    /// What the last scrape saw.
    now: Vec<f64>,
}

impl Course {
    /// The course of the series with this number, the same each time.
    pub(super) fn new(shape: Shape, number: usize) -> Self {
        let random = Rng::with_seed(u64::try_from(number).unwrap_or(0));
        let values = if let Shape::Histogram(bounds) = shape { bounds.len() + 3 } else { 1 };
        Self { shape, random, activity: ACTIVITY[number % ACTIVITY.len()], now: vec![0.0; values] }
    }

    /// Writes what the next scrape sees.
    pub(super) fn next(&mut self, row: &mut [f64]) {
        match self.shape {
            Shape::Counter => self.count(),
            Shape::Gauge => self.vary(),
            Shape::Share => self.share(),
            Shape::Up => self.now[0] = f64::from(self.random.u32(..1_000) > 0),
            Shape::Clock => self.tick(),
            Shape::Histogram(bounds) => self.observe(bounds),
        }
        row.copy_from_slice(&self.now);
    }

    fn happens(&mut self) -> bool {
        self.random.f64() < self.activity
    }

    fn restarts(&mut self) -> bool {
        self.random.u32(..LIFE) == 0
    }

    fn count(&mut self) {
        if self.restarts() {
            self.now[0] = 0.0;
        } else if self.happens() {
            self.now[0] += f64::from(self.random.u32(1..=3));
        }
    }

    fn vary(&mut self) {
        if self.happens() {
            self.now[0] = (self.now[0] + f64::from(self.random.i32(-2..=2))).clamp(0.0, 50.0);
        }
    }

    fn share(&mut self) {
        if self.happens() {
            self.now[0] = f64::from(self.random.u32(..40)) / f64::from(self.random.u32(40..400));
        }
    }

    fn tick(&mut self) {
        self.now[0] = if self.now[0] == 0.0 { 1_700_000_000.0 } else { self.now[0] };
        if self.happens() {
            self.now[0] += 60.0;
        }
    }

    /// Short times are more frequent than long ones; the last bucket but one is hardly ever exceeded.
    fn observe(&mut self, bounds: &[f64]) {
        if self.restarts() {
            self.now.fill(0.0);
        } else if self.happens() {
            for _ in 0..self.random.u32(1..=3) {
                let place = self.random.f64() * self.random.f64() * (bounds.len() as f64 + 0.05);
                let bucket = (0..bounds.len()).find(|at| place < (*at as f64) + 1.0).unwrap_or(bounds.len());
                self.note(bounds, bucket);
            }
        }
    }

    fn note(&mut self, bounds: &[f64], bucket: usize) {
        let highest = bounds.last().copied().unwrap_or(1.0) * 2.0;
        let upper = bounds.get(bucket).copied().unwrap_or(highest);
        let value = (upper * (0.5 + self.random.f64() / 2.0) * 1e6).round() / 1e6;
        let buckets = bounds.len() + 1;
        self.now[bucket..buckets].iter_mut().for_each(|count| *count += 1.0);
        self.now[buckets] += value;
        self.now[buckets + 1] += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_one_at_every_scrape() {
        let mut course = Course::new(Shape::Histogram(&[1.0, 5.0, 20.0]), 2);
        let mut row = [0.0; 6];
        for _ in 0..1_000 {
            course.next(&mut row);
            assert!(row[..4].is_sorted() && row[3] == row[5], "{row:?}");
        }
        assert!(row[0] > 100.0 && row[2] > row[1] && row[4] > 500.0, "{row:?}");
    }

    #[test]
    fn a_counter_falls_only_to_nothing() {
        let mut course = Course::new(Shape::Counter, 5);
        let (mut before, mut resets) = ([0.0], 0);
        for _ in 0..50_000 {
            let mut row = [0.0];
            course.next(&mut row);
            assert!(row[0] >= before[0] || row[0] == 0.0);
            resets += usize::from(row[0] < before[0]);
            before = row;
        }
        assert!((1..20).contains(&resets), "{resets}");
    }
}
