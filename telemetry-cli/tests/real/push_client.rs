//! The client library against a real Pushgateway: what becomes of a group, and whom it trusts.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use telemetry_core::Registry;
use telemetry_core::catalog::{LLM_RETRIES, LlmRetries};
use telemetry_core::config::{Address, Config};
use telemetry_push::client::TlsProblem;
use telemetry_push::{PushClient, PushClientBuilder, PushError, Retry};

use crate::support::pushgateway::{Groups, PASSWORD, USER};
use crate::support::{Certificates, Pushgateway, Scratch, exposition, require};

const A: &str = "# TYPE a_total counter\na_total 1\n";
const B: &str = "# TYPE b_total counter\nb_total 2\n";

fn client(gateway: &Pushgateway) -> PushClient {
    PushClient::builder(&gateway.url()).job("nightly").grouping("instance", "a/b").build().unwrap()
}

fn values(gateway: &Pushgateway) -> [Option<f64>; 2] {
    let metrics = gateway.metrics();
    ["a_total", "b_total"].map(|name| exposition::total(&metrics, name, &[("job", "nightly")]))
}

fn guarded(gateway: &Pushgateway, certificates: &Certificates) -> PushClientBuilder {
    PushClient::builder(&gateway.https_url())
        .job("nightly")
        .root_certificates(fs::read(certificates.authority()).unwrap())
        .basic_auth(USER, PASSWORD)
}

fn tls_problem(client: PushClientBuilder) -> (TlsProblem, String) {
    match client.build().unwrap().blocking().push(A).unwrap_err() {
        error @ PushError::Tls { problem, .. } => (problem, error.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_push_replaces_the_group_and_an_addition_only_its_metrics() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let client = client(&gateway).blocking();
    client.push(format!("{A}{B}")).unwrap();
    assert_eq!(values(&gateway), [Some(1.0), Some(2.0)]);
    client.push_add(A.replace("a_total 1", "a_total 5")).unwrap();
    assert_eq!(values(&gateway), [Some(5.0), Some(2.0)]);
    client.push(A).unwrap();
    assert_eq!(values(&gateway), [Some(1.0), None]);
    client.push_add(B.trim_end()).unwrap();
    assert_eq!(values(&gateway), [Some(1.0), Some(2.0)], "a last line need not end");
    client.delete().unwrap();
    client.delete().unwrap();
    client.push_add(A).unwrap();
    assert_eq!(values(&gateway), [Some(1.0), None], "what follows a deletion comes after it");
    client.push("").unwrap();
    assert_eq!(values(&gateway), [None, None]);
}

#[test]
fn any_text_is_a_value_of_the_group() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let values =
        ["", "a/b", "ünïcode/✓", "✓", "..", ".", " ", "a b", "%2F", "a@base64", "=", "\\\"\n\t", "?x#y", "+"];
    for value in values {
        let client = PushClient::builder(&gateway.url()).job("j/ö").grouping("value", value);
        client.build().unwrap().blocking().push(A).unwrap();
    }
    let sorted = |mut groups: Vec<Value>| {
        groups.sort_by_key(|group| group["value"].as_str().unwrap_or_default().to_owned());
        groups
    };
    let pushed = values.iter().map(|value| json!({"job": "j/ö", "value": value})).collect();
    assert_eq!(sorted(gateway.groups()), sorted(pushed));
}

#[test]
fn compressed_or_not_the_gateway_has_the_same() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let registry = Registry::new(&Config::default());
    for provider in 0..200 {
        let provider = format!("p{provider}");
        LLM_RETRIES.in_registry(&registry).with(|| LlmRetries { provider: &provider }).add(3);
    }
    for (job, gzip) in [("plain", false), ("gzip", true)] {
        let client = PushClient::builder(&gateway.url()).job(job).gzip(gzip).build().unwrap();
        client.blocking().push(&registry.snapshot()).unwrap();
    }
    let metrics = gateway.metrics();
    for job in ["plain", "gzip"] {
        let of = |labels: &[(&str, &str)]| exposition::total(&metrics, "sase_llm_retries_total", labels);
        assert_eq!(of(&[("job", job)]), Some(600.0));
        assert_eq!(of(&[("job", job), ("provider", "p199")]), Some(3.0));
    }
}

#[test]
fn what_the_gateway_does_not_accept_is_said_in_its_words_and_at_once() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let error = client(&gateway).blocking().push("no exposition").unwrap_err();
    assert!(matches!(&error, PushError::Status { status: 400, .. }), "{error:?}");
    assert!(error.to_string().contains("text format parsing error"), "{error}");
}

#[test]
fn a_guarded_gateway_takes_pushes_of_those_it_knows() {
    require!(Pushgateway);
    let certificates = Certificates::new();
    let gateway = Pushgateway::start_guarded(&certificates);
    guarded(&gateway, &certificates).gzip(true).build().unwrap().blocking().push(A).unwrap();

    let wrong = guarded(&gateway, &certificates).basic_auth(USER, "correct-horse").build().unwrap();
    let error = wrong.blocking().push(A).unwrap_err();
    assert!(matches!(&error, PushError::Denied { status: 401, given: true, .. }), "{error:?}");
    assert!(!format!("{error} {error:?} {wrong:?}").contains("correct-horse"));
    assert!(error.to_string().contains("check user name and password"), "{error}");
}

#[test]
fn the_configuration_names_files_of_credentials_and_authorities() {
    require!(Pushgateway);
    let (certificates, scratch) = (Certificates::new(), Scratch::new());
    let gateway = Pushgateway::start_guarded(&certificates);
    let mut address = Address::parse(&gateway.https_url()).unwrap();
    address.username = Some(USER.to_owned());
    address.password_file = Some(scratch.path().join("password"));
    address.ca_file = Some(certificates.authority());
    let client = PushClient::of(&address).job("nightly").build().unwrap().blocking();
    assert!(matches!(client.push(A), Err(PushError::Setup(_))), "there is no password yet");
    fs::write(scratch.path().join("password"), "old").unwrap();
    assert!(matches!(client.push(A), Err(PushError::Denied { .. })));
    fs::write(scratch.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    client.push(A).unwrap();
}

#[test]
fn a_server_that_cannot_be_trusted_gets_nothing_and_why_is_said() {
    require!(Pushgateway);
    let certificates = Certificates::new();
    let gateway = Pushgateway::start_guarded(&certificates);
    let (problem, said) = tls_problem(guarded(&gateway, &Certificates::new()));
    assert_eq!(problem, TlsProblem::UnknownAuthority, "{said}");
    assert!(said.contains("authority that is not trusted here") && !said.contains(PASSWORD), "{said}");

    let other_name = gateway.https_url().replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let authority = fs::read(certificates.authority()).unwrap();
    let client = PushClient::builder(&other_name).job("nightly").root_certificates(authority);
    let (problem, said) = tls_problem(client);
    assert_eq!(problem, TlsProblem::WrongHost, "{said}");

    let expired = Certificates::expired();
    let gateway = Pushgateway::start_guarded(&expired);
    let (problem, said) = tls_problem(guarded(&gateway, &expired));
    assert_eq!(problem, TlsProblem::Expired, "{said}");
    assert!(said.contains("not valid at this time"), "{said}");
}

#[test]
fn tls_to_a_gateway_without_it_is_said_as_such() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let (problem, said) = tls_problem(guarded(&gateway, &Certificates::new()));
    assert_eq!(problem, TlsProblem::NotTls, "{said}");
}

#[test]
fn the_systems_authorities_are_trusted_where_no_others_are_named() {
    require!(Pushgateway);
    let (certificates, scratch) = (Certificates::new(), Scratch::new());
    let gateway = Pushgateway::start_guarded(&certificates);
    assert!(scratch.telemetry().args(["run", "--", "true"]).status().unwrap().success());
    fs::write(scratch.path().join("password"), PASSWORD).unwrap();
    let push = |authority| {
        let mut command = scratch.telemetry_pushing_to(&gateway.https_url());
        command.arg("push").env("SSL_CERT_FILE", authority);
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__USERNAME", USER);
        let password = scratch.path().join("password");
        command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL__PASSWORD_FILE", password);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(push(certificates.authority()), (Some(0), String::new()));
    let (code, said) = push(Certificates::new().authority());
    assert_eq!(code, Some(1));
    assert!(said.contains("authority that is not trusted here"), "{said}");
}

#[test]
fn it_works_in_every_kind_of_company() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let client = client(&gateway);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        client.push(A).await.unwrap();
        client.blocking().push_add(B).unwrap();
    });
    assert_eq!(values(&gateway), [Some(1.0), Some(2.0)]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10).for_each(|_| client.blocking().push(A).unwrap()));
        }
    });
    assert_eq!(values(&gateway), [Some(1.0), None]);
}

#[test]
fn a_forked_process_has_connections_of_its_own() {
    require!(Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let client = client(&gateway);
    let send = |body: &str| client.blocking().push_add(body);
    send(A).unwrap();
    match fork::fork().unwrap() {
        fork::Fork::Child => {
            let sent = send(B).is_ok();
            drop(client);
            std::process::exit(if sent { 0 } else { 1 });
        }
        fork::Fork::Parent(child) => {
            for _ in 0..20 {
                send(A).unwrap();
            }
            let status = fork::waitpid(child).unwrap();
            assert_eq!(status, 0, "the child's push failed");
        }
    }
    send(A).unwrap();
    assert_eq!(values(&gateway), [Some(1.0), Some(2.0)]);
}

#[test]
fn a_gateway_that_comes_back_gets_the_push_that_began_without_it() {
    require!(Pushgateway);
    let mut gateway = Pushgateway::start(Groups::AreLost);
    let pause = Duration::from_millis(50);
    let within = crate::support::wait::PATIENCE;
    let retry = Retry { times: 100_000, first: pause, longest: pause, within };
    let client = PushClient::builder(&gateway.url()).job("nightly").retry(retry).build().unwrap().blocking();
    client.push(A).unwrap();
    gateway.stop();
    let pushing = std::thread::spawn(move || client.push(B));
    gateway.restart();
    pushing.join().unwrap().unwrap();
    assert_eq!(values(&gateway), [None, Some(2.0)]);
}
