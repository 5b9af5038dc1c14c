//! `telemetry snapshot` in a terminal, drawn as it stands there.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::failure::{Failure, Outcome, While as _};
use crate::repository::Repository;
use crate::{process, programs, terminal};

/// The size of the terminal, in characters.
const COLUMNS: usize = 84;
const ROWS: usize = 48;

/// The size of a character and the margin around all of them, in pixels.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const MARGIN: f64 = 14.0;

/// The fleet in the picture: a provider, a project, a workflow, and what the agent does.
const FLEET: &[(&str, &str, &str, &str)] = &[
    ("claude", "site", "fix", "sleep 0.4"),
    ("claude", "site", "fix", "sleep 0.3"),
    ("claude", "api", "review", "sleep 0.2"),
    ("claude", "site", "fix", "exit 1"),
    ("codex", "api", "review", "sleep 0.5"),
    ("codex", "api", "review", "kill -9 $$"),
];

/// Runs a small fleet, and draws its snapshot into `docs/snapshot.svg`.
pub(super) fn draw(repository: &Repository, telemetry: &Path) -> Outcome {
    // A short path that looks the same on every machine.
    let folder = tempfile::Builder::new().prefix("fleet-").rand_bytes(3).tempdir_in("/tmp");
    let folder = folder.while_doing("cannot create a folder for the ledger")?;
    for (provider, project, workflow, agent) in FLEET {
        let mut command = with_ledger(telemetry, folder.path());
        command.args(["run", "--provider", provider, "--project", project, "--workflow", workflow]);
        // Some of these agents fail, which is what a picture should show.
        command.args(["--", "sh", "-c", agent]).status().while_doing("cannot run telemetry")?;
    }
    let mut snapshot = with_ledger(telemetry, folder.path());
    snapshot.args(["snapshot", "-S", "ledger"]);
    let screen = screen(repository, &snapshot)?;
    let file = repository.root().join("docs/snapshot.svg");
    fs::write(&file, svg(&screen)).while_doing(format_args!("cannot write {}", file.display()))?;
    terminal::say(format_args!("Look at {}", file.display()));
    Ok(())
}

/// The ledger of somebody on some host. The carrier that leaves counts in the ledger keeps them out of a gateway that may be running.
fn with_ledger(telemetry: &Path, folder: &Path) -> Command {
    let mut command = Command::new(telemetry);
    command.args(["--set", "carrier=serve", "--set"]).arg(format!("ledger_path={}", folder.display()));
    command.args(["--set", "prometheus.instance=alice@build"]);
    command
}

/// What the command shows in a terminal, with its colours as escape sequences.
fn screen(repository: &Repository, command: &Command) -> Outcome<String> {
    let found = programs::provide(&repository.target()?);
    let tmux = found.into_iter().find(|found| found.name == "tmux").and_then(|found| found.path);
    let tmux =
        tmux.ok_or_else(|| Failure::new("the picture needs tmux, which cannot be had here".to_owned()))?;
    let socket = format!("picture-{}", std::process::id());
    // The shown command names the program without its folder, as a person would.
    let folder = Path::new(command.get_program()).parent().unwrap_or_else(|| Path::new("."));
    let shown = format!(
        "PATH='{}' TERM=xterm-256color {}; /bin/sleep 60",
        folder.display(),
        process::display(command)
    );
    let size = [COLUMNS.to_string(), ROWS.to_string()];
    process::capture(&mut session(
        &tmux,
        &socket,
        &["new-session", "-d", "-x", &size[0], "-y", &size[1], &shown],
    ))?;
    thread::sleep(Duration::from_secs(2));
    let captured = process::capture(&mut session(&tmux, &socket, &["capture-pane", "-e", "-p"]));
    process::capture(&mut session(&tmux, &socket, &["kill-server"]))?;
    captured
}

fn session(tmux: &Path, socket: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(tmux);
    command.args(["-L", socket, "-f", "/dev/null"]).args(arguments);
    command
}

/// The screen as a drawing: a dark pane with one line of text for each line of it.
fn svg(screen: &str) -> String {
    let lines: Vec<_> = screen.trim_end().lines().collect();
    let (width, height) = (COLUMNS as f64 * WIDTH + 2.0 * MARGIN, lines.len() as f64 * HEIGHT + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"The output of telemetry snapshot\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f27\"/>\n\
         <g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" \
         fill=\"#d7dae0\">\n"
    );
    // The style of one line goes on in the next until it is changed.
    let mut style = String::new();
    for (row, line) in lines.iter().enumerate() {
        draw_line(&mut svg, line, (row as f64 + 0.75).mul_add(HEIGHT, MARGIN), &mut style);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn draw_line(svg: &mut String, line: &str, y: f64, style: &mut String) {
    let mut column = 0;
    for part in line.split("\u{1b}[") {
        let text = match part.split_once('m') {
            Some((codes, text)) if codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => {
                *style = restyle(style, codes);
                text
            }
            _ => part,
        };
        if !text.trim().is_empty() {
            let (x, length) = (MARGIN + column as f64 * WIDTH, text.chars().count() as f64 * WIDTH);
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\"{style}>{text}</text>"
            );
        }
        column += text.chars().count();
    }
}

/// The attributes after a select-graphic-rendition sequence, of which the program uses few.
fn restyle(before: &str, codes: &str) -> String {
    let mut style = before.to_owned();
    // The first sixteen colours of 256 are the ordinary ones.
    let codes = codes.replace("38;5;1", "31").replace("38;5;2", "32").replace("38;5;3", "33");
    for code in codes.split(';') {
        match code {
            "" | "0" => style.clear(),
            "1" => style.push_str(" font-weight=\"bold\""),
            "2" | "90" | "37" => style.push_str(" opacity=\"0.6\""),
            "31" | "91" => style.push_str(" fill=\"#f07178\""),
            "32" | "92" => style.push_str(" fill=\"#a5d174\""),
            "33" | "93" => style.push_str(" fill=\"#f2c063\""),
            "34" | "94" | "36" | "96" => style.push_str(" fill=\"#74b8e8\""),
            "39" => style.truncate(style.find(" fill").unwrap_or(style.len())),
            _ => {}
        }
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_attributes_and_text_keeps_its_column() {
        let mut svg = String::new();
        draw_line(&mut svg, "ab \u{1b}[1m\u{1b}[31m<1 %\u{1b}[0m c", 10.0, &mut String::new());
        let lines: Vec<_> = svg.lines().collect();
        assert_eq!(lines.len(), 3, "{svg}");
        assert!(lines[1].contains("font-weight=\"bold\" fill=\"#f07178\">&lt;1 %<"), "{svg}");
        assert!(lines[2].contains(&format!("x=\"{:.1}\"", MARGIN + 7.0 * WIDTH)), "{svg}");
        assert!(!lines[2].contains("fill"), "{svg}");
    }
}
