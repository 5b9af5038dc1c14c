//! Families of every kind that a format can say, made from the input: what is written of them is read back equal.
//!
//! They are those of the property tests of the crate. The input is the seed that they are drawn from, so that seeds which lead somewhere
//! new are kept.
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

/// The families that follow from the first bytes as the seed of a generator; none where what it draws had to be thrown away too often.
///
/// The bytes themselves are no replacement for the generator: where they end, zeros would follow, of which some draws are never satisfied.
fn drawn(bytes: &[u8], format: Format) -> Option<Vec<Family<'static>>> {
    let config = Config { max_local_rejects: 8, failure_persistence: None, ..Config::default() };
    let mut seed = [0; 32];
    seed.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    Some(families::families(format).new_tree(&mut runner).ok()?.current())
}
