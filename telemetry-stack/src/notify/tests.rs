//! Receivers that take, refuse, fail and are away.

use super::{Courier, Lines, News, alertmanager, webhook};
use crate::rules::{Event, Notice, Notifier};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::DateTime;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use telemetry_core::config::Address;
use telemetry_query::Labels;
use telemetry_server::{Limits, Server};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that keeps what it gets, and answers as it was told: with these statuses first, and then with 200.
pub(super) struct Receiving {
    server: Option<Server>,
    address: SocketAddr,
    got: Receiver<(String, Value)>,
    answers: Answers,
}

#[derive(Clone)]
struct Answers {
    statuses: Arc<Mutex<VecDeque<u16>>>,
    got: Sender<(String, Value)>,
}

async fn answer(State(answers): State<Answers>, uri: Uri, body: String) -> StatusCode {
    let status = answers.statuses.lock().unwrap().pop_front().unwrap_or(200);
    let _the_test_is_over = answers.got.send((uri.path().to_owned(), serde_json::from_str(&body).unwrap()));
    StatusCode::from_u16(status).unwrap()
}

impl Receiving {
    pub(super) fn new(statuses: &[u16]) -> Self {
        let (tell, got) = mpsc::channel();
        let statuses = Arc::new(Mutex::new(statuses.iter().copied().collect()));
        let address = "127.0.0.1:0".parse().unwrap();
        let answers = Answers { statuses, got: tell };
        let mut receiving = Self { server: None, address, got, answers };
        receiving.start();
        receiving
    }

    pub(super) fn start(&mut self) {
        let listener = Server::listen(self.address).unwrap();
        let app = Router::new().fallback(answer).with_state(self.answers.clone());
        let server = Server::host(listener, app, Limits::default()).unwrap();
        self.address = server.local_addr();
        self.server = Some(server);
    }

    pub(super) fn stop(&mut self) {
        self.server.take().unwrap().stop();
    }

    fn at(&self, path: &str) -> Address {
        Address::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    fn next(&self) -> (String, Value) {
        self.got.recv_timeout(PATIENCE).unwrap()
    }

    /// Status and beginning of each alert that it has heard of since the last time.
    pub(super) fn statuses(&self) -> Vec<String> {
        let alerts = self.got.try_iter().flat_map(|(_, body)| body["alerts"].as_array().unwrap().clone());
        let said = |alert: Value| {
            let since = DateTime::parse_from_rfc3339(alert["startsAt"].as_str().unwrap()).unwrap();
            format!("{} {}", alert["status"].as_str().unwrap(), since.timestamp_millis())
        };
        alerts.map(said).collect()
    }

    fn got_nothing_more(&self) {
        assert_eq!(self.got.try_recv().ok(), None);
    }
}

pub(super) fn news() -> (News, Receiver<String>) {
    let (tell, told) = mpsc::sync_channel(100);
    (News::to(tell), told)
}

pub(super) fn notice(alert: &str, event: Event) -> Notice {
    Notice {
        event,
        labels: Labels::new([("alertname", alert), ("severity", "critical"), ("job", "fleet")]),
        annotations: vec![("summary".to_owned(), "50% of agent runs fail".to_owned())],
        value: 0.5,
        starts_at: 1_435_781_451_781,
        ends_at: 1_435_781_500_000,
        generator_url: "http://127.0.0.1:9090/graph?g0.expr=x".to_owned(),
    }
}

/// A webhook of which is kept in this folder what it was told.
pub(super) fn hook(receiving: &Receiving, path: &str, folder: &Path, news: News) -> Courier {
    webhook(&receiving.at(path), "http://127.0.0.1:9090", folder, news).unwrap()
}

/// Waits until nothing waits.
pub(super) fn emptied(courier: &Courier) {
    let begun = Instant::now();
    while courier.waiting() > 0 {
        assert!(begun.elapsed() < PATIENCE, "{} wait", courier.waiting());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_alertmanager_gets_what_fires_and_what_has_ended_in_batches() {
    let receiving = Receiving::new(&[]);
    let courier = alertmanager(&receiving.at("/prefix/"), News::default()).unwrap();
    courier.notify(&[notice("P", Event::Pending), notice("G", Event::Gone)]);
    let many: Vec<_> = (0..200).map(|number| notice(&number.to_string(), Event::Firing)).collect();
    courier.notify(&many);
    let (mut names, mut requests) = (Vec::new(), 0);
    while names.len() < 200 {
        let (path, body) = receiving.next();
        assert_eq!(path, "/prefix/api/v2/alerts");
        let alerts = body.as_array().unwrap();
        assert!(alerts.len() <= 64);
        names.extend(alerts.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned()));
        requests += 1;
    }
    let expected: Vec<_> = (0..200).map(|number| number.to_string()).collect();
    assert!(names == expected && requests < 10, "{requests} requests: {names:?}");
    emptied(&courier);
    courier.notify(&[notice("0", Event::StillFiring), notice("1", Event::StillResolved)]);
    let (_, body) = receiving.next();
    assert_eq!(
        body[0],
        json!({
            "labels": { "alertname": "0", "severity": "critical", "job": "fleet" },
            "annotations": { "summary": "50% of agent runs fail" },
            "startsAt": "2015-07-01T20:10:51.781Z",
            "endsAt": "2015-07-01T20:11:40.000Z",
            "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=x",
        })
    );
}

#[test]
fn one_that_is_away_is_told_the_newest_when_it_comes_and_people_hear_of_both_once() {
    let mut receiving = Receiving::new(&[]);
    receiving.stop();
    let (news, heard) = news();
    let courier = alertmanager(&receiving.at(""), news).unwrap();
    courier.notify(&[notice("A", Event::Firing), notice("B", Event::Firing)]);
    let line = heard.recv_timeout(PATIENCE).unwrap();
    assert!(line.ends_with("cannot be told of alerts, which wait: connection refused"), "{line}");
    courier.notify(&[notice("A", Event::Resolved)]);
    receiving.start();
    let (_, body) = receiving.next();
    assert_eq!(body.as_array().unwrap().len(), 2, "{body}");
    let line = heard.recv_timeout(PATIENCE).unwrap();
    assert!(line.ends_with("answers again"), "{line}");
    emptied(&courier);
    receiving.got_nothing_more();
    assert_eq!(heard.try_recv().ok(), None);
}

#[test]
fn one_that_fails_is_asked_again_and_what_it_refuses_is_not_said_again() {
    let receiving = Receiving::new(&[500, 503, 429, 400]);
    let (news, heard) = news();
    let courier = alertmanager(&receiving.at(""), news).unwrap();
    courier.notify(&[notice("A", Event::Firing)]);
    for _ in 0..4 {
        receiving.next();
    }
    emptied(&courier);
    receiving.got_nothing_more();
    let lines: Vec<_> = (0..3).map(|_| heard.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(lines[0].contains("HTTP status 500"), "{lines:?}");
    assert!(lines[1].contains("refuses 1 alerts, which are dropped: HTTP status 400"), "{lines:?}");
    assert!(lines[2].ends_with("answers again"), "{lines:?}");
}

#[test]
fn a_webhook_is_called_once_for_each_change() {
    let folder = tempfile::tempdir().unwrap();
    let receiving = Receiving::new(&[]);
    let courier = hook(&receiving, "/hook", folder.path(), News::default());
    courier.notify(&[notice("A", Event::Pending), notice("A", Event::Firing)]);
    let (path, firing) = receiving.next();
    emptied(&courier);
    courier.notify(&[notice("A", Event::StillFiring), notice("A", Event::Resolved)]);
    let (_, resolved) = receiving.next();
    emptied(&courier);
    courier.notify(&[notice("A", Event::StillResolved), notice("A", Event::Gone)]);
    drop(courier);
    receiving.got_nothing_more();
    let labels = json!({ "alertname": "A", "severity": "critical", "job": "fleet" });
    let alert = json!({
        "status": "firing",
        "labels": labels,
        "annotations": { "summary": "50% of agent runs fail" },
        "startsAt": "2015-07-01T20:10:51.781Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://127.0.0.1:9090/graph?g0.expr=x",
        "fingerprint": firing["alerts"][0]["fingerprint"],
    });
    let expected = json!({
        "version": "4",
        "receiver": "telemetry",
        "status": "firing",
        "alerts": [alert],
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": { "summary": "50% of agent runs fail" },
        "externalURL": "http://127.0.0.1:9090",
        "groupKey": "{}:{alertname=\"A\", job=\"fleet\", severity=\"critical\"}",
        "truncatedAlerts": 0,
    });
    assert_eq!((path.as_str(), firing), ("/hook", expected));
    assert_eq!(
        (&resolved["status"], &resolved["alerts"][0]["status"]),
        (&json!("resolved"), &json!("resolved"))
    );
    assert_eq!(resolved["alerts"][0]["endsAt"], "2015-07-01T20:11:40.000Z");
}

#[test]
fn a_webhook_that_is_in_trouble_is_called_again_and_one_that_refuses_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let receiving = Receiving::new(&[503, 200, 404]);
    let (news, heard) = news();
    let courier = hook(&receiving, "/token/in/the/path", folder.path(), news);
    courier.notify(&[notice("A", Event::Firing)]);
    assert_eq!(receiving.next(), receiving.next());
    emptied(&courier);
    courier.notify(&[notice("B", Event::Firing)]);
    receiving.next();
    emptied(&courier);
    drop(courier);
    receiving.got_nothing_more();
    let lines: Vec<_> = heard.try_iter().collect();
    assert!(lines[2].contains("refuses 1 alerts, which are dropped: HTTP status 404"), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("token")), "{lines:?}");
}

#[test]
fn an_alert_that_nobody_takes_keeps_no_other_from_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let receiving = Receiving::new(&[500]);
    let courier = hook(&receiving, "", folder.path(), News::default());
    courier.notify(&[notice("A", Event::Firing), notice("B", Event::Firing)]);
    let order: Vec<_> = (0..3)
        .map(|_| receiving.next().1["commonLabels"]["alertname"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(order, ["A", "B", "A"]);
}

#[test]
fn what_waits_at_the_end_is_told_and_one_that_is_away_holds_nothing_up() {
    let mut receiving = Receiving::new(&[]);
    let many: Vec<_> = (0..20).map(|number| notice(&number.to_string(), Event::Firing)).collect();
    let told_at_the_end = || {
        let folder = tempfile::tempdir().unwrap();
        let courier = hook(&receiving, "", folder.path(), News::default());
        courier.notify(&many);
        courier.close();
        let told = receiving.got.try_iter().count();
        assert!(told + courier.waiting() >= 20, "{told} told, {} wait", courier.waiting());
        told
    };
    // A second is enough, but for a machine that is busy with other things all the while.
    assert!((0..30).any(|_| told_at_the_end() == 20), "never all");
    let folder = tempfile::tempdir().unwrap();
    receiving.stop();
    let courier = hook(&receiving, "/another", folder.path(), News::default());
    courier.notify(&many);
    let begun = Instant::now();
    courier.close();
    // One second is promised; the rest is for a machine that is busy.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(courier.waiting(), 20);
}

#[test]
fn each_change_is_a_line_that_no_terminal_obeys() {
    let (news, heard) = news();
    let mut hostile = notice("A\u{1b}[2J", Event::Resolved);
    hostile.annotations.clear();
    let events = [Event::Pending, Event::Firing, Event::StillFiring, Event::Gone, Event::StillResolved];
    let notices: Vec<_> =
        events.map(|event| notice("AgentRunsFailing", event)).into_iter().chain([hostile]).collect();
    Lines::new(news).notify(&notices);
    let expected = [
        "pending: AgentRunsFailing (critical): 50% of agent runs fail",
        "firing: AgentRunsFailing (critical): 50% of agent runs fail",
        "gone: AgentRunsFailing (critical): 50% of agent runs fail",
        "resolved: A\u{fffd}[2J (critical): job=\"fleet\"",
    ];
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), expected);
}
