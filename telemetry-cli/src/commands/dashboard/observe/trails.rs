//! How everything went that is shown large or per time, with what it is now.

use super::super::look::{Part, Rate, Tile};
use super::asker::Seen;
use super::rates::{Asked, RATES, Rated};
use super::tiles::{Large, TILES};
use super::trail::Trail;
use std::time::Duration;
use telemetry_catalog::subsystems;
use telemetry_core::metric::Subsystem;

/// A trail for each of the tiles and rates.
#[derive(Debug)]
pub(super) struct Trails {
    tiles: Vec<Trail>,
    rates: Vec<Trail>,
}

/// What a look has found, which is nothing before the first.
pub(super) struct Values<'s> {
    pub(super) tiles: &'s [Option<f64>],
    pub(super) rates: &'s [Rated],
    /// From one look to the next.
    pub(super) interval: Duration,
}

impl Trails {
    pub(super) fn new() -> Self {
        let empty = |length| vec![Trail::default(); length];
        Self { tiles: empty(TILES.len()), rates: empty(RATES.len()) }
    }

    /// Says that what follows is not of the same source.
    pub(super) fn interrupt(&mut self) {
        self.tiles.iter_mut().chain(&mut self.rates).for_each(Trail::interrupt);
    }

    /// Adds what was seen, or that nothing was.
    pub(super) fn note(&mut self, at: i64, seen: Option<&Seen>, step: i64) {
        for (place, trail) in self.tiles.iter_mut().enumerate() {
            trail.push(at, seen.and_then(|seen| *seen.tiles.get(place)?), step);
        }
        for (place, trail) in self.rates.iter_mut().enumerate() {
            trail.push(at, seen.and_then(|seen| seen.rates.get(place)?.value), step);
        }
    }

    /// Takes how the tiles went before.
    pub(super) fn precede(&mut self, past: &[Vec<f64>]) {
        self.tiles.iter_mut().zip(past).for_each(|(trail, past)| trail.precede(past));
    }

    /// The tiles and rates of the whole fleet.
    pub(super) fn of_fleet(&self, values: &Values<'_>) -> (Vec<Tile>, Vec<Rate>) {
        (self.tiles(values, |tile| tile.is_of_fleet), self.rates(values, |rate| rate.is_of_fleet))
    }

    /// Those of each subsystem.
    pub(super) fn parts(&self, values: &Values<'_>) -> Vec<Part> {
        let part = |subsystem: &'static Subsystem| Part {
            subsystem,
            tiles: self.tiles(values, |tile| tile.subsystem == subsystem),
            rates: self.rates(values, |rate| rate.subsystem == subsystem),
        };
        subsystems().map(part).collect()
    }

    fn tiles(&self, values: &Values<'_>, wanted: impl Fn(&Large) -> bool) -> Vec<Tile> {
        let all = TILES.iter().zip(&self.tiles).enumerate().filter(|(_, (large, _))| wanted(large));
        let tile = |(place, (large, trail)): (usize, (&Large, &Trail))| Tile {
            title: large.title,
            value: values.tiles.get(place).copied().flatten(),
            course: trail.values(),
            over: trail.over(values.interval),
        };
        all.map(tile).collect()
    }

    fn rates(&self, values: &Values<'_>, wanted: impl Fn(&Asked) -> bool) -> Vec<Rate> {
        let all = RATES.iter().zip(values.rates).zip(&self.rates);
        let all = all.filter(|((asked, _), _)| wanted(asked));
        let rate = |((_, rated), trail): ((&Asked, &Rated), &Trail)| Rate {
            title: rated.title,
            value: rated.value,
            unit: rated.unit,
            verdict: rated.verdict,
            course: trail.values(),
        };
        all.map(rate).collect()
    }
}
