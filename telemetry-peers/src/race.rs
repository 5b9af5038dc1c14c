//! Contestants that take turns, so that whatever else the machine does meets them alike, and medians of their times.

use std::time::Instant;

/// One library doing one work.
pub struct Contestant {
    /// What it is called in a table.
    pub name: &'static str,
    pass: Box<dyn FnMut()>,
    /// How many passes make a turn.
    passes: usize,
    /// Nanoseconds of a pass, one for each turn.
    samples: Vec<f64>,
}

/// How long a turn lasts at least, in nanoseconds: so long that its first pass, for which the others have left nothing in the caches, does
/// not decide.
const TURN: f64 = 4_000_000.0;

impl Contestant {
    /// One whose work is done by a call of `pass`.
    pub fn new(name: &'static str, pass: impl FnMut() + 'static) -> Self {
        Self { name, pass: Box::new(pass), passes: 1, samples: Vec::new() }
    }

    /// Does its work once.
    pub fn pass(&mut self) {
        (self.pass)();
    }

    /// Nanoseconds of a pass in the turn that is neither fast nor slow among its turns.
    #[must_use]
    pub fn median(&self) -> f64 {
        median(&self.samples)
    }

    /// Nanoseconds of a pass in one turn.
    fn turn(&mut self) -> f64 {
        let start = Instant::now();
        (0..self.passes).for_each(|_| (self.pass)());
        start.elapsed().as_secs_f64() * 1e9 / self.passes as f64
    }
}

/// Gives each contestant so many turns.
pub fn race(contestants: &mut [Contestant], rounds: usize) {
    for contestant in &mut *contestants {
        let fastest = (0..5).map(|_| contestant.turn()).fold(f64::INFINITY, f64::min);
        contestant.passes = ((TURN / fastest) as usize).clamp(1, 100_000);
    }
    for _ in 0..rounds {
        for contestant in &mut *contestants {
            let nanoseconds = contestant.turn();
            contestant.samples.push(nanoseconds);
        }
    }
}

/// The middle one of the samples by size; none is not a number.
#[must_use]
pub fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
