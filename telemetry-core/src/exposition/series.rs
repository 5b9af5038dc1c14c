//! The metrics of one family in the order of their lines: whether a metric is a new one, and what it has already.
//!
//! Metrics that rise cannot repeat, so that only the latest one is kept. In a family whose metrics do not rise, the hashes of all
//! are kept; two of which are equal leave the decision to who compares the labels themselves. The hash has a secret key, so that
//! nobody can write labels that collide.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ptr;

use super::cursor::Cursor;
use super::escape::{Context, write_escaped};
use super::format::Format;
use super::hashes::Hashes;
use super::model::Label;
use super::names::Part;
use super::number::parse_value;
use super::orderly::Unsure;
use super::reader::{Line, Reader};

/// What tells the metric of a line from the others of its family.
#[derive(Debug)]
pub(super) struct Key<'a> {
    /// The labels, as a line has them that has no needless blanks and escapes, but for the one that is the bound.
    text: Cow<'a, str>,
    /// Which label is the bound.
    bound: Option<usize>,
    /// Whether the line's labels begin with this text.
    is_beginning: bool,
}

impl<'a> Key<'a> {
    /// The key of the line that was just read, which must have the label `bound` if there is one.
    #[inline(always)]
    pub(super) fn new(reader: &Reader<'a>, bound: Option<&str>) -> Result<Self, Unsure> {
        match bound {
            None => Ok(Self {
                text: text_of(reader, reader.usual.labels(), None),
                bound: None,
                is_beginning: true,
            }),
            Some(bound) => Self::without_bound(reader, bound),
        }
    }

    #[inline(always)]
    fn without_bound(reader: &Reader<'a>, name: &str) -> Result<Self, Unsure> {
        let bound = reader.labels.iter().rposition(|label| label.name == name).ok_or(Unsure)?;
        let text = text_of(reader, reader.usual.labels_without(bound, name.len()), Some(bound));
        let is_beginning = bound > 0 && bound + 1 == reader.labels.len();
        Ok(Self { text, bound: Some(bound), is_beginning })
    }

    /// Which label is the bound.
    pub(super) fn bound(&self) -> Option<usize> {
        self.bound
    }

    /// The labels without the bound.
    fn labels<'l>(&self, reader: &'l Reader<'a>) -> impl Iterator<Item = &'l Label<'a>> {
        let bound = self.bound;
        reader.labels.iter().enumerate().filter(move |(at, _)| Some(*at) != bound).map(|(_, label)| label)
    }
}

/// The labels of the line that was just read but for one of them, which are this text if the line is a usual one.
#[inline]
fn text_of<'a>(reader: &Reader<'a>, usual: Option<&'a str>, without: Option<usize>) -> Cow<'a, str> {
    usual.map_or_else(|| Cow::Owned(plain_text(&reader.labels, without)), Cow::Borrowed)
}

/// The labels without needless blanks and escapes, but for one of them.
#[cold]
fn plain_text(labels: &[Label<'_>], without: Option<usize>) -> String {
    let mut text = String::new();
    for (_, label) in labels.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&label.name);
        text.push_str("=\"");
        write_escaped(&mut text, &label.value, Context::LabelValue(Format::Text));
        text.push('"');
    }
    text
}

/// The metrics of the present family.
#[derive(Debug, Default)]
pub(super) struct Series<'a> {
    /// Where the family's first sample is.
    first: Option<Cursor<'a>>,
    /// The names of the labels, which are those of every metric of the family.
    names: Vec<&'a str>,
    /// The labels of the latest metric.
    latest: Cow<'a, str>,
    /// Which metrics there are, if they do not rise.
    seen: Option<Hashes>,
    /// The latest bound of the latest metric.
    bound: Option<f64>,
    /// How many bounds the latest metric has.
    bounds: usize,
    /// The bounds of earlier metrics, which nearly all have the same ones.
    spellings: Vec<(&'a str, f64)>,
    /// Whether the latest metric has a sum, a count and a time of creation.
    totals: [bool; 3],
}

impl<'a> Series<'a> {
    /// Begins with another family.
    pub(super) fn forget(&mut self) {
        self.first = None;
        self.seen = None;
    }

    /// Whether the line that was just read is the first of a metric; else it is one of the latest metric. `part` says what samples
    /// are to the family by their names.
    #[inline]
    pub(super) fn begins_metric(
        &mut self,
        key: Key<'a>,
        reader: &Reader<'a>,
        part: impl Fn(&str) -> Option<Part>,
    ) -> Result<bool, Unsure> {
        if self.first.is_none() {
            self.begin_family(&key, reader)?;
        } else {
            let order = self.order(&key, reader);
            if order == Ordering::Equal {
                return Ok(false);
            }
            self.check_new(&key, order, reader, part)?;
        }
        self.latest = key.text;
        (self.bound, self.bounds, self.totals) = (None, 0, [false; 3]);
        Ok(true)
    }

    /// How a metric stands to the latest one, which is that of the line before.
    ///
    /// Where the reader has compared the two lines already, the first byte in which they differ decides. Lines that are the same as far as
    /// their metrics go may still be of two metrics, `_count{…}` behind a bucket, which whoever puts samples in order refuses.
    #[inline]
    fn order(&self, key: &Key<'a>, reader: &Reader<'a>) -> Ordering {
        match reader.usual.same() {
            Some(same) if key.is_beginning => {
                key.text.as_bytes().get(same).cmp(&self.latest.as_bytes().get(same))
            }
            _ => (*key.text).cmp(&*self.latest),
        }
    }

    fn begin_family(&mut self, key: &Key<'a>, reader: &Reader<'a>) -> Result<(), Unsure> {
        self.first = Some(reader.line.clone());
        self.names.clear();
        for label in key.labels(reader) {
            let Cow::Borrowed(name) = label.name else { return Err(Unsure) };
            self.names.push(name);
        }
        Ok(())
    }

    /// Refuses a metric that is there already, or whose labels have other names: it might be the same as one where they stand in
    /// another order.
    fn check_new(
        &mut self,
        key: &Key<'a>,
        order: Ordering,
        reader: &Reader<'a>,
        part: impl Fn(&str) -> Option<Part>,
    ) -> Result<(), Unsure> {
        if reader.usual.same().is_none() {
            self.check_names(key, reader)?;
        }
        if order == Ordering::Less && self.seen.is_none() {
            self.seen = Some(self.read_again(reader, part)?);
        }
        let new = self.seen.as_mut().is_none_or(|seen| seen.insert(&key.text));
        if new { Ok(()) } else { Err(Unsure) }
    }

    fn check_names(&self, key: &Key<'a>, reader: &Reader<'a>) -> Result<(), Unsure> {
        // A name that stands at the same place in the input need not be compared.
        let same = |label: &Label<'_>, name: &str| ptr::eq(&*label.name, name) || label.name == name;
        let mut names = self.names.iter();
        let known = key.labels(reader).all(|label| names.next().is_some_and(|name| same(label, name)));
        if known && names.next().is_none() { Ok(()) } else { Err(Unsure) }
    }

    /// The metrics up to the line that was just read, from the input itself.
    fn read_again(&self, until: &Reader<'a>, part: impl Fn(&str) -> Option<Part>) -> Result<Hashes, Unsure> {
        let mut reader = Reader::at(self.first.clone().ok_or(Unsure)?, until.format);
        let mut seen = Hashes::default();
        loop {
            let line = reader.next_line().map_err(|_| Unsure)?;
            if reader.line.offset() >= until.line.offset() {
                return Ok(seen);
            }
            if let Line::Sample { .. } = line {
                let part = part(reader.latest_name).ok_or(Unsure)?;
                seen.insert(&Key::new(&reader, part.bound_label())?.text);
            }
        }
    }

    /// Adds the line that was just read to the latest metric, and says what bound it has.
    #[inline]
    pub(super) fn add(
        &mut self,
        part: Part,
        begins_metric: bool,
        bound: Option<usize>,
        reader: &Reader<'a>,
    ) -> Result<f64, Unsure> {
        let total = match part {
            Part::Scalar => return if begins_metric { Ok(0.0) } else { Err(Unsure) },
            Part::Bucket | Part::Quantile => return self.add_bound(bound, reader),
            Part::Sum => &mut self.totals[0],
            Part::Count => &mut self.totals[1],
            Part::Created => &mut self.totals[2],
        };
        if std::mem::replace(total, true) { Err(Unsure) } else { Ok(0.0) }
    }

    /// Adds a bound, which must be above the one before it.
    fn add_bound(&mut self, bound: Option<usize>, reader: &Reader<'a>) -> Result<f64, Unsure> {
        let label = bound.and_then(|bound| reader.labels.get(bound)).ok_or(Unsure)?;
        let bound = self.bound_of(label)?;
        let rises = self.bound.is_none_or(|latest| latest < bound);
        self.bound = Some(bound);
        self.bounds += 1;
        if rises { Ok(bound) } else { Err(Unsure) }
    }

    /// The number that a bound is, which need not be read where the metric before has the same one in the same place.
    fn bound_of(&mut self, label: &Label<'a>) -> Result<f64, Unsure> {
        if let Some((spelling, bound)) = self.spellings.get(self.bounds)
            && label.value == *spelling
        {
            return Ok(*bound);
        }
        let bound = parse_value(&label.value).filter(|bound| !bound.is_nan()).ok_or(Unsure)?;
        if let Cow::Borrowed(text) = label.value {
            // Those that follow were behind another bound.
            self.spellings.truncate(self.bounds);
            self.spellings.push((text, bound));
        }
        Ok(bound)
    }
}
