//! The programs that tests run beside our own: real servers, and a terminal to look at.
//!
//! A program is taken from its environment variable, else from `PATH`, else from what was unpacked into the target folder
//! before, else from Debian's packages. Where none of that helps, the tests that need it report themselves as skipped.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian::{Depot, reads_its_share};
use crate::process;
use crate::terminal;

/// A program that tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Program {
    /// The environment variable that tells the tests where it is.
    pub(crate) variable: &'static str,
    /// Its name in Debian, then the name that it has elsewhere.
    pub(crate) names: &'static [&'static str],
    /// The Debian package that holds it.
    pub(crate) package: &'static str,
    /// Whether it needs libraries beyond those that every Debian has; programs written in Go do not.
    pub(crate) needs_libraries: bool,
    /// The argument that makes it print its version and end, which shows that it can run here.
    pub(crate) version: &'static str,
}

/// Every program that some test needs.
pub(crate) const ALL: &[Program] = &[
    Program::server("TELEMETRY_TEST_PROMETHEUS", &["prometheus"], "prometheus"),
    Program::server("TELEMETRY_TEST_PROMTOOL", &["promtool"], "prometheus"),
    Program::server(
        "TELEMETRY_TEST_PUSHGATEWAY",
        &["prometheus-pushgateway", "pushgateway"],
        "prometheus-pushgateway",
    ),
    Program::server(
        "TELEMETRY_TEST_ALERTMANAGER",
        &["prometheus-alertmanager", "alertmanager"],
        "prometheus-alertmanager",
    ),
    Program::server("TELEMETRY_TEST_AMTOOL", &["amtool"], "prometheus-alertmanager"),
    Program::server(
        "TELEMETRY_TEST_NODE_EXPORTER",
        &["prometheus-node-exporter", "node_exporter"],
        "prometheus-node-exporter",
    ),
    Program {
        variable: "TELEMETRY_TEST_TMUX",
        names: &["tmux"],
        package: "tmux",
        needs_libraries: true,
        version: "-V",
    },
    Program {
        variable: "TELEMETRY_TEST_CURL",
        names: &["curl"],
        package: "curl",
        needs_libraries: true,
        version: "--version",
    },
    Program {
        variable: "TELEMETRY_TEST_DOCKER_COMPOSE",
        names: &["docker-compose"],
        package: "docker-compose",
        needs_libraries: true,
        version: "--version",
    },
    Program {
        variable: "TELEMETRY_TEST_CHROMIUM",
        names: &["chromium", "chromium-browser", "google-chrome"],
        package: "chromium",
        needs_libraries: true,
        version: "--version",
    },
    // What it depends on are the symbols of the C library, which only those of its tools need that replace functions of it; the tests
    // count instructions.
    Program::server("TELEMETRY_TEST_VALGRIND", &["valgrind"], "valgrind"),
];

/// Something that tests need, and where it is, if it could be had.
#[derive(Debug)]
pub(crate) struct Found {
    /// The environment variable that tells the tests where it is.
    pub(crate) variable: &'static str,
    /// What it is called.
    pub(crate) name: &'static str,
    /// The file.
    pub(crate) path: Option<PathBuf>,
}

impl Program {
    const fn server(variable: &'static str, names: &'static [&'static str], package: &'static str) -> Self {
        Self { variable, names, package, needs_libraries: false, version: "--version" }
    }

    fn found(&self, depot: &Depot) -> Found {
        Found { variable: self.variable, name: self.names[0], path: self.find(depot) }
    }

    /// Finds the program without fetching anything.
    fn find(&self, depot: &Depot) -> Option<PathBuf> {
        let told = std::env::var_os(self.variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        told.or_else(|| self.names.iter().find_map(|name| process::in_path(name)))
            .or_else(|| self.unpacked(depot))
    }

    fn unpacked(&self, depot: &Depot) -> Option<PathBuf> {
        let file = depot.program(self.names[0]);
        self.runs(&file).then_some(file)
    }

    /// Whether that file can run here, with every shared library it needs.
    fn runs(&self, file: &Path) -> bool {
        let is_launched = !reads_its_share(self.names[0]) || !file.is_symlink();
        file.exists() && is_launched && process::succeeds(Command::new(file).arg(self.version))
    }
}

/// Finds every program, fetching those that are missing where that is possible.
pub(crate) fn provide(target: &Path) -> Vec<Found> {
    let depot = Depot::new(target.join("debian"));
    let missing: Vec<_> = ALL.iter().filter(|program| program.find(&depot).is_none()).collect();
    if !missing.is_empty() {
        fetch(&depot, &missing);
    }
    ALL.iter().map(|program| program.found(&depot)).collect()
}

/// The environment variables that hand the found programs to the tests.
pub(crate) fn variables(found: &[Found]) -> Vec<(&'static str, OsString)> {
    found.iter().filter_map(|found| Some((found.variable, found.path.clone()?.into_os_string()))).collect()
}

/// A program that cannot be fetched is no failure yet: the tests that need it say so by name.
fn fetch(depot: &Depot, missing: &[&Program]) {
    if !Depot::is_possible() {
        return terminal::say("This is not a Debian-like system, so missing programs are not fetched.");
    }
    let mut packages: Vec<_> = missing.iter().map(|program| program.package).collect();
    packages.dedup();
    for package in packages {
        let wanted: Vec<_> = missing.iter().copied().filter(|program| program.package == package).collect();
        fetch_package(depot, package, &wanted);
    }
}

fn fetch_package(depot: &Depot, package: &str, wanted: &[&Program]) {
    let names: Vec<_> = wanted.iter().map(|program| program.names[0]).collect();
    terminal::say(format_args!("Unpacking {} from the Debian package {package} …", names.join(", ")));
    let with_libraries = wanted.iter().any(|program| program.needs_libraries);
    if let Err(failure) = depot.unpack(package, &names, with_libraries) {
        terminal::say(format_args!("{package} cannot be had: {failure}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_one_package_stand_together() {
        let mut packages: Vec<_> = ALL.iter().map(|program| program.package).collect();
        packages.dedup();
        let mut unique = packages.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(packages.len(), unique.len(), "a package would be fetched twice");
    }

    #[test]
    fn only_found_programs_are_handed_to_tests() {
        let found = [
            Found { variable: "A", name: "a", path: Some(PathBuf::from("/bin/a")) },
            Found { variable: "B", name: "b", path: None },
        ];
        assert_eq!(variables(&found), [("A", OsString::from("/bin/a"))]);
    }

    #[test]
    fn a_file_that_cannot_run_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().to_owned());
        let file = depot.program(ALL[0].names[0]);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "half a program").unwrap();
        assert_eq!(ALL[0].unpacked(&depot), None);
    }
}
