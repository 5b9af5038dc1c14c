//! Debian packages unpacked into a folder of ours, with no root, no installation and nothing started.
//!
//! Installing the packages would start servers on the user's standard ports, so they are only downloaded and unpacked. Where
//! the system has no package lists, or ones so old that their files have gone, apt is given lists of its own in that folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Failure, Outcome, While as _};
use crate::process;

/// The folder of unpacked packages: one subfolder for each package, and `bin` with every program to run.
pub(crate) struct Depot {
    folder: PathBuf,
}

/// Where apt takes its package lists from.
#[derive(Clone, Copy)]
enum Lists {
    /// What the system has.
    System,
    /// A copy of our own, fetched anew.
    Own,
}

impl Depot {
    /// A depot in that folder, which is created when something is unpacked.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Whether this system has the tools to download and unpack Debian packages.
    pub(crate) fn is_possible() -> bool {
        ["apt-get", "dpkg-deb"].iter().all(|tool| process::in_path(tool).is_some())
    }

    /// Where a program is, once the package that holds it has been unpacked.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Downloads and unpacks a package, with the libraries that the system lacks where asked to, and makes its programs
    /// runnable from `bin`.
    pub(crate) fn unpack(&self, package: &str, programs: &[&str], with_libraries: bool) -> Outcome {
        fs::create_dir_all(self.folder.join("bin")).while_doing("cannot create the folder of programs")?;
        let unpacked = self.unpack_beside(package, with_libraries)?;
        let home = self.folder.join(package);
        replace(&unpacked, &home)?;
        programs.iter().try_for_each(|program| self.make_runnable(program, &home))
    }

    /// Unpacks into a temporary folder, so that an interrupted run leaves no half of a package behind.
    fn unpack_beside(&self, package: &str, with_libraries: bool) -> Outcome<tempfile::TempDir> {
        let downloads = self.scratch()?;
        self.download_anyhow(package, with_libraries, downloads.path())?;
        let unpacked = self.scratch()?;
        for file in files(downloads.path())? {
            process::capture(Command::new("dpkg-deb").arg("-x").arg(file).arg(unpacked.path()))?;
        }
        Ok(unpacked)
    }

    fn scratch(&self) -> Outcome<tempfile::TempDir> {
        tempfile::tempdir_in(&self.folder).while_doing("cannot create a temporary folder")
    }

    /// Uses package lists that are there already, and fetches fresh ones where those do not know the package, or know a
    /// version of it that the server has since replaced.
    fn download_anyhow(&self, package: &str, with_libraries: bool, into: &Path) -> Outcome {
        let known = [Lists::System, Lists::Own].into_iter().find(|lists| self.knows(*lists, package));
        if known.is_some_and(|lists| self.download(lists, package, with_libraries, into).is_ok()) {
            return Ok(());
        }
        self.fetch_lists()?;
        self.download(Lists::Own, package, with_libraries, into)
    }

    fn knows(&self, lists: Lists, package: &str) -> bool {
        process::succeeds(self.apt(lists).args(["--print-uris", "download", package]))
    }

    fn download(&self, lists: Lists, package: &str, with_libraries: bool, into: &Path) -> Outcome {
        let mut packages = vec![package.to_owned()];
        if with_libraries {
            packages.extend(self.missing_dependencies(lists, package)?);
        }
        // The folder of downloads is private to this user, and as root apt would otherwise complain that its own cannot enter.
        let sandbox = ["-o", "APT::Sandbox::User=root"];
        process::run(self.apt(lists).args(sandbox).arg("download").args(packages).current_dir(into))
    }

    /// The packages that installing this one would bring along, as apt's simulation tells them.
    fn missing_dependencies(&self, lists: Lists, package: &str) -> Outcome<Vec<String>> {
        let mut simulation = self.apt(lists);
        simulation.args(["--simulate", "--no-install-recommends", "install", package]);
        Ok(new_packages(&process::capture(&mut simulation)?, package))
    }

    fn fetch_lists(&self) -> Outcome {
        for folder in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(self.folder.join(folder))
                .while_doing("cannot create a folder for package lists")?;
        }
        process::run(self.apt(Lists::Own).args(["-o", "APT::Sandbox::User=root", "update"]))
    }

    fn apt(&self, lists: Lists) -> Command {
        let mut apt = Command::new("apt-get");
        apt.arg("-q");
        if matches!(lists, Lists::Own) {
            apt.arg("-o").arg(option("Dir::State::lists", &self.folder.join("lists")));
            apt.arg("-o").arg(option("Dir::Cache", &self.folder.join("cache")));
        }
        apt
    }

    /// A program that brought libraries is started by a script that points at them, and any other by a link.
    fn make_runnable(&self, program: &str, home: &Path) -> Outcome {
        let (file, entry) = (program_file(program, home), self.program(program));
        // The entry may be left over from an earlier, incomplete run.
        let _ = fs::remove_file(&entry);
        let libraries = library_folders(home);
        let fonts = fonts(home).while_doing("cannot name the unpacked fonts")?;
        let tools = tools(program, home);
        let made = if is_python(&file) {
            launcher(&entry, &python_words(&file, home, &libraries))
        } else if reads_its_share(program) {
            launcher(&entry, &words_of_a_namespace(&file, home))
        } else if libraries.is_empty() && tools.is_none() {
            symlink(&file, &entry)
        } else {
            let program = ["exec".to_owned(), quoted(&file)];
            let libraries = (!libraries.is_empty()).then(|| variable("LD_LIBRARY_PATH", &libraries));
            let words = libraries.into_iter().chain(fonts).chain(tools);
            launcher(&entry, &words.chain(program).collect::<Vec<_>>())
        };
        made.while_doing(format_args!("cannot create {}", entry.display()))
    }
}

/// The program of a package. Some, such as a browser, stand in a folder with what belongs to them, and some, such as Valgrind, beside the usual
/// place; in it is only a script that leads there by a path from the root of the system.
fn program_file(program: &str, home: &Path) -> PathBuf {
    let within = home.join("usr/lib").join(program).join(program);
    let beside = home.join("usr/bin").join(format!("{program}.bin"));
    let own = [within, beside].into_iter().find(|file| file.is_file());
    own.unwrap_or_else(|| home.join("usr/bin").join(program))
}

/// Where Valgrind finds what it runs another program in, which it looks for from the root of the system unless it is told.
fn tools(program: &str, home: &Path) -> Option<String> {
    let folder = home.join("usr/libexec").join(program);
    (program == "valgrind" && folder.is_dir()).then(|| variable("VALGRIND_LIB", &[folder]))
}

/// Whether a program reads files of its package by their absolute path, and does not start without them.
pub(crate) fn reads_its_share(program: &str) -> bool {
    program == "prometheus-alertmanager"
}

/// Starts a program where the package's `usr/share` stands in the place of the system's, in a mount namespace that nobody else sees. The
/// process remains the one that was started, so that ending it ends the program.
fn words_of_a_namespace(file: &Path, home: &Path) -> [String; 3] {
    let script = r#"'mount --bind "$0" /usr/share && exec "$@"'"#;
    let namespace = format!("exec unshare --mount --map-root-user sh -c {script}");
    [namespace, quoted(&home.join("usr/share")), quoted(file)]
}

fn option(name: &str, value: &Path) -> String {
    format!("{name}={}", value.display())
}

/// Puts the freshly unpacked folder in the place of whatever an earlier run left there.
fn replace(unpacked: &tempfile::TempDir, home: &Path) -> Outcome {
    let _ = fs::remove_dir_all(home);
    fs::rename(unpacked.path(), home).while_doing(format_args!("cannot create {}", home.display()))
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).while_doing("cannot list the downloaded packages")?;
    let files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    if files.is_empty() { Err(Failure::new("apt downloaded nothing")) } else { Ok(files) }
}

/// The names in the lines `Inst name (version …)` of a simulated installation, without the package that was asked for.
///
/// A line `Inst name [old] (new …)` is an upgrade. Those are left out: the system has that library, and a newer C library
/// than the system's would not work with the system's loader.
fn new_packages(simulation: &str, asked_for: &str) -> Vec<String> {
    let name = |line: &str| {
        let mut words = line.strip_prefix("Inst ")?.split(' ');
        let (name, version) = (words.next()?, words.next()?);
        (version.starts_with('(') && name != asked_for).then(|| name.to_owned())
    };
    simulation.lines().filter_map(name).collect()
}

/// The folders of shared libraries in an unpacked package, such as `usr/lib/x86_64-linux-gnu`, each with those in it that hold libraries of a
/// package alone, such as `pulseaudio`: who needs them names them by a path from the root of the system.
fn library_folders(home: &Path) -> Vec<PathBuf> {
    let folders = ["usr/lib", "lib"].iter().flat_map(|parent| entries(&home.join(parent)));
    let folders = folders.filter(|folder| folder.to_string_lossy().contains("-linux-"));
    folders
        .flat_map(|folder| {
            let within: Vec<_> = entries(&folder).filter(|within| holds_libraries(within)).collect();
            [folder].into_iter().chain(within)
        })
        .collect()
}

/// What is in a folder, if it is one.
fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path())
}

fn holds_libraries(folder: &Path) -> bool {
    entries(folder).any(|file| file.file_name().is_some_and(|name| name.to_string_lossy().contains(".so")))
}

/// Where fonts came along, since the system has none, the words that name them: without any, a browser draws no text.
fn fonts(home: &Path) -> std::io::Result<Option<String>> {
    let own = home.join("usr/share/fonts");
    if !own.is_dir() {
        return Ok(None);
    }
    let (file, cache) = (home.join("fonts.conf"), home.join("font-cache"));
    let folders =
        [&own, Path::new("/usr/share/fonts")].map(|folder| format!("<dir>{}</dir>", folder.display()));
    let text =
        format!("<fontconfig>{}<cachedir>{}</cachedir></fontconfig>\n", folders.concat(), cache.display());
    fs::write(&file, text)?;
    Ok(Some(variable("FONTCONFIG_FILE", &[file])))
}

/// Whether the file is a script for the system's Python.
fn is_python(file: &Path) -> bool {
    fs::read(file).is_ok_and(|text| text.starts_with(b"#!/usr/bin/python3"))
}

/// Starts a script with the Python that was unpacked with it, or with the system's where that is there already, and lets it
/// find the modules that were unpacked with it.
fn python_words(script: &Path, home: &Path, libraries: &[PathBuf]) -> Vec<String> {
    let python = Path::new("usr/bin/python3");
    let own = home.join(python);
    let python = if own.exists() { own } else { Path::new("/").join(python) };
    let modules = variable("PYTHONPATH", &[home.join("usr/lib/python3/dist-packages")]);
    let libraries = (!libraries.is_empty()).then(|| variable("LD_LIBRARY_PATH", libraries));
    // What users have installed for themselves may be of another version.
    let environment = ["PYTHONNOUSERSITE=1".to_owned(), modules].into_iter().chain(libraries);
    environment.chain(["exec".to_owned(), quoted(&python), quoted(script)]).collect()
}

/// The setting of a variable to a list of folders, as a shell reads it.
fn variable(name: &str, folders: &[PathBuf]) -> String {
    let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    format!("{name}='{}'", folders.join(":"))
}

fn quoted(path: &Path) -> String {
    format!("'{}'", path.display())
}

/// Writes a script that becomes the program, so that the process id which a test ends is the program's.
fn launcher(entry: &Path, words: &[String]) -> std::io::Result<()> {
    fs::write(entry, format!("#!/bin/sh\n{} \"$@\"\n", words.join(" ")))?;
    fs::set_permissions(entry, fs::Permissions::from_mode(0o755))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_the_system_has_are_not_fetched() {
        let simulation = "Reading package lists...\n\
            Inst libevent-core-2.1-7 (2.1.12-stable-8 Debian:12.5/stable [amd64])\n\
            Inst libc6 [2.36-9] (2.36-10 Debian:12.5/stable [amd64]) []\n\
            Inst tmux (3.3a-3 Debian:12.5/stable [amd64])\n\
            Conf tmux (3.3a-3 Debian:12.5/stable [amd64])\n";
        assert_eq!(new_packages(simulation, "tmux"), ["libevent-core-2.1-7"]);
    }

    #[test]
    fn a_program_with_libraries_is_started_through_a_script() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().to_owned());
        let home = folder.path().join("package");
        for needed in [
            "bin",
            "package/usr/bin",
            "package/usr/lib/any-linux-gnu/own",
            "package/usr/lib/any-linux-gnu/other",
        ] {
            fs::create_dir_all(folder.path().join(needed)).unwrap();
        }
        fs::write(home.join("usr/lib/any-linux-gnu/own/libown-1.so"), "").unwrap();
        symlink("/bin/sh", home.join("usr/bin/shell")).unwrap();
        depot.make_runnable("shell", &home).unwrap();
        let printed =
            process::capture(Command::new(depot.program("shell")).args(["-c", "echo $LD_LIBRARY_PATH"]));
        let libraries = home.join("usr/lib/any-linux-gnu");
        assert_eq!(printed.unwrap().trim(), format!("{0}:{0}/own", libraries.display()));
    }

    #[test]
    fn fonts_that_came_along_are_named_to_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let (depot, home) = (Depot::new(folder.path().to_owned()), folder.path().join("package"));
        for needed in ["bin", "package/usr/bin", "package/usr/lib/any-linux-gnu", "package/usr/share/fonts"] {
            fs::create_dir_all(folder.path().join(needed)).unwrap();
        }
        symlink("/bin/sh", home.join("usr/bin/shell")).unwrap();
        depot.make_runnable("shell", &home).unwrap();
        let printed =
            process::capture(Command::new(depot.program("shell")).args(["-c", "cat $FONTCONFIG_FILE"]));
        let expected = format!("<dir>{}/usr/share/fonts</dir>", home.display());
        assert!(printed.unwrap().contains(&expected));
    }

    #[test]
    fn a_program_in_a_folder_of_its_own_is_started_there() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().to_owned());
        let home = folder.path().join("package");
        for needed in ["bin", "package/usr/bin", "package/usr/lib/browser"] {
            fs::create_dir_all(folder.path().join(needed)).unwrap();
        }
        fs::write(home.join("usr/bin/browser"), "#!/bin/sh\nexec /usr/lib/browser/browser\n").unwrap();
        fs::write(home.join("usr/lib/browser/browser"), "").unwrap();
        depot.make_runnable("browser", &home).unwrap();
        let link = fs::read_link(depot.program("browser")).unwrap();
        assert_eq!(link, home.join("usr/lib/browser/browser"));
    }

    #[test]
    fn a_program_beside_its_script_is_told_where_its_tools_are() {
        let folder = tempfile::tempdir().unwrap();
        let (depot, home) = (Depot::new(folder.path().to_owned()), folder.path().join("package"));
        for needed in ["bin", "package/usr/bin", "package/usr/libexec/valgrind"] {
            fs::create_dir_all(folder.path().join(needed)).unwrap();
        }
        fs::write(home.join("usr/bin/valgrind"), "#!/bin/sh\nexec /usr/bin/valgrind.bin\n").unwrap();
        symlink("/bin/sh", home.join("usr/bin/valgrind.bin")).unwrap();
        depot.make_runnable("valgrind", &home).unwrap();
        let printed =
            process::capture(Command::new(depot.program("valgrind")).args(["-c", "echo $VALGRIND_LIB"]));
        assert_eq!(printed.unwrap().trim(), home.join("usr/libexec/valgrind").display().to_string());
    }

    #[test]
    fn a_python_program_finds_its_own_modules_with_the_python_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().to_owned());
        let home = folder.path().join("package");
        for needed in ["bin", "package/usr/bin"] {
            fs::create_dir_all(folder.path().join(needed)).unwrap();
        }
        fs::write(home.join("usr/bin/script"), "#!/usr/bin/python3\n").unwrap();
        fs::write(home.join("usr/bin/python3"), "#!/bin/sh\necho \"$PYTHONPATH\" \"$@\"\n").unwrap();
        fs::set_permissions(home.join("usr/bin/python3"), fs::Permissions::from_mode(0o755)).unwrap();
        depot.make_runnable("script", &home).unwrap();
        let printed = process::capture(Command::new(depot.program("script")).arg("told")).unwrap();
        let expected = format!("{0}/usr/lib/python3/dist-packages {0}/usr/bin/script told\n", home.display());
        assert_eq!(printed, expected);
    }

    #[test]
    fn a_python_program_without_a_python_beside_it_is_run_by_the_systems() {
        let words = python_words(Path::new("/home/usr/bin/script"), Path::new("/home"), &[]);
        assert!(words.contains(&"'/usr/bin/python3'".to_owned()), "{words:?}");
    }

    #[test]
    fn a_program_without_libraries_is_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Depot::new(folder.path().to_owned());
        fs::create_dir_all(folder.path().join("bin")).unwrap();
        depot.make_runnable("program", &folder.path().join("package")).unwrap();
        let link = fs::read_link(depot.program("program")).unwrap();
        assert_eq!(link, folder.path().join("package/usr/bin/program"));
    }
}
