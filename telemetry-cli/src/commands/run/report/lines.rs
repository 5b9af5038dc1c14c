//! Bytes as they come to lines of a bounded length.

/// The longest line that is an event, in bytes.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'l> {
    /// All of it.
    Whole(&'l [u8]),
    /// It was longer than [`MAX_LINE`], and is skipped.
    TooLong,
}

/// What was read of a line whose end has not come yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
    skipping: bool,
}

impl Lines {
    /// Takes what came next, and gives each line that is whole now.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.hold(line, &mut each);
            if !std::mem::take(&mut self.skipping) {
                each(Line::Whole(&self.held));
            }
            self.held.clear();
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.hold(bytes, &mut each);
    }

    fn hold(&mut self, part: &[u8], each: &mut impl FnMut(Line<'_>)) {
        if self.skipping {
            return;
        }
        if self.held.len() + part.len() > MAX_LINE {
            self.skip();
            return each(Line::TooLong);
        }
        self.held.extend_from_slice(part);
    }

    /// Skips what comes up to the end of the line, and what was held of it.
    pub(super) fn skip(&mut self) {
        self.held.clear();
        self.skipping = true;
    }

    /// What stands behind the last end of a line; a new line begins after it.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.skipping = false;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of what comes in these parts, and what is left.
    fn lines(parts: &[&[u8]]) -> (Vec<String>, String) {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        for part in parts {
            lines.feed(part, |line| {
                all.push(match line {
                    Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                    Line::TooLong => "too long".to_owned(),
                });
            });
        }
        (all, String::from_utf8_lossy(&lines.rest()).into_owned())
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let expected = (vec!["a".to_owned(), String::new(), "bc".to_owned()], "d".to_owned());
        assert_eq!(lines(&[b"a\n\nbc\nd"]), expected);
        assert_eq!(lines(&[b"a", b"\n", b"\nb", b"c\n", b"d"]), expected);
    }

    #[test]
    fn a_line_without_an_end_costs_no_more_than_its_bound_and_not_the_next() {
        let long = vec![b'x'; MAX_LINE];
        let (all, rest) = lines(&[&long, b"x", &long, b"\nnext\n", &long, b"\n"]);
        assert_eq!((all.len(), all[0].as_str(), all[1].as_str()), (3, "too long", "next"));
        assert_eq!((all[2].len(), rest.as_str()), (MAX_LINE, ""));
        assert_eq!(lines(&[&long, b"x"]).1, "");
    }

    #[test]
    fn what_is_skipped_ends_with_its_line() {
        let mut lines = Lines::default();
        lines.skip();
        let mut all = Vec::new();
        lines.feed(b"half\nwhole\n", |line| all.push(line == Line::Whole(b"whole")));
        assert_eq!(all, [true]);
    }
}
