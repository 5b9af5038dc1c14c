//! Expositions as families: orderly ones by the short way, all others by the rules for every order.

use super::assembler::Assembler;
use super::error::{ParseError, ParseErrorKind};
use super::families::Families;
use super::format::Format;
use super::model::Family;
use super::orderly::{Orderly, Unsure};
use super::reader::{Event, Line, Reader};

/// Reads an exposition.
///
/// The families come in the order in which the input first mentions them, the metrics of each in the order of their
/// first lines. Lines of a histogram or summary that have the same labels but for `le` and `quantile` are one metric,
/// its buckets and quantiles sorted. Texts borrow from the input except where it has escapes.
///
/// The structure is checked, the numbers are not: a counter that is negative, buckets that fall or a histogram that lacks
/// its count are read as they are, as in Prometheus, because seeing what a broken exporter says is the first step to mending it.
///
/// # Errors
/// Where the input does not follow the format, or says one thing twice: the place, and what would be right there.
///
/// ```
/// use telemetry_core::exposition::{Format, Value, parse};
///
/// let families = parse("# TYPE queue_depth gauge\nqueue_depth{queue=\"in, out\"} 3\n", Format::Text)?;
/// assert_eq!(families[0].name, "queue_depth");
/// assert_eq!(families[0].metrics[0].labels[0].value, "in, out");
/// assert_eq!(families[0].metrics[0].value, Value::Gauge(3.0));
/// # Ok::<(), telemetry_core::exposition::ParseError>(())
/// ```
pub fn parse(input: &str, format: Format) -> Result<Vec<Family<'_>>, ParseError> {
    match parse_orderly(input, format) {
        Ok(parsed) => parsed,
        Err(Unsure) => parse_in_any_order(Reader::new(input, format)),
    }
}

/// Reads an exposition as [`parse`] does, by the grammar of each line and the rules for every order alone: what is compared with it
/// to see that shortcuts leave nothing out.
#[doc(hidden)]
pub fn parse_without_shortcuts(input: &str, format: Format) -> Result<Vec<Family<'_>>, ParseError> {
    parse_in_any_order(Reader::new(input, format).without_shortcuts())
}

fn parse_orderly(input: &str, format: Format) -> Result<Result<Vec<Family<'_>>, ParseError>, Unsure> {
    let (mut reader, mut orderly) = (Reader::new(input, format), Orderly::new(format));
    let mut families = Families::new(format);
    loop {
        if let Some((value, timestamp)) = reader.usual_sample() {
            let placed = orderly.place(&reader, None)?;
            families.add(reader.sample(value, timestamp, None), placed);
            continue;
        }
        match reader.next_line_by_grammar() {
            Err(error) => return Ok(Err(error)),
            Ok(Line::Eof) => return Ok(Ok(families.finish())),
            Ok(Line::Sample { value, timestamp, exemplar }) => {
                let placed = orderly.place(&reader, exemplar.as_ref())?;
                families.add(reader.sample(value, timestamp, exemplar), placed);
            }
            Ok(line) => {
                let begins = orderly.describe(&line)?;
                families.describe(line, begins);
            }
        }
    }
}

fn parse_in_any_order(mut reader: Reader<'_>) -> Result<Vec<Family<'_>>, ParseError> {
    let mut assembler = Assembler::new(reader.format);
    loop {
        let event = reader.next_event()?;
        if event == Event::Eof {
            return Ok(assembler.finish());
        }
        assembler.take(event).map_err(|kind| reader.error_in_line(kind))?;
    }
}

/// Reads an exposition that may not be UTF-8.
///
/// # Errors
/// Like [`parse`], and where the input is not UTF-8.
pub fn parse_bytes(input: &[u8], format: Format) -> Result<Vec<Family<'_>>, ParseError> {
    match std::str::from_utf8(input) {
        Ok(text) => parse(text, format),
        Err(error) => Err(invalid_utf8(input.split_at(error.valid_up_to()).0)),
    }
}

/// An error behind the part of the input that is UTF-8.
fn invalid_utf8(valid: &[u8]) -> ParseError {
    let valid = String::from_utf8_lossy(valid);
    let line = valid.matches('\n').count() + 1;
    let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ParseError { line, column, kind: ParseErrorKind::InvalidUtf8 }
}
