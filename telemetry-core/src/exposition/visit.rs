//! Walking over an exposition: each line is checked as [`parse`](super::parse) checks it, told, and forgotten.

use std::borrow::Cow;

use super::assembler::Assembler;
use super::error::ParseError;
use super::format::Format;
use super::model::FamilyKind;
use super::orderly::Orderly;
use super::reader::{Event, Line, Reader, Sample};

/// Who is told of the lines of an exposition, in their order; see [`visit`].
///
/// What is told borrows from the input, but for the labels of a sample, which are there until the next line. An error ends the visit.
pub trait Visitor<'a> {
    /// Why a visit ends before its time.
    type Error: From<ParseError>;

    /// A sample.
    ///
    /// # Errors
    /// To end the visit.
    fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), Self::Error>;

    /// What the family `name` means, without escapes.
    ///
    /// # Errors
    /// To end the visit.
    fn help(&mut self, _name: &'a str, _text: Cow<'a, str>) -> Result<(), Self::Error> {
        Ok(())
    }

    /// What kind of family `name` is.
    ///
    /// # Errors
    /// To end the visit.
    fn kind(&mut self, _name: &'a str, _kind: FamilyKind) -> Result<(), Self::Error> {
        Ok(())
    }

    /// The unit of the family `name`, which may be empty.
    ///
    /// # Errors
    /// To end the visit.
    fn unit(&mut self, _name: &'a str, _unit: &'a str) -> Result<(), Self::Error> {
        Ok(())
    }

    /// A comment of the text format; see [`Event::Comment`].
    ///
    /// # Errors
    /// To end the visit.
    fn comment(&mut self, _text: &'a str) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Walks over an exposition.
///
/// Everything is checked that [`parse`](super::parse) checks, and refused with the same error; each line is told once it is found good.
/// In an exposition whose families and metrics stand together and whose metrics rise, as nearly every one, nothing is kept but the
/// names of the families.
///
/// # Errors
/// Like [`parse`](super::parse), and what the visitor ends the visit with. Lines in front of the error have been told.
///
/// ```
/// use telemetry_core::exposition::{Format, ParseError, Sample, Visitor, visit};
///
/// struct Sum(f64);
///
/// impl<'a> Visitor<'a> for Sum {
///     type Error = ParseError;
///
///     fn sample(&mut self, sample: Sample<'_, 'a>) -> Result<(), ParseError> {
///         self.0 += sample.value;
///         Ok(())
///     }
/// }
///
/// let mut sum = Sum(0.0);
/// visit("up{job=\"api\"} 1\nup{job=\"web\"} 1\n", Format::Text, &mut sum)?;
/// assert_eq!(sum.0, 2.0);
/// assert!(visit("up 1\nup 1\n", Format::Text, &mut sum).is_err());
/// # Ok::<(), ParseError>(())
/// ```
pub fn visit<'a, V: Visitor<'a>>(input: &'a str, format: Format, visitor: &mut V) -> Result<(), V::Error> {
    let (mut reader, mut orderly) = (Reader::new(input, format), Orderly::new(format));
    let mut told = 0;
    loop {
        if let Some((value, timestamp)) = reader.usual_sample() {
            if orderly.place(&reader, None).is_err() {
                return visit_in_any_order(input, format, told, visitor);
            }
            visitor.sample(reader.sample(value, timestamp, None))?;
            told += 1;
            continue;
        }
        let line = reader.next_line_by_grammar()?;
        if !orderly.allows(&line, &reader) {
            return visit_in_any_order(input, format, told, visitor);
        }
        match line {
            Line::Sample { value, timestamp, exemplar } => {
                visitor.sample(reader.sample(value, timestamp, exemplar))?;
            }
            Line::Help { name, text } => visitor.help(name, text)?,
            Line::Type { name, kind } => visitor.kind(name, kind)?,
            Line::Unit { name, unit } => visitor.unit(name, unit)?,
            Line::Comment(text) => visitor.comment(text)?,
            Line::Eof => return Ok(()),
        }
        told += 1;
    }
}

/// Walks over an exposition whose first lines have been told, by the rules for every order.
fn visit_in_any_order<'a, V: Visitor<'a>>(
    input: &'a str,
    format: Format,
    told: usize,
    visitor: &mut V,
) -> Result<(), V::Error> {
    let (mut reader, mut assembler) = (Reader::new(input, format), Assembler::new(format));
    for line in 0.. {
        let event = reader.next_event()?;
        if let Err(kind) = assembler.take(event.clone()) {
            return Err(reader.error_in_line(kind).into());
        }
        if line < told {
            continue;
        }
        match event {
            Event::Sample(sample) => visitor.sample(sample)?,
            Event::Help { name, text } => visitor.help(name, text)?,
            Event::Type { name, kind } => visitor.kind(name, kind)?,
            Event::Unit { name, unit } => visitor.unit(name, unit)?,
            Event::Comment(text) => visitor.comment(text)?,
            Event::Eof => break,
        }
    }
    Ok(())
}
