//! Chunks of many series in one value of the shelf, and finding one of them again.
//!
//! ```text
//! checksum of the list | length of the list | (number of the series, as a distance; length of the chunk)… | (checksum, chunk)…
//! ```
//!
//! A value for each chunk would leave a third of the file empty: the database gives every value whole pages.

use super::chunk::Damaged;
use super::chunk::varint::{read, take, write};
use super::shelf::database::GOOD_LENGTH;

/// A value for the shelf, with the number of its first series.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pack {
    pub(super) first: u32,
    pub(super) bytes: Vec<u8>,
}

/// Packs chunks of series in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Packer {
    first: u32,
    last: u32,
    list: Vec<u8>,
    chunks: Vec<u8>,
}

impl Packer {
    /// Adds all chunks of a series in a block. A series is in one pack only, so whatever is full before is handed over.
    pub(super) fn push(&mut self, series: u32, chunks: &[impl AsRef<[u8]>]) -> Option<Pack> {
        let more: usize = chunks.iter().map(|chunk| chunk.as_ref().len() + 10).sum();
        let is_full = !self.list.is_empty() && self.list.len() + self.chunks.len() + more > GOOD_LENGTH;
        let full = if is_full { self.finish() } else { None };
        if self.list.is_empty() {
            (self.first, self.last) = (series, series);
        }
        for chunk in chunks {
            write(&mut self.list, u64::from(series - self.last));
            write(&mut self.list, chunk.as_ref().len() as u64);
            self.chunks.extend_from_slice(&crc32fast::hash(chunk.as_ref()).to_le_bytes());
            self.chunks.extend_from_slice(chunk.as_ref());
            self.last = series;
        }
        full
    }

    /// What is not handed over yet.
    pub(super) fn finish(&mut self) -> Option<Pack> {
        if self.list.is_empty() {
            return None;
        }
        let mut bytes = Vec::with_capacity(self.list.len() + self.chunks.len() + 12);
        bytes.extend_from_slice(&crc32fast::hash(&self.list).to_le_bytes());
        write(&mut bytes, self.list.len() as u64);
        bytes.append(&mut self.list);
        bytes.append(&mut self.chunks);
        Some(Pack { first: self.first, bytes })
    }
}

/// Hands over the chunks of a series, in order; none where it has none in this pack.
pub(super) fn chunks_of<'p>(
    mut pack: &'p [u8],
    first: u32,
    series: u32,
    mut chunk: impl FnMut(&'p [u8]) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    let sum = take(&mut pack, 4)?;
    let length = read(&mut pack)?;
    let mut list = take(&mut pack, length)?;
    check(list, sum)?;
    let mut number = u64::from(first);
    while !list.is_empty() && number <= u64::from(series) {
        number = number.checked_add(read(&mut list)?).ok_or(Damaged)?;
        let length = read(&mut list)?;
        let sum = take(&mut pack, 4)?;
        let bytes = take(&mut pack, length)?;
        if number == u64::from(series) {
            check(bytes, sum)?;
            chunk(bytes)?;
        }
    }
    Ok(())
}

/// The number of the last series in a pack.
pub(super) fn last_series(mut pack: &[u8], first: u32) -> Result<u32, Damaged> {
    let sum = take(&mut pack, 4)?;
    let length = read(&mut pack)?;
    let mut list = take(&mut pack, length)?;
    check(list, sum)?;
    let mut number = u64::from(first);
    while !list.is_empty() {
        number = number.saturating_add(read(&mut list)?);
        read(&mut list)?;
    }
    u32::try_from(number).map_err(|_| Damaged)
}

/// Whether these are the bytes of which this checksum was made.
pub(super) fn check(bytes: &[u8], sum: &[u8]) -> Result<(), Damaged> {
    if crc32fast::hash(bytes).to_le_bytes() == sum { Ok(()) } else { Err(Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(packs: &[Pack], series: u32) -> Vec<Vec<u8>> {
        let pack = packs.iter().rfind(|pack| pack.first <= series).unwrap();
        let mut found = Vec::new();
        chunks_of(&pack.bytes, pack.first, series, |chunk| {
            found.push(chunk.to_vec());
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn every_series_is_found_with_all_its_chunks_and_no_other() {
        let mut packer = Packer::default();
        let chunks = |series: u32| {
            (0..=series % 3).map(move |part| vec![(series + part) as u8; 400 + series as usize])
        };
        let mut packs = Vec::new();
        for series in (3..400).step_by(2) {
            packs.extend(packer.push(series, &chunks(series).collect::<Vec<_>>()));
        }
        packs.extend(packer.finish());
        assert!(packs.len() > 5);
        assert!(packs.iter().all(|pack| pack.bytes.len() <= GOOD_LENGTH + 12));
        for series in 3..400 {
            let wanted = chunks(series).filter(|_| series % 2 == 1).collect::<Vec<_>>();
            assert_eq!(found(&packs, series), wanted, "{series}");
        }
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let mut packer = Packer::default();
        packer.push(7, &[b"chunk of seven"]);
        packer.push(9, &[b"chunk of nine"]);
        let bytes = packer.finish().unwrap().bytes;
        assert_eq!(last_series(&bytes, 7), Ok(9));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 4;
            let read = |series| chunks_of(&damaged, 7, series, |_| Ok(()));
            assert!(read(7).is_err() || read(9).is_err(), "byte {position}");
        }
    }
}
