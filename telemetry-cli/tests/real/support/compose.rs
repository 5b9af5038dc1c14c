//! What docker-compose makes of a compose file. It needs no Docker for that, and starts nothing.

use std::path::Path;

use super::{Program, Scratch};

/// The resolved compose file, as YAML, of a file in a folder; fails with docker-compose's words.
///
/// Of the environment there is only `environment`, and a file `.env` of the folder is read as always. A variable that is
/// not set and has no default is a failure too, although docker-compose would go on with an empty one.
///
/// The test has required `DockerCompose`.
pub(crate) fn compose_config(
    folder: &Path,
    file: &str,
    environment: &[(&str, &str)],
) -> Result<String, String> {
    let home = Scratch::new();
    let mut compose = home.command(&Program::DockerCompose.path().display().to_string());
    compose.current_dir(folder).envs(environment.iter().copied()).args(["-f", file, "config"]);
    let output = compose.output().unwrap();
    let [resolved, said] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if output.status.success() && !said.contains("variable is not set") { Ok(resolved) } else { Err(said) }
}
