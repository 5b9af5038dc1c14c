//! What a connection is doing, seen from the bytes that go through it: how long it may go on doing that, and whether another one may
//! have its place.

use crate::limits::Limits;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::timeout_at;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Greeting, or sending the headers of a request.
    Asking,
    /// Nothing, after an answer.
    Idle,
    /// Sending the body of a request.
    Sending,
    /// Waiting for an answer that is being made.
    Answered,
    /// Reading an answer that is still being handed over.
    Reading,
    /// Reading an answer that has been handed over to its end.
    Finishing,
}

/// What one connection is doing, and since when.
#[derive(Debug)]
pub(crate) struct Activity {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    since: Instant,
    /// When the client last sent some of a body, or took some of the answer.
    progress: Instant,
    /// Whether another connection is to have its place. One that goes on to something else keeps it.
    makes_way: bool,
}

/// Which connection has to go first: of two, the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expendable {
    /// It asks for nothing, or has stalled over its body or its answer, since then.
    Still(Instant),
    /// It sent something of its body or read something of its answer then, which was just now.
    Moving(Instant),
}

/// How long a client may send nothing of a body, or read nothing of an answer, until it is as much in the way as one that asks for
/// nothing. One that reads, over a network that loses a packet now and then, seldom pauses for longer.
const HESITATION: Duration = Duration::from_secs(1);

impl Activity {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::new(Phase::Asking)), changed: Notify::new() })
    }

    pub(crate) fn enter(&self, phase: Phase) {
        *self.lock() = State::new(phase);
        self.changed.notify_one();
    }

    /// Goes on from one phase to the next, if it is in that one.
    pub(crate) fn pass(&self, from: Phase, to: Phase) {
        if self.lock().phase == from {
            self.enter(to);
        }
    }

    /// Notes that the whole of the answer has been handed over. The client has no more time for that.
    pub(crate) fn handed_over(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Reading {
            state.phase = Phase::Finishing;
        }
    }

    fn progress(&self) {
        self.lock().progress = Instant::now();
    }

    /// Whether it is in the way of another one, and how much. A scrape whose answer is being made never is.
    pub(crate) fn expendable(&self) -> Option<Expendable> {
        let state = *self.lock();
        match state.phase {
            Phase::Asking | Phase::Idle => Some(Expendable::Still(state.since)),
            Phase::Answered => None,
            _ if state.progress.elapsed() < HESITATION => Some(Expendable::Moving(state.progress)),
            Phase::Sending | Phase::Reading | Phase::Finishing => Some(Expendable::Still(state.progress)),
        }
    }

    /// Tells the connection to go, unless its client turns out to have sent what it was waiting for.
    pub(crate) fn make_way(&self) {
        self.lock().makes_way = true;
        self.changed.notify_one();
    }

    /// Whether it was told to go, and has gone or not looked yet.
    pub(crate) fn makes_way(&self) -> bool {
        self.lock().makes_way
    }

    /// Whether there is nothing to finish.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.lock().phase, Phase::Asking | Phase::Idle)
    }

    /// Returns when the connection has done for too long what it is doing, or has to make way. Whoever waits for this looks first at what the client has sent.
    pub(crate) async fn overdue(&self, limits: &Limits) {
        loop {
            let deadline = self.deadline_after_a_look(limits).await;
            if deadline <= Instant::now() {
                return;
            }
            // A change may bring the deadline nearer; what moves it away is seen when it is reached.
            let _looked_again = timeout_at(deadline.into(), self.changed.notified()).await;
        }
    }

    /// The deadline; one that is over, after a look at the sockets. It may have been the server that had no time, and what the client has
    /// sent meanwhile has come in time.
    async fn deadline_after_a_look(&self, limits: &Limits) -> Instant {
        let deadline = self.lock().deadline(limits);
        if deadline > Instant::now() {
            return deadline;
        }
        yield_now().await;
        self.lock().deadline(limits)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(phase: Phase) -> Self {
        let now = Instant::now();
        Self { phase, since: now, progress: now, makes_way: false }
    }

    fn deadline(&self, limits: &Limits) -> Instant {
        match self.phase {
            _ if self.makes_way => self.since,
            Phase::Asking => self.since + limits.header_time,
            Phase::Idle => self.since + limits.idle_time,
            // What makes the answer keeps to its time itself and says so to the client; this is only for when it cannot.
            Phase::Answered => self.since + limits.answer_time + Duration::from_secs(1),
            Phase::Sending => (self.since + limits.body_time).min(self.progress + limits.stall_time),
            Phase::Reading | Phase::Finishing => {
                (self.since + limits.send_time).min(self.progress + limits.stall_time)
            }
        }
    }
}

/// A stream that tells what goes through it.
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    pub(crate) const fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.activity.pass(Phase::Idle, Phase::Asking);
            self.activity.progress();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.activity.progress();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.activity.progress();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The server flushes when it has nothing left to write, so that a flush which succeeds is the end of an answer, if that has been handed
    /// over. One in many pieces is flushed between them as well.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.activity.pass(Phase::Finishing, Phase::Idle);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
