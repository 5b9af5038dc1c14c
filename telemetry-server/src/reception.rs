//! The door: lets connections in, and makes room when there is none.

use crate::activity::Activity;
use crate::connection::{Host, serve};
use crate::metrics::Instruments;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tokio::time::{sleep, timeout};

/// How long nobody is let in when the operating system cannot: it mostly lacks descriptors, and asking at once would change nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a connection waits for a place while all of them are taken by scrapes that are being answered.
const AT_THE_DOOR: Duration = Duration::from_secs(1);

/// How often it is looked meanwhile whether somebody could make room.
const GLANCE: Duration = Duration::from_millis(10);

/// The connections of a server.
pub(crate) struct Reception {
    host: Arc<Host>,
    instruments: Arc<Instruments>,
    tasks: JoinSet<()>,
    guests: Vec<Guest>,
    /// Who waits for a place, and since when.
    queue: VecDeque<(Instant, TcpStream)>,
    /// How many have come since all had a turn.
    unheard: usize,
    /// Dropped to tell every connection that the server stops.
    stop: watch::Sender<()>,
}

struct Guest {
    activity: Arc<Activity>,
    task: AbortHandle,
}

impl Reception {
    pub(crate) fn new(host: Host, instruments: Arc<Instruments>) -> Self {
        let (host, tasks) = (Arc::new(host), JoinSet::new());
        let (guests, queue, stop) = (Vec::new(), VecDeque::new(), watch::Sender::new(()));
        Self { host, instruments, tasks, guests, queue, unheard: 0, stop }
    }

    /// Serves until it is stopped, and then until the scrapes under way have ended or their time is over.
    pub(crate) async fn run(mut self, listener: TcpListener, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                _stopped = &mut stopped => break,
                accepted = listener.accept() => self.receive(accepted.map(|(stream, _)| stream), &listener).await,
                Some(_ended) = self.tasks.join_next() => self.let_in(),
                () = sleep(GLANCE), if !self.queue.is_empty() => self.let_in(),
            }
        }
        drop(listener);
        self.close().await;
    }

    /// A client that is gone already is nobody's trouble. Everything else is the operating system's, so that whoever waits for nothing
    /// has to make room, if anybody stands at the door: without a descriptor the system refuses before it has looked.
    async fn receive(&mut self, accepted: io::Result<TcpStream>, door: &TcpListener) {
        match accepted {
            Ok(stream) => self.admit(stream),
            Err(error) if is_of_the_client(error.kind()) => {}
            Err(_) => {
                if is_at(door) {
                    self.make_room();
                }
                sleep(PAUSE).await;
                // The next attempt may fail as soon, and then there is no glance at those who wait for a place.
                self.let_in();
            }
        }
        self.let_others_speak().await;
    }

    /// Those who came before get a turn to say what they want, long before the places are taken by those who come after: until they
    /// have had one, they would be the first to go. A turn for each alone would let the queue at the door grow too long.
    async fn let_others_speak(&mut self) {
        self.unheard += 1;
        if self.unheard >= self.host.limits.connections / 4 {
            self.unheard = 0;
            yield_now().await;
        }
    }

    fn admit(&mut self, stream: TcpStream) {
        self.queue.push_back((Instant::now(), stream));
        self.let_in();
    }

    /// Lets in who has waited longest: all for whom there is a place, or one for whom somebody has to go. For a second one that could be
    /// somebody who has not had a turn yet.
    fn let_in(&mut self) {
        self.forget_the_gone();
        while self.staying() < self.places()
            && let Some((_, stream)) = self.queue.pop_front()
        {
            self.seat(stream);
        }
        if !self.queue.is_empty()
            && self.has_place()
            && let Some((_, stream)) = self.queue.pop_front()
        {
            self.seat(stream);
        }
        self.send_away();
    }

    /// Those who have waited too long have to go, and those who have waited longest where too many wait: they are the likeliest to have
    /// given up.
    fn send_away(&mut self) {
        while let Some((since, _)) = self.queue.front() {
            if since.elapsed() < AT_THE_DOOR && self.there() <= self.host.limits.most_connections() {
                break;
            }
            self.queue.pop_front();
            self.instruments.evicted();
        }
    }

    /// Whether there is a place, for which somebody else may have had to go.
    fn has_place(&mut self) -> bool {
        while self.staying() >= self.places() {
            if !self.make_room() {
                return false;
            }
        }
        true
    }

    fn seat(&mut self, stream: TcpStream) {
        let activity = Activity::new();
        let (host, stopping) = (Arc::clone(&self.host), self.stop.subscribe());
        let task = self.tasks.spawn(serve(host, stream, Arc::clone(&activity), stopping));
        self.guests.push(Guest { activity, task });
    }

    fn places(&self) -> usize {
        self.host.limits.connections.max(1)
    }

    /// How many connections there are, with those that wait for a place.
    fn there(&self) -> usize {
        self.guests.len() + self.queue.len()
    }

    /// How many connections have their place for themselves.
    fn staying(&self) -> usize {
        self.guests.iter().filter(|guest| !guest.activity.makes_way()).count()
    }

    /// Tells the connection that is most in the way to go; false where all are waiting for their answers.
    ///
    /// It looks first whether its client has just sent what it was waiting for. Where many have not had their turn to look, one is closed
    /// as it is.
    fn make_room(&mut self) -> bool {
        let is_crowded = self.guests.len() >= self.host.limits.most_connections();
        let ranks = self.guests.iter().enumerate();
        let ranks = ranks.filter(|(_, guest)| is_crowded || !guest.activity.makes_way());
        let first = ranks.filter_map(|(place, guest)| Some((guest.activity.expendable()?, place))).min();
        let Some((_, place)) = first else { return false };
        if is_crowded {
            self.guests.swap_remove(place).task.abort();
            self.instruments.evicted();
        } else if let Some(guest) = self.guests.get(place) {
            guest.activity.make_way();
        }
        true
    }

    /// Those who have ended since the last look are all let go: when so many come that somebody always waits at the door, there is no other
    /// time for it, and what is kept of each would grow with the flood.
    fn forget_the_gone(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.guests.retain(|guest| {
            let is_gone = guest.task.is_finished();
            if is_gone && guest.activity.makes_way() {
                self.instruments.evicted();
            }
            !is_gone
        });
    }

    async fn close(mut self) {
        drop((self.stop, self.queue));
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _in_time = timeout(self.host.limits.stop_time, all).await;
    }
}

/// Whether a connection waits to be let in.
fn is_at(door: &TcpListener) -> bool {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(door, PollFlags::IN)], Some(&at_once)).is_ok_and(|ready| ready > 0)
}

fn is_of_the_client(kind: ErrorKind) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(kind, ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Phase;
    use crate::limits::Limits;
    use axum::Router;
    use tokio::runtime::Builder;

    fn reception() -> Reception {
        Reception::new(Host { app: Router::new(), tls: None, limits: limits() }, Arc::default())
    }

    fn limits() -> Limits {
        Limits { connections: 8, ..Limits::default() }
    }

    /// Does this with a listener.
    fn with_door<F: Future>(host: impl FnOnce(TcpListener) -> F) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
            host(door).await;
        });
    }

    async fn let_in(door: &TcpListener) -> (std::net::TcpStream, TcpStream) {
        let client = std::net::TcpStream::connect(door.local_addr().unwrap()).unwrap();
        (client, door.accept().await.unwrap().0)
    }

    /// While there is always somebody at the door, nothing but letting in is sure to have its turn.
    #[test]
    fn of_those_who_are_gone_nothing_is_kept_however_many_come() {
        with_door(async |door| {
            let mut reception = reception();
            for _ in 0..200 {
                let (client, stream) = let_in(&door).await;
                drop(client);
                reception.receive(Ok(stream), &door).await;
                let kept = reception.tasks.len();
                assert!(kept <= limits().most_connections() + limits().connections / 4, "{kept} are kept");
            }
        });
    }

    /// As many as there are places, all of which wait for their answers, and as many more as may wait at the door.
    async fn busy(door: &TcpListener) -> (Reception, Vec<std::net::TcpStream>) {
        let (mut reception, mut clients) = (reception(), Vec::new());
        while reception.there() < limits().most_connections() {
            let (client, stream) = let_in(door).await;
            clients.push(client);
            reception.admit(stream);
            reception.guests.iter().for_each(|guest| guest.activity.enter(Phase::Answered));
        }
        assert_eq!((reception.guests.len(), reception.queue.len()), (8, 2));
        (reception, clients)
    }

    #[test]
    fn while_all_are_being_answered_some_wait_at_the_door_in_their_order() {
        with_door(async |door| {
            let (mut reception, _clients) = busy(&door).await;
            let second = reception.queue[1].1.peer_addr().unwrap();
            reception.let_in();
            assert_eq!(reception.queue.len(), 2, "nobody has gone");
            reception.guests[3].activity.enter(Phase::Idle);
            reception.let_in();
            assert_eq!(reception.queue.len(), 1);
            assert_eq!(reception.queue[0].1.peer_addr().unwrap(), second, "who came last waits");
            assert!(reception.guests[3].activity.makes_way());
        });
    }

    #[test]
    fn nobody_waits_or_is_sent_away_while_there_are_places() {
        with_door(async |door| {
            let (mut reception, _clients) = busy(&door).await;
            reception.guests.drain(..4).for_each(|guest| guest.task.abort());
            for (since, _) in &mut reception.queue {
                *since = since.checked_sub(AT_THE_DOOR).unwrap();
            }
            reception.let_in();
            assert_eq!((reception.guests.len(), reception.queue.len()), (6, 0));
        });
    }

    #[test]
    fn who_waits_has_a_turn_while_the_system_lets_nobody_else_in() {
        with_door(async |door| {
            let (mut reception, _clients) = busy(&door).await;
            reception.guests[3].activity.enter(Phase::Idle);
            reception.receive(Err(ErrorKind::Other.into()), &door).await;
            assert_eq!(reception.queue.len(), 1);
        });
    }

    #[test]
    fn nobody_waits_at_the_door_for_long() {
        with_door(async |door| {
            let (mut reception, _clients) = busy(&door).await;
            let (came, last) = (reception.queue[0].0, reception.queue[1].1.peer_addr().unwrap());
            reception.queue[0].0 = came.checked_sub(AT_THE_DOOR).unwrap();
            reception.let_in();
            assert_eq!((reception.queue.len(), reception.queue[0].1.peer_addr().unwrap()), (1, last));
        });
    }

    #[test]
    fn of_too_many_at_the_door_who_came_first_has_to_go() {
        with_door(async |door| {
            let (mut reception, mut clients) = busy(&door).await;
            let second = reception.queue[1].1.peer_addr().unwrap();
            let (client, stream) = let_in(&door).await;
            clients.push(client);
            reception.admit(stream);
            assert_eq!((reception.queue.len(), reception.queue[0].1.peer_addr().unwrap()), (2, second));
        });
    }

    /// Those who have been told to go have no turn here in which they could.
    #[test]
    fn there_are_never_more_than_those_who_stay_and_a_quarter() {
        with_door(async |door| {
            let (mut reception, mut clients) = (reception(), Vec::new());
            for _ in 0..40 {
                let (client, stream) = let_in(&door).await;
                clients.push(client);
                reception.admit(stream);
                let there = reception.guests.len();
                assert!(there <= limits().most_connections(), "{there} are there");
            }
            assert_eq!(reception.guests.len(), 10);
        });
    }
}
