//! Any bytes as an exposition, in both formats: they are read in bounded memory or refused, and what was read can be written and read
//! again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetry_core::exposition::{Family, Format, ParseErrorKind, parse};
use telemetry_fuzz::{read, written};

fuzz_target!(|data: &[u8]| {
    for format in [Format::Text, Format::OpenMetrics] {
        if let Ok(families) = read(data, format) {
            write_and_read(&families, format);
        }
    }
});

fn write_and_read(families: &[Family<'_>], format: Format) {
    let text = written(families, format);
    match parse(&text, format) {
        // A family that was described before another one took its samples' names cannot be described again.
        Err(error) if matches!(error.kind, ParseErrorKind::NameClash { .. }) && format == Format::Text => {}
        again => assert_eq!(again.as_deref(), Ok(families), "written as {text:?}"),
    }
    let owned: Vec<_> = families.iter().cloned().map(Family::into_owned).collect();
    assert_eq!(owned, families);
}
