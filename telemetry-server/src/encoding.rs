//! In which encoding a client would rather have the bytes, and the encoding itself.

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write as _};

/// How the bytes of an answer are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// How much weight a client gives to each encoding.
#[derive(Debug, Default, Clone, Copy)]
struct Wishes {
    gzip: Option<f64>,
    zstd: Option<f64>,
    identity: Option<f64>,
    others: Option<f64>,
}

/// The fastest of zstd's ordinary levels, which is smaller than gzip's fastest and takes a fraction of its time.
const ZSTD_LEVEL: i32 = 1;

impl Encoding {
    /// Every encoding, each at its own [`index`](Self::index).
    pub(crate) const ALL: [Self; 3] = [Self::Identity, Self::Gzip, Self::Zstd];

    /// The encoding that an `Accept-Encoding` header asks for: the one of most weight, and of equal ones the one that costs least.
    ///
    /// A client that refuses everything gets the bytes as they are, which is what everybody can read.
    pub(crate) fn asked_for(accept_encoding: &str) -> Self {
        let wishes = Wishes::read(accept_encoding);
        let weight = |wish: Option<f64>| wish.or(wishes.others).unwrap_or(0.0);
        let identity = wishes.identity.unwrap_or(0.0);
        let choices = [(Self::Zstd, weight(wishes.zstd)), (Self::Gzip, weight(wishes.gzip))];
        let mut best = (Self::Identity, identity);
        for (encoding, weight) in choices {
            let better = if best.0 == Self::Identity { weight >= best.1 } else { weight > best.1 };
            if weight > 0.0 && better {
                best = (encoding, weight);
            }
        }
        best.0
    }

    /// The value of `Content-Encoding`, if there is any.
    pub(crate) const fn header(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Encodes a text, quickly rather than small.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn encode(self, text: String) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(text.into()),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(text.as_bytes())?;
                Ok(encoder.finish()?.into())
            }
            Self::Zstd => Ok(zstd::bulk::compress(text.as_bytes(), ZSTD_LEVEL)?.into()),
        }
    }
}

impl Wishes {
    fn read(accept_encoding: &str) -> Self {
        let mut wishes = Self::default();
        for wish in accept_encoding.split(',') {
            let (coding, weight) = crate::negotiation::weighed(wish);
            let place = match coding.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => &mut wishes.gzip,
                "zstd" => &mut wishes.zstd,
                "identity" => &mut wishes.identity,
                "*" => &mut wishes.others,
                _ => continue,
            };
            *place = Some(weight);
        }
        wishes
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding::{self, Gzip, Identity, Zstd};
    use std::io::Read as _;

    #[test]
    fn each_client_gets_what_it_would_rather_have() {
        for (accept, encoding) in [
            ("", Identity),
            ("gzip", Gzip),
            ("x-gzip", Gzip),
            ("GZIP", Gzip),
            ("zstd", Zstd),
            ("gzip, zstd", Zstd),
            ("deflate, gzip, br, zstd", Zstd),
            ("zstd;q=0.5, gzip", Gzip),
            ("gzip;q=0.5,zstd;q=0.4", Gzip),
            ("*", Zstd),
            ("zstd;q=0, *", Gzip),
            ("zstd;q=0, *;q=0.1", Gzip),
            ("gzip;q=0", Identity),
            ("gzip;q=0, *;q=0", Identity),
            ("*;q=0", Identity),
            ("identity", Identity),
            ("identity, gzip;q=0.5", Identity),
            ("identity;q=0.5, gzip;q=0.5", Gzip),
            ("identity;q=0, gzip;q=0.1", Gzip),
            ("identity;q=0", Identity),
            ("deflate, br", Identity),
            ("gzip;q=x", Identity),
            ("gzip;q=NaN", Identity),
            ("gzip;q=-1", Identity),
            ("gzip ; Q=0.000", Identity),
            (",;,q=1,", Identity),
        ] {
            assert_eq!(Encoding::asked_for(accept), encoding, "{accept:?}");
        }
    }

    #[test]
    fn what_is_encoded_can_be_decoded() {
        let text = "some_metric{label=\"value\"} 1\n".repeat(10_000);
        for encoding in Encoding::ALL {
            let bytes = encoding.encode(text.clone()).unwrap();
            let mut decoded = String::new();
            match encoding {
                Identity => decoded = String::from_utf8(bytes.to_vec()).unwrap(),
                Gzip => assert!(flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut decoded).is_ok()),
                Zstd => decoded = String::from_utf8(zstd::decode_all(&*bytes).unwrap()).unwrap(),
            }
            assert_eq!(decoded, text);
            assert!(encoding == Identity || bytes.len() * 10 < text.len());
            assert_eq!(Encoding::ALL[encoding.index()], encoding);
        }
    }
}
