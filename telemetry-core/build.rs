//! Tells the library which Rust compiler builds it, for `telemetry_build_info`.

use std::env;
use std::ffi::OsString;
use std::process::Command;

fn main() {
    // Cargo runs this again by itself when the toolchain changes; without the line below it would also do so whenever any
    // file of the package changes.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=TELEMETRY_RUST_VERSION={}", rust_version().as_deref().unwrap_or("unknown"));
}

/// The second word of a line such as `rustc 1.89.0 (29483883e 2025-08-04)`.
fn rust_version() -> Option<String> {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(compiler).arg("--version").output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    line.split_whitespace().nth(1).map(str::to_owned)
}
