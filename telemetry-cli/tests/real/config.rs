//! `telemetry config`, `completions` and `man`, and how the binary ends where its output or its input is not as it should be.

use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Output, Stdio};

use crate::support::Scratch;
use crate::support::reviewed::reviewed;
use crate::support::schema::conforms;

/// What a command says: its exit code, its output, and what stands on standard error.
fn said(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn config(folder: &Scratch, arguments: &[&str]) -> (i32, String, String) {
    said(folder.telemetry().arg("config").args(arguments))
}

#[test]
fn the_first_file_is_written_checked_and_in_force() {
    let folder = Scratch::new();
    let (code, printed, warned) = config(&folder, &["init"]);
    assert_eq!((code, warned.as_str()), (0, ""));
    assert!(printed.starts_with("wrote sase.yml. It was read again"), "{printed}");
    let (code, printed, _) = config(&folder, &["check", "sase.yml"]);
    assert_eq!((code, printed.as_str()), (0, "sase.yml: fine, nothing is set\n"));
    let (_, printed, _) = config(&folder, &["show", "-f", "json"]);
    let file = conforms("config-show", &printed)["file"].clone();
    assert!(file.as_str().unwrap().ends_with("/sase.yml"));
    // The second file is written too, and somebody says that it is not the one in force here.
    let (code, printed, warned) = config(&folder, &["init", "--user"]);
    assert_eq!(code, 0);
    assert!(
        printed.contains("/sase/sase.yml") && warned.contains("sase.yml is read instead"),
        "{printed}{warned}"
    );
    let (code, _, warned) = config(&folder, &["init", "--user"]);
    assert_eq!(code, 1);
    assert!(warned.contains("has a section telemetry already") && warned.contains("--force"), "{warned}");
}

#[test]
fn a_relative_path_is_no_home_for_a_file() {
    let folder = Scratch::new();
    let mut command = folder.telemetry();
    command.args(["config", "init", "--user"]).env("HOME", "relative").env("XDG_CONFIG_HOME", "relative");
    let (code, _, warned) = said(&mut command);
    assert_eq!(code, 1, "{warned}");
    assert!(warned.contains("Set HOME or XDG_CONFIG_HOME to an absolute path"), "{warned}");
    assert!(!folder.path().join("relative").exists());
}

#[test]
fn what_a_file_held_before_is_never_lost() {
    let folder = Scratch::new();
    let path = folder.path().join("shared.yml");
    for text in ["other: {a: 1} # mine\n", "other:\n  - x", "a: |+\n  kept\n\n", ""] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let (code, printed, warned) = config(&folder, &["init", "shared.yml"]);
        assert_eq!(code, 0, "{printed}{warned}");
        assert!(printed.contains("added the section telemetry"), "{printed}");
        let now = fs::read_to_string(&path).unwrap();
        assert!(now.starts_with(text) && now.contains("\ntelemetry:\n"), "{now}");
        let whole: serde_yaml::Value = serde_yaml::from_str(&now).unwrap();
        if let Ok(serde_yaml::Value::Mapping(before)) = serde_yaml::from_str(text) {
            before.iter().for_each(|(key, value)| assert_eq!(whole.get(key), Some(value), "{text:?}"));
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
    // What has no end to which a section could be added, and what nobody can read, stays as it is.
    for text in ["{a: 1}\n", "a: 1\n---\nb: 2\n", "a: [\n", "telemetry:\n", "a: 1\n...\n"] {
        fs::write(&path, text).unwrap();
        let (code, printed, warned) = config(&folder, &["init", "shared.yml"]);
        assert_eq!((code, printed.as_str()), (1, ""), "{text:?}: {warned}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert!(warned.contains("was left as it is") && warned.contains("--print"), "{warned}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["shared.yml"], "nothing is left behind");
}

#[test]
fn force_keeps_every_former_file_beside_the_new_one() {
    let folder = Scratch::new();
    let (real, link) = (folder.path().join("real.yml"), folder.path().join("link.yml"));
    fs::write(&real, "telemetry: {carrier: serve}\n").unwrap();
    symlink(&real, &link).unwrap();
    for (name, before) in
        [("real.yml.bak", "telemetry: {carrier: serve}\n"), ("real.yml.bak1", "# The configuration")]
    {
        let (code, printed, warned) = config(&folder, &["init", "--force", "link.yml"]);
        assert_eq!(code, 0, "{warned}");
        assert!(printed.contains(name), "{printed}");
        assert!(fs::read_to_string(folder.path().join(name)).unwrap().starts_with(before));
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn the_yaml_that_is_shown_means_the_same() {
    let folder = Scratch::new();
    fs::write(
        folder.path().join("mine.yml"),
        "telemetry:\n  enabled: no\n  prometheus:\n    instance: 'on'\n    pushgateway_url:\n      url: https://gw.example/x\n      \
         username: me\n      password_file: pass\n  health_thresholds: {error_rate_warn: 3}\n",
    )
    .unwrap();
    let set = ["--config", "mine.yml", "--set", "prometheus.job=it's: a \"job\""];
    let show = |arguments: &[&str]| said(folder.telemetry().args(arguments)).1;
    let yaml = show(&[&set[..], &["config", "show", "-f", "yaml", "--origin"]].concat());
    fs::write(folder.path().join("shown.yml"), &yaml).unwrap();
    let values = |arguments: &[&str]| {
        let printed = show(&[arguments, &["config", "show", "-f", "json"]].concat());
        let document = conforms("config-show", &printed);
        let settings = document["settings"].as_array().unwrap();
        settings.iter().map(|row| (row["key"].clone(), row["value"].clone())).collect::<Vec<_>>()
    };
    let (first, second) = (values(&set), values(&["--config", "shown.yml"]));
    assert_eq!(first, second, "{yaml}");
    assert!(first.len() > 30 && yaml.contains("carrier: serve  # from SASE_TELEMETRY_CARRIER"), "{yaml}");
    reviewed("config_show.yaml", &yaml, &[(r"/\S*telemetry-test-\w+", "FOLDER")]);
    let table = show(&[&set[..], &["config", "show"]].concat());
    reviewed(
        "config_show",
        &table,
        &[(r"/\S*telemetry-test-\w+", "FOLDER"), (" +\n", "\n"), (" {3,}", "   ")],
    );
}

#[test]
fn one_value_is_alone_on_its_line_and_a_wrong_key_is_wrong_usage() {
    let folder = Scratch::new();
    assert_eq!(config(&folder, &["show", "prometheus.job"]), (0, "sase_agent\n".to_owned(), String::new()));
    assert_eq!(
        config(&folder, &["show", "telemetry.carrier", "--origin"]).1,
        "serve\tSASE_TELEMETRY_CARRIER\n"
    );
    assert_eq!(config(&folder, &["show", "prometheus.instance"]).1, "\n");
    let (code, _, warned) = config(&folder, &["show", "prometheus.jbo"]);
    assert_eq!(code, 64);
    assert!(warned.contains("did you mean telemetry.prometheus.job?"), "{warned}");
    let (_, printed, _) = config(&folder, &["show", "prometheus.exposition_port", "-f", "json"]);
    assert_eq!(conforms("config-show", &printed)["settings"][0]["value"], 9464);
}

/// A file with many mistakes, of which one is a password where an address belongs.
const WRONG: &str = "telemetry:\n  carrier: pigeon\n  prometheus:\n    jbo: 1\n    pushgateway_url: http://me:hunter2@gw.example\n    \
                     url: {url: a:1, username: u, password_file: secret}\n    exposition_tls: {cert_file: gone, key_file: gone}\n  \
                     health_thresholds: {error_rate_warn: 90}\n";

#[test]
fn every_problem_of_a_file_is_one_line_with_its_place() {
    let folder = Scratch::new();
    fs::write(folder.path().join("wrong.yml"), WRONG).unwrap();
    fs::write(folder.path().join("secret"), "hunter2").unwrap();
    fs::set_permissions(folder.path().join("secret"), Permissions::from_mode(0o644)).unwrap();
    fs::write(folder.path().join("other.yml"), "services: {web: {image: x}}\n").unwrap();
    let (code, printed, warned) = config(&folder, &["check", "wrong.yml", "other.yml", "none.yml"]);
    assert_eq!((code, warned.as_str()), (1, ""));
    assert!(!printed.contains("hunter2"), "{printed}");
    reviewed("config_check", &printed, &[(r"/\S*telemetry-test-\w+", "FOLDER")]);
    let (code, quiet, _) = config(&folder, &["check", "-q", "wrong.yml"]);
    assert_eq!(code, 1);
    assert!(quiet.lines().count() == 4 && !quiet.contains("warning"), "{quiet}");
    let (code, printed, _) = config(&folder, &["check", "-j", "wrong.yml"]);
    let document = conforms("config-check", &printed);
    assert_eq!((code, document["problems"].as_array().unwrap().len()), (1, 7), "{printed}");
    let (code, printed, _) = config(&folder, &["check", "-q", "other.yml"]);
    assert_eq!((code, printed.as_str()), (0, ""));
}

#[test]
fn the_configuration_in_force_is_checked_with_its_environment_and_its_files() {
    let folder = Scratch::new();
    let check = |variables: &[(&str, &str)], arguments: &[&str]| {
        said(folder.telemetry().envs(variables.iter().copied()).args(arguments).args(["config", "check"]))
    };
    assert_eq!(check(&[], &[]).0, 0);
    let missing = [("SASE_TELEMETRY_PROMETHEUS__WEBHOOK_URL_FILE", "/nowhere/hooks")];
    let (code, printed, _) = check(&missing, &[]);
    assert_eq!(code, 1, "what is in force needs its files");
    assert!(
        printed.starts_with("SASE_TELEMETRY_PROMETHEUS__WEBHOOK_URL_FILE: telemetry.prometheus."),
        "{printed}"
    );
    let (code, printed, _) = check(&[("SASE_TELEMETRY_JOB", "x")], &["--set", "carrier=pigeon"]);
    assert_eq!((code, printed.lines().count()), (1, 2), "{printed}");
    let (code, printed, _) = check(&[], &["--config", "none.yml"]);
    assert!(code == 1 && printed.starts_with("none.yml:1:1: cannot be read"), "{printed}");
}

#[test]
fn shells_understand_their_completions() {
    let folder = Scratch::new();
    for (shell, arguments) in [("bash", &["-n"][..]), ("zsh", &["-n"]), ("fish", &["--no-execute"])] {
        let script = folder.path().join(shell);
        let (code, printed, _) = said(folder.telemetry().args(["completions", shell]));
        assert!(code == 0 && printed.contains("export-config") && !printed.contains("demo-part"));
        fs::write(&script, printed).unwrap();
        let Ok(output) = folder.command(shell).args(arguments).arg(&script).output() else { continue };
        assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
    }
    // What bash offers, asked as it does.
    let ask = ". ./bash; COMP_WORDS=(telemetry config ch); COMP_CWORD=2; _telemetry telemetry ch config; echo ${COMPREPLY[@]}";
    let (code, printed, warned) = said(folder.command("bash").args(["-c", ask]));
    assert_eq!((code, printed.as_str(), warned.as_str()), (0, "check\n", ""));
}

#[test]
fn manual_pages_are_set_without_a_warning() {
    let folder = Scratch::new();
    let (code, printed, _) = said(folder.telemetry().args(["man", "--all", "man1"]));
    assert_eq!(code, 0);
    let pages: Vec<_> =
        fs::read_dir(folder.path().join("man1")).unwrap().map(|page| page.unwrap().path()).collect();
    assert!(printed.starts_with(&format!("wrote {} pages", pages.len())) && pages.len() > 15, "{printed}");
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        assert!(!text.contains("demo-part") && !text.contains("--passing"), "{}", page.display());
        let name = page.file_stem().unwrap().to_str().unwrap();
        assert!(!name.contains("--") && !name.ends_with('-'), "{name}");
        let Ok(output) = folder.command("groff").args(["-ww", "-man", "-Tutf8"]).arg(page).output() else {
            continue;
        };
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {output:?}", page.display());
    }
    assert_eq!(said(folder.telemetry().args(["man", "nonsense"])).0, 64);
    let (_, page, _) = said(folder.telemetry().args(["man", "config", "check"]));
    assert!(page.contains(".SH EXAMPLES") && page.contains(".SH \"EXIT STATUS\""), "{page}");
}

#[test]
fn whoever_stops_reading_and_a_full_disk_are_met_without_a_panic() {
    let folder = Scratch::new();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    for arguments in
        [&["list"][..], &["--help"], &["--version"], &["config", "show"], &["man"], &["completions", "zsh"]]
    {
        let (code, _, warned) = said(folder.telemetry().args(arguments).stdout(full()));
        assert_eq!((code, warned.lines().count()), (1, 1), "{arguments:?}: {warned}");
        assert!(warned.starts_with("telemetry: cannot write the "), "{warned}");
        // Nobody reads at all.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, _, warned) = said(folder.telemetry().args(arguments).stdout(writer));
        assert_eq!((code, warned.as_str()), (0, ""), "{arguments:?}");
        let closed = "exec \"$0\" \"$@\" >&- 2>&-";
        let telemetry = folder.telemetry();
        let mut shell = folder.command("sh");
        shell.args(["-c", closed]).arg(telemetry.get_program()).args(arguments);
        assert!(matches!(said(&mut shell).0, 0 | 1), "{arguments:?}");
    }
    let wrong = folder.telemetry().arg("nonsense").stderr(full()).status().unwrap();
    assert_eq!(wrong.code(), Some(64));
}

#[test]
fn what_is_no_text_is_wrong_usage_and_no_panic() {
    let folder = Scratch::new();
    let bytes = || std::ffi::OsString::from_vec(vec![b'x', 0xff]);
    for arguments in [&[][..], &["list", "-s"], &["man"], &["config", "show"], &["--set"]] {
        let (code, _, warned) = said(folder.telemetry().args(arguments).arg(bytes()));
        assert_eq!(code, 64, "{arguments:?}: {warned}");
        assert!(!warned.contains("panicked"), "{warned}");
    }
    let (code, _, warned) =
        said(folder.telemetry().env("SASE_TELEMETRY_CARRIER", bytes()).args(["config", "show"]));
    assert!(code == 1 && warned.contains("not UTF-8"), "{warned}");
    let (code, _, warned) = said(folder.telemetry().arg("--config").arg(bytes()).args(["config", "show"]));
    assert!(code == 1 && warned.contains("cannot be read"), "{warned}");
    let (code, printed, warned) = said(&mut folder.telemetry());
    assert_eq!((code, printed.as_str()), (64, ""));
    assert!(warned.contains("Usage: telemetry") && warned.contains("Commands:"), "{warned}");
    let (code, _, warned) = said(folder.telemetry().arg("snapshto"));
    assert!(code == 64 && warned.contains("snapshot"), "{warned}");
}
