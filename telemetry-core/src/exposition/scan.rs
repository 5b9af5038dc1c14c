//! Looking at several bytes at a time: for the end of a label value, and for where two texts begin to differ. Most bytes of
//! most expositions are in label values, and are those of the line before.

/// The position of the first quote, backslash or line feed.
#[inline]
pub(super) fn quote_backslash_or_line_feed(bytes: &[u8]) -> Option<usize> {
    let words = bytes.as_chunks().0;
    for (at, word) in words.iter().enumerate() {
        if let Some(marked) = marked(*word) {
            return Some(at * 8 + marked);
        }
    }
    among_the_last(bytes)
}

/// The same where only the last bytes, of which there are fewer than eight, may be one of the three.
#[inline(never)]
fn among_the_last(bytes: &[u8]) -> Option<usize> {
    match (bytes.last_chunk(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // Those of the last eight bytes that were looked at already are none of the three.
        (Some(last), ..) => marked(*last).map(|at| bytes.len() - 8 + at),
        (None, Some([a, b, c, d]), Some([e, f, g, h])) => {
            let at = marked([*a, *b, *c, *d, *e, *f, *g, *h])?;
            Some(if at < 4 { at } else { bytes.len() + at - 8 })
        }
        _ => bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n')),
    }
}

/// How many bytes both begin with.
#[inline]
pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let length = one.len().min(other.len());
    let (one, other) = (one.get(..length).unwrap_or_default(), other.get(..length).unwrap_or_default());
    let mut at = 0;
    for (word, other) in one.as_chunks().0.iter().zip(other.as_chunks().0) {
        if let Some(different) = difference(*word, *other) {
            return at + different;
        }
        at += 16;
    }
    common_end(one, other)
}

/// The same for two texts of the same length, where nothing differs but among the last bytes, of which there are fewer than sixteen.
fn common_end(one: &[u8], other: &[u8]) -> usize {
    match (one.last_chunk(), other.last_chunk()) {
        // Those of the last sixteen bytes that were looked at already are the same.
        (Some(last), Some(other)) => {
            difference(*last, *other).map_or(one.len(), |different| one.len() - 16 + different)
        }
        _ => one.iter().zip(other).take_while(|(byte, other)| byte == other).count(),
    }
}

/// The position of the first byte in which both differ.
#[inline]
fn difference(one: [u8; 16], other: [u8; 16]) -> Option<usize> {
    // Whether there is one is asked of all bytes at once, which is what most are asked; only then, which half it is in.
    let (one, other) = (u128::from_le_bytes(one), u128::from_le_bytes(other));
    (one != other).then(|| {
        let difference = one ^ other;
        let (low, high) = (difference as u64, (difference >> 64) as u64);
        if low == 0 { 8 + high.trailing_zeros() as usize / 8 } else { low.trailing_zeros() as usize / 8 }
    })
}

/// The position of the first of the three among eight bytes.
///
/// The highest bit of a byte is set where taking one from it borrows, and that is where it is zero; the trick is in "Bit Twiddling
/// Hacks" by Sean Eron Anderson. A byte above such a one may be marked as well, which does no harm because only the lowest mark
/// counts. None of the three has its highest bit set, so that a byte which has it is none of them, and has it still when it is compared.
#[inline]
fn marked(word: [u8; 8]) -> Option<usize> {
    let word = u64::from_le_bytes(word);
    let borrows = |byte| (word ^ repeat(byte)).wrapping_sub(repeat(0x01));
    let marks = (borrows(b'"') | borrows(b'\\') | borrows(b'\n')) & !word & repeat(0x80);
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_three_is_found_at_every_position() {
        for wanted in [b'"', b'\\', b'\n'] {
            for at in 0..40 {
                let mut bytes = [b'x'; 40];
                bytes[at] = wanted;
                bytes[at + 1..].fill(b'"');
                assert_eq!(quote_backslash_or_line_feed(&bytes), Some(at));
                assert_eq!(quote_backslash_or_line_feed(&bytes[..at]), None);
            }
        }
    }

    #[test]
    fn each_of_the_three_is_found_in_texts_of_every_length() {
        for length in 1..40 {
            for (at, wanted) in (0..length).zip(b"\"\\\n".iter().copied().cycle()) {
                // Among bytes that differ from it by one bit, and beyond ASCII.
                let mut bytes = [[wanted ^ 1, wanted ^ 0x80], [0, 0xff]].concat().repeat(length);
                bytes.truncate(length);
                assert_eq!(quote_backslash_or_line_feed(&bytes), None, "{bytes:?}");
                bytes[at] = wanted;
                assert_eq!(quote_backslash_or_line_feed(&bytes), Some(at), "{bytes:?}");
            }
        }
    }

    #[test]
    fn the_first_difference_is_found_at_every_position() {
        let one = [b'x'; 40];
        for at in 0..40 {
            let mut other = one;
            other[at..].fill(b'y');
            assert_eq!(common_prefix(&one, &other), at);
            assert_eq!(common_prefix(&one, &one[..at]), at);
            assert_eq!(common_prefix(&one[..at], &one), at);
        }
        assert_eq!(common_prefix(&one, &one), 40);
    }

    #[test]
    fn neighbouring_bytes_are_not_mistaken() {
        let others: Vec<u8> = (0..=255).filter(|byte| !b"\"\\\n".contains(byte)).collect();
        assert_eq!(quote_backslash_or_line_feed(&others), None);
    }
}
