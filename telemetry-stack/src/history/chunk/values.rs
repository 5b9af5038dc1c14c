//! What was measured, bit for bit.
//!
//! A chunk begins with whole numbers, as most metrics are: a stream of tokens as for times, where an even token is that many halves of
//! values that changed as the one before, an odd one is a change, and zero announces the bits of something else, such as a mark of staleness. With
//! the first fraction, or the second oddity in a row, the chunk turns to the bytes in which a value differs from the one before.

use super::varint::{read, read_raw, unzigzag, write, zigzag};
use super::{Damaged, make_room};
use telemetry_query::Sample;

/// What says that whole numbers follow.
const WHOLE: u8 = 0;

/// What says that differences of bits follow.
const BITS: u8 = 1;

/// Whole numbers up to here are exact, 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The values of a chunk that grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    tokens: Vec<u8>,
    /// The bits of the last value.
    last: u64,
    /// The last whole number.
    number: i64,
    /// How it differed from the one before.
    change: i64,
    run: u32,
    bits: bool,
    odd: bool,
}

impl Values {
    /// Adds a value, and says whether there was a way to: if not, the chunk must turn to bits.
    pub(super) fn push(&mut self, value: f64) -> bool {
        let pushed = self.bits || self.fits(value);
        if pushed {
            match whole(value) {
                _ if self.bits => self.push_bits(value.to_bits()),
                Some(number) => self.push_number(number),
                None => self.push_odd(value.to_bits()),
            }
            self.last = value.to_bits();
        }
        pushed
    }

    /// An empty chunk of differing bits.
    pub(super) fn of_bits() -> Self {
        Self { bits: true, ..Self::default() }
    }

    fn fits(&self, value: f64) -> bool {
        whole(value).is_some() || !value.is_finite() && !self.odd
    }

    fn push_number(&mut self, number: i64) {
        let change = number - self.number;
        if change == self.change {
            self.run += 1;
        } else {
            self.end_run();
            make_room(&mut self.tokens);
            write(&mut self.tokens, zigzag(change) << 1 | 1);
        }
        (self.number, self.change, self.odd) = (number, change, false);
    }

    fn push_odd(&mut self, bits: u64) {
        self.end_run();
        make_room(&mut self.tokens);
        self.tokens.push(0);
        self.tokens.extend_from_slice(&bits.to_le_bytes());
        self.odd = true;
    }

    fn push_bits(&mut self, bits: u64) {
        let differing = bits ^ self.last;
        if differing == 0 {
            self.run += 1;
            return;
        }
        self.end_run();
        make_room(&mut self.tokens);
        let below = differing.trailing_zeros() / 8;
        let length = 8 - below - differing.leading_zeros() / 8;
        self.tokens.push((below << 4 | length) as u8);
        self.tokens.extend_from_slice(&(differing >> (8 * below)).to_le_bytes()[..length as usize]);
    }

    fn end_run(&mut self) {
        let kind = self.kind();
        write_run(&mut self.tokens, kind, std::mem::take(&mut self.run));
    }

    /// Writes what was pushed so far.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(if self.bits { BITS } else { WHOLE });
        bytes.extend_from_slice(&self.tokens);
        write_run(bytes, self.kind(), self.run);
    }

    const fn kind(&self) -> Kind {
        if self.bits { Kind::Bits } else { Kind::Whole { change: self.change } }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.tokens.capacity()
    }
}

/// What a run is a run of.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Whole { change: i64 },
    Bits,
}

fn write_run(tokens: &mut Vec<u8>, kind: Kind, run: u32) {
    match kind {
        _ if run == 0 => {}
        Kind::Bits => {
            tokens.push(0);
            write(tokens, u64::from(run));
        }
        // A single repetition as a change: no longer, and where values vary reading need not guess what comes.
        Kind::Whole { change } if run == 1 && zigzag(change) < 64 => {
            tokens.push((zigzag(change) << 1 | 1) as u8);
        }
        Kind::Whole { .. } => write(tokens, u64::from(run) << 1),
    }
}

/// The whole number that a value is, if it is one and exactly that; negative zero is not.
pub(crate) fn whole(value: f64) -> Option<i64> {
    let number = value as i64;
    (value.abs() < EXACT && (number as f64).to_bits() == value.to_bits()).then_some(number)
}

/// Gives samples the values that were written.
pub(super) fn read_into(values: &[u8], samples: &mut [Sample]) -> Result<(), Damaged> {
    let left = match values {
        [WHOLE, tokens @ ..] => read_numbers(tokens, samples)?,
        [BITS, tokens @ ..] => read_bits(tokens, samples)?,
        _ => return Err(Damaged),
    };
    if left.is_empty() { Ok(()) } else { Err(Damaged) }
}

fn read_numbers<'t>(mut tokens: &'t [u8], samples: &mut [Sample]) -> Result<&'t [u8], Damaged> {
    let (mut number, mut change) = (0_i64, 0_i64);
    let mut position = 0;
    while position < samples.len() {
        let token = read(&mut tokens)?;
        if token & 1 == 1 {
            change = unzigzag(token >> 1);
            number = number.wrapping_add(change);
            samples[position].value = number as f64;
            position += 1;
        } else if token == 0 {
            samples[position].value = f64::from_bits(read_raw(&mut tokens)?);
            position += 1;
        } else {
            for sample in run_of(token >> 1, &mut position, samples)? {
                number = number.wrapping_add(change);
                sample.value = number as f64;
            }
        }
    }
    Ok(tokens)
}

fn read_bits<'t>(mut tokens: &'t [u8], samples: &mut [Sample]) -> Result<&'t [u8], Damaged> {
    let mut bits = 0;
    let mut position = 0;
    while position < samples.len() {
        let (&control, rest) = tokens.split_first().ok_or(Damaged)?;
        tokens = rest;
        if control == 0 {
            let run = read(&mut tokens)?;
            run_of(run, &mut position, samples)?
                .iter_mut()
                .for_each(|sample| sample.value = f64::from_bits(bits));
        } else {
            bits ^= read_difference(control, &mut tokens)?;
            samples[position].value = f64::from_bits(bits);
            position += 1;
        }
    }
    Ok(tokens)
}

/// The next samples, as many as are in a run.
fn run_of<'s>(
    run: u64,
    position: &mut usize,
    samples: &'s mut [Sample],
) -> Result<&'s mut [Sample], Damaged> {
    let end = usize::try_from(run).ok().and_then(|run| position.checked_add(run)).ok_or(Damaged)?;
    let of_run = samples.get_mut(*position..end).ok_or(Damaged)?;
    *position = end;
    Ok(of_run)
}

fn read_difference(control: u8, tokens: &mut &[u8]) -> Result<u64, Damaged> {
    let (below, length) = (u32::from(control >> 4), u32::from(control & 0xf));
    if length == 0 || below + length > 8 {
        return Err(Damaged);
    }
    // Eight bytes are read at once where there are as many, which is nearly always.
    let (middle, rest) = match tokens.first_chunk() {
        Some(eight) => {
            (u64::from_le_bytes(*eight) & (u64::MAX >> (64 - 8 * length)), &tokens[length as usize..])
        }
        None => read_last(tokens, length as usize)?,
    };
    *tokens = rest;
    Ok(middle << (8 * below))
}

fn read_last(tokens: &[u8], length: usize) -> Result<(u64, &[u8]), Damaged> {
    let (middle, rest) = tokens.split_at_checked(length).ok_or(Damaged)?;
    let mut eight = [0; 8];
    eight[..length].copy_from_slice(middle);
    Ok((u64::from_le_bytes(eight), rest))
}
