//! What the client sends and how often, whom it tells what, and in which company it works.

use crate::server::{Reply, Server};
use std::error::Error as _;
use std::io::Read as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_push::http::SetupError;
use telemetry_push::{GroupError, PushClient, PushClientBuilder, PushError, Retry, in_sentences};

const BODY: &str = "# TYPE a_total counter\na_total 1\n";

/// Generous, for whatever this machine is busy with; a test that hangs ends by it.
const SOON: Duration = Duration::from_secs(20);

fn client(server: &Server) -> PushClientBuilder {
    PushClient::builder(&server.url()).job("j").grouping("instance", "a/b").retry(quick(3))
}

/// As many repetitions with pauses that a test does not notice.
fn quick(times: usize) -> Retry {
    Retry { times, first: Duration::from_millis(2), longest: Duration::from_millis(4), within: SOON }
}

fn ok() -> Reply {
    Reply::status(200)
}

/// As little of an executor as there can be; there is no tokio in it.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(SOON),
        }
    }
}

#[test]
fn each_call_has_its_method_and_the_groups_path() {
    let server = Server::start([ok(), ok(), Reply::status(202)]);
    let client = client(&server).build().unwrap().blocking();
    client.push(BODY).unwrap();
    client.push_add(BODY).unwrap();
    client.delete().unwrap();
    let requests = server.requests();
    for (request, (method, body)) in requests.iter().zip([("PUT", BODY), ("POST", BODY), ("DELETE", "")]) {
        assert_eq!(request.line, format!("{method} /metrics/job/j/instance@base64/YS9i HTTP/1.1"));
        assert_eq!(request.body, body.as_bytes());
        let text = (!body.is_empty()).then_some("text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(request.header("content-type"), text);
        assert_eq!(request.header("content-encoding"), None);
        assert_eq!(request.header("authorization"), None);
    }
    assert_eq!(requests.len(), 3);
}

#[test]
fn what_is_worth_it_is_repeated_and_nothing_else() {
    for (status, seen) in [
        (429, 4),
        (500, 4),
        (502, 4),
        (503, 4),
        (504, 4),
        (400, 1),
        (401, 1),
        (403, 1),
        (404, 1),
        (405, 1),
        (413, 1),
        (501, 1),
        (302, 1),
    ] {
        let server = Server::start((0..9).map(|_| Reply::status(status)));
        let error = client(&server).build().unwrap().blocking().push(BODY).unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(server.requests().len(), seen, "{status}");
    }
}

#[test]
fn a_repetition_that_is_taken_is_a_success() {
    let replies = [Reply::status(503), Reply::Close, Reply::status(500), ok(), ok()];
    let server = Server::start(replies);
    client(&server).build().unwrap().blocking().push(BODY).unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| request.body == BODY.as_bytes()), "each sends all of it");
}

#[test]
fn never_is_one_request() {
    for reply in [Reply::status(503), Reply::Close] {
        let server = Server::start([reply, ok(), ok()]);
        let client = client(&server).retry(Retry::never()).build().unwrap().blocking();
        client.push(BODY).unwrap_err();
        assert_eq!(server.requests().len(), 1);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_refused_connection_is_said_as_such_and_tried_until_somebody_listens() {
    let refused = crate::server::Refused::new();
    let to = |retry| PushClient::builder(&refused.url()).job("j").retry(retry).build().unwrap().blocking();
    let error = to(quick(1)).push(BODY).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("connection refused"), "{error}");

    let patient = to(quick(100_000));
    let pushing = thread::spawn(move || patient.push(BODY));
    let server = refused.listen([ok()]);
    pushing.join().unwrap().unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_server_that_says_when_to_come_back_is_obeyed() {
    let busy = |seconds| Reply::status(503).with("Retry-After", seconds);
    let server = Server::start([busy("1"), ok()]);
    let retry = Retry { longest: Duration::from_secs(3), ..quick(3) };
    let began = Instant::now();
    client(&server).retry(retry).build().unwrap().blocking().push(BODY).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));

    let server = Server::start([busy("60"), ok()]);
    let error = client(&server).retry(retry).build().unwrap().blocking().push(BODY).unwrap_err();
    assert!(
        matches!(error, PushError::Status { retry_after: Some(asked), .. } if asked.as_secs() == 60),
        "{error:?}"
    );
    assert_eq!(server.requests().len(), 1, "longer than the longest pause is not waited for");
}

#[test]
fn the_whole_call_ends_within_its_bound() {
    for (reply, repeated) in [(Reply::Hang, false), (Reply::status(503), true)] {
        let server = Server::start((0..10_000).map(|_| reply.clone()));
        let within = Duration::from_millis(200);
        let retry = Retry { times: 100_000, within, ..quick(0) };
        let client = client(&server).retry(retry).timeout(SOON * 2).build().unwrap();
        let began = Instant::now();
        let error = block_on(client.push(BODY)).unwrap_err();
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert!(error.is_worth_retrying(), "what the server did is said: {error}");
        assert_eq!(server.requests().len() > 1, repeated);
    }
}

#[test]
fn a_request_without_an_answer_is_a_timeout() {
    let server = Server::start([Reply::Hang]);
    let timeout = Duration::from_millis(50);
    let client = client(&server).retry(Retry::never()).timeout(timeout).build().unwrap();
    let error = client.blocking().push(BODY).unwrap_err();
    assert!(matches!(&error, PushError::Timeout { timeout: said, .. } if *said <= timeout), "{error:?}");
    assert!(error.to_string().contains("did not answer within 0.0"), "{error}");
}

#[test]
fn a_failure_is_told_by_its_cause_and_not_by_the_layers_of_the_client() {
    let server = Server::start([Reply::Answer("nonsense".to_owned())]);
    let error = client(&server).retry(Retry::never()).build().unwrap().blocking().push(BODY).unwrap_err();
    assert!(matches!(error, PushError::Transport { .. }), "{error:?}");
    let client = error.source().unwrap();
    assert!(client.source().is_some(), "the client has more to say: {client:?}");
    let said = error.to_string();
    assert!(said.ends_with(": invalid HTTP version parsed"), "{said}");
    assert_eq!(in_sentences(&error), [said]);
}

#[test]
fn whoever_has_something_to_say_to_a_push_is_no_gateway() {
    let page = Reply::saying(200, "text/html", "<html>");
    let word = Reply::saying(200, "text/plain", "login \u{1b}[31mrequired");
    let blank = Reply::saying(202, "text/plain", "\n");
    let server = Server::start([page, word, blank, Reply::endless()]);
    let waiting =
        |timeout| client(&server).timeout(timeout).retry(Retry::never()).build().unwrap().blocking();
    let client = waiting(SOON);
    assert!(matches!(client.push(BODY), Err(PushError::WebPage { status: 200, .. })));
    let said = client.push(BODY).unwrap_err().to_string();
    assert!(said.contains("is no Pushgateway: it answered 200, and said \"login [31mrequired\""), "{said}");
    client.push(BODY).unwrap();
    let endless = waiting(Duration::from_millis(500)).push(BODY);
    assert!(matches!(&endless, Err(PushError::Timeout { .. })), "{endless:?}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn compressed_bytes_are_what_was_pushed() {
    let server = Server::start([Reply::status(500), ok(), ok()]);
    let client = client(&server).gzip(true).build().unwrap().blocking();
    let body = BODY.repeat(100);
    client.push(&body).unwrap();
    client.delete().unwrap();
    let requests = server.requests();
    for request in &requests[..2] {
        assert_eq!(request.header("content-encoding"), Some("gzip"));
        assert!(request.body.len() < body.len() / 5);
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*request.body).read_to_string(&mut text).unwrap();
        assert_eq!(text, body);
    }
    assert_eq!(requests[2].header("content-encoding"), None, "nothing is not compressed");
}

#[test]
fn nothing_is_sent_to_another_host_or_by_another_method() {
    for (status, to_itself) in
        [(301, true), (302, true), (303, true), (302, false), (307, false), (308, false)]
    {
        let elsewhere = Server::start([ok()]);
        let target = |url: String| format!("{url}/metrics/job/j");
        let server = Server::start_with(|url| {
            let target = target(if to_itself { url.to_owned() } else { elsewhere.url() });
            vec![Reply::status(status).with("Location", &target), ok()]
        });
        let client = client(&server).basic_auth("u", "hunter2").build().unwrap().blocking();
        let error = client.push(BODY).unwrap_err();
        assert!(matches!(error, PushError::Moved { status: said, .. } if said == status), "{error:?}");
        assert_eq!((server.requests().len(), elsewhere.requests().len()), (1, 0), "{status}");
    }
}

#[test]
fn a_redirect_on_the_same_host_that_keeps_the_method_is_followed() {
    let server = Server::start_with(|url| {
        vec![Reply::status(307).with("Location", &format!("{url}/elsewhere/metrics/job/j")), ok()]
    });
    client(&server).build().unwrap().blocking().push(BODY).unwrap();
    let requests = server.requests();
    assert_eq!(requests[1].line, "PUT /elsewhere/metrics/job/j HTTP/1.1");
    assert_eq!(requests[1].body, BODY.as_bytes());
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let server = Server::start([ok(), ok(), Reply::status(401), Reply::status(403)]);
    let basic = client(&server).basic_auth("u", "hunter2");
    let bearer = client(&server).bearer_token("hunter2");
    let shown = format!("{basic:?} {bearer:?}");
    let (basic, bearer) = (basic.build().unwrap(), bearer.build().unwrap());
    basic.blocking().push(BODY).unwrap();
    bearer.blocking().push(BODY).unwrap();
    let refused = basic.blocking().push(BODY).unwrap_err();
    let unknown = client(&server).build().unwrap().blocking().push(BODY).unwrap_err();
    let shown = format!("{shown} {basic:?} {bearer:?} {refused} {refused:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("dTpodW50ZXIy"), "{shown}");
    assert!(refused.to_string().contains("does not accept the credentials"), "{refused}");
    assert!(unknown.to_string().contains("set username and password_file"), "{unknown}");
    let requests = server.requests();
    assert_eq!(requests[0].header("authorization"), Some("Basic dTpodW50ZXIy"));
    assert_eq!(requests[1].header("authorization"), Some("Bearer hunter2"));
    assert_eq!(requests.len(), 4, "a refusal is not tried again");
}

#[test]
fn what_cannot_be_used_is_said_when_the_client_is_made() {
    let builder = || PushClient::builder("http://localhost:9091").job("j");
    let error = |builder: PushClientBuilder| builder.build().unwrap_err();
    assert!(matches!(error(PushClient::builder("ftp://x").job("j")), PushError::Address(_)));
    let secret = error(PushClient::builder("http://u:hunter2@x").job("j"));
    assert!(!format!("{secret} {secret:?}").contains("hunter2"));
    assert!(matches!(error(PushClient::builder("x")), PushError::Group(GroupError::NoJob)));
    assert!(matches!(error(builder().grouping("job", "x")), PushError::Group(GroupError::Twice(_))));
    assert!(matches!(error(builder().bearer_token("a b")), PushError::Setup(SetupError::Token)));
    assert!(matches!(error(builder().basic_auth("a:b", "c")), PushError::Setup(SetupError::Username)));
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n"]
    {
        let error = error(builder().root_certificates(pem));
        assert!(matches!(error, PushError::Setup(SetupError::Authorities(_))), "{error:?}");
    }
}

#[test]
fn it_can_be_awaited_without_a_runtime_and_by_several_at_once() {
    let server = Server::start((0..8).map(|_| ok()));
    let client = client(&server).build().unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| block_on(client.push(BODY)).unwrap());
            scope.spawn(|| client.blocking().push_add(BODY).unwrap());
        }
    });
    assert_eq!(server.requests().len(), 8);
}

#[test]
fn it_can_be_awaited_and_can_block_inside_any_runtime() {
    let server = Server::start((0..8).map(|_| ok()));
    let client = client(&server).build().unwrap();
    let run = async || {
        client.push(BODY).await.unwrap();
        client.blocking().push(BODY).unwrap();
    };
    // Neither clock nor network is turned on in this one.
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run());
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn it_blocks_a_task_that_has_used_up_its_turn() {
    let server = Server::start([ok()]);
    let client = client(&server).retry(Retry::never()).build().unwrap().blocking();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = async move {
        while tokio::task::coop::has_budget_remaining() {
            let _ = pin!(tokio::task::coop::consume_budget()).poll(&mut Context::from_waker(Waker::noop()));
        }
        client.push(BODY)
    };
    runtime.block_on(async { tokio::spawn(task).await.unwrap() }).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_ends_after_the_last_clone_and_nobody_waits_for_it() {
    if !is_alone("client::the_thread_ends_after_the_last_clone_and_nobody_waits_for_it") {
        return;
    }
    let server = Server::start([ok(), Reply::Hang]);
    let client = client(&server).retry(Retry::never()).timeout(SOON * 10).build().unwrap();
    let clone = client.clone();
    client.blocking().push(BODY).unwrap();
    assert_eq!(threads(), 1);
    drop(client);
    assert_eq!(threads(), 1, "a clone shares it");
    let mut given_up = Box::pin(clone.push(BODY));
    let waker = Waker::noop();
    assert!(given_up.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    server.await_requests(2);
    drop(given_up);
    let began = Instant::now();
    drop(clone);
    assert!(began.elapsed() < SOON / 2, "the dropper is not kept by a request without an answer");
    let deadline = Instant::now() + SOON;
    while threads() > 0 {
        assert!(Instant::now() < deadline, "the thread goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

/// How many threads of clients this process has.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "telemetry-push").count()
}

/// Whether this test has a process of its own; else it is run in one, since the clients of its neighbours would be counted too.
#[cfg(target_os = "linux")]
fn is_alone(test: &str) -> bool {
    if std::env::var_os("TELEMETRY_TEST_ALONE").is_some() {
        return true;
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    let status = alone.args(["--exact", test]).env("TELEMETRY_TEST_ALONE", "1").status().unwrap();
    assert!(status.success(), "{test} failed in a process of its own");
    false
}
