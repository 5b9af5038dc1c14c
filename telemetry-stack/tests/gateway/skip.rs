//! Tests that cannot run here say so by name, and never pass in silence.

use std::fs::OpenOptions;
use std::io::Write as _;

/// Names the file in which skips are collected for the summary of the test command.
const COLLECTED_IN: &str = "TELEMETRY_TEST_SKIPS";

/// Reports that a test does not run, and why. In continuous integration, where `CI` is set, that is a failure.
pub(crate) fn skip(test: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{test} must not be skipped in continuous integration: {why}");
    println!("SKIPPED: {test}: {why}");
    if let Some(file) = std::env::var_os(COLLECTED_IN) {
        // One short write in append mode, so that the lines of tests that run side by side do not mix.
        let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(format!("{test}: {why}\n").as_bytes()).unwrap();
    }
}

/// The test's name as its runner prints it, from a closure that is written in the test.
pub(crate) fn test_name<T>(_closure: &T) -> &'static str {
    let path = std::any::type_name::<T>().trim_end_matches("::{{closure}}");
    path.split_once("::").map_or(path, |(_crate, name)| name)
}

/// Ends the test with a report where something that it needs is not to be had here.
macro_rules! require {
    ($needed:expr) => {
        if let Err(why) = $needed {
            return $crate::skip::skip($crate::skip::test_name(&|| ()), &why);
        }
    };
}
pub(crate) use require;
