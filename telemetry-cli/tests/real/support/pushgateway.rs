//! A real Pushgateway.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::server::{Kind, Server};
use super::{Certificates, Program, Scratch, http};

/// Whom a guarded gateway lets in.
pub(crate) const USER: &str = "pusher";

/// The password of [`USER`].
pub(crate) const PASSWORD: &str = "hunter2";

/// That password as bcrypt keeps it, with the least work that bcrypt allows.
const PASSWORD_HASH: &str = "$2b$04$HVR.NQ5e1uVQAzyQCw1ti.1iKB6zULgaTj6UaQyoj8v9uf0NXfffW";

/// A Pushgateway on loopback, ended when dropped.
pub(crate) struct Pushgateway {
    server: Server,
    folder: Scratch,
}

/// What becomes of the pushed groups when the gateway is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Groups {
    /// They are saved to a file and are there again.
    Survive,
    /// They are lost, which is what a gateway without a persistence file does.
    AreLost,
}

impl Pushgateway {
    /// Starts a gateway and waits until it is ready.
    pub(crate) fn start(on_restart: Groups) -> Self {
        let folder = Scratch::new();
        let persistence = (on_restart == Groups::Survive).then(|| groups_file(&folder));
        let log = folder.path().join("pushgateway.log");
        let command = Box::new(move |address| command(address, persistence.as_deref()));
        let kind = Kind { name: "pushgateway", command, log, ready: 200 };
        Self { server: Server::start(kind), folder }
    }

    /// Starts a gateway that speaks TLS with this certificate, and lets in only [`USER`] with [`PASSWORD`].
    pub(crate) fn start_guarded(certificates: &Certificates) -> Self {
        let folder = Scratch::new();
        let web = folder.path().join("web.yml");
        fs::write(&web, web_config(certificates)).unwrap();
        let log = folder.path().join("pushgateway.log");
        let command = Box::new(move |address| {
            let mut command = command(address, None);
            command.arg(format!("--web.config.file={}", web.display()));
            command
        });
        // A server of TLS answers so to whoever speaks plain HTTP.
        let kind = Kind { name: "pushgateway", command, log, ready: 400 };
        Self { server: Server::start(kind), folder }
    }

    /// The address as a host and a port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The address as a URL without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The address of a guarded gateway as a URL without a path.
    pub(crate) fn https_url(&self) -> String {
        format!("https://{}", self.address())
    }

    /// What the gateway exposes at this moment.
    pub(crate) fn metrics(&self) -> String {
        let answer = http::get(&format!("{}/metrics", self.url())).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// The grouping labels of each group that was pushed, as JSON objects.
    pub(crate) fn groups(&self) -> Vec<Value> {
        let answer = http::get(&format!("{}/api/v1/metrics", self.url())).unwrap();
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        document["data"].as_array().into_iter().flatten().map(|group| group["labels"].clone()).collect()
    }

    /// Ends the gateway; its port stays reserved, and connections to it are refused.
    pub(crate) fn stop(&mut self) {
        self.server.stop();
    }

    /// Ends it and wipes its disk: no group is there when it is started again.
    pub(crate) fn wipe(&mut self) {
        self.stop();
        fs::remove_file(groups_file(&self.folder)).unwrap();
    }

    /// Starts it again on the same port, after stopping it if it runs.
    pub(crate) fn restart(&mut self) {
        self.server.restart();
    }
}

/// Where a gateway keeps its groups that survive.
fn groups_file(folder: &Scratch) -> PathBuf {
    folder.path().join("groups")
}

fn web_config(certificates: &Certificates) -> String {
    let (certificate, key) = (certificates.certificate(), certificates.key());
    format!(
        "tls_server_config:\n  cert_file: {}\n  key_file: {}\nbasic_auth_users:\n  {USER}: {PASSWORD_HASH}\n",
        certificate.display(),
        key.display()
    )
}

fn command(address: SocketAddr, persistence: Option<&Path>) -> Command {
    let mut command = Command::new(Program::Pushgateway.path());
    command.arg("--web.enable-lifecycle").arg(format!("--web.listen-address={address}"));
    command.args(persistence.map(|file| format!("--persistence.file={}", file.display())));
    command
}
