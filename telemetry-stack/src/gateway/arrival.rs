//! The body of a push on its way in: how much of it is taken, and what of it is decompressed.
//!
//! All bodies that are on their way or wait for their turn share one budget, so that no number of clients can fill the memory.

use super::error::Refusal;
use axum::body::{Body, HttpBody};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use hyper::body::Frame;
use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bodies of the longest kind fit into the budget.
const LONGEST_AT_ONCE: usize = 8;

/// The unit of the budget, in bytes.
const UNIT: usize = 1024;

/// What all bodies together may take.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    units: Arc<Semaphore>,
    longest: usize,
}

/// A body that has come, as it was sent, with its part of the budget.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) bytes: Vec<u8>,
    pub(super) share: Share,
}

/// A part of the budget, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Semaphore>,
    units: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Makes the part large enough for so many bytes, if there is so much left.
    pub(super) fn cover(&mut self, bytes: usize) -> Result<(), Refusal> {
        let held = self.units.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = (bytes / UNIT + 1).saturating_sub(held);
        let more = Arc::clone(&self.budget).try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX));
        let more = more
            .map_err(|_| Refusal::busy("too much is being pushed at this moment; try again in a second"))?;
        match &mut self.units {
            Some(units) => units.merge(more),
            None => self.units = Some(more),
        }
        Ok(())
    }
}

impl Budget {
    /// A budget for bodies of up to so many bytes each.
    pub(super) fn new(longest: usize) -> Self {
        let units = (longest / UNIT + 1).saturating_mul(LONGEST_AT_ONCE).min(Semaphore::MAX_PERMITS);
        Self { units: Arc::new(Semaphore::new(units)), longest }
    }

    /// Takes a body in.
    pub(super) async fn receive(&self, headers: &HeaderMap, body: &mut Body) -> Result<Arrived, Refusal> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > self.longest) {
            return Err(self.too_long());
        }
        let mut bytes = Vec::new();
        let mut share = Share { budget: Arc::clone(&self.units), units: None };
        while let Some(frame) = next_frame(body).await {
            let frame =
                frame.map_err(|error| Refusal::bad(format!("the body did not come whole: {error}")))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > self.longest {
                return Err(self.too_long());
            }
            share.cover(bytes.len() + data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(Arrived { bytes, share })
    }

    /// Reads the rest of a body that nobody wants, up to several times the longest: a client whose connection is closed while it
    /// still sends does not get to see the answer. One that asked before it sends has the answer already.
    pub(super) async fn discard(&self, headers: &HeaderMap, body: &mut Body) {
        let mut left = self.longest.saturating_mul(LONGEST_AT_ONCE);
        if headers.contains_key(EXPECT) {
            return;
        }
        while let Some(Ok(frame)) = next_frame(body).await {
            let length = frame.into_data().map_or(0, |data| data.len());
            left = match left.checked_sub(length) {
                Some(left) => left,
                None => return,
            };
        }
    }

    fn too_long(&self) -> Refusal {
        too_long(self.longest)
    }
}

async fn next_frame(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    if body.is_end_stream() {
        return None;
    }
    poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}

fn too_long(longest: usize) -> Refusal {
    let reason = format!("the body is longer than {longest} bytes; push less at a time, or raise --max-body");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason)
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
}

impl Encoding {
    /// The encoding that the headers name.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let named = headers.get_all(CONTENT_ENCODING).iter().map(|name| name.to_str().unwrap_or("?").trim());
        let named = named.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
        let mut encoding = Self::Identity;
        for name in named {
            match name.to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" if encoding == Self::Identity => encoding = Self::Gzip,
                _ => {
                    return Err(unsupported(&format!(
                        "content encoding {name:?} is not known; send gzip or none"
                    )));
                }
            }
        }
        Ok(encoding)
    }

    /// The body as it was before it was compressed, of at most so many bytes.
    pub(super) fn decode(self, body: Vec<u8>, longest: usize) -> Result<Vec<u8>, Refusal> {
        if self == Self::Identity {
            return Ok(body);
        }
        let mut decoded = Vec::new();
        let limit = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
        let read = MultiGzDecoder::new(&*body).take(limit).read_to_end(&mut decoded);
        read.map_err(|error| Refusal::bad(format!("the body is not valid gzip: {error}")))?;
        if decoded.len() > longest { Err(too_long(longest)) } else { Ok(decoded) }
    }
}

pub(super) fn unsupported(reason: &str) -> Refusal {
    Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn headers(name: axum::http::HeaderName, value: &'static str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_bomb_is_not_blown_up() {
        let bomb = gzip(&vec![b'#'; 10_000_000]);
        assert_eq!(Encoding::Gzip.decode(bomb, 100_000).unwrap_err().status, 413);
        assert_eq!(Encoding::Gzip.decode(gzip(b"a 1\n"), 4).unwrap(), b"a 1\n");
        assert_eq!(Encoding::Gzip.decode(gzip(b"a 1\n"), 3).unwrap_err().status, 413);
        assert_eq!(Encoding::Gzip.decode(b"nope".to_vec(), 9).unwrap_err().status, 400);
        let mut cut = gzip(b"a 1\n");
        cut.truncate(12);
        assert_eq!(Encoding::Gzip.decode(cut, 9).unwrap_err().status, 400);
    }

    #[test]
    fn only_gzip_is_known() {
        let of = |value| Encoding::of(&headers(CONTENT_ENCODING, value));
        assert_eq!((of("gzip"), of("identity")), (Ok(Encoding::Gzip), Ok(Encoding::Identity)));
        for value in ["deflate", "br", "gzip, gzip"] {
            assert_eq!(of(value).unwrap_err().status, 415, "{value}");
        }
    }

    #[tokio::test]
    async fn bodies_are_bounded_alone_and_together() {
        let budget = Budget::new(4000);
        let receive = |length: usize| {
            let budget = budget.clone();
            async move { budget.receive(&HeaderMap::new(), &mut Body::from(vec![b'x'; length])).await }
        };
        assert_eq!(receive(4001).await.unwrap_err().status, 413);
        let announced = headers(CONTENT_LENGTH, "4001");
        assert_eq!(budget.receive(&announced, &mut Body::empty()).await.unwrap_err().status, 413);
        let mut held = Vec::new();
        for _ in 0..LONGEST_AT_ONCE {
            held.push(receive(4000).await.unwrap());
        }
        assert_eq!(receive(1).await.unwrap_err().status, 503);
        let one = held.first_mut().unwrap();
        assert_eq!(one.share.cover(5000).unwrap_err().status, 503);
        assert!(one.share.cover(4000).is_ok(), "it has so much already");
        held.pop();
        assert_eq!(receive(4000).await.unwrap().bytes.len(), 4000);
    }
}
