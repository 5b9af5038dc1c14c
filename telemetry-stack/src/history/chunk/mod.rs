//! Samples of one series in few bytes: while they come in, and for ever after.
//!
//! ```text
//! count | first time | length of the times | times | kind of values | values
//! ```
//!
//! A regular counter needs between one and two bytes for a sample, and a few nanoseconds to be read again.

mod times;
mod values;
pub(crate) mod varint;

use telemetry_query::Sample;
use times::Times;
use values::Values;
pub(crate) use values::whole;

/// As many samples as a chunk may have. It bounds what turning a chunk of whole numbers into one of bits costs.
pub(crate) const MOST_SAMPLES: u32 = 1024;

/// Bytes that are not what was once written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not those that were written")]
pub(crate) struct Damaged;

/// A chunk that grows.
#[derive(Debug, Clone)]
pub(crate) struct Growing {
    first: i64,
    count: u32,
    times: Times,
    values: Values,
}

impl Growing {
    /// A chunk with one sample.
    pub(crate) fn starting(sample: Sample) -> Self {
        let times = Times::starting(sample.timestamp);
        let mut chunk = Self { first: sample.timestamp, count: 0, times, values: Values::default() };
        chunk.push_value(sample.value);
        chunk
    }

    /// Adds a sample. Nothing is demanded of its time.
    pub(crate) fn push(&mut self, sample: Sample) {
        self.push_value(sample.value);
        self.times.push(sample.timestamp);
    }

    fn push_value(&mut self, value: f64) {
        if !self.values.push(value) {
            self.turn_to_bits();
            self.values.push(value);
        }
        self.count += 1;
    }

    fn turn_to_bits(&mut self) {
        let mut written = Vec::new();
        self.values.write(&mut written);
        let mut samples = vec![Sample::new(0, 0.0); self.count as usize];
        // What this very program has written a moment ago can be read.
        let read = values::read_into(&written, &mut samples);
        debug_assert_eq!(read, Ok(()));
        self.values = Values::of_bits();
        for sample in samples {
            self.values.push(sample.value);
        }
    }

    /// The time of the first sample.
    pub(crate) const fn first(&self) -> i64 {
        self.first
    }

    /// The time of the last sample.
    pub(crate) const fn last(&self) -> i64 {
        self.times.last()
    }

    /// How many samples there are.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Writes the chunk as it is now.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        let mut times = Vec::with_capacity(self.times.capacity() + 4);
        self.times.write(&mut times);
        bytes.reserve(self.times.capacity() + self.values.capacity() + 24);
        varint::write(bytes, u64::from(self.count));
        varint::write(bytes, varint::zigzag(self.first));
        varint::write(bytes, times.len() as u64);
        bytes.extend_from_slice(&times);
        self.values.write(bytes);
    }
}

/// When the samples of a written chunk begin, without reading them.
pub(crate) fn first_time(mut bytes: &[u8]) -> Result<i64, Damaged> {
    varint::read(&mut bytes)?;
    Ok(varint::unzigzag(varint::read(&mut bytes)?))
}

/// When the samples of a written chunk end.
pub(crate) fn last_time(bytes: &[u8]) -> Result<i64, Damaged> {
    let mut samples = Vec::new();
    read_into(bytes, &mut samples)?;
    samples.last().map(|sample| sample.timestamp).ok_or(Damaged)
}

/// Appends the samples of a written chunk.
pub(crate) fn read_into(mut bytes: &[u8], samples: &mut Vec<Sample>) -> Result<(), Damaged> {
    let count = varint::read(&mut bytes)?;
    if count == 0 || count > u64::from(MOST_SAMPLES) {
        return Err(Damaged);
    }
    let first = varint::unzigzag(varint::read(&mut bytes)?);
    let length = varint::read(&mut bytes)?;
    let times = varint::take(&mut bytes, length)?;
    let before = samples.len();
    times::read_into(times, first, count as usize, samples)?;
    values::read_into(bytes, &mut samples[before..])
}

/// Makes room for another token. Growing by a quarter wastes less than doubling, where ten thousand chunks grow at once.
fn make_room(tokens: &mut Vec<u8>) {
    if tokens.capacity() - tokens.len() < 10 {
        tokens.reserve_exact(16 + tokens.len() / 4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use telemetry_query::STALE;

    fn written(samples: &[Sample]) -> Vec<u8> {
        let mut chunk = Growing::starting(samples[0]);
        samples[1..].iter().for_each(|sample| chunk.push(*sample));
        let mut bytes = Vec::new();
        chunk.write(&mut bytes);
        bytes
    }

    fn bits(samples: &[Sample]) -> Vec<(i64, u64)> {
        samples.iter().map(|sample| (sample.timestamp, sample.value.to_bits())).collect()
    }

    fn comes_back(samples: &[Sample]) -> usize {
        let bytes = written(samples);
        let mut read = vec![Sample::new(1, 1.0)];
        read_into(&bytes, &mut read).unwrap();
        assert_eq!(bits(&read[1..]), bits(samples));
        assert_eq!(first_time(&bytes), Ok(samples[0].timestamp));
        bytes.len()
    }

    fn every_15_s(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
        let timed = (0..).map(|number| 1_700_000_000_000 + number * 15_000).zip(values);
        timed.map(|(time, value)| Sample::new(time, value)).collect()
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => (-50..50_i64).prop_map(|number| number as f64),
            2 => any::<i64>().prop_map(|number| number as f64),
            2 => any::<u64>().prop_map(f64::from_bits),
            2 => Just(STALE),
            1 => prop::sample::select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, 0.1, EXACT, -EXACT, EXACT - 1.0]),
        ]
    }

    const EXACT: f64 = 9_007_199_254_740_992.0;

    proptest! {
        #[test]
        fn anything_comes_back_bit_for_bit(
            samples in prop::collection::vec((prop_oneof![3 => 0..40_000_i64, 1 => any::<i64>()], value()), 1..300)
        ) {
            let samples: Vec<_> = samples.into_iter().map(|(time, value)| Sample::new(time, value)).collect();
            comes_back(&samples);
        }

        #[test]
        fn whole_numbers_with_runs_come_back(values in prop::collection::vec((0..4_i64, 1..20_usize), 1..50)) {
            let runs = values.into_iter().flat_map(|(value, length)| std::iter::repeat_n(value as f64, length));
            comes_back(&every_15_s(runs));
        }

        #[test]
        fn damage_is_an_error_or_other_samples_and_never_a_panic(
            values in prop::collection::vec(value(), 1..60), position: prop::sample::Index, byte: u8, cut: bool
        ) {
            let mut bytes = written(&every_15_s(values));
            let position = position.index(bytes.len());
            if cut { bytes.truncate(position) } else { bytes[position] = byte }
            let mut samples = Vec::new();
            if read_into(&bytes, &mut samples).is_ok() {
                prop_assert!(samples.len() <= MOST_SAMPLES as usize);
            }
        }

        #[test]
        fn rubbish_is_never_a_panic(bytes: Vec<u8>) {
            let _any = read_into(&bytes, &mut Vec::new());
        }
    }

    #[test]
    fn what_does_not_change_costs_nothing() {
        assert!(comes_back(&every_15_s([7.0; 480])) < 24);
        assert!(comes_back(&every_15_s([0.7; 480])) < 32);
        assert!(comes_back(&every_15_s([f64::NAN; 480])) < 36);
        assert!(comes_back(&every_15_s((0..480).map(|number| f64::from(number) * 15.0))) < 24);
    }

    #[test]
    fn a_counter_costs_less_than_two_bytes_for_a_sample() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut total = 123_456;
        let values = (0..480).map(|_| {
            total += random.i32(0..40);
            f64::from(total)
        });
        assert!(comes_back(&every_15_s(values)) < 480 * 3 / 2);
    }

    #[test]
    fn a_mark_of_staleness_leaves_a_counter_what_it_is() {
        let mut samples = every_15_s((0..480).map(f64::from));
        let without = comes_back(&samples);
        samples[240].value = STALE;
        assert!(comes_back(&samples) < without + 20);
    }

    #[test]
    fn jitter_of_milliseconds_costs_little() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut samples = every_15_s([1.0; 480]);
        samples.iter_mut().for_each(|sample| sample.timestamp += random.i64(-5..5));
        assert!(comes_back(&samples) < 480 * 5 / 4);
    }
}
