//! What people see in a browser.
//!
//! | module | what is looked at |
//! |---|---|
//! | `demo` | a demonstration on a terminal, which stays after its end |
//! | `whole` | every page of one |

mod demo;
mod whole;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::support::browser::{Browser, Look};
use crate::support::{Up, require};

#[test]
fn the_first_page_of_the_stack_is_sound_in_a_browser() {
    require!(Chromium, Node, NpmPackages);
    let up = Up::start(&[]);
    let browser = Browser::new();
    for look in [Look::PHONE, Look::LAPTOP.dark(), Look::LAPTOP.without_script()] {
        let sight = browser.look(&up.api().url(), look);
        assert_eq!(sight.seen["status"], 200);
        assert_eq!(sight.complaints(), [""; 0]);
        assert!(sight.text().contains("telemetry run"), "{}", sight.text());
        assert!(sight.screenshot.metadata().unwrap().len() > 1000);
    }
    assert_eq!(browser.running(), [""; 0]);
}

#[test]
fn whatever_is_wrong_with_a_page_is_seen() {
    require!(Chromium, Node, NpmPackages);
    let address = serve(
        "<!doctype html><title>bad</title><img src=http://telemetry.example/a.png><img alt=here src=/b.svg>\
         <p style='color:#999;width:600px'>faint</p><svg role=img><title>empty</title></svg>\
         <svg role=img aria-label=drawn><title>drawn</title><path d='M0 0h9'/></svg>\
         <script>console.error('said');throw new Error('thrown')</script>",
    );
    let browser = Browser::new();
    let sight = browser.look(&format!("http://{address}/"), Look::PHONE);
    let complaints = sight.complaints().join("\n");
    for expected in [
        "console: error: said",
        "errors: Error: thrown",
        "failed: http://telemetry.example/a.png",
        "violations: image-alt",
        "violations: color-contrast",
        "violations: html-has-lang",
        "asks telemetry.example",
        "pixels wider than the window",
        "not drawn: {\"loaded\":false,\"name\":\"empty\"",
    ] {
        assert!(complaints.contains(expected), "{expected} is not in\n{complaints}");
    }
    assert_eq!(sight.charts(), ["", "here", "empty", "drawn"]);
    let quiet = browser.look(&format!("http://{address}/"), Look::PHONE.without_script());
    assert!(!quiet.complaints().join("\n").contains("thrown"), "a script has run");
    assert_eq!(browser.running(), [""; 0]);
}

/// Serves this page, and a picture for whatever else is asked for, until the test ends.
fn serve(page: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut asked = String::new();
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                lines.read_line(&mut asked).unwrap();
                while lines.read_line(&mut String::new()).is_ok_and(|length| length > 2) {}
                let picture = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
                let (kind, body) =
                    if asked.contains(" / ") { ("text/html", page) } else { ("image/svg+xml", picture) };
                let length = body.len();
                // A browser that has seen enough may be gone.
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    address
}
