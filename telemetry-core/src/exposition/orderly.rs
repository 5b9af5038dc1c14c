//! Whether an exposition is orderly, found out line by line and with next to no memory.
//!
//! In an orderly exposition each family's lines stand together, and so do those of each metric; descriptions come before
//! samples, all metrics of a family have labels of the same names, and its buckets rise. Nearly every exposition is. Of what was
//! read, only the names of the families are kept, and of the present family its latest metric: as long as metrics rise, none
//! can be there twice. In a family in another order the hashes of its metrics are kept as well, under a secret key.
//!
//! What is not orderly may still be allowed. That is not decided here: the [`Assembler`](super::assembler), which knows all rules
//! and keeps everything, then reads the exposition from the beginning. So nothing here is an error either, and what is found
//! orderly must be what the assembler allows.

use std::collections::HashMap;
use std::ptr;

use super::format::Format;
use super::model::{Exemplar, FamilyKind};
use super::names::{Part, ends_in_unit, part, parts, split_suffix, takes_exemplar, takes_unit};
use super::reader::{Line, Reader};
use super::series::{Key, Series};
use super::values::bound_label;

/// A line that is not orderly.
#[derive(Debug)]
pub(super) struct Unsure;

/// Where a sample of an orderly exposition belongs: always to the latest family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// Whether the sample is the first line of its family, so that nobody has said of which kind that is.
    pub(super) begins_family: bool,
    /// Whether it is the first line of its metric; else it belongs to the latest one.
    pub(super) begins_metric: bool,
    pub(super) part: Part,
    /// The bound of a bucket or the share of a quantile.
    pub(super) bound: f64,
}

/// The lines read so far, as far as they matter for the next one.
#[derive(Debug)]
pub(super) struct Orderly<'a> {
    format: Format,
    kinds: HashMap<&'a str, FamilyKind>,
    family: Present<'a>,
}

/// The family of the latest line.
#[derive(Debug)]
struct Present<'a> {
    name: &'a str,
    kind: FamilyKind,
    typed: bool,
    helped: bool,
    has_unit: bool,
    /// The names of its samples so far, of which there are at most four.
    samples: Vec<(&'a str, Part)>,
    /// The latest of them.
    latest: (&'a str, Part),
    series: Series<'a>,
}

impl<'a> Orderly<'a> {
    pub(super) fn new(format: Format) -> Self {
        let family = Present {
            name: "",
            kind: FamilyKind::Untyped,
            typed: false,
            helped: false,
            has_unit: false,
            samples: Vec::new(),
            latest: ("", Part::Scalar),
            series: Series::default(),
        };
        Self { format, kinds: HashMap::new(), family }
    }

    /// Whether a line that describes a family is orderly, and if so, whether it is the first one of the family.
    pub(super) fn describe(&mut self, line: &Line<'a>) -> Result<bool, Unsure> {
        match *line {
            Line::Help { name, .. } => {
                let begins = self.enter(name)?;
                first(&mut self.family.helped).map(|()| begins)
            }
            Line::Type { name, kind } => {
                self.check_clashes(name, kind)?;
                let begins = self.enter(name)?;
                if self.family.has_unit && !takes_unit(kind) {
                    return Err(Unsure);
                }
                self.family.kind = kind;
                self.kinds.insert(name, kind);
                first(&mut self.family.typed).map(|()| begins)
            }
            Line::Unit { name, unit } => {
                let begins = self.enter(name)?;
                if !ends_in_unit(name, unit) || !takes_unit(self.family.kind) {
                    return Err(Unsure);
                }
                first(&mut self.family.has_unit).map(|()| begins)
            }
            Line::Sample { .. } | Line::Comment(_) | Line::Eof => Ok(false),
        }
    }

    /// Goes on with the description of the present family or begins another one.
    fn enter(&mut self, name: &'a str) -> Result<bool, Unsure> {
        match self.kinds.get(name) {
            Some(_) if self.family.name == name && self.family.samples.is_empty() => Ok(false),
            Some(_) => Err(Unsure),
            None if self.owner(name).is_some() => Err(Unsure),
            None => {
                self.begin(name);
                Ok(true)
            }
        }
    }

    fn begin(&mut self, name: &'a str) {
        self.kinds.insert(name, FamilyKind::Untyped);
        let family = &mut self.family;
        (family.name, family.kind) = (name, FamilyKind::Untyped);
        (family.typed, family.helped, family.has_unit) = (false, false, false);
        family.samples.clear();
        family.series.forget();
    }

    /// The family whose samples may have such a name, behind which a suffix says what part of it they are.
    fn owner(&self, name: &'a str) -> Option<(&'a str, Part)> {
        let (family, suffix) = split_suffix(name)?;
        let kind = *self.kinds.get(family)?;
        Some((family, part(kind, self.format, suffix)?))
    }

    /// In OpenMetrics, samples of a family must not have the name of another one.
    fn check_clashes(&self, name: &str, kind: FamilyKind) -> Result<(), Unsure> {
        let mut suffixes = parts(kind, self.format).iter().map(|(suffix, _)| suffix);
        let clashes = self.format == Format::OpenMetrics
            && suffixes
                .any(|suffix| !suffix.is_empty() && self.kinds.contains_key(&*format!("{name}{suffix}")));
        if clashes { Err(Unsure) } else { Ok(()) }
    }

    /// Whether the line that was just read is orderly.
    #[inline]
    pub(super) fn allows(&mut self, line: &Line<'a>, reader: &Reader<'a>) -> bool {
        match line {
            Line::Sample { exemplar, .. } => self.place(reader, exemplar.as_ref()).is_ok(),
            description => self.describe(description).is_ok(),
        }
    }

    /// Where the sample that was just read belongs.
    #[inline]
    pub(super) fn place(
        &mut self,
        reader: &Reader<'a>,
        exemplar: Option<&Exemplar<'_>>,
    ) -> Result<Placed, Unsure> {
        let (part, begins_family) = self.part(reader.latest_name)?;
        let Present { name, kind, series, samples, .. } = &mut self.family;
        if exemplar.is_some_and(|exemplar| exemplar.is_long() || !takes_exemplar(*kind, self.format, part)) {
            return Err(Unsure);
        }
        if *kind == FamilyKind::StateSet && !reader.labels.iter().any(|label| label.name == *name) {
            return Err(Unsure);
        }
        let label = part.bound_label();
        if label.is_none()
            && let Some(misplaced) = bound_label(*kind)
            && reader.labels.iter().any(|label| label.name == misplaced)
        {
            return Err(Unsure);
        }
        let key = Key::new(reader, label)?;
        let bound = key.bound();
        let begins_metric = series.begins_metric(key, reader, |sample| sample_part(samples, sample))?;
        if part == Part::Created && begins_metric && *kind == FamilyKind::Counter {
            return Err(Unsure);
        }
        let bound = series.add(part, begins_metric, bound, reader)?;
        Ok(Placed { begins_family, begins_metric, part, bound })
    }

    /// What a sample of this name is to the present family, and whether that begins with it.
    #[inline]
    fn part(&mut self, sample: &'a str) -> Result<(Part, bool), Unsure> {
        let (latest, part) = self.family.latest;
        // A name that stands at the same place in the input need not be compared.
        if ptr::eq(latest, sample) && !self.family.samples.is_empty() {
            return Ok((part, false));
        }
        if let Some(part) = sample_part(&self.family.samples, sample) {
            self.family.latest = (sample, part);
            return Ok((part, false));
        }
        self.new_part(sample)
    }

    fn new_part(&mut self, sample: &'a str) -> Result<(Part, bool), Unsure> {
        let (family, part) = match self.kinds.get(sample) {
            Some(kind) => (sample, part(*kind, self.format, "").ok_or(Unsure)?),
            None => self.owner(sample).unwrap_or((sample, Part::Scalar)),
        };
        let begins = !self.kinds.contains_key(family);
        if begins {
            self.begin(family);
        } else if family != self.family.name {
            return Err(Unsure);
        }
        self.family.samples.push((sample, part));
        self.family.latest = (sample, part);
        Ok((part, begins))
    }
}

fn sample_part(samples: &[(&str, Part)], sample: &str) -> Option<Part> {
    samples.iter().find(|(name, _)| *name == sample).map(|(_, part)| *part)
}

/// Notes that something has been said; orderly is to say it once.
fn first(said: &mut bool) -> Result<(), Unsure> {
    if std::mem::replace(said, true) { Err(Unsure) } else { Ok(()) }
}
