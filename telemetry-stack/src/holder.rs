//! Which process listens on a port, as far as this user may see it.

use std::fmt;
use std::net::SocketAddr;

/// A process that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The name of its program, as the system cuts it.
    pub name: String,
    /// Its process id.
    pub process: i32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.process)
    }
}

/// The process that keeps everybody else from listening on an address; `None` where the system does not say, as for processes of other
/// users.
#[cfg(target_os = "linux")]
pub(crate) fn of(address: SocketAddr) -> Option<Holder> {
    use procfs::process::{FDTarget, all_processes};
    let sockets = listening(address);
    let holds = |process: &procfs::process::Process| {
        let mut open = process.fd().into_iter().flatten().filter_map(Result::ok);
        open.any(|open| matches!(open.target, FDTarget::Socket(inode) if sockets.contains(&inode)))
    };
    let mut processes = all_processes().ok()?.filter_map(Result::ok);
    let process = processes.find(holds)?;
    // The name is up to the process, and ends on a terminal.
    let name = process.stat().ok()?.comm.replace(char::is_control, "?");
    Some(Holder { name, process: process.pid })
}

/// The sockets that are in the way of an address: those on the same one, and those on every address where either is.
#[cfg(target_os = "linux")]
fn listening(address: SocketAddr) -> Vec<u64> {
    use procfs::net::{TcpState, tcp, tcp6};
    let in_the_way = |there: SocketAddr| {
        there.port() == address.port()
            && (there.ip() == address.ip() || there.ip().is_unspecified() || address.ip().is_unspecified())
    };
    let all = tcp().into_iter().chain(tcp6()).flatten();
    all.filter(|entry| entry.state == TcpState::Listen && in_the_way(entry.local_address))
        .map(|entry| entry.inode)
        .collect()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn of(_address: SocketAddr) -> Option<Holder> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::of;
    use std::net::TcpListener;

    #[test]
    fn this_process_is_found_by_its_port_and_nobody_by_a_free_one() {
        for (listen, ask) in [("127.0.0.1:0", "127.0.0.1"), ("0.0.0.0:0", "127.0.0.1"), ("[::1]:0", "::1")] {
            let listener = TcpListener::bind(listen).unwrap();
            let address =
                (ask.parse::<std::net::IpAddr>().unwrap(), listener.local_addr().unwrap().port()).into();
            assert_eq!(of(address).unwrap().process, std::process::id().cast_signed());
            drop(listener);
            assert_eq!(of(address), None);
        }
    }
}
