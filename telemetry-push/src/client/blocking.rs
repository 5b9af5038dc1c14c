//! The client for code that does not await.

use super::{Body, Call, PushClient, PushError};
use reqwest::Method;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long after the end of its time a call is waited for, so that the thread that sends it can say what went wrong.
const GRACE: Duration = Duration::from_millis(500);

/// A [`PushClient`] whose calls block their thread until the gateway has answered. They can be made inside a tokio runtime too, where they
/// hold up other tasks of the same thread.
///
/// What is durable when a call returns, and how long it takes, is as for [`PushClient`]; half a second is added at most.
#[derive(Debug, Clone)]
pub struct BlockingPushClient {
    client: PushClient,
}

impl BlockingPushClient {
    pub(super) const fn new(client: PushClient) -> Self {
        Self { client }
    }

    /// Replaces the whole group; see [`PushClient::push`].
    ///
    /// # Errors
    /// As for [`PushClient::push`].
    pub fn push(&self, body: impl Into<Body>) -> Result<(), PushError> {
        self.send(self.client.call(Method::PUT, Some(body.into())))
    }

    /// Replaces the metrics of the same names; see [`PushClient::push_add`].
    ///
    /// # Errors
    /// As for [`PushClient::push`].
    pub fn push_add(&self, body: impl Into<Body>) -> Result<(), PushError> {
        self.send(self.client.call(Method::POST, Some(body.into())))
    }

    /// Deletes the group; see [`PushClient::delete`].
    ///
    /// # Errors
    /// As for [`PushClient::push`].
    pub fn delete(&self) -> Result<(), PushError> {
        self.send(self.client.call(Method::DELETE, None))
    }

    /// Replaces the whole group with one request that ends after `timeout`. Whatever happens, this returns after `timeout` and `grace`.
    pub(crate) fn push_once(
        &self,
        body: impl Into<Body>,
        timeout: Duration,
        grace: Duration,
    ) -> Result<(), PushError> {
        let mut call = self.client.call(Method::PUT, Some(body.into()));
        call.timeout = timeout;
        call.deadline = Instant::now().checked_add(timeout);
        self.wait(call, grace)
    }

    fn send(&self, call: Call) -> Result<(), PushError> {
        self.wait(call, GRACE)
    }

    fn wait(&self, call: Call, grace: Duration) -> Result<(), PushError> {
        let (began, timeout) = (Instant::now(), call.timeout);
        let until = call.deadline.and_then(|deadline| deadline.checked_add(grace));
        let answer = self.client.begin(call)?;
        match block_on(answer, until) {
            Some(answer) => answer.unwrap_or_else(|_| Err(self.client.gone())),
            None => {
                let url = self.client.url().to_owned();
                Err(PushError::Timeout { url, timeout: timeout.min(began.elapsed()) })
            }
        }
    }
}

/// Runs a future on this thread until it is ready, or until this moment: then it is dropped.
///
/// In a task of a tokio runtime the runtime's sense of fairness would let its channels look empty from time to time and wake the task at
/// once; nobody but this task runs here, so that is turned off.
fn block_on<F: Future>(future: F, until: Option<Instant>) -> Option<F::Output> {
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(Duration::ZERO) => return None,
            Some(left) => thread::park_timeout(left),
            None => thread::park(),
        }
    }
}

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::block_on;
    use std::future;
    use std::time::{Duration, Instant};

    #[test]
    fn a_future_is_waited_for_until_it_is_ready_or_its_time_is_over() {
        assert_eq!(block_on(future::ready(1), None), Some(1));
        assert_eq!(block_on(future::ready(1), Some(Instant::now())), Some(1), "ready is ready");
        let soon = Instant::now() + Duration::from_millis(20);
        assert_eq!(block_on(future::pending::<()>(), Some(soon)), None);
        assert!(Instant::now() >= soon);
    }

    #[test]
    fn a_wake_from_another_thread_is_seen() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let waiting = std::thread::spawn(move || block_on(receiver, None));
        sender.send(7).unwrap();
        assert_eq!(waiting.join().unwrap(), Some(Ok(7)));
    }
}
