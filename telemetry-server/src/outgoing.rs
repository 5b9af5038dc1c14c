//! The body of an answer, which tells when all of it has been handed over.

use crate::activity::Activity;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A body on its way out. Whoever writes it drops it when there is no more to come from it, before the last of it is written.
pub(crate) struct Leaving {
    body: axum::body::Body,
    activity: Arc<Activity>,
}

impl Leaving {
    pub(crate) fn new(body: axum::body::Body, activity: &Arc<Activity>) -> Self {
        Self { body, activity: Arc::clone(activity) }
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.activity.handed_over();
    }
}

impl Body for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
