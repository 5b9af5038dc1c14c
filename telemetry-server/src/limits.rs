//! How much of the server anybody may have, so that no client can take it away from the others.

use std::time::Duration;

/// How much of the server anybody may have: sizes in bytes, times as [`Duration`].
///
/// The [`Default`] suits a Prometheus that scrapes every few seconds to minutes, and a person who looks in beside it.
/// `source_time` and `answer_time` hold for a mounted [`router`](crate::Exposition::router) as well; the others are for the
/// stand-alone server, since an application has limits of its own.
///
/// ```
/// use std::time::Duration;
/// use telemetry_server::{Exposition, Limits};
///
/// let limits = Limits { source_time: Duration::from_secs(5), ..Limits::default() };
/// let exposition = Exposition::default().with_limits(limits);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most connections at once, at least 1. At the limit, a new connection takes the place of the one that has asked for nothing, or
    /// has stalled over its request or its answer, for longest or, if there is none, of one that has not stalled for a second yet. A
    /// scrape that is being answered is never ended for another, nor is one whose request has come but was not read yet: until it is
    /// known which, a quarter more connections may be there. As many wait where all are being answered, each for up to a second.
    pub connections: usize,
    /// The most bytes of a request line with its headers, at least 8 KiB; beyond it the answer is status 431.
    pub header_bytes: usize,
    /// The most headers of one request; beyond it the answer is status 431.
    pub headers: usize,
    /// How long a TLS handshake may take, and after it or after the connection was made, the first request's headers. The headers
    /// of later requests have as long from their first byte.
    pub header_time: Duration,
    /// How long a connection may stay open between two requests. A scraper whose interval is longer connects anew each time.
    pub idle_time: Duration,
    /// How long a [`Source`](crate::Source) may take. One that takes longer is left out of the answer and, until its call has
    /// returned, of all further ones.
    pub source_time: Duration,
    /// How long an answer may take until its first byte; beyond it the answer is status 503. A scrape may have to wait for one other
    /// before its own begins, so that this should be more than twice `source_time`.
    pub answer_time: Duration,
    /// How long a client may take for the body of a request. The exposition server refuses every body at once.
    pub body_time: Duration,
    /// How long a client may send nothing of a body, or read nothing of an answer that it is being sent.
    pub stall_time: Duration,
    /// How long a client may take for the whole of an answer.
    pub send_time: Duration,
    /// Whether a client that closes its half of the connection after a request, as `nc -N` does, still gets its answer. It cannot be told
    /// from one that went away, whose answers are given up otherwise.
    pub answer_half_closed: bool,
    /// How long scrapes that are under way may still take when the server ends.
    pub stop_time: Duration,
}

impl Limits {
    /// How many connections there are at the most, with those that have been told to make way for others.
    pub(crate) const fn most_connections(&self) -> usize {
        let (least, quarter) = (self.connections.saturating_add(1), self.connections / 4);
        least.saturating_add(quarter.saturating_sub(1))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            header_bytes: 16 * 1024,
            headers: 64,
            header_time: Duration::from_secs(5),
            // Longer than the scrape interval of a minute that Prometheus has by default.
            idle_time: Duration::from_secs(90),
            source_time: Duration::from_secs(3),
            // After this long, Prometheus by default waits no more.
            answer_time: Duration::from_secs(10),
            body_time: Duration::from_secs(60),
            stall_time: Duration::from_secs(10),
            send_time: Duration::from_secs(60),
            answer_half_closed: false,
            stop_time: Duration::from_secs(3),
        }
    }
}
