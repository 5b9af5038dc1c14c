//! Bringing what is on disk back into memory: the series, which blocks there are, and the journal.

use super::block::Block;
use super::chunk::Damaged;
use super::chunk::varint::{read, take, write};
use super::head::Head;
use super::journal::{self, Journal, Stored};
use super::shelf::{EVERYTHING, Key, Row, Shelf, ShelfError, View, all_of, of_time, to_time};
use std::ops::RangeInclusive;
use telemetry_query::{Label, Labels};

/// The fact that says before which time all samples are in blocks.
pub(super) const SEALED: u64 = 0;

/// The fact that is there while an import is not complete.
pub(super) const IMPORTING: u64 = 1;

/// Of a file that is longer than this, and mostly unused, the unused part is given back.
const WORTH_COMPACTING: u64 = 64 * 1024 * 1024;

/// Reads everything but the samples in blocks.
pub(super) fn load(shelf: &dyn Shelf) -> Result<(Head, Journal), ShelfError> {
    clear_unfinished_import(shelf)?;
    let view = shelf.view()?;
    let blocks = load_blocks(&*view)?;
    compact(shelf, &blocks);
    let mut head = Head::new(blocks, load_sealed(&*view)?);
    view.each(Row::Series, &mut |(_, number), bytes| {
        let labels = decode_labels(bytes)?;
        head.add_series(number, &labels, true);
        Ok(())
    })?;
    let journal = replay(&*view, &mut head)?;
    Ok((head, journal))
}

/// Removes what an import left behind that never came to its end.
fn clear_unfinished_import(shelf: &dyn Shelf) -> Result<(), ShelfError> {
    let view = shelf.view()?;
    if !has_any(&*view, Row::Facts, all_of(IMPORTING))? {
        return Ok(());
    }
    let blocks = load_blocks(&*view)?;
    let nothing_else = blocks.is_empty() && !has_any(&*view, Row::Journal, EVERYTHING)?;
    shelf.commit(&mut |pen| {
        let mut next = (0, 0);
        for block in &blocks {
            let start = of_time(block.start);
            pen.remove(Row::Packs, next..=(start.saturating_sub(1), u32::MAX))?;
            next = (start.saturating_add(1), 0);
        }
        pen.remove(Row::Packs, next..=*EVERYTHING.end())?;
        if nothing_else {
            pen.remove(Row::Series, EVERYTHING)?;
        }
        pen.remove(Row::Facts, all_of(IMPORTING))
    })
}

fn has_any(view: &dyn View, row: Row, keys: RangeInclusive<Key>) -> Result<bool, ShelfError> {
    let mut any = false;
    view.last(row, keys, &mut |_, _| {
        any = true;
        Ok(())
    })?;
    Ok(any)
}

fn load_blocks(view: &dyn View) -> Result<Vec<Block>, ShelfError> {
    let mut blocks = Vec::new();
    view.each(Row::Blocks, &mut |(start, _), bytes| {
        blocks.push(Block::decode(to_time(start), bytes)?);
        Ok(())
    })?;
    Ok(blocks)
}

fn load_sealed(view: &dyn View) -> Result<i64, ShelfError> {
    let mut sealed = i64::MIN;
    view.last(Row::Facts, all_of(SEALED), &mut |_, bytes| {
        sealed = to_time(u64::from_le_bytes(bytes.try_into().map_err(|_| Damaged)?));
        Ok(())
    })?;
    Ok(sealed)
}

/// The value of the fact [`SEALED`].
pub(super) fn encode_sealed(sealed: i64) -> [u8; 8] {
    of_time(sealed).to_le_bytes()
}

/// Gives unused space back. What cannot be given back is used again later, so failing is no failure.
fn compact(shelf: &dyn Shelf, blocks: &[Block]) {
    let used: u64 = blocks.iter().map(|block| block.bytes).sum();
    if shelf.bytes() > WORTH_COMPACTING + 2 * used {
        drop(shelf.compact());
    }
}

/// So many samples of the journal are in memory at a time.
const GATHERED: usize = 128 * 1024;

/// Takes the batches from the journal.
fn replay(view: &dyn View, head: &mut Head) -> Result<Journal, ShelfError> {
    let mut replay = Replay::default();
    let mut batch: (u64, Vec<u8>) = (0, Vec::new());
    view.each(Row::Journal, &mut |(number, part), bytes| {
        if part == 0 {
            replay.batch(head, &batch)?;
            batch.0 = number;
            batch.1.clear();
        }
        batch.1.extend_from_slice(bytes);
        Ok(())
    })?;
    replay.batch(head, &batch)?;
    replay.bring(head)?;
    Ok(replay.journal)
}

/// Samples from the journal on their way into memory. Some batches are gathered and brought series by series, which is far quicker than
/// going through all series for each batch.
#[derive(Debug, Default)]
struct Replay {
    journal: Journal,
    gathered: Vec<Stored>,
}

impl Replay {
    fn batch(&mut self, head: &mut Head, (number, bytes): &(u64, Vec<u8>)) -> Result<(), ShelfError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut last = i64::MIN;
        journal::decode(bytes, |stored| {
            last = last.max(stored.1.timestamp);
            self.gathered.push(stored);
        })?;
        self.journal.note(*number, last);
        if self.gathered.len() < GATHERED { Ok(()) } else { self.bring(head) }
    }

    fn bring(&mut self, head: &mut Head) -> Result<(), ShelfError> {
        // The sort is stable, so the samples of a series stay in order.
        self.gathered.sort_by_key(|(series, _)| *series);
        for stored in self.gathered.drain(..) {
            head.replay(stored)?;
        }
        Ok(())
    }
}

/// A label set as it is on disk.
pub(super) fn encode_labels(labels: &Labels) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in labels.iter() {
        for text in [&label.name, &label.value] {
            write(&mut bytes, text.len() as u64);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

fn decode_labels(mut bytes: &[u8]) -> Result<Labels, Damaged> {
    let mut labels = Vec::new();
    while !bytes.is_empty() {
        let (name, value) = (decode_text(&mut bytes)?, decode_text(&mut bytes)?);
        labels.push(Label { name: name.into(), value: value.into() });
    }
    Ok(labels.into_iter().collect())
}

fn decode_text<'b>(bytes: &mut &'b [u8]) -> Result<&'b str, Damaged> {
    let length = read(bytes)?;
    str::from_utf8(take(bytes, length)?).map_err(|_| Damaged)
}
