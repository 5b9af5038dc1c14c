//! Families of every kind that a format can say, made from the input: what is written of them is read back equal.
//!
//! They are those of the property tests of the crate, drawn from the bytes of the input instead of random ones.
#![no_main]

#[path = "../../telemetry-core/tests/exposition/families.rs"]
mod families;

use libfuzzer_sys::fuzz_target;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use telemetry_core::exposition::{Family, Format, parse};
use telemetry_fuzz::written;

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else { return };
    let (made, other) = match choice % 2 {
        0 => (Format::Text, Format::OpenMetrics),
        _ => (Format::OpenMetrics, Format::Text),
    };
    let Some(families) = drawn(bytes, made) else { return };
    assert_eq!(parse(&written(&families, made), made).as_ref(), Ok(&families));
    let text = written(&families, other);
    let elsewhere = parse(&text, other);
    match other {
        Format::OpenMetrics => assert_eq!(elsewhere.as_ref(), Ok(&families)),
        // It can say less, but what it says can be read.
        Format::Text => assert!(elsewhere.is_ok(), "{elsewhere:?}"),
    }
});

/// The families that these bytes make; none where they draw what had to be thrown away too often.
fn drawn(bytes: &[u8], format: Format) -> Option<Vec<Family<'static>>> {
    let config = Config { max_local_rejects: 8, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::PassThrough, bytes));
    Some(families::families(format).new_tree(&mut runner).ok()?.current())
}
