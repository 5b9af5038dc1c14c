//! A real Alertmanager.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::server::{Kind, Server};
use super::{Program, Scratch, http};

/// An Alertmanager on loopback that calls one webhook, ended when dropped.
pub(crate) struct Alertmanager {
    server: Server,
    _folder: Scratch,
}

impl Alertmanager {
    /// Starts one that calls this URL for each alert, at once and never again while nothing changes.
    pub(crate) fn start(webhook: &str) -> Self {
        let folder = Scratch::new();
        let configuration = format!(
            "route: {{receiver: hook, group_by: ['...'], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}\n\
             receivers: [{{name: hook, webhook_configs: [{{url: '{webhook}'}}]}}]\n"
        );
        fs::write(folder.path().join("alertmanager.yml"), configuration).unwrap();
        let (home, log) = (folder.path().to_owned(), folder.path().join("alertmanager.log"));
        let command = Box::new(move |address| command(address, &home));
        let kind = Kind { name: "alertmanager", command, log, ready: 200 };
        Self { server: Server::start(kind), _folder: folder }
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Kills it, with all that it knew.
    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again after that.
    pub(crate) fn restart(&mut self) {
        self.server.restart();
    }

    /// The alerts that are not over.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        let answer = http::get(&format!("http://{}/api/v2/alerts", self.address())).unwrap();
        serde_json::from_str(&answer.body).unwrap()
    }
}

fn command(address: SocketAddr, home: &Path) -> Command {
    let mut command = Command::new(Program::Alertmanager.path());
    command.current_dir(home).args(["--config.file=alertmanager.yml", "--storage.path=data"]);
    command.arg("--cluster.listen-address=").arg(format!("--web.listen-address={address}"));
    command
}
