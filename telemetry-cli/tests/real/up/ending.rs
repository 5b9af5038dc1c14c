//! How it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::{Up, http};

/// The bound that is promised, with slack for a busy machine.
const BOUND: Duration = Duration::from_secs(7);

#[test]
fn a_signal_ends_it_with_success_and_everything_is_there_again() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut up = Up::start(&[]);
        let url = format!("{}/metrics/job/ending", up.gateway_url());
        assert_eq!(http::put(&url, "some_total 7\n").unwrap().status, 200);
        // Clients that hang must not keep it.
        let mut half_sent = TcpStream::connect(up.gateway()).unwrap();
        half_sent
            .write_all(b"PUT /metrics/job/x HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nsome")
            .unwrap();
        up.signal(signal);
        let (status, took, rest) = up.ended();
        assert!(status.success() && took < BOUND, "{signal:?}: {status} after {took:?}: {rest}");
        assert!(rest.contains("ending"), "{rest}");
        let _cut_off = half_sent.read(&mut [0; 10]);
        up.restart();
        let page = http::get(&format!("{}/metrics", up.gateway_url())).unwrap().body;
        assert!(page.contains("some_total{instance=\"\",job=\"ending\"} 7\n"), "{page}");
    }
}
