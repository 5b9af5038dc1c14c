//! What is known of a block: samples of some hours that are at their last place on disk.

use super::chunk::Damaged;
use super::chunk::varint::{read, take, unzigzag, write, zigzag};
use super::pack::check;

/// A block covers two hours, and begins at a multiple of that since 1970, as the blocks of Prometheus do.
pub(super) const LENGTH: i64 = 2 * 3600 * 1000;

/// The block that a time is in.
pub(super) const fn of(time: i64) -> i64 {
    time.div_euclid(LENGTH)
}

/// The first time of a block.
pub(super) const fn beginning(block: i64) -> i64 {
    block.saturating_mul(LENGTH)
}

/// Which series have samples in a block, and when. It is small enough that all blocks are known in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// What its packs are found by. Later blocks have later ones.
    pub(super) start: i64,
    /// The time of the first sample.
    pub(super) first: i64,
    /// The time of the last sample.
    pub(super) last: i64,
    /// How many chunks there are.
    pub(super) chunks: u64,
    /// How many bytes its packs have.
    pub(super) bytes: u64,
    /// The numbers of its series, as ranges with both ends.
    members: Vec<(u32, u32)>,
}

impl Block {
    pub(super) const fn new(start: i64) -> Self {
        Self { start, first: i64::MAX, last: i64::MIN, chunks: 0, bytes: 0, members: Vec::new() }
    }

    /// Notes chunks of a series. They come in the order of the numbers of the series.
    pub(super) fn add(&mut self, series: u32, first: i64, last: i64, chunks: usize) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
        self.chunks += chunks as u64;
        match self.members.last_mut() {
            Some((_, end)) if *end + 1 == series => *end = series,
            Some((_, end)) if *end == series => {}
            _ => self.members.push((series, series)),
        }
    }

    /// Whether a series has samples in this block.
    pub(super) fn contains(&self, series: u32) -> bool {
        let after = self.members.partition_point(|(start, _)| *start <= series);
        self.members[..after].last().is_some_and(|(_, end)| series <= *end)
    }

    /// Whether there may be samples in this time.
    pub(super) const fn overlaps(&self, start: i64, end: i64) -> bool {
        self.first <= end && start <= self.last
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        for number in [zigzag(self.first), zigzag(self.last), self.chunks, self.bytes] {
            write(&mut bytes, number);
        }
        let mut next = 0;
        for (start, end) in &self.members {
            write(&mut bytes, u64::from(start - next));
            write(&mut bytes, u64::from(end - start));
            next = *end;
        }
        let sum = crc32fast::hash(&bytes[4..]).to_le_bytes();
        bytes[..4].copy_from_slice(&sum);
        bytes
    }

    pub(super) fn decode(start: i64, mut bytes: &[u8]) -> Result<Self, Damaged> {
        let sum = take(&mut bytes, 4)?;
        check(bytes, sum)?;
        let (first, last) = (unzigzag(read(&mut bytes)?), unzigzag(read(&mut bytes)?));
        let (chunks, block_bytes) = (read(&mut bytes)?, read(&mut bytes)?);
        let (mut members, mut next) = (Vec::new(), 0_u32);
        while !bytes.is_empty() {
            let start = after(next, &mut bytes)?;
            next = after(start, &mut bytes)?;
            members.push((start, next));
        }
        Ok(Self { start, first, last, chunks, bytes: block_bytes, members })
    }
}

fn after(number: u32, bytes: &mut &[u8]) -> Result<u32, Damaged> {
    let distance = u32::try_from(read(bytes)?).map_err(|_| Damaged)?;
    number.checked_add(distance).ok_or(Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_knows_its_series_and_comes_back() {
        let mut block = Block::new(-LENGTH);
        for series in [0, 1, 2, 7, 9, 10, u32::MAX] {
            block.add(series, i64::from(series) - 5, i64::from(series), 2);
        }
        assert_eq!((block.first, block.last, block.chunks), (-5, i64::from(u32::MAX), 14));
        let read = Block::decode(block.start, &block.encode()).unwrap();
        assert_eq!(read, block);
        let members =
            [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, u32::MAX].into_iter().filter(|series| read.contains(*series));
        assert_eq!(members.collect::<Vec<_>>(), [0, 1, 2, 7, 9, 10, u32::MAX]);
        assert_eq!(of(-1), -1);
        assert_eq!(beginning(of(-1)), -LENGTH);
    }
}
