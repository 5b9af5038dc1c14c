//! Any bytes as an exposition, in both formats: they are read in bounded memory or refused, and what was read can be written and read
//! again. Shortcuts make no difference, neither to families nor to what a visitor is told, nor to errors.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetry_core::exposition::{Family, Format, ParseErrorKind, parse};
use telemetry_fuzz::{check_shortcuts, read, written};

fuzz_target!(|data: &[u8]| {
    for format in [Format::Text, Format::OpenMetrics] {
        let read = read(data, format);
        if let Ok(text) = std::str::from_utf8(data) {
            check_shortcuts(text, format, &read);
        }
        if let Ok(families) = read {
            write_and_read(families, format);
        }
    }
});

fn write_and_read(families: Vec<Family<'_>>, format: Format) {
    let text = written(&families, format);
    match parse(&text, format) {
        // A family that was described before another one took its samples' names cannot be described again.
        Err(error) if matches!(error.kind, ParseErrorKind::NameClash { .. }) && format == Format::Text => {}
        Err(error) => panic!("{error}: {families:?} was written as {text:?}"),
        Ok(again) => {
            assert_eq!(again, families, "written as {text:?}");
            let owned: Vec<_> = families.into_iter().map(Family::into_owned).collect();
            assert_eq!(again, owned);
        }
    }
}
