//! Holding what reads an exposition by shortcuts to what reads it by the grammar and the rules for every order alone.

use std::borrow::Cow;

use telemetry_core::exposition::{
    Event, Family, FamilyKind, Format, ParseError, Reader, Sample, Visitor, parse_without_shortcuts,
    same_number, visit,
};

/// Two readers, with shortcuts and without, that go through an exposition together with whoever is told of its lines.
struct Beside<'a> {
    quick: Reader<'a>,
    plain: Reader<'a>,
}

impl<'a> Beside<'a> {
    fn new(text: &'a str, format: Format) -> Self {
        let reader = || Reader::new(text, format);
        Self { quick: reader(), plain: reader().without_shortcuts() }
    }

    /// What the next line says to both.
    fn next(&mut self) -> Result<Event<'_, 'a>, ParseError> {
        match (self.quick.next_event(), self.plain.next_event()) {
            (Ok(read), Ok(expected)) => {
                assert!(same(&read, &expected), "{read:?} was read and not {expected:?}");
                Ok(expected)
            }
            (read, expected) => {
                assert_eq!(read, expected);
                expected
            }
        }
    }

    /// Compares a line that was told with what the readers find there, which must be no error either.
    fn expect(&mut self, told: &Event<'_, 'a>) {
        match self.next() {
            Ok(expected) => assert!(same(told, &expected), "{told:?} was told and not {expected:?}"),
            Err(error) => panic!("{told:?} was told in spite of: {error}"),
        }
    }

    /// Goes on to the end or the first error.
    fn finish(mut self) {
        while !matches!(self.next(), Ok(Event::Eof) | Err(_)) {}
    }
}

/// Whether both lines say the same, to the sign of zero; not-a-number is equal to itself.
fn same(left: &Event<'_, '_>, right: &Event<'_, '_>) -> bool {
    match (left, right) {
        (Event::Sample(left), Event::Sample(right)) => {
            same_number(left.value, right.value)
                && (left.name, left.labels, left.timestamp) == (right.name, right.labels, right.timestamp)
                && left.exemplar == right.exemplar
        }
        _ => left == right,
    }
}

impl<'a> Visitor<'a> for Beside<'a> {
    type Error = ParseError;

    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
        self.expect(&Event::Sample(sample));
        Ok(())
    }

    fn help(&mut self, name: &'a str, text: Cow<'a, str>) -> Result<(), ParseError> {
        self.expect(&Event::Help { name, text });
        Ok(())
    }

    fn kind(&mut self, name: &'a str, kind: FamilyKind) -> Result<(), ParseError> {
        self.expect(&Event::Type { name, kind });
        Ok(())
    }

    fn unit(&mut self, name: &'a str, unit: &'a str) -> Result<(), ParseError> {
        self.expect(&Event::Unit { name, unit });
        Ok(())
    }

    fn comment(&mut self, text: &'a str) -> Result<(), ParseError> {
        self.expect(&Event::Comment(text));
        Ok(())
    }
}

/// Fails where shortcuts make a difference to what is read of an exposition, of which `parsed` was read by them.
///
/// # Panics
/// When they do.
pub fn check_shortcuts(text: &str, format: Format, parsed: &Result<Vec<Family<'_>>, ParseError>) {
    let plain = parse_without_shortcuts(text, format);
    assert_eq!(parsed, &plain, "families of {text:?}");
    let mut beside = Beside::new(text, format);
    let visited = visit(text, format, &mut beside);
    assert_eq!(visited.err(), plain.err(), "a visit of {text:?}");
    beside.finish();
}
