//! The exposition written and encoded, once for all who ask at the same time.

use crate::encoding::Encoding;
use crate::exposition::Exposition;
use crate::flight::Flight;
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use telemetry_core::exposition::Format;
use tokio::sync::oneshot;

/// A page, or why it could not be encoded.
type Page = Result<Bytes, Arc<str>>;

/// An exposition with the pages of it that are being made: one for each format and encoding, each made by one thread at a time.
pub(crate) struct Pages {
    pub(crate) exposition: Exposition,
    flights: [[Arc<Flight<Page>>; Encoding::ALL.len()]; 2],
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("no thread could be had to gather the metrics: {0}")]
    Thread(io::Error),
    #[error("not answered within {} s", .0.as_secs_f64())]
    Late(Duration),
    #[error("gathering the metrics ended with a panic")]
    Panic,
    #[error("{0}")]
    Said(Arc<str>),
}

impl Pages {
    pub(crate) fn new(exposition: Exposition) -> Arc<Self> {
        Arc::new(Self { exposition, flights: Default::default() })
    }

    /// The page as it is now. It is made on another thread, so that even a large one delays nobody here.
    pub(crate) async fn page(
        self: &Arc<Self>,
        format: Format,
        encoding: Encoding,
    ) -> Result<Bytes, Unavailable> {
        let pages = Arc::clone(self);
        let page = in_time(self.flight(format, encoding), self.exposition.limits.answer_time, move || {
            pages.make(format, encoding)
        });
        page.await?.map_err(Unavailable::Said)
    }

    /// Whether scrapes are answered in time, and the program says that it is ready.
    pub(crate) async fn ready(&self) -> Result<(), Unavailable> {
        let limit = self.exposition.limits.answer_time;
        if self.flights.iter().flatten().any(|flight| flight.is_overdue(limit)) {
            return Err(Unavailable::Late(limit));
        }
        let readiness = &self.exposition.readiness;
        let Some(check) = readiness.check.clone() else { return Ok(()) };
        let said = in_time(&readiness.calls, self.exposition.limits.source_time, move || check()).await?;
        said.map_err(|reason| Unavailable::Said(reason.into()))
    }

    fn make(&self, format: Format, encoding: Encoding) -> Page {
        let text = self.exposition.text(format);
        encoding.encode(text).map_err(|error| format!("the metrics cannot be compressed: {error}").into())
    }

    const fn flight(&self, format: Format, encoding: Encoding) -> &Arc<Flight<Page>> {
        &self.flights[format as usize][encoding.index()]
    }
}

/// What the work comes to, if it does so in time.
async fn in_time<V: Clone + Send + 'static>(
    flight: &Arc<Flight<V>>,
    limit: Duration,
    work: impl Fn() -> V + Send + 'static,
) -> Result<V, Unavailable> {
    // Whoever joined those who wait in vain would only make them more.
    if flight.is_overdue(limit) {
        return Err(Unavailable::Late(limit));
    }
    let (send, receive) = oneshot::channel();
    // The client may be gone by the time of the answer.
    flight.ask(work, move |value| drop(send.send(value))).map_err(Unavailable::Thread)?;
    match tokio::time::timeout(limit, receive).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Unavailable::Panic),
        Err(_) => Err(Unavailable::Late(limit)),
    }
}
