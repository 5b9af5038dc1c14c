//! Alertmanager's own checker of its configuration.

use std::path::Path;

use super::{Program, Scratch};

/// Fails with what `amtool check-config` has to say of a file. The test has required `Amtool`.
pub(crate) fn amtool_check(file: &Path) -> Result<(), String> {
    let mut amtool = Scratch::new().command(&Program::Amtool.path().display().to_string());
    let output = amtool.current_dir("/").arg("check-config").arg(file).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if output.status.success() { Ok(()) } else { Err(said.concat()) }
}
