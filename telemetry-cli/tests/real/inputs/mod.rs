//! Files that are cut short, folders that cannot be written, clocks that jump, and streams that are not there.

mod streams;
mod together;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Scratch, exposition, skip};

/// The looks at a ledger, with what they may answer.
const LOOKS: [(&str, &[i32]); 4] =
    [("status", &[0, 1]), ("snapshot -S ledger", &[0, 1]), ("health -S ledger", &[0, 3]), ("doctor", &[1])];

/// Our binary with nobody to push to and nobody to ask.
fn telemetry(scratch: &Scratch, words: &str) -> Command {
    let mut command = scratch.telemetry_pushing_to("http://127.0.0.1:1");
    for setting in ["URL", "ALERTMANAGER_URL"] {
        command.env(format!("SASE_TELEMETRY_PROMETHEUS__{setting}"), "http://127.0.0.1:2");
    }
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1").args(words.split(' '));
    command
}

fn run(scratch: &Scratch, words: &str) -> Output {
    telemetry(scratch, words).output().unwrap()
}

/// A home with a ledger in which something was counted so many times.
fn counted(times: usize) -> Scratch {
    let scratch = Scratch::new();
    for _ in 0..times {
        assert!(run(&scratch, "record mentor --status ok").status.success());
    }
    scratch
}

fn in_ledger(file: &Path) -> Option<f64> {
    let text = fs::read_to_string(file).unwrap();
    exposition::total(&text, "sase_mentor_executions_total", &[("status", "ok")])
}

fn said(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("panicked") && !text.contains("internal error"), "{text}");
    text
}

/// What was set aside, of which there is one.
fn set_aside(ledger: &Path) -> PathBuf {
    let files = fs::read_dir(ledger.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let aside: Vec<_> = files.filter(|file| file.to_string_lossy().contains(".set-aside-")).collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    aside[0].clone()
}

#[test]
fn a_ledger_that_is_no_ledger_is_kept_and_told_and_the_next_count_is_counted() {
    type Damage = fn(&[u8]) -> Vec<u8>;
    let damages: [(&str, Damage); 5] = [
        ("its half", |whole| whole[..whole.len() / 2].to_vec()),
        ("all but its last bytes", |whole| whole[..whole.len() - 3].to_vec()),
        ("its first line", |whole| whole[..=whole.iter().position(|byte| *byte == b'\n').unwrap()].to_vec()),
        ("nothing", |_| Vec::new()),
        ("zeros", |whole| vec![0; whole.len()]),
    ];
    for (what, damage) in damages {
        let scratch = counted(2);
        let ledger = scratch.ledger_file();
        let damaged = damage(&fs::read(&ledger).unwrap());
        fs::write(&ledger, &damaged).unwrap();
        let output = run(&scratch, "record mentor --status ok");
        let text = said(&output);
        assert!(output.status.success(), "{what}: {text}");
        assert!(
            text.contains("could not be read as a ledger") && text.contains("it is kept as"),
            "{what}: {text}"
        );
        assert_eq!(fs::read(set_aside(&ledger)).unwrap(), damaged, "{what}");
        assert_eq!(in_ledger(&ledger), Some(1.0), "{what}");
    }
}

#[test]
fn what_stands_in_the_place_of_a_ledger_is_set_aside_and_never_followed() {
    let scratch = counted(1);
    let ledger = scratch.ledger_file();
    fs::remove_file(&ledger).unwrap();
    fs::create_dir(&ledger).unwrap();
    assert!(said(&run(&scratch, "record mentor --status ok")).contains("it is no file"));
    assert!(set_aside(&ledger).is_dir());
    assert_eq!(in_ledger(&ledger), Some(1.0));
    let elsewhere = scratch.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    fs::remove_file(&ledger).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &ledger).unwrap();
    run(&scratch, "record mentor --status ok");
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "precious");
}

#[test]
fn whoever_looks_at_a_broken_ledger_is_told() {
    for (words, codes) in LOOKS {
        let scratch = counted(1);
        let ledger = scratch.ledger_file();
        let whole = fs::read(&ledger).unwrap();
        fs::write(&ledger, &whole[..whole.len() / 2]).unwrap();
        let output = run(&scratch, words);
        let text = said(&output);
        assert!(codes.contains(&output.status.code().unwrap()), "{words}: {text}");
        let told = ["cut short", "set aside"].iter().any(|words| text.contains(words));
        assert!(told, "{words}: {text}");
        // Whoever only looks has not lost what is left of it.
        let kept = fs::read(&ledger).is_ok_and(|now| now == whole[..whole.len() / 2]);
        assert!(kept || fs::read(set_aside(&ledger)).unwrap() == whole[..whole.len() / 2], "{words}");
    }
}

#[test]
fn copies_and_waiting_changes_that_are_cut_short_take_nothing_from_the_ledger() {
    let scratch = counted(2);
    let ledger = scratch.ledger_file();
    let folder = ledger.parent().unwrap();
    for copy in fs::read_dir(folder.join("copies")).unwrap() {
        let copy = copy.unwrap().path();
        let bytes = fs::read(&copy).unwrap();
        fs::write(&copy, &bytes[..bytes.len() / 2]).unwrap();
    }
    fs::create_dir_all(folder.join("waiting")).unwrap();
    fs::write(folder.join("waiting/half.prom"), &fs::read(&ledger).unwrap()[..60]).unwrap();
    let output = run(&scratch, "record mentor --status ok");
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("half.prom"), "{output:?}");
    assert_eq!(in_ledger(&ledger), Some(3.0));
    for (words, codes) in LOOKS {
        let output = run(&scratch, words);
        assert!(codes.contains(&output.status.code().unwrap()), "{words}: {}", said(&output));
    }
}

/// Whoever wrote the files was in the year 2100: half hours since 1970, and the times of the files.
#[test]
fn a_clock_that_was_set_back_loses_nothing() {
    let scratch = counted(2);
    let ledger = scratch.ledger_file();
    let text = fs::read_to_string(&ledger).unwrap();
    let half_hour = text.split("half_hour=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    fs::write(&ledger, text.replace(&format!("half_hour={half_hour}"), "half_hour=2279064")).unwrap();
    let copies = ledger.parent().unwrap().join("copies");
    for copy in fs::read_dir(&copies).unwrap() {
        let copy = copy.unwrap();
        let name = copy.file_name().to_string_lossy().replace(&half_hour, "2279064");
        fs::rename(copy.path(), copies.join(name)).unwrap();
    }
    let touched = scratch.command("sh").args(["-c", "find ledger -exec touch -d 2100-01-01 {} +"]).status();
    assert!(touched.unwrap().success());
    for (words, codes) in LOOKS {
        let output = run(&scratch, words);
        assert!(codes.contains(&output.status.code().unwrap()), "{words}: {}", said(&output));
    }
    assert!(run(&scratch, "record mentor --status ok").status.success());
    assert_eq!(in_ledger(&ledger), Some(3.0));
}

/// Runs a shell script in a world of its own, in which it may mount. `$T` is our binary, `$1` the folder.
fn apart(test: &str, scratch: &Scratch, script: &str) -> Option<Output> {
    let shell = |script: &str| {
        let mut command = telemetry(scratch, "");
        let (program, environment) = (command.get_program().to_owned(), command.get_envs());
        let mut shell = scratch.command("unshare");
        shell.args(["-rm", "sh", "-c", script, "sh"]).arg(scratch.path()).env("T", program);
        environment.filter_map(|(key, value)| Some((key, value?))).for_each(|(key, value)| {
            shell.env(key, value);
        });
        command.stdin(std::process::Stdio::null());
        shell.output().unwrap()
    };
    if !shell("mkdir -p \"$1/probe\" && mount -t tmpfs none \"$1/probe\"").status.success() {
        skip::skip(test, "needs to mount in a namespace of its own");
        return None;
    }
    Some(shell(script))
}

#[test]
fn a_ledger_that_cannot_be_written_is_told_and_the_command_runs_all_the_same() {
    let scratch = counted(1);
    let script =
        "mount --bind \"$1/ledger\" \"$1/ledger\" && mount -o remount,ro,bind \"$1/ledger\" || exit 99
        $T record mentor --status ok; echo record $?
        $T run -- sh -c 'echo it ran'; echo run $?
        $T push; echo push $?
        $T snapshot -S ledger | grep -c mentor >&2; echo snapshot $?
        $T status >status.txt; echo status $?";
    let Some(output) = apart(skip::test_name(&|| ()), &scratch, script) else { return };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = said(&output);
    assert_eq!(printed, "record 1\nit ran\nrun 0\npush 1\nsnapshot 0\nstatus 0\n", "{told}");
    assert_eq!(told.matches("Read-only file system").count(), 3, "{told}");
    assert!(
        told.contains("not recorded: cannot open") && told.contains("this run is not recorded"),
        "{told}"
    );
    assert_eq!(in_ledger(&scratch.ledger_file()), Some(1.0));
}

#[test]
fn a_full_disk_is_told_and_when_there_is_room_again_all_that_was_recorded_is_there() {
    let scratch = Scratch::new();
    let script = "mkdir \"$1/ledger\" && mount -t tmpfs -o size=64k none \"$1/ledger\" || exit 99
        $T record mentor --status ok 2>&-; echo record $?
        head -c 65536 /dev/zero >ledger/fill 2>&-
        $T record mentor --status ok; echo full $?
        $T run -- true; echo run $?
        rm ledger/fill
        $T record mentor --status ok 2>&-; echo room $?
        cat ledger/*/*/ledger.prom >after.prom";
    let Some(output) = apart(skip::test_name(&|| ()), &scratch, script) else { return };
    let (printed, told) = (String::from_utf8_lossy(&output.stdout).into_owned(), said(&output));
    assert_eq!(printed, "record 0\nfull 1\nrun 0\nroom 0\n", "{told}");
    assert!(told.contains("not recorded: ") && told.contains("No space left on device"), "{told}");
    assert_eq!(in_ledger(&scratch.path().join("after.prom")), Some(2.0));
}

#[test]
fn without_a_home_or_in_a_folder_that_is_gone_it_still_counts() {
    let scratch = Scratch::new();
    let mut command = telemetry(&scratch, "record mentor --status ok");
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(variable);
    }
    assert!(command.output().unwrap().status.success());
    let program = telemetry(&scratch, "").get_program().to_owned();
    let mut gone = scratch.command("sh");
    gone.args(["-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" record mentor --status ok"])
        .arg(program);
    gone.env("SASE_TELEMETRY_LEDGER_PATH", scratch.path().join("ledger"));
    gone.env("SASE_TELEMETRY_CARRIER", "serve");
    let output = gone.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(in_ledger(&scratch.ledger_file()), Some(2.0));
}

#[test]
fn a_file_that_is_no_exposition_is_refused_by_its_name() {
    let scratch = Scratch::new();
    let folder = scratch.path();
    let noise: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(folder.join("noise"), noise).unwrap();
    fs::write(folder.join("cut"), "# TYPE a_total counter\na_total{b=\"c").unwrap();
    for (name, sent) in [("noise", false), ("cut", false), ("none", false), (".", false), ("/dev/null", true)]
    {
        for words in [format!("snapshot --from {name}"), format!("push {name}")] {
            let output = run(&scratch, &words);
            let text = said(&output);
            assert_eq!(output.status.code(), Some(i32::from(!sent)), "{words}: {text}");
            assert!(text.contains(name), "{words}: {text}");
        }
    }
}
