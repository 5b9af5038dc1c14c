//! Looking at eight bytes at a time: for the end of a label value, and for where two texts begin to differ. Most bytes of
//! most expositions are in label values, and are those of the line before.

/// The position of the first quote, backslash or line feed.
#[inline]
pub(super) fn quote_backslash_or_line_feed(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return Some(at * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
    found.map(|at| words.len() * 8 + at)
}

/// How many bytes both begin with.
#[inline]
pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let (words, _) = one.as_chunks::<8>();
    let (other_words, _) = other.as_chunks::<8>();
    let mut at = 0;
    for (word, other_word) in words.iter().zip(other_words) {
        let difference = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other_word);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rests = one.iter().skip(at).zip(other.iter().skip(at));
    at + rests.take_while(|(byte, other)| byte == other).count()
}

/// Sets the highest bit of the lowest byte that is looked for, and none below it.
fn marks(word: u64) -> u64 {
    zero_bytes(word ^ repeat(b'"')) | zero_bytes(word ^ repeat(b'\\')) | zero_bytes(word ^ repeat(b'\n'))
}

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Sets the highest bit of each byte that is zero. A byte above a zero byte may be marked as well, which does no harm
/// where only the lowest mark counts. The trick is in "Bit Twiddling Hacks" by Sean Eron Anderson.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat(0x01)) & !word & repeat(0x80)
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
