//! The number by which Alertmanager knows a label set.

use telemetry_query::Labels;

/// That number, as Alertmanager writes it.
pub(super) fn of_labels(labels: &Labels) -> String {
    let texts = labels.iter().flat_map(|label| [&*label.name, &*label.value]);
    format!("{:016x}", number(texts))
}

/// The same for a text.
pub(super) fn of_text(text: &str) -> String {
    format!("{:016x}", number([text]))
}

/// FNV-1a over these texts, each ended by a byte that no text has.
fn number<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    const OFFSET: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([u8::MAX]));
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
