//! Beside a real Pushgateway: the same requests, and the same answers.

use crate::http::{Request, Response, eventually, get};
use crate::place::Place;
use crate::skip::require;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use telemetry_core::exposition::{Family, Format, parse, write};

/// Where a real Pushgateway is, told or found; else why the test cannot run.
pub(crate) fn program() -> Result<PathBuf, String> {
    if let Some(told) = env::var_os("TELEMETRY_TEST_PUSHGATEWAY").filter(|path| !path.is_empty()) {
        return Ok(told.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let unpacked = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("debian/bin"));
    let folders = env::split_paths(&path).chain(unpacked);
    let names = ["prometheus-pushgateway", "pushgateway"];
    folders
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
        .ok_or_else(|| "needs prometheus-pushgateway".to_owned())
}

/// A real Pushgateway, ended when dropped.
pub(crate) struct Real {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Real {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        // Between finding a port and its being taken somebody else may take it; then another one is tried.
        eventually("a Pushgateway runs", || {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut command = Command::new(program().unwrap());
            command
                .args(arguments)
                .arg(format!("--web.listen-address={address}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let mut real = Self { child: command.spawn().unwrap(), address };
            eventually("it is ready or gone", || {
                let answer = Request::new("GET", "/-/ready", "").send(address);
                let gone = real.child.try_wait().unwrap().is_some();
                if gone {
                    Some(false)
                } else {
                    answer.is_ok_and(|answer| answer.status == 200).then_some(true)
                }
            })
            .then_some(real)
        })
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// Both, to be asked the same.
struct Pair {
    real: Real,
    ours: Place,
}

impl Pair {
    fn start() -> Self {
        Self { real: Real::start(), ours: Place::new() }
    }

    fn both(&self, request: &Request<'_>) -> (Response, Response) {
        (request.send(self.real.address).unwrap(), request.send(self.ours.address()).unwrap())
    }

    /// Asks both, and checks that all that can be seen is the same then.
    fn agree(&self, request: &Request<'_>) {
        let (real, ours) = self.both(request);
        assert_eq!(real.status, ours.status, "{request:?}: {} {}", real.body, ours.body);
        assert_eq!(real.body.is_empty(), ours.body.is_empty(), "{request:?}");
        assert_eq!(page(self.real.address), page(self.ours.address()), "{request:?}");
        assert_eq!(groups(self.real.address), groups(self.ours.address()), "{request:?}");
    }
}

/// What was pushed, family by family, without the order of series and without moments.
fn page(address: SocketAddr) -> BTreeMap<String, BTreeSet<String>> {
    let body = get(address, "/metrics").body;
    let families = parse(&body, Format::Text).unwrap_or_else(|error| panic!("{error}: {body}"));
    families
        .into_iter()
        .map(|family| (family.name.clone().into_owned(), lines(family)))
        .filter(|(_, lines)| is_pushed(lines))
        .collect()
}

fn lines(family: Family<'_>) -> BTreeSet<String> {
    let mut text = String::new();
    write(&[family], Format::Text, &mut text);
    text.lines().map(without_moment).collect()
}

/// Everything pushed has an `instance`, and nothing else has.
fn is_pushed(lines: &BTreeSet<String>) -> bool {
    lines.iter().any(|line| line.contains("instance=\""))
}

/// A time that is not 0 is another one each time.
fn without_moment(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((series, value)) if series.contains("_time_seconds{") => format!("{series} {}", value != "0"),
        _ => line.to_owned(),
    }
}

/// All groups as the API tells them, in order, without moments and with numbers as numbers.
fn groups(address: SocketAddr) -> Vec<String> {
    let answer: Value = serde_json::from_str(&get(address, "/api/v1/metrics").body).unwrap();
    assert_eq!(answer["status"], "success");
    let mut groups: Vec<_> =
        answer["data"].as_array().unwrap().iter().map(|group| alike("", group).to_string()).collect();
    groups.sort();
    groups
}

fn alike(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) if key.contains("_time_seconds") => {
            let keys = fields.keys().map(|key| (key.clone(), Value::Null));
            keys.collect::<Map<_, _>>().into()
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (number(key), alike(key, value)));
            fields.collect::<Map<_, _>>().into()
        }
        Value::Array(values) => {
            // The real one has the series as they were pushed here, and in order on its page.
            let mut values: Vec<_> = values.iter().map(|value| alike(key, value)).collect();
            values.sort_by_key(Value::to_string);
            values.into()
        }
        Value::String(moment) if key == "time_stamp" => {
            assert!(moment.ends_with('Z') && moment.contains('T'), "{moment}");
            Value::Null
        }
        // An empty help text is one that is not there.
        Value::String(text) => number(text).into(),
        other => other.clone(),
    }
}

fn number(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
}

const HISTOGRAM: &str = "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"1e+06\"} 3\n\
    h_bucket{le=\"+Inf\"} 4\nh_sum 1.5\nh_count 4\n";

#[test]
fn every_push_is_answered_as_by_the_real_one_and_seen_as_there() {
    require!(program());
    let pair = Pair::start();
    for (method, path, body) in [
        ("PUT", "/metrics/job/x", "# HELP a One.\n# TYPE a gauge\na{z=\"1\",b=\"2\"} 1\n"),
        ("PUT", "/metrics/job/x", "# TYPE a gauge\na 2\n# TYPE c counter\nc 3\n"),
        ("POST", "/metrics/job/x", "# TYPE c counter\nc{q=\"1\"} 4\n"),
        ("POST", "/metrics/job/x", ""),
        ("PUT", "/metrics/job/empty", ""),
        ("PUT", "/metrics/job/comment", "# nothing\n"),
        ("PUT", "/metrics/job/none", "# TYPE t gauge\n"),
        ("PUT", "/metrics/job/nl", "a 1"),
        ("PUT", "/metrics/job/parse", "a{ 1\n"),
        ("PUT", "/metrics/job/kind", "# TYPE a counter\na 1\n"),
        ("PUT", "/metrics/job/kind", "b 1\n"),
        ("PUT", "/metrics/job/ts", "b 1 2\n"),
        ("PUT", "/metrics/job/dup", "q{job=\"1\"} 1\nq{job=\"2\"} 1\n"),
        ("PUT", "/metrics/job/dup", "q{instance=\"\"} 1\nq 1\n"),
        ("PUT", "/metrics/job/twice", "q 1\nq 1\n"),
        ("PUT", "/metrics/job/own", "push_time_seconds 5\npush_failure_time_seconds 7\n"),
        ("PUT", "/metrics/job/hist", HISTOGRAM),
        ("PUT", "/metrics/job/clash", "# TYPE h_count counter\nh_count 5\n"),
        ("PUT", "/metrics/job/clash", "h_total 5\n"),
        ("PUT", "/metrics/job/sum", "# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum 3\ns_count 2\n"),
        ("PUT", "/metrics/job/over/instance/i", "d{instance=\"q\",job=\"w\"} 1\n"),
        ("PUT", "/metrics/job/inst", "d{instance=\"q\"} 1\nd{instance=\"r\"} 2\nd 3\n"),
        ("PUT", "/metrics/job/x/a/c", "m 5\n"),
        ("PUT", "/metrics/job/x", "m{a=\"c\"} 5\n"),
        ("PUT", "/metrics/job/x", "m{a=\"d\"} 5\n"),
        ("PUT", "/metrics/job/neg", "# TYPE n counter\nn -1\n"),
        ("PUT", "/metrics/job/emptylabel", "n2{a=\"\"} 5\n"),
        ("PUT", "/metrics/job/x/", "a 1\n"),
        ("PUT", "/metrics/job/x/y", "a 1\n"),
        ("PUT", "/metrics/job/x/y/", "n3 1\n"),
        ("PUT", "/metrics/job/x/y-/z", "a 1\n"),
        ("PUT", "/metrics/job/x/__y/z", "a 1\n"),
        ("PUT", "/metrics/job/j/job/z", "n4 1\n"),
        ("PUT", "/metrics/job/x/y/z/y/w", "n5 1\n"),
        ("PUT", "/metrics/job@base64/L3Zhci90bXA", "n6 1\n"),
        ("PUT", "/metrics/job@base64/L3Zhci90bXA=", "n6 2\n"),
        ("PUT", "/metrics/job@base64/=", "a 1\n"),
        ("PUT", "/metrics/job@base64/!!", "a 1\n"),
        ("PUT", "/metrics/job/e/y@base64/=", "n7 1\n"),
        ("PUT", "/metrics/job/e/y@base64/8J-YgQ==", "n7 1\n"),
        ("PUT", "/metrics/job/a%2Fb", "a 1\n"),
        ("PUT", "/metrics/job/a%20b/y/%E2%82%AC", "n8 1\n"),
        ("PUT", "/metrics/job/esc", "n9{a=\"\\\"\\\\\\n€\"} +Inf\n"),
        ("DELETE", "/metrics/job/x", ""),
        ("DELETE", "/metrics/job/x", ""),
        ("DELETE", "/metrics/job/x/y", ""),
        ("DELETE", "/metrics/job/e/y@base64/=", ""),
        ("GET", "/metrics/job/x", ""),
        ("PATCH", "/metrics/job/x", ""),
        ("PUT", "/metrics", ""),
        ("PUT", "/metrics/job", "a 1\n"),
        ("GET", "/nosuch", ""),
        ("POST", "/-/healthy", ""),
        ("GET", "/-/healthy", ""),
        ("GET", "/-/ready", ""),
    ] {
        pair.agree(&Request::new(method, path, body));
    }
    let invalid = b"n10{a=\"\xff\"} 1\n";
    pair.agree(&Request::new("PUT", "/metrics/job/utf8", &invalid[..]));
    let gzip = "Content-Encoding: gzip\r\n";
    pair.agree(&Request::new("PUT", "/metrics/job/gz", "nope").with(gzip));
    let identity = "Content-Encoding: identity\r\nContent-Type: application/json\r\n";
    pair.agree(&Request::new("PUT", "/metrics/job/identity", "n11 1\n").with(identity));
}

/// What Go's client sends for a gauge `pb` with the label `l="v"` and the value 2.5: the family behind its length.
const GAUGE: &[u8] = b"\x21\x0a\x02pb\x12\x04Help\x18\x01\x22\x13\x0a\x06\x0a\x01l\x12\x01v\x12\x09\x09\x00\x00\x00\x00\x00\x00\x04\x40";

#[test]
fn protobuf_is_read_as_by_the_real_one() {
    require!(program());
    let pair = Pair::start();
    let headers = "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n";
    pair.agree(&Request::new("PUT", "/metrics/job/pb", GAUGE).with(headers));
    assert!(page(pair.ours.address())["pb"].contains("pb{instance=\"\",job=\"pb\",l=\"v\"} 2.5"));
    pair.agree(&Request::new("PUT", "/metrics/job/pb", "foo 1\n").with(headers));
    let (cut, _) = GAUGE.split_at(10);
    pair.agree(&Request::new("PUT", "/metrics/job/pb", cut).with(headers));
}

#[test]
fn the_status_has_the_fields_of_the_real_one() {
    require!(program());
    let pair = Pair::start();
    let (real, ours) = pair.both(&Request::new("GET", "/api/v1/status", ""));
    let [real, ours]: [Value; 2] = [real.body, ours.body].map(|body| serde_json::from_str(&body).unwrap());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(&real), keys(&ours));
    assert_eq!(keys(&real["data"]), keys(&ours["data"]));
    assert!(keys(&ours["data"]["build_information"]).is_superset(&keys(&real["data"]["build_information"])));
    assert_eq!(ours["status"], "success");
    assert!(ours["data"]["start_time"].as_str().unwrap().ends_with('Z'));
}
