//! The clients and the servers that others have written find our gateway as they find a real one.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::support::pushgateway::Groups;
use crate::support::{Program, Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, promtool, require};

use super::clients_wire::{Wire, page};

/// What the official client for Python does, one step for each line that it reads.
const STEPS: &str = include_str!("clients.py");

/// How many of them have to succeed, and to be refused: a client that cannot push at all would be answered alike by both.
const DONE: usize = 22;
const REFUSED: usize = 4;

/// A client that goes on when it is told to.
struct Client {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _folder: Scratch,
}

impl Client {
    /// Starts it, to push to that gateway. The test has required `Python` and `PythonPackages`.
    fn of(gateway: SocketAddr) -> Self {
        let folder = Scratch::new();
        let mut python = folder.command(&Program::Python.path().display().to_string());
        python.env("PYTHONPATH", Program::PythonPackages.path().parent().unwrap());
        python.args(["-c", STEPS]).arg(format!("http://{gateway}"));
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, input, output, _folder: folder }
    }

    /// Does the next step, and says what has become of it; nothing when there was no other.
    fn step(&mut self) -> Option<String> {
        // It may have ended after its last step.
        let _ = self.input.write_all(b"\n");
        self.output.next().map(Result::unwrap)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks that both expose the same of what was pushed, with its help and types. Only the order of the series of a family differs:
/// ours has them by groups.
fn agree(real: SocketAddr, ours: SocketAddr, after: &str) {
    let (real, ours) = (pushed(real), pushed(ours));
    let only = |in_this: &[String], other: &[String]| -> Vec<_> {
        in_this.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    assert!(real == ours, "after {after}: {:#?} and not {:#?}", only(&ours, &real), only(&real, &ours));
}

/// The lines of everything that was pushed, family by family.
fn pushed(gateway: SocketAddr) -> Vec<String> {
    let page = page(gateway);
    let (mut families, mut described) = (vec![Vec::new()], false);
    for line in page.lines() {
        if line.starts_with('#') && !described {
            families.push(Vec::new());
        }
        described = line.starts_with('#');
        families.last_mut().unwrap().push(spelled(line));
    }
    // Everything pushed has an instance, and nothing else has.
    families.retain(|family| family.iter().any(|line| line.contains("instance=\"")));
    families.iter_mut().for_each(|family| family.sort());
    families.concat()
}

/// A line with its numbers spelled in one way, and its moments only told from 0: the real one writes 1000000 as `1e+06`.
fn spelled(line: &str) -> String {
    if line.starts_with('#') {
        return line.to_owned();
    }
    let (series, value) = line.rsplit_once(' ').unwrap();
    if series.starts_with("push_") {
        return format!("{series} {}", value != "0");
    }
    let number =
        |text: &str| text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string());
    // The bound of a bucket is the last of its labels.
    match series.rsplit_once(",le=\"").and_then(|(labels, rest)| Some((labels, rest.strip_suffix("\"}")?))) {
        Some((labels, bound)) => format!("{labels},le=\"{}\"}} {}", number(bound), number(value)),
        None => format!("{series} {}", number(value)),
    }
}

#[test]
fn the_official_client_for_python_pushes_to_ours_as_to_the_real_one() {
    require!(Pushgateway, Python, PythonPackages);
    let (real, ours) = (Pushgateway::start(Groups::AreLost), Up::start(&[]));
    let mut clients = [Client::of(real.address()), Client::of(ours.gateway())];
    let (mut done, mut refused) = (0, 0);
    while let [Some(of_real), of_ours] = clients.each_mut().map(Client::step) {
        assert_eq!(Some(&of_real), of_ours.as_ref());
        agree(real.address(), ours.gateway(), &of_real);
        done += usize::from(of_real.ends_with("done"));
        refused += usize::from(of_real.contains("refused HTTPError 400"));
    }
    assert!((done, refused) == (DONE, REFUSED), "{done} steps are done, {refused} refused");
}

/// A field of a message in the protocol buffers' own form: a message, or a text.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(content.len() as u64), content].concat()
}

fn number(number: u8, value: f64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn count(number: u8, value: u64) -> Vec<u8> {
    [&[number << 3][..], &varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A family behind its length, with one metric with a label that is not ASCII.
fn family(name: &str, kind: u64, value: &[u8]) -> Vec<u8> {
    let label = field(1, &[field(1, b"label"), field(2, "ä\"\\\n".as_bytes())].concat());
    let family = [
        field(1, name.as_bytes()),
        field(2, b"Help with \\ and\nlines"),
        count(3, kind),
        field(4, &[label, value.to_vec()].concat()),
    ]
    .concat();
    [varint(family.len() as u64), family].concat()
}

/// One family of each kind, as clients for Go send them.
fn families() -> Vec<u8> {
    let bucket = |upper, below| field(3, &[count(1, below), number(2, upper)].concat());
    let quantile = |quantile, value| field(3, &[number(1, quantile), number(2, value)].concat());
    let histogram =
        [count(1, 1000), number(2, 1.5), bucket(0.1, 1), bucket(1e6, 999), bucket(f64::INFINITY, 1000)];
    let summary = [count(1, 300), number(2, -0.5), quantile(0.5, f64::NAN), quantile(0.99, 1e-9)];
    [
        family("counted_total", 0, &field(3, &number(1, 1e15))),
        family("level", 1, &field(2, &number(1, f64::NEG_INFINITY))),
        family("summed", 2, &field(4, &summary.concat())),
        family("untyped", 3, &field(5, &number(1, 0.1))),
        family("took_seconds", 4, &field(7, &histogram.concat())),
    ]
    .concat()
}

#[test]
fn protocol_buffers_of_every_kind_are_read_as_by_the_real_one() {
    require!(Pushgateway);
    const TYPE: &str = "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n";
    let (real, ours) = (Pushgateway::start(Groups::AreLost), Up::start(&[]));
    let whole = families();
    // Cut within a family, it has to be refused in whole. Within the length of one, the real one takes it for whole, which is not imitated.
    let cut = (3..whole.len()).step_by(23).map(|length| (&whole[..length], 400));
    for (number, (body, status)) in [(&whole[..], 200)].into_iter().chain(cut).enumerate() {
        let path = format!("/metrics/job/buffers/number/{number}");
        let send = |to| Wire::connect(to).unwrap().send_with("PUT", &path, TYPE, body).unwrap().status;
        let statuses = (send(real.address()), send(ours.gateway()));
        // Cut between two families, it is one of fewer of them.
        assert_eq!(statuses.0, statuses.1, "{} bytes", body.len());
        assert!(statuses.0 == status || body.len() < whole.len(), "{statuses:?}");
        agree(real.address(), ours.gateway(), &format!("{} bytes", body.len()));
    }
}

#[test]
fn a_real_prometheus_scrapes_ours_with_the_labels_and_types_that_were_pushed() {
    require!(Prometheus, Promtool, Python, PythonPackages);
    let up = Up::start(&[]);
    let mut client = Client::of(up.gateway());
    // The first step pushes a metric of each kind.
    assert_eq!(client.step().as_deref(), Some("0 done"));
    assert_eq!(promtool::complaints(&page(up.gateway())), "");
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", up.gateway()).honoring_labels()]);
    prometheus.await_up("pushgateway");
    for (selector, expected) in [
        ("runs_total{job=\"all\",status=\"ok\"}", 3.0),
        ("level{job=\"all\",unit=\"°C\"}", -3.5),
        ("took_seconds_count{job=\"all\",step=\"build\"}", 5.0),
        ("took_seconds_bucket{job=\"all\",le=~\"1000000([.]0)?\"}", 4.0),
        ("size_bytes_sum{job=\"all\"}", 12.0),
        ("build_info{job=\"all\",version=\"1.2.3\"}", 1.0),
        ("state{job=\"all\",state=\"running\"}", 1.0),
        ("count(push_time_seconds{job=\"all\"} > 0)", 1.0),
        ("push_failure_time_seconds{job=\"all\"}", 0.0),
    ] {
        let samples =
            eventually(selector, || Some(prometheus.query(selector)).filter(|found| !found.is_empty()));
        assert_eq!((samples.len(), samples[0].value), (1, expected), "{selector}: {samples:?}");
        // The empty instance that the gateway gives it is kept in place of the address of the gateway.
        assert_eq!(samples[0].labels.get("instance"), None, "{selector}");
    }
    let metadata = prometheus.metadata();
    for (metric, kind) in [
        ("runs_total", "counter"),
        ("level", "gauge"),
        ("took_seconds", "histogram"),
        ("size_bytes", "summary"),
        ("telemetry_gateway_pushes_total", "counter"),
    ] {
        assert_eq!(metadata[metric][0]["type"], kind, "{metric}: {}", metadata[metric]);
    }
    assert_eq!(metadata["level"][0]["help"], "Übung macht den Meister");
}
