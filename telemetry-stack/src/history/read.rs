//! Reading: which series there are, and their samples, for queries.

use super::chunk;
use super::head::Head;
use super::pack::{chunks_of, last_series};
use super::shelf::{Row, ShelfError, View, of_time};
use super::{History, HistoryError};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use telemetry_query::{Labels, Matcher, Sample, Selection, Store, StoreError, StoredSeries};

impl History {
    /// Label sets of the series that satisfy all matchers of any of the sets, and that have samples in this time, in order. Of
    /// samples on disk it is only known in which two hours they are.
    #[must_use]
    pub fn label_sets(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> Vec<Labels> {
        let head = self.head();
        let chosen = chosen(&head, sets).into_iter().filter(|series| head.has_samples(*series, start, end));
        let mut labels: Vec<_> = chosen.filter_map(|series| head.index.labels(series).cloned()).collect();
        labels.sort_unstable();
        labels
    }

    /// The names of the labels of those series; of all series where no set of matchers is given.
    #[must_use]
    pub fn label_names(&self, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        let head = self.head();
        if sets.is_empty() {
            let any = |series: &u32| head.has_samples(*series, start, end);
            let names = head.index.names();
            let used = names
                .filter_map(|(name, mut values)| values.any(|series| series.iter().any(any)).then_some(name));
            return used.map(str::to_owned).collect();
        }
        drop(head);
        let labels = self.label_sets(sets, start, end);
        labels.iter().flat_map(Labels::iter).map(|label| label.name.to_string()).collect()
    }

    /// The values that a label has in those series.
    #[must_use]
    pub fn label_values(&self, name: &str, sets: &[Vec<Matcher>], start: i64, end: i64) -> BTreeSet<String> {
        let head = self.head();
        let chosen = (!sets.is_empty()).then(|| chosen(&head, sets));
        let counts = |series: &u32| {
            chosen.as_ref().is_none_or(|chosen| chosen.contains(series))
                && head.has_samples(*series, start, end)
        };
        let used = head.index.values(name).filter(|(_, series)| series.iter().any(counts));
        used.map(|(value, _)| value.to_owned()).collect()
    }

    /// Reads all samples of a series in a time, from disk and from memory, without missing one or having one twice.
    fn read(&self, series: u32, views: &Views<'_>, samples: &mut Vec<Sample>) -> Result<(), ShelfError> {
        let (blocks, young, generation) = {
            // Under one lock, so that a chunk is either in a block or in memory.
            let head = self.head();
            (Arc::clone(&head.blocks), head.copy(series, views.start, views.end), head.generation)
        };
        let overlapping = blocks.iter().filter(|block| block.overlaps(views.start, views.end));
        for block in overlapping.filter(|block| block.contains(series)) {
            views.with_pack(block.start, series, generation, |first, pack| {
                Ok(chunks_of(pack, first, series, |bytes| chunk::read_into(bytes, samples))?)
            })?;
        }
        young.iter().try_for_each(|bytes| Ok(chunk::read_into(bytes, samples)?))
    }
}

fn chosen(head: &Head, sets: &[Vec<Matcher>]) -> BTreeSet<u32> {
    if sets.is_empty() {
        return head.index.all().collect();
    }
    sets.iter().flat_map(|matchers| head.index.select(matchers)).collect()
}

/// What the series of one selection share: a view of the disk, and the pack of each block that was read last.
///
/// Series are mostly read in the order of their numbers, and then a pack is found and copied once for all its series.
struct Views<'h> {
    history: &'h History,
    start: i64,
    end: i64,
    newest: RefCell<Option<(u64, Rc<dyn View>)>>,
    packs: RefCell<HashMap<i64, KnownPack>>,
}

/// A pack in memory.
struct KnownPack {
    first: u32,
    last: u32,
    bytes: Vec<u8>,
}

impl Views<'_> {
    /// Hands over the pack of a block in which a series is. One that is missing was forgotten meanwhile, because it is too old.
    fn with_pack(
        &self,
        start: i64,
        series: u32,
        generation: u64,
        read: impl FnOnce(u32, &[u8]) -> Result<(), ShelfError>,
    ) -> Result<(), ShelfError> {
        let mut packs = self.packs.borrow_mut();
        let known = packs.get(&start).is_some_and(|pack| pack.first <= series && series <= pack.last);
        if !known && let Some(pack) = self.find_pack(start, series, generation)? {
            packs.insert(start, pack);
        }
        packs.get(&start).map_or(Ok(()), |pack| read(pack.first, &pack.bytes))
    }

    fn find_pack(&self, start: i64, series: u32, generation: u64) -> Result<Option<KnownPack>, ShelfError> {
        let (mut found, start) = (None, of_time(start));
        self.at_least(generation)?.last(
            Row::Packs,
            (start, 0)..=(start, series),
            &mut |(_, first), bytes| {
                found = Some(KnownPack { first, last: last_series(bytes, first)?, bytes: bytes.to_vec() });
                Ok(())
            },
        )?;
        Ok(found)
    }

    /// A view in which there are at least the blocks of that generation.
    fn at_least(&self, generation: u64) -> Result<Rc<dyn View>, ShelfError> {
        let mut newest = self.newest.borrow_mut();
        match &*newest {
            Some((of, view)) if *of >= generation => Ok(Rc::clone(view)),
            _ => {
                let view: Rc<dyn View> = self.history.shelf.view()?.into();
                Ok(Rc::clone(&newest.insert((generation, view)).1))
            }
        }
    }
}

struct Selected<'h> {
    number: u32,
    labels: Labels,
    views: Rc<Views<'h>>,
}

impl StoredSeries for Selected<'_> {
    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn read(&self, samples: &mut Vec<Sample>) -> Result<(), StoreError> {
        let history = self.views.history;
        let read = history.read(self.number, &self.views, samples);
        read.map_err(|error| HistoryError::of(&history.path, error).into())
    }
}

impl Store for History {
    fn select<'s>(
        &'s self,
        selection: &Selection<'_>,
    ) -> Result<Vec<Box<dyn StoredSeries + 's>>, StoreError> {
        let Selection { matchers, start, end } = *selection;
        let views = Rc::new(Views {
            history: self,
            start,
            end,
            newest: RefCell::default(),
            packs: RefCell::default(),
        });
        let head = self.head();
        let with_samples =
            head.index.select(matchers).into_iter().filter(|series| head.has_samples(*series, start, end));
        let selected =
            with_samples.filter_map(|number| {
                let labels = head.index.labels(number)?.clone();
                Some(Box::new(Selected { number, labels, views: Rc::clone(&views) })
                    as Box<dyn StoredSeries + 's>)
            });
        Ok(selected.collect())
    }
}
