//! The programs of the stack, started with the flags of the compose file on ports of their own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use telemetry_catalog::rules::hurried;
use telemetry_core::build_info;
use telemetry_core::catalog::BUILD_INFO;

use super::predict::{Labels, Line};
use crate::support::server::{Kind, Server};
use crate::support::{Program, Prometheus, Scratch, http};

/// The exported folder and the programs that run with it.
pub(crate) struct Parts {
    pub(crate) prometheus: Prometheus,
    pub(crate) gateway: Server,
    alertmanager: Server,
    folder: Scratch,
}

/// A service of the compose file: its flags, and which of our folders it sees where.
struct Service {
    flags: Vec<String>,
    mounts: Vec<(String, PathBuf)>,
}

impl Parts {
    /// Exports the stack with these settings and starts its programs, which scrape that exposition.
    pub(crate) fn start(settings: &[&str], exposition: SocketAddr) -> Self {
        let folder = Scratch::new();
        export(&folder, settings);
        let gateway = server("pushgateway", Program::Pushgateway, &folder, &[]);
        let alertmanager = server("alertmanager", Program::Alertmanager, &folder, &[]);
        let addresses = [
            ("localhost:9091", gateway.address().to_string()),
            ("127.0.0.1:9093", alertmanager.address().to_string()),
            ("127.0.0.1:9464", exposition.to_string()),
        ];
        let home = Scratch::new();
        copy_hurried(&folder.path().join("stack"), &home.path().join("stack"), &addresses);
        let service = Service::of("prometheus", &home);
        let prometheus =
            Prometheus::start_by(home, move |address| service.command(Program::Prometheus, address));
        Self { prometheus, gateway, alertmanager, folder }
    }

    /// The address of the gateway as a URL.
    pub(crate) fn gateway_url(&self) -> String {
        format!("http://{}", self.gateway.address())
    }

    /// What Alertmanager has of alerts that are not over.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        let answer = http::get(&format!("http://{}/api/v2/alerts", self.alertmanager.address())).unwrap();
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The exported files of a folder that end so, with their names.
    pub(crate) fn files(&self, folder: &str, end: &str) -> Vec<(String, String)> {
        let folder = self.folder.path().join("stack").join(folder);
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(end)).collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
            .collect()
    }

    /// The series that Prometheus makes of its targets, and those by which a target tells that it is ours.
    pub(crate) fn lines(&self, exposition: &Labels) -> Vec<Line> {
        let one = |name: &str, labels: Labels| Line { name: name.to_owned(), labels, start: 1.0, slope: 0.0 };
        let gateway = Labels::from([
            ("job".to_owned(), "pushgateway".to_owned()),
            ("instance".to_owned(), self.gateway.address().to_string()),
        ]);
        let versions = [("version", build_info::VERSION), ("rust_version", build_info::RUST_VERSION)];
        let ours = versions.map(|(name, version)| (name.to_owned(), version.to_owned())).into_iter();
        vec![
            one("up", exposition.clone()),
            one("up", gateway),
            one(BUILD_INFO.def().name, exposition.clone().into_iter().chain(ours).collect()),
        ]
    }
}

/// What the installed command writes.
fn export(folder: &Scratch, settings: &[&str]) {
    let mut command = folder.telemetry();
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.args(["export-config", "-o", "stack"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn server(name: &'static str, program: Program, folder: &Scratch, addresses: &[(&str, String)]) -> Server {
    let home = folder.path().join(name);
    copy_hurried(&folder.path().join("stack"), &home.join("stack"), addresses);
    let service = Service::read(name, &home);
    let log = folder.path().join(format!("{name}.log"));
    let command = Box::new(move |address| service.command(program, address));
    Server::start(Kind { name, command, log, ready: 200 })
}

/// Copies a folder, in its YAML files with these addresses in the place of those and with shorter spans of time.
fn copy_hurried(from: &Path, to: &Path, addresses: &[(&str, String)]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_hurried(&from, &to, addresses);
        } else if from.extension().is_some_and(|extension| extension == "yml") {
            let text = fs::read_to_string(&from).unwrap();
            let text = addresses.iter().fold(text, |text, (old, new)| text.replace(old, new));
            fs::write(&to, hurried(&text)).unwrap();
        }
    }
}

impl Service {
    fn of(name: &str, home: &Scratch) -> Self {
        Self::read(name, home.path())
    }

    /// Reads the service from the compose file in the folder `stack` of this home, where the named volumes get folders too.
    fn read(name: &str, home: &Path) -> Self {
        let text = fs::read_to_string(home.join("stack/docker-compose.yml")).unwrap();
        let document: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let service = &document["services"][name];
        let texts = |key: &str| -> Vec<String> {
            let all = service[key].as_sequence().unwrap().iter();
            all.map(|value| value.as_str().unwrap().to_owned()).collect()
        };
        let mounts = texts("volumes").iter().map(|volume| mount(volume, home)).collect();
        Self { flags: texts("command"), mounts }
    }

    fn command(&self, program: Program, address: SocketAddr) -> Command {
        let mut command = Command::new(program.path());
        command.args(self.flags.iter().map(|flag| self.translated(flag, address)));
        command
    }

    /// The flag with our address in the place of the one on which the container listens, and our folders in the place of its own.
    fn translated(&self, flag: &str, address: SocketAddr) -> String {
        if let Some(name) = flag.strip_prefix("--web.listen-address=") {
            assert!(name.starts_with("127.0.0.1:"), "{flag} listens elsewhere than on loopback");
            return format!("--web.listen-address={address}");
        }
        let (name, value) = flag.split_once('=').unwrap();
        let inside = |mount: &&(String, PathBuf)| value.starts_with(&mount.0);
        match self.mounts.iter().filter(inside).max_by_key(|mount| mount.0.len()) {
            Some((there, here)) => {
                format!("{name}={}", value.replacen(there, &here.display().to_string(), 1))
            }
            None => flag.to_owned(),
        }
    }
}

/// Where the container sees a volume, and where it is here.
fn mount(volume: &str, home: &Path) -> (String, PathBuf) {
    let mut parts = volume.split(':');
    let (source, there) = (parts.next().unwrap(), parts.next().unwrap());
    let here = match source.strip_prefix("./") {
        Some(path) => home.join("stack").join(path),
        None => home.join("volumes").join(source),
    };
    if !here.exists() {
        fs::create_dir_all(&here).unwrap();
    }
    (there.to_owned(), here)
}
