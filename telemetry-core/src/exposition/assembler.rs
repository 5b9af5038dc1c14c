//! From lines to families: which family a line belongs to, and whether it may stand where it stands.
//!
//! Time and memory are linear in the input: families and label sets are found by hashing, and nothing is kept that the
//! input does not have.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::RandomState;

use super::draft::{Draft, Rules};
use super::error::{ParseErrorKind, excerpt};
use super::format::Format;
use super::model::{Family, FamilyKind};
use super::names::{Part, ends_in_unit, part, parts, split_suffix, takes_unit};
use super::reader::{Event, Sample};

/// The family that a sample belongs to, and what it is to it.
#[derive(Debug, Clone, Copy)]
struct Home {
    draft: usize,
    part: Part,
}

#[derive(Debug)]
pub(super) struct Assembler<'a> {
    rules: Rules,
    drafts: Vec<Draft<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// The families of the latest few sample names: those of a histogram or summary take turns. Where a name belongs
    /// does not change once it has had a sample, because the type of a family with samples does not.
    recent: Vec<(&'a str, Home)>,
    /// The family of the latest line.
    current: Option<usize>,
}

impl<'a> Assembler<'a> {
    pub(super) fn new(format: Format) -> Self {
        Self {
            rules: Rules { format, key: RandomState::new() },
            drafts: Vec::new(),
            by_name: HashMap::new(),
            recent: Vec::new(),
            current: None,
        }
    }

    pub(super) fn take(&mut self, event: Event<'_, 'a>) -> Result<(), ParseErrorKind> {
        match event {
            Event::Sample(sample) => self.add(sample),
            Event::Help { name, text } => self.set_help(name, text),
            Event::Type { name, kind } => self.set_kind(name, kind),
            Event::Unit { name, unit } => self.set_unit(name, unit),
            Event::Comment(_) | Event::Eof => Ok(()),
        }
    }

    fn add(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseErrorKind> {
        let home = self.home(sample.name)?;
        match self.drafts.get_mut(home.draft) {
            Some(draft) => draft.add(home.part, sample, &self.rules),
            None => Ok(()),
        }
    }

    /// The family of a sample with this name.
    fn home(&mut self, name: &'a str) -> Result<Home, ParseErrorKind> {
        /// A summary or histogram has samples of at most four names in OpenMetrics.
        const FEW: usize = 4;
        let recent = self.recent.iter().find(|(recent, _)| *recent == name).map(|(_, home)| *home);
        let home = match recent {
            Some(home) => home,
            None => self.look_up(name)?,
        };
        self.enter(home.draft)?;
        if recent.is_none() {
            self.recent.truncate(FEW - 1);
            self.recent.insert(0, (name, home));
        }
        Ok(home)
    }

    /// Looks for a family with exactly this name first, then for one whose samples have a suffix, as the reference
    /// parser does. A name that neither finds begins a family of its own.
    fn look_up(&mut self, name: &'a str) -> Result<Home, ParseErrorKind> {
        if let Some(&draft) = self.by_name.get(name) {
            return Ok(Home { draft, part: self.part_without_suffix(draft)? });
        }
        let found = self.home_by_suffix(name);
        Ok(found.unwrap_or_else(|| Home { draft: self.begin(name), part: Part::Scalar }))
    }

    fn part_without_suffix(&self, draft: usize) -> Result<Part, ParseErrorKind> {
        let Some(draft) = self.drafts.get(draft) else { return Ok(Part::Scalar) };
        let (kind, format) = (draft.family.kind, self.rules.format);
        part(kind, format, "").ok_or_else(|| ParseErrorKind::WrongSampleName {
            kind: kind.as_str(format),
            family: draft.name(),
            expected: sample_names(&draft.name(), kind, format),
        })
    }

    fn home_by_suffix(&self, name: &str) -> Option<Home> {
        let (family, suffix) = split_suffix(name)?;
        let draft = *self.by_name.get(family)?;
        let kind = self.drafts.get(draft)?.family.kind;
        Some(Home { draft, part: part(kind, self.rules.format, suffix)? })
    }

    /// Makes a family, which is then the current one.
    fn begin(&mut self, name: &'a str) -> usize {
        let draft = self.drafts.len();
        self.drafts.push(Draft::new(name));
        self.by_name.insert(name, draft);
        self.current = Some(draft);
        draft
    }

    /// Goes on with a family. OpenMetrics forbids to come back to one after lines of another.
    fn enter(&mut self, draft: usize) -> Result<(), ParseErrorKind> {
        let back = self.current.replace(draft) != Some(draft);
        match self.drafts.get(draft) {
            Some(draft) if back && self.rules.format == Format::OpenMetrics => {
                Err(ParseErrorKind::Interleaved(draft.name()))
            }
            _ => Ok(()),
        }
    }

    /// The family that a line with this keyword describes.
    fn describe(&mut self, keyword: &'static str, name: &'a str) -> Result<&mut Draft<'a>, ParseErrorKind> {
        let draft = match self.by_name.get(name) {
            Some(&draft) => draft,
            None => self.begin_described(name)?,
        };
        self.enter(draft)?;
        let late = |draft: &Draft<'_>| !draft.family.metrics.is_empty();
        match self.drafts.get_mut(draft) {
            // The text format lets the help come at any time.
            Some(draft) if late(draft) && (keyword != "HELP" || self.rules.format == Format::OpenMetrics) => {
                Err(ParseErrorKind::LateDescription { keyword, family: draft.name() })
            }
            Some(draft) => Ok(draft),
            None => Err(clash(name, name)),
        }
    }

    /// Makes a family of which nothing has been said yet.
    ///
    /// The reference parser takes a HELP line for `a_count` as one for the histogram `a`; that is refused here, since
    /// whoever wrote it meant another family.
    fn begin_described(&mut self, name: &'a str) -> Result<usize, ParseErrorKind> {
        match self.home_by_suffix(name).and_then(|home| self.drafts.get(home.draft)) {
            Some(other) => Err(clash(name, &other.family.name)),
            None => Ok(self.begin(name)),
        }
    }

    fn set_help(&mut self, name: &'a str, text: Cow<'a, str>) -> Result<(), ParseErrorKind> {
        let format = self.rules.format;
        let family = &mut self.describe("HELP", name)?.family;
        match family.help.replace(text) {
            None => Ok(()),
            // In the text format an empty text says nothing, and the reference parser lets a later line say more.
            Some(earlier) if earlier.is_empty() && format == Format::Text => Ok(()),
            Some(_) => Err(second("HELP", name)),
        }
    }

    fn set_kind(&mut self, name: &'a str, kind: FamilyKind) -> Result<(), ParseErrorKind> {
        self.check_clashes(name, kind)?;
        let draft = self.describe("TYPE", name)?;
        draft.family.kind = kind;
        check_unit(&draft.family)?;
        match std::mem::replace(&mut draft.typed, true) {
            true => Err(second("TYPE", name)),
            false => Ok(()),
        }
    }

    /// Refuses a type whose samples would have the name of another family. The text format leaves that to the order
    /// of the lines.
    fn check_clashes(&self, name: &str, kind: FamilyKind) -> Result<(), ParseErrorKind> {
        if self.rules.format == Format::Text {
            return Ok(());
        }
        let suffixes = parts(kind, Format::OpenMetrics).iter().map(|(suffix, _)| suffix);
        let mut names = suffixes.filter(|suffix| !suffix.is_empty()).map(|suffix| format!("{name}{suffix}"));
        match names.find(|sample| self.by_name.contains_key(&**sample)) {
            Some(sample) => Err(clash(name, &sample)),
            None => Ok(()),
        }
    }

    fn set_unit(&mut self, name: &'a str, unit: &'a str) -> Result<(), ParseErrorKind> {
        let family = &mut self.describe("UNIT", name)?.family;
        if family.unit.is_some() {
            return Err(second("UNIT", name));
        }
        if !ends_in_unit(name, unit) {
            return Err(ParseErrorKind::UnitNotInName { family: excerpt(name), unit: excerpt(unit) });
        }
        // An empty unit is allowed and says that there is none.
        family.unit = (!unit.is_empty()).then_some(Cow::Borrowed(unit));
        check_unit(family)
    }

    pub(super) fn finish(self) -> Vec<Family<'a>> {
        let format = self.rules.format;
        self.drafts.into_iter().map(|draft| draft.finish(format)).collect()
    }
}

/// Refuses a unit of what has none.
fn check_unit(family: &Family<'_>) -> Result<(), ParseErrorKind> {
    match &family.unit {
        Some(unit) if !takes_unit(family.kind) => Err(ParseErrorKind::UnitOfNoQuantity {
            kind: family.kind.as_str(Format::OpenMetrics),
            family: excerpt(&family.name),
            unit: excerpt(unit),
        }),
        _ => Ok(()),
    }
}

/// The names that samples of such a family have, as a list for people.
fn sample_names(family: &str, kind: FamilyKind, format: Format) -> String {
    let names: Vec<_> = parts(kind, format).iter().map(|(suffix, _)| format!("`{family}{suffix}`")).collect();
    names.join(" or ")
}

fn second(keyword: &'static str, family: &str) -> ParseErrorKind {
    ParseErrorKind::SecondDescription { keyword, family: excerpt(family) }
}

fn clash(name: &str, family: &str) -> ParseErrorKind {
    ParseErrorKind::NameClash { name: excerpt(name), family: excerpt(family) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Label, Value, parse, parse_bytes};

    fn error(input: &str, format: Format) -> String {
        parse(input, format).expect_err(input).to_string()
    }

    #[test]
    fn lines_of_a_histogram_are_one_metric_for_each_label_set() {
        let input = "# TYPE h histogram\n\
            h_bucket{a=\"1\",b=\"2\",le=\"+Inf\"} 3\n\
            h_bucket{le=\"0.5\",b=\"2\",a=\"1\"} 1\n\
            h_sum{a=\"9\"} 7\n\
            h_count{b=\"2\",a=\"1\"} 3\n";
        let families = parse(input, Format::Text).unwrap();
        let [first, second] = &*families[0].metrics else { panic!("two metrics") };
        let Value::Histogram(histogram) = &first.value else { panic!("a histogram") };
        assert_eq!(
            histogram.buckets.iter().map(|bucket| bucket.le).collect::<Vec<_>>(),
            [0.5, f64::INFINITY]
        );
        assert_eq!((histogram.sum, histogram.count), (None, Some(3.0)));
        assert_eq!(second.labels, [Label::new("a", "9")]);
    }

    #[test]
    fn a_family_with_the_exact_name_comes_before_one_with_a_suffix() {
        let input = "a_count 1\n# TYPE a summary\na_sum 2\n# TYPE b histogram\nb_count 3\n";
        let names: Vec<_> =
            parse(input, Format::Text).unwrap().into_iter().map(|family| family.name).collect();
        assert_eq!(names, ["a_count", "a", "b"]);
        assert_eq!(
            error(&format!("{input}a_count 4\n"), Format::Text),
            "line 6, column 1: expected one sample for each name and label set, found a second `a_count` with these labels"
        );
    }

    #[test]
    fn counters_and_informations_have_their_full_names_in_both_formats() {
        let input = "# HELP a x\n# TYPE a counter\na_total 1\na_created 2\n# TYPE b info\n# EOF\n";
        let families = parse(input, Format::OpenMetrics).unwrap();
        assert_eq!(families.iter().map(|family| &*family.name).collect::<Vec<_>>(), ["a_total", "b_info"]);
        let Value::Counter(counter) = &families[0].metrics[0].value else { panic!("a counter") };
        assert_eq!((counter.value, counter.created), (1.0, Some(2.0)));
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_located() {
        let error = parse_bytes(b"a 1\nb{c=\"\xc3\xa9\xff\"} 1\n", Format::Text).unwrap_err();
        assert_eq!((error.line, error.column, error.kind), (2, 7, ParseErrorKind::InvalidUtf8));
    }
}
