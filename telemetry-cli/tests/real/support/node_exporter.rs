//! A real node_exporter with its textfile collector alone.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::server::{Kind, Server};
use super::{Program, Scratch, exposition, http};

/// A node_exporter on loopback, ended when dropped.
pub(crate) struct NodeExporter {
    server: Server,
    _folder: Scratch,
}

impl NodeExporter {
    /// Starts a node_exporter that serves the files in a folder, and waits until it is ready.
    pub(crate) fn start(textfiles: &Path) -> Self {
        let folder = Scratch::new();
        let (textfiles, log) = (textfiles.to_owned(), folder.path().join("node_exporter.log"));
        let command = Box::new(move |address| command(address, &textfiles));
        let kind = Kind { name: "node_exporter", command, log, ready: 200 };
        Self { server: Server::start(kind), _folder: folder }
    }

    /// The address as a host and a port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it exposes at this moment, of which it could read and gather everything.
    pub(crate) fn metrics(&self) -> String {
        let answer = http::get(&format!("http://{}/metrics", self.address())).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        for wrong in ["node_textfile_scrape_error", "promhttp_metric_handler_errors_total"] {
            assert_eq!(exposition::total(&answer.body, wrong, &[]), Some(0.0), "{}", answer.body);
        }
        answer.body
    }
}

fn command(address: SocketAddr, textfiles: &Path) -> Command {
    let mut command = Command::new(Program::NodeExporter.path());
    command.args(["--collector.disable-defaults", "--collector.textfile"]);
    command.arg(format!("--collector.textfile.directory={}", textfiles.display()));
    command.arg(format!("--web.listen-address={address}"));
    command
}
