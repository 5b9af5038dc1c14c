//! What the journal says of one batch: the samples that were stored, in a form that stands by itself.
//!
//! ```text
//! checksum | count | for each sample: series, as a distance, with two flags | time, if another | value
//! ```
//!
//! It is read only after a restart, so it is made to be written fast.

use super::chunk::varint::{read, read_raw, take, unzigzag, write, zigzag};
use super::chunk::{Damaged, whole};
use super::pack::check;
use super::shelf::database::GOOD_LENGTH;
use std::collections::VecDeque;
use telemetry_query::Sample;

/// Says that the time is not that of the sample before.
const OTHER_TIME: u64 = 1;

/// Says that the value is a whole number.
const WHOLE: u64 = 2;

/// A sample of a series.
pub(super) type Stored = (u32, Sample);

/// Writes a batch.
pub(super) fn encode(batch: &[Stored]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.reserve(batch.len() * 6 + 16);
    write(&mut bytes, batch.len() as u64);
    let (mut expected, mut time) = (0_i64, 0_i64);
    for (series, sample) in batch {
        let distance = zigzag(i64::from(*series) - expected) << 2;
        let other_time = if sample.timestamp == time { 0 } else { OTHER_TIME };
        let number = whole(sample.value);
        write(&mut bytes, distance | other_time | if number.is_some() { WHOLE } else { 0 });
        if other_time != 0 {
            write(&mut bytes, zigzag(sample.timestamp.wrapping_sub(time)));
        }
        match number {
            Some(number) => write(&mut bytes, zigzag(number)),
            None => bytes.extend_from_slice(&sample.value.to_bits().to_le_bytes()),
        }
        (expected, time) = (i64::from(*series) + 1, sample.timestamp);
    }
    let sum = crc32fast::hash(&bytes[4..]).to_le_bytes();
    bytes[..4].copy_from_slice(&sum);
    bytes
}

/// Reads a batch.
pub(super) fn decode(mut bytes: &[u8], mut each: impl FnMut(Stored)) -> Result<(), Damaged> {
    let sum = take(&mut bytes, 4)?;
    check(bytes, sum)?;
    let count = read(&mut bytes)?;
    let (mut expected, mut time) = (0_i64, 0_i64);
    for _ in 0..count {
        let head = read(&mut bytes)?;
        let series = u32::try_from(expected.wrapping_add(unzigzag(head >> 2))).map_err(|_| Damaged)?;
        if head & OTHER_TIME != 0 {
            time = time.wrapping_add(unzigzag(read(&mut bytes)?));
        }
        let value = match head & WHOLE {
            0 => f64::from_bits(read_raw(&mut bytes)?),
            _ => unzigzag(read(&mut bytes)?) as f64,
        };
        each((series, Sample::new(time, value)));
        expected = i64::from(series) + 1;
    }
    if bytes.is_empty() { Ok(()) } else { Err(Damaged) }
}

/// The parts in which a batch is written: a long value would take twice the pages that it fills.
pub(super) fn parts(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    (0..).zip(bytes.chunks(GOOD_LENGTH))
}

/// What is in the journal: which batches, and when the latest sample of each is.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// The number of the next batch.
    pub(super) next: u64,
    batches: VecDeque<(u64, i64)>,
}

impl Journal {
    /// Notes that a batch is in the journal.
    pub(super) fn note(&mut self, number: u64, last: i64) {
        self.batches.push_back((number, last));
        self.next = number + 1;
    }

    /// The batches all of whose samples are before this time.
    pub(super) fn before(&self, time: i64) -> Vec<u64> {
        self.batches.iter().filter(|(_, last)| *last < time).map(|(number, _)| *number).collect()
    }

    /// Notes that those batches are not in the journal any more.
    pub(super) fn forget_before(&mut self, time: i64) {
        self.batches.retain(|(_, last)| *last >= time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_come_back(batch in prop::collection::vec((any::<u32>(), any::<i64>(), any::<u64>(), any::<bool>()), 0..50)) {
            let stored: Vec<Stored> = batch.into_iter().map(|(series, time, bits, number)| {
                let value = if number { (bits >> 12) as f64 } else { f64::from_bits(bits) };
                (series, Sample::new(time, value))
            }).collect();
            let mut read = Vec::new();
            let bytes = encode(&stored);
            decode(&bytes, |sample| read.push(sample)).unwrap();
            let bits = |batch: &[Stored]| batch.iter().map(|(series, sample)| (*series, sample.timestamp, sample.value.to_bits())).collect::<Vec<_>>();
            prop_assert_eq!(bits(&read), bits(&stored));
            prop_assert!(decode(&bytes[..bytes.len() - 1], |_| ()).is_err());
        }
    }

    #[test]
    fn a_scrape_costs_few_bytes_for_a_sample() {
        let batch: Vec<Stored> = (100..1_100)
            .map(|series| (series, Sample::new(1_700_000_000_000, f64::from(series) * 3.0)))
            .collect();
        assert!(encode(&batch).len() < 3_100);
    }
}
