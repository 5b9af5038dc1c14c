//! Reading an exposition in bounded memory.

use telemetry_core::exposition::{Family, Format, ParseError, parse_bytes, write};

/// What reading may hold for each byte of the input. The most expensive byte is that of a sample whose name and value have one each: its
/// four bytes become a family with one metric, and a vector is twice as long as what is in it.
const PER_BYTE: usize = 500;

/// What reading may hold besides.
const FIXED: usize = 16 * 1024;

/// Reads an exposition, and fails where that holds more memory than its length allows.
///
/// # Errors
/// When it is none; that too is told in few words.
///
/// # Panics
/// When more memory is held, or the error is longer or lies further on than the input allows.
pub fn read(data: &[u8], format: Format) -> Result<Vec<Family<'_>>, ParseError> {
    let mut parsed = Ok(Vec::new());
    let held = allocation_counter::measure(|| parsed = parse_bytes(data, format));
    let most = FIXED + PER_BYTE * data.len();
    assert!(held.bytes_max <= most as u64, "{} bytes held for {}", held.bytes_max, data.len());
    if let Err(error) = &parsed {
        let lines = data.iter().filter(|byte| **byte == b'\n').count() + 1;
        assert!((1..=lines).contains(&error.line) && error.column <= data.len() + 1, "{error}");
    }
    parsed
}

/// The families as text.
#[must_use]
pub fn written(families: &[Family<'_>], format: Format) -> String {
    let mut text = String::new();
    write(families, format, &mut text);
    text
}
