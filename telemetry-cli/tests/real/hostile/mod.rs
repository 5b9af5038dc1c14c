//! Servers that lie, hang or drip.

mod server;
mod table;

use std::fmt::Write as _;
use std::process::Stdio;

use server::{Liar, Rest};
use table::{COUNTS, LOOKS, PUSHES, QUERIES, hold};

use crate::support::Scratch;

const EXPOSITION: &str = "text/plain; version=0.0.4";
const JSON: &str = "application/json";

/// The beginning of an answer, whose body ends where the connection does.
fn head(status: &str, media_type: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nConnection: close\r\n")
}

fn whole(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    format!("{}\r\n{body}", head(status, media_type)).into_bytes()
}

/// No push is taken for done by any of these, and no look sees anything.
#[test]
fn an_answer_that_says_no_or_nothing_is_told_and_loses_no_count() {
    let page = "<!DOCTYPE html><title>\x1b[31mPlease log in</title>";
    let long = "disk full \x1b[2J".repeat(100_000);
    let answers = [
        ("a web page", whole("200 OK", "text/html; charset=utf-8", page), Rest::Close),
        ("a web page of an error", whole("404 Not Found", "text/html", page), Rest::Close),
        ("a long error", whole("500 Internal Server Error", "text/plain", &long), Rest::Close),
        (
            "an endless error",
            whole("503 Service Unavailable", "text/plain", ""),
            Rest::Endless(&[b'x'; 1 << 16]),
        ),
        ("no credentials", whole("401 Unauthorized", "text/plain", "who are you?"), Rest::Close),
        ("nothing", Vec::new(), Rest::Close),
        ("no HTTP", b"\x15\x03\x01\x00\x02\x02\x0a".to_vec(), Rest::Close),
        ("an endless head", b"HTTP/1.1 200 OK\r\n".to_vec(), Rest::Endless(b"X-Header: value\r\n")),
        ("an endless line", Vec::new(), Rest::Endless(&[b'x'; 1 << 16])),
        ("no length", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\na 1\n".to_vec(), Rest::Close),
    ];
    for (what, begin, rest) in answers {
        let liar = Liar::start(begin, rest);
        hold(what, "http", liar.address(), &[LOOKS, COUNTS, PUSHES]);
        assert!(liar.asked() > 0, "{what}");
    }
}

/// A gateway that says 200 has taken a push, whatever it says then; a look wants the rest.
#[test]
fn an_answer_that_ends_badly_is_no_exposition() {
    let ok = |more: &str| format!("{}{more}\r\n", head("200 OK", EXPOSITION)).into_bytes();
    let invalid = [&ok("")[..], b"# TYPE a_total counter\na_total{x=\"\xff\xfe\"} 1\n"].concat();
    let bomb = [&ok("Content-Encoding: gzip\r\n")[..], &bomb()].concat();
    let answers = [
        ("one byte a second", ok(""), Rest::Drip),
        ("a body without end", ok(""), Rest::Endless(b"# once upon a time\n")),
        ("less than promised", [&ok("Content-Length: 1000\r\n")[..], b"a 1\n"].concat(), Rest::Close),
        ("no UTF-8", invalid, Rest::Close),
        ("a bomb", bomb, Rest::Close),
    ];
    for (what, begin, rest) in answers {
        hold(what, "http", Liar::start(begin, rest).address(), &[LOOKS, COUNTS]);
    }
}

/// 100 MiB of zeros in 100 kB.
fn bomb() -> Vec<u8> {
    use flate2::{Compression, write::GzEncoder};
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 100 << 20), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

/// A push waits for its own bound, so that these are not all tried with it.
#[test]
fn a_server_without_an_answer_is_given_up_in_time() {
    let silent = Liar::start("", Rest::Silence);
    hold("silence", "http", silent.address(), &[LOOKS, COUNTS, PUSHES]);
    let dripping = Liar::start("HTTP/1.1 200 OK\r\nX-Slow: ", Rest::Drip);
    hold("a head of one byte a second", "http", dripping.address(), &[LOOKS, COUNTS]);
}

#[test]
fn where_encryption_is_expected_and_is_not_there_nothing_is_sent() {
    let plain = Liar::start(whole("200 OK", EXPOSITION, "a 1\n"), Rest::Close);
    // The exposition has no encryption in this configuration, and is read.
    let looks: Vec<_> = LOOKS.iter().copied().filter(|(words, _)| !words.contains("exposition")).collect();
    hold("plain", "https", plain.address(), &[&looks, COUNTS, PUSHES]);
}

#[test]
fn a_redirect_to_another_host_is_told_and_not_followed() {
    let other = Liar::start(whole("200 OK", EXPOSITION, "a 1\n"), Rest::Close);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let to =
            format!("{}Location: http://{}/metrics\r\n\r\n", head(status, "text/plain"), other.address());
        hold(status, "http", Liar::start(to, Rest::Close).address(), &[LOOKS, COUNTS, PUSHES]);
    }
    assert_eq!(other.asked(), 0, "somebody was sent to another host, and went");
    let circle = format!("{}Location: /metrics\r\n\r\n", head("307 Temporary Redirect", "text/plain"));
    let circle = Liar::start(circle, Rest::Close);
    hold("a circle", "http", circle.address(), &[LOOKS, COUNTS, PUSHES]);
}

#[test]
fn what_no_prometheus_would_say_is_not_taken_for_numbers() {
    let result = |kind: &str, result: &str| {
        format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#)
    };
    let vector = |sample: &str| result("vector", &format!(r#"[{{"metric":{{"a":"1"}},"value":{sample}}}]"#));
    let matrix =
        |samples: &str| result("matrix", &format!(r#"[{{"metric":{{"a":"1"}},"values":{samples}}}]"#));
    let deep = format!(r#"{{"status":"success","data":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for (what, body) in [
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("depth", deep),
        ("NaN bare", vector("[NaN,\"NaN\"]")),
        ("a word for a number", vector("[1,\"abc\"]")),
        ("a word for a number over time", matrix("[[1,\"1\"],[2,\"abc\"]]")),
        ("a time beyond calendars", vector("[1e300,\"1\"]")),
        ("times beyond calendars", matrix("[[1e300,\"NaN\"],[-1e300,\"+Inf\"]]")),
        ("a negative time beyond calendars", matrix("[[-9e18,\"1\"]]")),
    ] {
        let liar = Liar::start(whole("200 OK", JSON, &body), Rest::Close);
        hold(what, "http", liar.address(), &[QUERIES]);
    }
    const ROWS: &[u8] = br#"{"metric":{"a":"1"},"value":[1,"1"]},"#;
    let begin = whole("200 OK", JSON, r#"{"status":"success","data":{"resultType":"vector","result":["#);
    hold("100 MB", "http", Liar::start(begin, Rest::Times(ROWS, 2_700_000)).address(), &[QUERIES]);
}

/// Its memory is held by the system: a process that wants more is refused, and fails.
#[test]
fn an_exposition_of_200_mb_is_read_from_a_file_from_a_pipe_and_from_a_gateway() {
    // Much of it is said between the samples: the debug build reads 200 MB of samples in a minute.
    static LINES: [u8; 100_000] = {
        let mut lines = [b'#'; 100_000];
        lines[99_999] = b'\n';
        lines
    };
    let (begin, times) = ("# TYPE big_total counter\nbig_total{a=\"b\"} 7\n", 2_000);
    let scratch = Scratch::new();
    let file = scratch.path().join("big.prom");
    std::fs::write(&file, [begin.as_bytes(), &LINES.repeat(times)].concat()).unwrap();
    let gateway = Liar::start(whole("200 OK", EXPOSITION, begin), Rest::Times(&LINES, times));
    let url = format!("http://{}", gateway.address());
    let ask = |words: &str, stdin: Stdio| {
        let program = scratch.telemetry().get_program().to_owned();
        let mut command = scratch.command("sh");
        command.args(["-c", "ulimit -v 1500000; exec \"$@\"", "sh"]).arg(program).args(words.split(' '));
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", &url).stdin(stdin);
        let output = command.output().unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        write!(said, "{}", String::from_utf8_lossy(&output.stderr)).unwrap();
        (output.status.code(), said)
    };
    for (words, stdin) in [
        ("snapshot --from big.prom", Stdio::null()),
        ("snapshot --from -", std::fs::File::open(&file).unwrap().into()),
        ("snapshot -S pushgateway --all --timeout 60", Stdio::null()),
    ] {
        let (code, said) = ask(words, stdin);
        assert!(code == Some(0) && said.contains("big_total"), "{words}: {code:?} {said}");
    }
    let (code, said) = ask("push big.prom", Stdio::null());
    assert!(code == Some(1) && said.contains("longer than the 64 MiB"), "{said}");
}
