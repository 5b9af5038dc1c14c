//! Whole numbers in as few bytes as they need, seven bits in each.

use super::Damaged;

/// Writes a number.
pub(crate) fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number from the front.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    match bytes {
        // One byte or two, without a branch between them: which it is cannot be foreseen where values vary.
        [low, high, ..] if low & high < 0x80 => {
            let longer = low >> 7;
            let number = u64::from(low & 0x7f) | u64::from(high * longer) << 7;
            *bytes = &bytes[1 + usize::from(longer)..];
            Ok(number)
        }
        _ => read_long(bytes),
    }
}

fn read_long(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let mut number = 0;
    for (position, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * position);
        if *byte < 0x80 {
            *bytes = &bytes[position + 1..];
            return Ok(number);
        }
    }
    Err(Damaged)
}

/// Small numbers of either sign as small numbers without one.
pub(crate) const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// What [`zigzag`] was made of.
pub(crate) const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Takes eight bytes from the front.
pub(crate) fn read_raw(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let (raw, rest) = bytes.split_first_chunk().ok_or(Damaged)?;
    *bytes = rest;
    Ok(u64::from_le_bytes(*raw))
}

/// Takes that many bytes from the front.
pub(crate) fn take<'b>(bytes: &mut &'b [u8], length: u64) -> Result<&'b [u8], Damaged> {
    let length = usize::try_from(length).map_err(|_| Damaged)?;
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Damaged)?;
    *bytes = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            write(&mut bytes, number);
            assert_eq!(read(&mut bytes.as_slice()).ok(), Some(number));
            assert!(read(&mut &bytes[..bytes.len() - 1]).is_err(), "{number} cut off");
        }
        for number in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(number)), number);
        }
    }
}
