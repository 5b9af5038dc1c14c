//! Holding what reads an exposition by shortcuts to what reads it by the grammar and the rules for every order alone.

use std::borrow::Cow;
use telemetry_core::exposition::{
    Event, Family, FamilyKind, Format, ParseError, Reader, Sample, Visitor, parse_without_shortcuts, visit,
};

/// Compares each line that is told with that of a reader without shortcuts.
struct Beside<'a>(Reader<'a>);

impl<'a> Beside<'a> {
    fn expect(&mut self, told: &Event<'_, 'a>) -> Result<(), ParseError> {
        // As text, in which not-a-number is equal to itself.
        assert_eq!(format!("{told:?}"), format!("{:?}", self.0.next_event()?));
        Ok(())
    }
}

impl<'a> Visitor<'a> for Beside<'a> {
    type Error = ParseError;

    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
        self.expect(&Event::Sample(sample))
    }

    fn help(&mut self, name: &'a str, text: Cow<'a, str>) -> Result<(), ParseError> {
        self.expect(&Event::Help { name, text })
    }

    fn kind(&mut self, name: &'a str, kind: FamilyKind) -> Result<(), ParseError> {
        self.expect(&Event::Type { name, kind })
    }

    fn unit(&mut self, name: &'a str, unit: &'a str) -> Result<(), ParseError> {
        self.expect(&Event::Unit { name, unit })
    }

    fn comment(&mut self, text: &'a str) -> Result<(), ParseError> {
        self.expect(&Event::Comment(text))
    }
}

/// Fails where shortcuts make a difference to what is read of an exposition, of which `parsed` was read by them.
///
/// # Panics
/// When they do.
pub fn check_shortcuts(text: &str, format: Format, parsed: &Result<Vec<Family<'_>>, ParseError>) {
    let plain = parse_without_shortcuts(text, format);
    assert_eq!(parsed, &plain, "families of {text:?}");
    let mut beside = Beside(Reader::new(text, format).without_shortcuts());
    let visited = visit(text, format, &mut beside);
    assert_eq!(visited.err(), plain.err(), "a visit of {text:?}");
    check_events(text, format);
}

fn check_events(text: &str, format: Format) {
    let (mut quick, mut plain) = (Reader::new(text, format), Reader::new(text, format).without_shortcuts());
    loop {
        let (read, expected) = (quick.next_event(), plain.next_event());
        assert_eq!(format!("{read:?}"), format!("{expected:?}"), "events of {text:?}");
        if matches!(read, Ok(Event::Eof) | Err(_)) {
            return;
        }
    }
}
