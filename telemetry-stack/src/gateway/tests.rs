//! The gateway as a whole, asked without a server.

use super::store::tests::Disk;
use super::*;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::task::{Context, Waker};
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

fn gateway(disk: &Disk, options: GatewayOptions) -> Arc<Gateway> {
    let path = Path::new("memory");
    Arc::new(Gateway::open_with(path, Box::new(disk.clone()), options, Arc::new(system_time)).unwrap())
}

async fn ask(
    gateway: &Arc<Gateway>,
    method: Method,
    path: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
    let response = TowerToHyperService::new(gateway.routes()).call(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn put(gateway: &Arc<Gateway>, path: &str, body: &'static str) -> u16 {
    ask(gateway, Method::PUT, path, body).await.0.as_u16()
}

async fn page(gateway: &Arc<Gateway>) -> String {
    ask(gateway, Method::GET, "/metrics", "").await.1
}

#[tokio::test]
async fn what_is_pushed_is_on_the_page_and_there_after_a_restart() {
    let disk = Disk::default();
    let first = gateway(&disk, GatewayOptions::default());
    assert_eq!(put(&first, "/metrics/job/x", "a 1\n").await, 200);
    assert_eq!(put(&first, "/metrics/job/x/clearmode/aggregate", "# TYPE c counter\nc 1\n").await, 200);
    assert_eq!(put(&first, "/metrics/job/x/clearmode/aggregate", "# TYPE c counter\nc 1\n").await, 200);
    let seen = page(&first).await;
    assert!(
        seen.contains("\nc{instance=\"\",job=\"x\"} 2\n")
            && seen.contains("\na{instance=\"\",job=\"x\"} 1\n")
    );
    assert!(seen.contains("\ntelemetry_gateway_pushes_total{code=\"200\"} 3\n"), "{seen}");
    assert_eq!(first.stats().series, 4);
    first.close();
    assert_eq!(put(&first, "/metrics/job/x", "a 1\n").await, 503);
    assert!(page(&first).await.contains("\nc{"), "it can still be read");
    let again = page(&gateway(&disk, GatewayOptions::default())).await;
    let own = |page: &str| {
        page.lines()
            .filter(|line| !line.contains("telemetry_gateway_"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(own(&again), own(&seen));
}

#[tokio::test]
async fn no_room_is_told_and_gets_over() {
    let disk = Disk::default();
    let gateway = gateway(&disk, GatewayOptions::default());
    disk.0.lock().unwrap().broken = Some(ErrorKind::StorageFull);
    let (status, reason) = ask(&gateway, Method::PUT, "/metrics/job/x", "a 1\n").await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
    assert!(reason.contains("no room on the disk"), "{reason}");
    assert_eq!(gateway.stats(), GatewayStats::default());
    assert_eq!(put(&gateway, "/metrics/job/y", "a 1 1\n").await, 400, "the first reason counts");
    disk.0.lock().unwrap().broken = None;
    assert_eq!(put(&gateway, "/metrics/job/x", "a 1\n").await, 200);
}

#[test]
fn a_push_that_the_disk_does_not_finish_is_told_so_in_time() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let disk = Disk::default();
    let mut gateway = gateway(&disk, GatewayOptions::default());
    assert_eq!(gateway.patience, PATIENCE);
    Arc::get_mut(&mut gateway).unwrap().patience = Duration::from_millis(50);
    // The group that is pushed is there to be deleted: for one that is not, the disk is not needed.
    for method in [Method::PUT, Method::DELETE] {
        let stuck = disk.0.lock().unwrap();
        let answer = ask(&gateway, method, "/metrics/job/x", "a 1\n");
        let answer = runtime.block_on(async { timeout(Duration::from_secs(20), answer).await });
        drop(stuck);
        let answer = answer.unwrap();
        assert_eq!(answer.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.1.contains("may have been kept or not"), "{}", answer.1);
    }
}

#[test]
fn a_push_that_nobody_waits_for_keeps_its_turn_and_its_part_of_the_budget_while_it_is_read() {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let options = GatewayOptions { max_body: 4000, ..GatewayOptions::default() };
    let gateway = gateway(&Disk::default(), options);
    let (release, released) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        // The one thread that reads is taken, so that what is to be read waits.
        let taken = spawn_blocking(move || released.recv());
        for _ in 0..READERS {
            let body = vec![b'\n'; 4000];
            let mut push = Box::pin(ask(&gateway, Method::PUT, "/metrics/job/x", body));
            let pending = push.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(pending.is_pending());
        }
        assert_eq!(gateway.readers.available_permits(), 0);
        let mut held = Vec::new();
        let refused = loop {
            match gateway.budget.receive(&HeaderMap::new(), &mut Body::from(vec![b'\n'; 4000])).await {
                Ok(arrived) => held.push(arrived),
                Err(refusal) => break refusal,
            }
        };
        assert_eq!((held.len(), refused.status.as_u16()), (8 - READERS, 503));
        drop((held, release));
        let _ended = taken.await.unwrap();
        let all = u32::try_from(READERS).unwrap();
        drop(timeout(Duration::from_secs(30), gateway.readers.acquire_many(all)).await.unwrap());
    });
}

#[tokio::test]
async fn limits_are_told_and_change_nothing() {
    let options = GatewayOptions { max_body: 40, max_groups: 1, max_series: 4, ..GatewayOptions::default() };
    let gateway = gateway(&Disk::default(), options);
    assert_eq!(put(&gateway, "/metrics/job/x", "a 1\n").await, 200);
    let before = page(&gateway).await.replace("telemetry_gateway", "");
    for (path, body, status) in [
        ("/metrics/job/y", "a 1\n", 400),
        ("/metrics/job/x", "a 1\nb 1\nc 1\n", 400),
        ("/metrics/job/x", "a 1\n# a comment that is by far and certainly too long\n", 413),
        ("/metrics/job/x/ttl/never", "a 1\n", 400),
        ("/metrics/job/x/clearmode/add", "a 1\n", 400),
    ] {
        assert_eq!(put(&gateway, path, body).await, status, "{path} {body}");
    }
    let families =
        |page: &str| page.lines().filter(|line| line.contains("job=")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(families(&page(&gateway).await), families(&before));
}

#[tokio::test]
async fn deletions_are_accepted_whether_there_was_a_group_or_not() {
    let gateway = gateway(&Disk::default(), GatewayOptions::default());
    assert_eq!(put(&gateway, "/metrics/job/x/a/b", "a 1\n").await, 200);
    for path in ["/metrics/job/x/a/b", "/metrics/job/none"] {
        assert_eq!(ask(&gateway, Method::DELETE, path, "").await.0.as_u16(), 202);
    }
    assert_eq!(gateway.stats(), GatewayStats::default());
    assert_eq!(ask(&gateway, Method::DELETE, "/metrics/job/x/a", "").await.0.as_u16(), 400);
}

#[tokio::test]
async fn what_leads_nowhere_is_said_so() {
    let gateway = gateway(&Disk::default(), GatewayOptions::default());
    for (method, path, status) in [
        (Method::GET, "/nosuch", 404),
        (Method::GET, "/metrics/", 404),
        (Method::PUT, "/metrics/other/x", 404),
        (Method::GET, "/metrics/job/x", 405),
        (Method::PATCH, "/metrics/job/x", 405),
        (Method::PUT, "/metrics", 405),
        (Method::POST, "/-/healthy", 405),
        (Method::HEAD, "/metrics", 200),
        (Method::GET, "/", 200),
        (Method::GET, "/-/ready", 200),
    ] {
        assert_eq!(ask(&gateway, method.clone(), path, "").await.0.as_u16(), status, "{method} {path}");
    }
}

#[test]
fn a_folder_is_made_and_its_file_is_one_gateways_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    let gateway = Gateway::open(&path, GatewayOptions::default()).unwrap();
    assert!(path.join(FILE).is_file());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert!(matches!(Gateway::open(&path, GatewayOptions::default()), Err(GatewayError::InUse { .. })));
    gateway.close();
    Gateway::open(&path, GatewayOptions::default()).unwrap();
    let file = Gateway::open(&path.join(FILE), GatewayOptions::default());
    assert!(matches!(file, Err(GatewayError::Folder { .. })));
}
