//! What we read and refuse, beside what `promtool` of Prometheus and its client for Python read and refuse.
//!
//! The first three tests need nothing but us. The others ask the program that `TELEMETRY_TEST_PROMTOOL` names or the path finds, whose
//! verdicts were taken from version 2.42, and the client that is installed beside the file that `TELEMETRY_TEST_PYTHON_PACKAGES` names.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reports by panicking and says what it skips, and its support is no different"
)]

#[path = "exposition/client_cases.rs"]
mod client_cases;
#[path = "exposition/families.rs"]
mod families;
#[path = "exposition/open_metrics_cases.rs"]
mod open_metrics_cases;
mod skip;
#[path = "exposition/text_cases.rs"]
mod text_cases;
#[path = "exposition/verdict.rs"]
mod verdict;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use families::families;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use telemetry_core::exposition::{Family, Format, Timestamp, parse, write};
use verdict::Case;

/// The cases on which `reads` says otherwise than `expected`.
fn surprises(
    cases: &[Case],
    expected: impl Fn(&Case) -> Option<bool>,
    reads: impl Fn(&str) -> bool,
) -> Vec<String> {
    let surprising = |case: &&Case| expected(case).is_some_and(|expected| expected != reads(case.0));
    let report = |(input, verdict): &Case| format!("{input:?} is for {verdict:?}: {}", verdict.reason());
    cases.iter().filter(surprising).map(report).collect()
}

fn our_surprises(cases: &[Case], format: Format) -> Vec<String> {
    surprises(cases, |case| Some(case.1.we()), |input| parse(input, format).is_ok())
}

#[test]
fn we_read_and_refuse_text_as_expected() {
    assert_eq!(our_surprises(text_cases::CASES, Format::Text), [""; 0]);
}

#[test]
fn we_read_and_refuse_open_metrics_as_expected() {
    assert_eq!(our_surprises(open_metrics_cases::CASES, Format::OpenMetrics), [""; 0]);
}

#[test]
fn we_differ_from_the_client_for_python_as_expected() {
    assert_eq!(our_surprises(client_cases::CASES, Format::OpenMetrics), [""; 0]);
}

#[test]
fn the_client_for_python_reads_and_refuses_open_metrics_as_expected() {
    let named = ["TELEMETRY_TEST_PYTHON", "TELEMETRY_TEST_PYTHON_PACKAGES"].map(std::env::var_os);
    let [Some(python), Some(packages)] = named.map(|path| path.filter(|path| !path.is_empty())) else {
        let test = "the_client_for_python_reads_and_refuses_open_metrics_as_expected";
        return skip::skip(test, "needs Python and the client for it");
    };
    let folder = Path::new(&packages).parent().expect("the file is in a folder");
    let read = read_by_client(Path::new(&python), folder, client_cases::CASES);
    let reads = |input: &str| read.contains(&input);
    assert_eq!(surprises(client_cases::CASES, |case| case.1.they(), reads), [""; 0]);
}

#[test]
fn promtool_reads_and_refuses_text_as_expected() {
    let Some(promtool) = promtool("promtool_reads_and_refuses_text_as_expected") else { return };
    let reads = |input: &str| promtool_reads_text(&promtool, input);
    assert_eq!(surprises(text_cases::CASES, |case| case.1.they(), reads), [""; 0]);
}

#[test]
fn promtool_reads_and_refuses_open_metrics_as_expected() {
    let Some(promtool) = promtool("promtool_reads_and_refuses_open_metrics_as_expected") else { return };
    let reads = |input: &str| promtool_reads_open_metrics(&promtool, input);
    assert_eq!(surprises(open_metrics_cases::CASES, |case| case.1.they(), reads), [""; 0]);
}

#[test]
fn promtool_reads_the_text_that_we_write() {
    let Some(promtool) = promtool("promtool_reads_the_text_that_we_write") else { return };
    check_written(families(Format::Text), Format::Text, |text| promtool_reads_text(&promtool, text));
}

#[test]
fn promtool_reads_the_open_metrics_that_we_write() {
    let Some(promtool) = promtool("promtool_reads_the_open_metrics_that_we_write") else { return };
    let families = families(Format::OpenMetrics).prop_map(at_one_moment);
    // A zero byte ends the input for the lexer of Prometheus when it is in an exemplar.
    let reads = |text: &str| text.contains('\0') || promtool_reads_open_metrics(&promtool, text);
    check_written(families, Format::OpenMetrics, reads);
}

/// Asks `reads` about some families as we write them.
fn check_written(
    families: impl Strategy<Value = Vec<Family<'static>>>,
    format: Format,
    reads: impl Fn(&str) -> bool,
) {
    // Each asks a program, so that there are few.
    let config = Config { failure_persistence: None, ..Config::with_cases(48) };
    let check = |families: Vec<Family<'static>>| {
        let mut text = String::new();
        write(&families, format, &mut text);
        if reads(&text) { Ok(()) } else { Err(TestCaseError::fail(format!("promtool refuses {text}"))) }
    };
    TestRunner::new(config).run(&families, check).expect("everything that we write can be read");
}

/// The families with a timestamp for every sample, all in one block of history.
fn at_one_moment(mut families: Vec<Family<'static>>) -> Vec<Family<'static>> {
    for metric in families.iter_mut().flat_map(|family| &mut family.metrics) {
        metric.timestamp = Some(Timestamp::from_millis(1500));
    }
    families
}

/// The program, or a word about its absence, which only a person's machine is allowed.
fn promtool(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TELEMETRY_TEST_PROMTOOL").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        || std::env::split_paths(&path).map(|folder| folder.join("promtool")).find(|file| file.is_file());
    let promtool = named.or_else(found);
    if promtool.is_none() {
        skip::skip(test, "needs promtool");
    }
    promtool
}

/// The inputs that the client reads. What is wrong with the format is a `ValueError`; at anything else it ends before its last word.
fn read_by_client(python: &Path, packages: &Path, cases: &[Case]) -> Vec<&'static str> {
    const STEPS: &str = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
        for text in sys.argv[1:]:\n\
        \x20 try: list(parse(text))\n\
        \x20 except ValueError: print('refused')\n\
        \x20 else: print('read')\n";
    let inputs = cases.iter().map(|(input, _)| *input);
    let mut client = Command::new(python);
    let output = client.env("PYTHONPATH", packages).args(["-c", STEPS]).args(inputs.clone()).output();
    let output = output.expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.lines().count(), cases.len(), "{}", String::from_utf8_lossy(&output.stderr));
    inputs.zip(said.lines()).filter(|(_, said)| *said == "read").map(|(input, _)| input).collect()
}

/// Exit code 1 is an error of the format; 3 are remarks on names and missing helps, which are none of our business.
fn promtool_reads_text(promtool: &Path, input: &str) -> bool {
    let mut check = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let mut stdin = check.stdin.take().expect("its input is a pipe");
    stdin.write_all(input.as_bytes()).expect("promtool reads its input");
    drop(stdin);
    let output = check.wait_with_output().expect("promtool ends");
    match output.status.code() {
        Some(0 | 3) => true,
        Some(1) => false,
        _ => panic!("{input:?}: {output:?}"),
    }
}

/// There is no check of OpenMetrics; but history can be made from it, which begins with reading it.
fn promtool_reads_open_metrics(promtool: &Path, input: &str) -> bool {
    // Tests run in threads of one process or in processes of their own, and in those all first threads have the same id.
    let whose = format!("exposition_{}_{:?}", std::process::id(), std::thread::current().id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(whose);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("blocks")).expect("a folder for the blocks");
    std::fs::write(folder.join("input"), input).expect("a file for the input");
    let output: Output = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics", "input", "blocks"])
        .current_dir(&folder)
        .output()
        .expect("promtool starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("expected timestamp for series"), "{input:?}: {said}");
    std::fs::remove_dir_all(&folder).expect("the folder is removed");
    output.status.success()
}
