//! When samples were taken, as changes of the distance between them.
//!
//! A stream of tokens, each a number: an even one is that many halves of samples at the same distance as before, an odd one is a change of
//! the distance, and zero announces a change that is too large for that, in eight bytes. Regular scrapes are a single token.

use super::Damaged;
use super::varint::{read, read_raw, unzigzag, write, zigzag};
use telemetry_query::Sample;

/// The times of a chunk that grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    tokens: Vec<u8>,
    last: i64,
    distance: i64,
    run: u32,
}

impl Times {
    pub(super) fn starting(first: i64) -> Self {
        Self { last: first, ..Self::default() }
    }

    pub(super) const fn last(&self) -> i64 {
        self.last
    }

    /// Adds a time. Any is possible; those that rise evenly cost least.
    pub(super) fn push(&mut self, time: i64) {
        let distance = time.wrapping_sub(self.last);
        let change = distance.wrapping_sub(self.distance);
        if change == 0 {
            self.run += 1;
        } else {
            end_run(&mut self.tokens, std::mem::take(&mut self.run));
            write_change(&mut self.tokens, change);
        }
        (self.last, self.distance) = (time, distance);
    }

    /// Writes what was pushed so far.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.tokens);
        end_run(bytes, self.run);
    }

    pub(super) const fn capacity(&self) -> usize {
        self.tokens.capacity()
    }
}

fn end_run(tokens: &mut Vec<u8>, run: u32) {
    if run > 0 {
        write(tokens, u64::from(run) << 1);
    }
}

fn write_change(tokens: &mut Vec<u8>, change: i64) {
    super::make_room(tokens);
    let literal = zigzag(change);
    if literal >> 62 == 0 {
        write(tokens, literal << 1 | 1);
    } else {
        tokens.push(0);
        tokens.extend_from_slice(&change.to_le_bytes());
    }
}

/// Appends samples at these times, `count` of them, which have no values yet.
pub(super) fn read_into(
    mut tokens: &[u8],
    first: i64,
    count: usize,
    samples: &mut Vec<Sample>,
) -> Result<(), Damaged> {
    samples.reserve(count);
    samples.push(Sample::new(first, 0.0));
    let (mut time, mut distance, mut left) = (first, 0_i64, count - 1);
    while left > 0 {
        let token = read(&mut tokens)?;
        let mut run = 1;
        if token & 1 == 1 {
            distance = distance.wrapping_add(unzigzag(token >> 1));
        } else if token == 0 {
            distance = distance.wrapping_add(read_raw(&mut tokens)? as i64);
        } else {
            run = usize::try_from(token >> 1).map_err(|_| Damaged)?;
        }
        left = left.checked_sub(run).ok_or(Damaged)?;
        samples.extend((0..run).map(|_| {
            time = time.wrapping_add(distance);
            Sample::new(time, 0.0)
        }));
    }
    if tokens.is_empty() { Ok(()) } else { Err(Damaged) }
}
