//! Ways of reading an exposition of which nothing is kept.

use std::hint::black_box;
use telemetry_core::exposition::{Event, Format, ParseError, Reader, Sample, Visitor, visit};

/// Looks at every sample and keeps nothing.
struct Look;

impl<'a> Visitor<'a> for Look {
    type Error = ParseError;

    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
        black_box(&sample);
        Ok(())
    }
}

/// Has every sample shown; says whether the text could be read.
pub(crate) fn visits(text: &str) -> bool {
    visit(text, Format::Text, &mut Look).is_ok()
}

/// Asks for line after line; says whether the text could be read.
pub(crate) fn pulls(text: &str) -> bool {
    let mut reader = Reader::new(text, Format::Text);
    loop {
        match reader.next_event() {
            Ok(Event::Eof) => return true,
            Ok(event) => {
                black_box(&event);
            }
            Err(_) => return false,
        }
    }
}
