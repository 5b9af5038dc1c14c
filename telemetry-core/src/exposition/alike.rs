//! The labels of usual lines, which nearly always have the names of those of the line before, and many of its values.
//!
//! What two lines have in common is compared sixteen bytes at a time, and only values that differ are read anew.

use std::borrow::Cow;
use std::ops::Range;

use super::model::Label;
use super::names::is_label_name_byte;
use super::reader::{Reader, check_names};
use super::scan::{common_prefix, quote_backslash_or_line_feed};

/// The name and labels of the latest sample as text, where its line was a usual one.
#[derive(Debug, Default)]
pub(super) struct Usual<'a> {
    /// The line, up to in front of the closing brace; nothing if it has no braces.
    line: &'a str,
    /// Where in the line the labels begin, which is behind the opening brace.
    start: usize,
    /// Where in the line each label's value is.
    values: Vec<Range<usize>>,
    /// Whether the latest line was a usual one.
    known: bool,
    /// How many bytes the labels have in common with those before, if both lines are usual and have labels of the same names.
    same: Option<usize>,
}

impl<'a> Usual<'a> {
    /// Guesses nothing for the next line.
    pub(super) fn forget(&mut self) {
        (self.line, self.start, self.known, self.same) = ("", 0, false, None);
        self.values.clear();
    }

    /// Notes that the latest line is a usual one without braces.
    pub(super) fn note_no_labels(&mut self) {
        self.forget();
        self.known = true;
    }

    /// How many bytes [`Self::labels`] has in common with that of the sample before, if both lines are usual and have labels of the
    /// same names in the same order.
    pub(super) fn same(&self) -> Option<usize> {
        self.same
    }

    /// What stands between the braces of the latest line, if that was a usual one: names and values without escapes,
    /// with commas between them and nothing else.
    pub(super) fn labels(&self) -> Option<&'a str> {
        if self.known { self.line.get(self.start..) } else { None }
    }

    /// The same without a label whose name has so many bytes, unless that stands in the middle.
    pub(super) fn labels_without(&self, number: usize, name: usize) -> Option<&'a str> {
        let value = self.values.get(number).filter(|_| self.known)?;
        let start = value.start.checked_sub(name + 2)?;
        if value.end + 1 == self.line.len() {
            // The comma in front of it goes with it, where there is another label.
            self.line.get(self.start..start.saturating_sub(1).max(self.start))
        } else if start == self.start {
            self.line.get(value.end + 2..)
        } else {
            None
        }
    }

    /// Where the labels begin, if the line begins as the latest one does up to there.
    #[inline]
    pub(super) fn same_name(&self, line: &'a str) -> Option<Alike> {
        let same = common_prefix(line.as_bytes(), self.line.as_bytes());
        (self.start > 0 && same >= self.start).then_some(Alike { here: 0, there: 0, same, start: self.start })
    }

    /// The same behind another name.
    pub(super) fn other_name(&self, line: &'a str, start: usize) -> Option<Alike> {
        let (labels, latest) = (line.as_bytes().get(start..)?, self.line.as_bytes().get(self.start..)?);
        Some(Alike { here: start, there: self.start, same: common_prefix(labels, latest), start })
    }
}

/// Places in a line and in the latest one from which on they are alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alike {
    here: usize,
    there: usize,
    /// So many bytes are the same.
    same: usize,
    /// Where the line's labels begin.
    start: usize,
}

impl<'a> Reader<'a> {
    /// Where the labels are over, whose closing brace is there.
    #[inline]
    pub(super) fn usual_labels(&mut self, line: &'a str, alike: Alike) -> Option<usize> {
        let read = self.labels_like_latest(line, alike);
        if read.is_none() {
            self.labels.clear();
            self.usual.forget();
        }
        read
    }

    #[inline(always)]
    fn labels_like_latest(&mut self, line: &'a str, alike: Alike) -> Option<usize> {
        let (number, at) = self.labels_of_same_names(line, alike)?;
        let same = alike.there + alike.same - self.usual.start;
        if number < self.usual.values.len() || !self.usual.known || line.as_bytes().get(at) != Some(&b'}') {
            let same = self.other_labels(line, number, at)?.then_some(same);
            self.usual.same = same;
        } else {
            self.usual.line = line.get(..at)?;
            self.usual.same = Some(same);
        }
        self.usual.start = alike.start;
        Some(self.usual.line.len())
    }

    /// Reads on behind so many labels, and says whether all have the names of those of the latest line.
    #[inline(never)]
    fn other_labels(&mut self, line: &'a str, number: usize, at: usize) -> Option<bool> {
        let bytes = line.as_bytes();
        let (before, comparable) = (self.usual.values.len(), self.usual.known);
        let (mut number, mut at, mut renamed) = (number, at, false);
        loop {
            match bytes.get(at)? {
                b'}' => break,
                b',' if number > 0 => at += 1,
                _ if number == 0 => {}
                _ => return None,
            }
            let name = self.usual_label_name(line, number, at, &mut renamed)?;
            at = self.usual_label_value(line, number, at + name + 2)?;
            number += 1;
        }
        self.labels.truncate(number);
        self.usual.values.truncate(number);
        if renamed {
            check_names(&self.labels).ok()?;
        }
        self.usual.line = line.get(..at)?;
        self.usual.known = true;
        Some(comparable && !renamed && number == before)
    }

    /// Reads the first labels as long as they have the names of those of the latest line, and says how many there are and where the next
    /// one would be.
    ///
    /// Behind a value that is another one, the lines are compared anew.
    #[inline]
    fn labels_of_same_names(&mut self, line: &'a str, alike: Alike) -> Option<(usize, usize)> {
        let (bytes, latest) = (line.as_bytes(), self.usual.line.as_bytes());
        let Alike { mut here, mut there, mut same, start } = alike;
        // As long as nothing is in another place, values that are the same stay as they are.
        let mut number = 0;
        if here == there {
            let differs = |value: &Range<usize>| there + same <= value.end;
            number = self.usual.values.iter().position(differs).unwrap_or(self.usual.values.len());
        }
        while let Some(value) = self.usual.values.get_mut(number)
            && there + same >= value.start
        {
            let start = here + (value.start - there);
            if there + same > value.end {
                *value = start..here + (value.end - there);
            } else {
                let end = end_of_value(bytes, here + same)?;
                self.labels.get_mut(number)?.value = Cow::Borrowed(line.get(start..end)?);
                (here, there) = (end, value.end);
                *value = start..end;
                // Behind the last label there is only its quote.
                same = if there + 1 == latest.len() {
                    1
                } else {
                    common_prefix(bytes.get(here..)?, latest.get(there..)?)
                };
            }
            number += 1;
        }
        let last = number.checked_sub(1).and_then(|last| self.usual.values.get(last));
        Some((number, last.map_or(start, |value| value.end + 1)))
    }

    /// The length of a label's name, behind which an equals sign and a quote are.
    fn usual_label_name(
        &mut self,
        line: &'a str,
        number: usize,
        at: usize,
        renamed: &mut bool,
    ) -> Option<usize> {
        let bytes = line.as_bytes().get(at..)?;
        let is_end = |length| bytes.get(length..length + 2) == Some(b"=\"");
        if let Some(label) = self.labels.get(number)
            && bytes.starts_with(label.name.as_bytes())
            && is_end(label.name.len())
        {
            return Some(label.name.len());
        }
        let length = bytes.iter().position(|byte| !is_label_name_byte(*byte))?;
        if length == 0 || bytes.first()?.is_ascii_digit() || !is_end(length) {
            return None;
        }
        *renamed = true;
        let name = Cow::Borrowed(line.get(at..at + length)?);
        match self.labels.get_mut(number) {
            Some(label) => label.name = name,
            None => self.labels.push(Label { name, value: Cow::Borrowed("") }),
        }
        Some(length)
    }

    /// Notes a label's value, which begins at `start`, and says where it is over.
    #[inline]
    fn usual_label_value(&mut self, line: &'a str, number: usize, start: usize) -> Option<usize> {
        let end = end_of_value(line.as_bytes(), start)?;
        self.labels.get_mut(number)?.value = Cow::Borrowed(line.get(start..end)?);
        match self.usual.values.get_mut(number) {
            Some(value) => *value = start..end,
            None => self.usual.values.push(start..end),
        }
        Some(end + 1)
    }
}

/// Where the quote is that ends a label's value, if there is no escape in what of the value stands from here on.
#[inline]
fn end_of_value(bytes: &[u8], from: usize) -> Option<usize> {
    let end = from + quote_backslash_or_line_feed(bytes.get(from..)?)?;
    (bytes.get(end) == Some(&b'"')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Format;

    /// What the lines before have left must not show in any line, whatever is where in them.
    #[test]
    fn labels_are_those_of_the_line_whatever_the_lines_before_have() {
        let lines = [
            r#"a_bucket{x="one",y="two",le="1"} 1"#,
            r#"a_sum{x="one",y="two"} 1"#,
            r#"a_count{x="one",y="two"} 1"#,
            r#"a_count{x="three",y="two"} 1"#,
            r#"a_sum{x="three",y="two"} 1"#,
            r#"a_bucket{x="three",y="four",le="1"} 1"#,
            r#"a_bucket{x="",y="four",le="1"} 1"#,
            r#"a{x="one",y="two"} 1"#,
            r#"a{} 1"#,
            "a 1",
        ];
        for first in lines {
            for second in lines {
                for third in lines {
                    let text = format!("{first}\n{second}\n{third}\n");
                    let mut reader = Reader::new(&text, Format::Text);
                    for line in [first, second, third] {
                        assert!(reader.usual_sample().is_some(), "{text}");
                        let mut alone = Reader::new(line, Format::Text);
                        alone.next_line_by_grammar().unwrap();
                        assert_eq!(
                            (reader.latest_name, &reader.labels),
                            (alone.latest_name, &alone.labels),
                            "{text}"
                        );
                        let labels =
                            line.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches("} 1"));
                        assert_eq!(reader.usual.labels(), Some(labels), "{text}");
                        let bound = reader.labels.iter().position(|label| label.name == "le");
                        let without = bound.map(|bound| reader.usual.labels_without(bound, 2));
                        assert_eq!(
                            without,
                            bound.map(|_| Some(labels.trim_end_matches(",le=\"1\""))),
                            "{text}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_label_alone_or_in_front_is_left_out_with_its_comma() {
        let cases = [(r#"a{le="1"} 1"#, 0, Some("")), (r#"a{le="1",x="2"} 1"#, 0, Some(r#"x="2""#))];
        let in_the_middle = (r#"a{x="1",le="2",y="3"} 1"#, 1, None);
        for (line, number, expected) in [&cases[..], &[in_the_middle]].concat() {
            let line = format!("{line}\n");
            let mut reader = Reader::new(&line, Format::Text);
            assert!(reader.usual_sample().is_some());
            assert_eq!(reader.usual.labels_without(number, 2), expected, "{line}");
        }
    }
}
