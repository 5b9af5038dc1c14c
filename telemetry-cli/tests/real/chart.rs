//! `telemetry chart` beside real servers.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::support::pushgateway::Groups;
use crate::support::{Prometheus, Pushgateway, Scrape, Scratch, Up, eventually, require};

const PANELS: [&str; 3] =
    ["agent-runs-rate-by-status", "overview-health", "agent-run-duration-seconds-heatmap"];

/// Runs `telemetry chart` in a folder.
fn chart(folder: &Scratch, from: &str, arguments: &[&str]) -> Output {
    let mut command = folder.telemetry();
    command.args(["chart", "--timeout", "30s", "--from", from]).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn dimensions(file: &Path) -> (u32, u32) {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(file).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert!(pixels.iter().any(|part| *part != pixels[0]), "{} is empty", file.display());
    (frame.width, frame.height)
}

/// Whether every element ends that has begun, in the right order, and no text has a bare sign in it.
fn is_sound(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else { return false };
        let entity = |part: &str| part.split_once(';').is_some_and(|(name, _)| name.len() < 6);
        if text.contains('>') || !text.split('&').skip(1).all(entity) {
            return false;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            None if !tag.ends_with('/') => open.extend(tag.split_whitespace().next()),
            _ => {}
        }
    }
    open.is_empty()
}

/// Runs of agents in a history, one of them of a workflow with a name that is no friend of XML.
fn recorded(up: &Up) -> Scratch {
    let folder = Scratch::new();
    let record = |workflow: &str, status: &str| {
        let mut command = folder.telemetry_pushing_to(&up.gateway_url());
        command.args(["record", "agent", "--provider", "claude", "--workflow", workflow, "--status", status]);
        let output = command.args(["--seconds", "12"]).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    record("fix", "ok");
    record("</text><script>&\"'", "error");
    eventually("runs in the history", || (!up.api().query("sase_agent_runs_total").is_empty()).then_some(()));
    folder
}

#[test]
fn panels_of_the_stack_become_a_sheet_in_both_formats_and_themes() {
    let up = Up::start(&[]);
    let folder = recorded(&up);
    let from = up.api().url();
    let draw = |arguments: &[&str]| {
        let output = chart(&folder, &from, &[&PANELS[..], arguments].concat());
        assert!(output.status.success(), "{}", said(&output));
        (String::from_utf8(output.stdout.clone()).unwrap(), said(&output))
    };
    let (printed, line) = draw(&["-o", "a.PNG", "--width", "1000", "--height", "800", "-r", "5m"]);
    let wrote = |line: &str| line.starts_with("telemetry: wrote a.PNG, 1000 × 800 pixels, ");
    // Before it stand remarks on panels that have no data yet.
    assert!(printed.is_empty() && line.lines().last().is_some_and(wrote), "{line}");
    assert_eq!(dimensions(&folder.path().join("a.PNG")), (1000, 800));
    assert_eq!(
        draw(&["-o", "b.png", "--width", "500", "--scale", "2", "-q", "--theme", "dark"]),
        Default::default()
    );
    assert_eq!(dimensions(&folder.path().join("b.png")).0, 1000);
    for theme in ["light", "dark"] {
        draw(&["-o", &format!("{theme}.svg"), "--theme", theme, "-r", "5m"]);
    }
    let [light, dark] = ["light", "dark"]
        .map(|theme| fs::read_to_string(folder.path().join(format!("{theme}.svg"))).unwrap());
    assert!(is_sound(&light) && is_sound(&dark) && light != dark);
    assert!(light.contains("#ffffff") && !dark.contains("#ffffff"));
    assert!(light.contains("Agent runs per minute, by status") && light.contains("telemetry "), "{light}");
    let (piped, _) = draw(&["-o", "-"]);
    assert!(piped.starts_with("<svg ") && piped.ends_with("</svg>\n") && is_sound(&piped));
    let rest = fs::read_dir(folder.path()).unwrap().flatten().map(|file| file.file_name());
    assert!(!rest.into_iter().any(|name| name.to_string_lossy().starts_with(".telemetry-")));
}

#[test]
fn a_name_that_is_no_friend_of_xml_is_text() {
    let up = Up::start(&[]);
    let folder = recorded(&up);
    let panel = "agent-runs-rate-by-workflow";
    let listed = folder.telemetry().args(["list", "--panels"]).output().unwrap();
    let panel = if String::from_utf8_lossy(&listed.stdout).contains(panel) { panel } else { PANELS[0] };
    let output = chart(&folder, &up.api().url(), &[panel, "-o", "-", "-r", "5m"]);
    let svg = String::from_utf8(output.stdout).unwrap();
    assert!(is_sound(&svg) && !svg.contains("<script"), "{svg}");
}

#[test]
fn a_real_prometheus_is_drawn_and_where_it_has_nothing_that_is_said() {
    require!(Prometheus, Pushgateway);
    let gateway = Pushgateway::start(Groups::AreLost);
    let prometheus = Prometheus::start(&[Scrape::of("pushgateway", gateway.address())]);
    prometheus.await_up("pushgateway");
    let folder = Scratch::new();
    let output = chart(&folder, &prometheus.url(), &["agent-runs-failing", "-o", "x.svg", "-r", "7d"]);
    assert!(output.status.success(), "{}", said(&output));
    let told = said(&output);
    let written = told.strip_prefix("telemetry: agent-runs-failing: no data in the last 7d\n").unwrap();
    assert!(written.starts_with("telemetry: wrote x.svg, ") && written.lines().count() == 1, "{told}");
    let svg = fs::read_to_string(folder.path().join("x.svg")).unwrap();
    assert!(svg.contains(">no data</text>") && is_sound(&svg), "{svg}");
    let output = chart(&folder, &prometheus.url(), &["agent-runs-failing", "-o", "x.svg", "-q"]);
    assert_eq!((said(&output), output.stdout.len()), (String::new(), 0));
}

#[test]
fn what_cannot_be_drawn_or_written_leaves_the_file_as_it_was() {
    let up = Up::start(&[]);
    let (folder, from) = (Scratch::new(), up.api().url());
    fs::write(folder.path().join("old.svg"), "old").unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("full.svg")).unwrap();
    for (arguments, code, expected) in [
        (&["agent-runs-fialing", "-o", "old.svg"][..], 64, "did you mean agent-runs-failing"),
        (&["agent-runs-failing", "-o", "old.pdf"], 64, "a file ends in .png or .svg"),
        (&["agent-runs-failing", "-o", "old.svg", "--height", "50"], 64, "--height 50: a panel needs "),
        (&["agent-runs-failing", "-o", "old.svg", "--width", "9999"], 64, "expected 240 to 4096 pixels"),
        (&["agent-runs-failing", "-o", "none/x.svg"], 1, "there is no folder none"),
        (&["agent-runs-failing", "-o", "full.svg"], 1, "No space left on device"),
        (&["agent-runs-failing", "-o", ".", "--format", "svg"], 64, ". is a folder"),
    ] {
        let output = chart(&folder, &from, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(expected), "{arguments:?}: {}", said(&output));
        assert_eq!(fs::read_to_string(folder.path().join("old.svg")).unwrap(), "old");
    }
}

#[test]
fn who_does_not_answer_is_told_within_the_bound() {
    let folder = Scratch::new();
    let nobody = chart(&folder, "127.0.0.1:1", &["agent-runs-failing", "-o", "x.png"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(said(&nobody).contains("connection refused"), "{}", said(&nobody));
    // Accepts connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let from = silent.local_addr().unwrap().to_string();
    let begun = Instant::now();
    let arguments = ["chart", "agent-runs-failing", "-o", "x.png", "--timeout", "1", "--from", &from];
    let output = folder.telemetry().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no answer within 1 s"), "{}", said(&output));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(!folder.path().join("x.png").exists());
    let secret = chart(&folder, "http://user:hunter2@127.0.0.1:1", &["agent-runs-failing", "-o", "x.png"]);
    assert!(secret.status.code() == Some(64) && !said(&secret).contains("hunter2"), "{}", said(&secret));
}
