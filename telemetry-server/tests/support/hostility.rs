//! What tests with clients that mean no good have in common.

use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::time::Duration;
use telemetry_core::exposition::{Family, FamilyKind, Label, Metric};
use telemetry_server::Limits;

/// More than any test waits, for limits that are not what it tests.
pub(crate) const NEVER: Duration = Duration::from_secs(3600);

/// Limits of which none but those that a test sets is reached.
pub(crate) fn patient() -> Limits {
    Limits {
        header_time: NEVER,
        idle_time: NEVER,
        stall_time: NEVER,
        send_time: NEVER,
        stop_time: Duration::from_millis(100),
        ..Limits::default()
    }
}

/// Some 20 MB, more than the buffers of a connection hold.
pub(crate) fn many() -> Vec<Family<'static>> {
    let metrics = (0..100_000).map(|number| {
        let path = format!("{number}/{}", "long".repeat(40));
        Metric::gauge(vec![Label::new("path", path)], 1.0)
    });
    vec![Family::new("many", FamilyKind::Gauge).with_metrics(metrics)]
}

/// Whether the server has closed the connection; what it sent before is read and forgotten.
pub(crate) fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut buffer = [0; 65536];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}
