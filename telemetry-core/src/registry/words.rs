//! Label values in words: their first and their last bytes, which overlap where a value is no whole number of words.
//!
//! Label values are short, so that a few words have all of a value, and are compared and hashed at once.

/// Two words of a value.
pub(super) type Words = [u64; 2];

/// The longest value of which two words have every byte.
pub(super) const SHORT: usize = 16;

/// The longest value of which four words have every byte.
pub(super) const WIDE: usize = 32;

/// The first and the last bytes. Of values of one length that are not longer than [`SHORT`], no two have the same.
#[inline(always)]
pub(super) fn outer(value: &[u8]) -> Words {
    whole(value).unwrap_or_else(|| less(value))
}

/// The first and the last word of a value that is as long as a word or longer.
#[inline(always)]
pub(super) fn whole(value: &[u8]) -> Option<Words> {
    let (first, last) = (value.first_chunk()?, value.last_chunk()?);
    Some([u64::from_le_bytes(*first), u64::from_le_bytes(*last)])
}

/// The bytes of a value that is shorter than a word.
#[inline(always)]
pub(super) fn less(value: &[u8]) -> Words {
    if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        return [u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()];
    }
    match (value.first(), value.get(1), value.last()) {
        (Some(first), second, Some(last)) => {
            [u64::from(*first), u64::from(*second.unwrap_or(first)) << 8 | u64::from(*last)]
        }
        _ => [0, 0],
    }
}

/// What is beside the first and the last words of a value that is longer than [`SHORT`].
#[inline(always)]
pub(super) fn inner(value: &[u8]) -> Option<Words> {
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() > SHORT => Some([halves(first)[1], halves(last)[0]]),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn halves(chunk: &[u8; SHORT]) -> Words {
    let whole = u128::from_le_bytes(*chunk);
    [whole as u64, (whole >> 64) as u64]
}
