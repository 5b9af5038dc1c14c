//! What the dashboard costs that is left open: processor time while it idles, frames, and memory over many refreshes.
//!
//! `cargo bench -p telemetry-cli --bench dashboard [-- --seconds 60] [--refreshes 300]`; `--refreshes 17280` is a day at the default interval.
//! There are 5,000 series, all of which rise between two looks. Idling at the default interval is to take less than 1 % of a core, a frame
//! less than 16 ms, and memory is to be the same after all refreshes as after some. A stack that scrapes as it does by default is what people
//! have; one that scrapes every second, so that no look finds what the one before has found, is the hardest case. Where `top` is installed
//! its cost at the same interval stands beside ours.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark that cannot be prepared has nothing to measure"
)]
#![expect(clippy::print_stdout, reason = "the table is the result")]

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use telemetry_core::catalog::metrics;
use telemetry_core::metric::{Kind, MetricDef, Values};
use tempfile::TempDir;

/// The binary of this build.
const OURS: &str = env!("CARGO_BIN_EXE_telemetry");

/// How many series are served.
const SERIES: usize = 5_000;

/// The window that is idled in.
const WINDOW: Winsize = Winsize { ws_row: 50, ws_col: 160, ws_xpixel: 0, ws_ypixel: 0 };

/// How long a program may start before it is looked at.
const WARM_UP: Duration = Duration::from_secs(12);

/// How long a stack that scrapes by default runs before it is looked at: until there are two scrapes, and the second is stored.
const SCRAPES: Duration = Duration::from_secs(35);

/// A process that ends with the benchmark.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn main() {
    let seconds = argument("--seconds").unwrap_or(60);
    let refreshes = argument("--refreshes").unwrap_or(300);
    let gateway = serve();
    let idle = Duration::from_secs(seconds);
    println!("idle at the default interval, {seconds} s, {SERIES} series");
    {
        let bench = Bench::begin(gateway, &[], SCRAPES);
        bench.idle("summary of a gateway", &["-S", "pushgateway"], idle);
        bench.idle("summary of a Prometheus", &["-S", "prometheus"], idle);
        bench.idle("charts over an hour", &["-c"], idle);
        let mut top = terminal_command("top", &bench.home);
        top.args(["-d", "5"]);
        println!("  {:<42} {}", "top -d 5", percent(idles(top, idle)));
    }
    let bench = Bench::begin(gateway, &["--scrape-interval", "1s"], WARM_UP);
    bench.idle("summary of one that scrapes every second", &["-S", "prometheus"], idle);
    bench.idle("charts of one that scrapes every second", &["-c"], idle);
    println!("\n{refreshes} refreshes as fast as possible");
    for (what, arguments) in [("summary of a gateway", &["-S", "pushgateway"][..]), ("both views", &["-c"])] {
        println!("  {what}");
        let command = clean(OURS, &bench.home);
        measure(dashboard(command, gateway, &bench.api).args(arguments), refreshes);
    }
}

/// A stack that scrapes the gateway, and whom to ask about both.
struct Bench {
    gateway: SocketAddr,
    api: String,
    _up: Running,
    /// Goes last: what runs there is gone by then.
    home: TempDir,
}

impl Bench {
    /// Starts a stack with these arguments, and gives it so much time to scrape.
    fn begin(gateway: SocketAddr, arguments: &[&str], scrapes: Duration) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (up, api) = stack(gateway, &home, arguments);
        thread::sleep(scrapes);
        Self { gateway, api, _up: up, home }
    }

    /// Tells what a dashboard costs that nobody touches.
    fn idle(&self, what: &str, arguments: &[&str], time: Duration) {
        let mut command = dashboard(terminal_command(OURS, &self.home), self.gateway, &self.api);
        command.args(arguments);
        println!("  {what:<42} {}", percent(idles(command, time)));
    }
}

/// The number behind a flag.
fn argument(flag: &str) -> Option<u64> {
    let mut words = std::env::args().skip_while(|word| word != flag).skip(1);
    Some(words.next()?.parse().unwrap_or_else(|_| panic!("{flag} takes a number")))
}

/// A gateway that is asked for its metrics, as many series as are wanted; those of each answer have risen since the one before.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, answers) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(1)));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let answers = Arc::clone(&answers);
            // Whoever hangs up has what it wants.
            thread::spawn(move || answer(&client, &answers).ok());
        }
    });
    address
}

/// Answers on a connection until the client closes it.
fn answer(mut client: &TcpStream, answers: &AtomicU64) -> std::io::Result<()> {
    let mut lines = BufReader::new(client.try_clone()?).lines();
    while let Some(request) = lines.next().transpose()? {
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let is_known = request.starts_with("GET /metrics");
        let (status, body) = match is_known {
            true => ("200 OK", exposition(answers.fetch_add(1, Ordering::Relaxed))),
            false => ("404 Not Found", String::new()),
        };
        let head = "Content-Type: text/plain; version=0.0.4; charset=utf-8";
        write!(client, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
    Ok(())
}

/// All metrics of the catalog, each with as many label sets as make up so many series together.
fn exposition(round: u64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let mut text = format!(
        "# TYPE push_time_seconds gauge\npush_time_seconds{{instance=\"bench\",job=\"sase_agent\"}} {since}\n"
    );
    let share = SERIES / metrics().count();
    for def in metrics() {
        let _ = writeln!(text, "# HELP {} {}\n# TYPE {} {}", def.name, def.help, def.name, def.kind.as_str());
        let each = def.bounds().len() + 3;
        let sets = if def.bounds().is_empty() { share } else { share.div_ceil(each) };
        (0..sets.max(1)).for_each(|number| series(&mut text, def, number, round));
    }
    text
}

/// One label set of a metric; a closed label takes its values in turn.
fn series(text: &mut String, def: &MetricDef, number: usize, round: u64) {
    let mut labels = "instance=\"bench\",job=\"sase_agent\"".to_owned();
    for label in def.labels {
        let _ = match label.values {
            Values::Open => write!(labels, ",{}=\"{}-{number}\"", label.name, label.name),
            Values::Closed(known) => {
                write!(labels, ",{}=\"{}\"", label.name, known[number % known.len()].text)
            }
        };
    }
    // Label sets of closed labels alone repeat after a while; the instance tells them apart, as hosts do.
    let labels = labels.replacen("bench", &format!("bench-{number}"), 1);
    let name = def.name;
    if let Kind::Histogram(bounds) = def.kind {
        for (place, bound) in bounds.iter().enumerate() {
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {}", round * (place as u64 + 1));
        }
        let all = round * (bounds.len() as u64 + 1);
        let _ = writeln!(
            text,
            "{name}_bucket{{{labels},le=\"+Inf\"}} {all}\n{name}_sum{{{labels}}} {all}\n{name}_count{{{labels}}} {all}"
        );
    } else {
        let _ = writeln!(text, "{name}{{{labels}}} {}", round + number as u64);
    }
}

/// Our own stack that scrapes the series, and where its API is.
fn stack(gateway: SocketAddr, home: &TempDir, arguments: &[&str]) -> (Running, String) {
    let mut command = clean(OURS, home);
    command.args(["up", "--no-gateway", "--api-port", "0", "--page-port", "0"]).args(arguments);
    command.arg("--scrape").arg(gateway.to_string()).arg("--data-dir").arg(home.path().join("up"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let running = Running(child);
    let api =
        lines.find(|line| line.starts_with("history")).unwrap_or_else(|| panic!("the stack does not start"));
    // Read to the end, so that it never waits for a reader.
    thread::spawn(move || lines.for_each(drop));
    (running, api.split_whitespace().nth(1).unwrap().to_owned())
}

/// A dashboard that looks at the gateway or asks the API; the command is our binary, by whatever it is started.
fn dashboard(mut command: Command, gateway: SocketAddr, api: &str) -> Command {
    command.env("SASE_TELEMETRY_PROMETHEUS__PUSHGATEWAY_URL", gateway.to_string());
    command.env("SASE_TELEMETRY_PROMETHEUS__URL", api);
    command.arg("dashboard");
    command
}

/// A program as the leader of a session whose terminal is its standard input, which makes it the one that keys and signals go to.
fn terminal_command(program: &str, home: &TempDir) -> Command {
    let mut command = clean("setsid", home);
    command.args(["--ctty", program]).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
    command
}

fn clean(program: &str, home: &TempDir) -> Command {
    let mut command = Command::new(program);
    command.current_dir(home).env_clear().env("HOME", home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("SASE_TELEMETRY_LEDGER_PATH", home.path().join("ledger"));
    command.env("SASE_TELEMETRY_PROMETHEUS__EXPOSITION_PORT", "1");
    command
}

/// The share of a core that a program takes which nobody touches; nothing where it is not installed or does not run on.
fn idles(mut command: Command, time: Duration) -> Option<f64> {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    tcsetwinsize(&person, WINDOW).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let side = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
    let mut running = Running(command.stdin(side()).stdout(side()).stderr(side()).spawn().ok()?);
    let mut screen = File::from(person);
    // Somebody has to look, or the terminal fills up and the program waits.
    thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while screen.read(&mut bytes).is_ok_and(|length| length > 0) {}
    });
    thread::sleep(WARM_UP);
    let (begun, before) = (Instant::now(), ticks(running.0.id())?);
    thread::sleep(time);
    let (took, after) = (begun.elapsed(), ticks(running.0.id())?);
    let is_there = running.0.try_wait().is_ok_and(|ended| ended.is_none());
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    is_there.then(|| (after - before) as f64 / per_second / took.as_secs_f64())
}

/// The processor time of a process, of all its threads, in ticks of the clock.
fn ticks(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything; what follows its parenthesis does not. The fields are counted from the state, which is the third.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "not to be had".to_owned(), |share| format!("{:>6.2} % of a core", share * 100.0))
}

/// Runs the dashboard against nobody's eyes, and tells what it says of itself.
fn measure(command: &mut Command, refreshes: u64) {
    let output = command.args(["--measure", &refreshes.to_string()]).stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        return println!("    {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let cost: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or(f64::NAN);
    let each = |key: &str| number(&cost[key]) * 1e3 / refreshes as f64;
    println!(
        "    a refresh takes {:.2} ms, and {:.2} ms of processor time",
        each("seconds"),
        each("cpu_seconds")
    );
    for frames in cost["frames"].as_array().into_iter().flatten() {
        let [median, p99, max] = ["median_ms", "p99_ms", "max_ms"].map(|key| number(&frames[key]));
        let (view, columns, rows) =
            (frames["view"].as_str().unwrap_or_default(), &cost["columns"], &cost["rows"]);
        println!(
            "    a frame of the {view}, {columns}x{rows}: median {median:.2} ms, p99 {p99:.2} ms, slowest {max:.2} ms"
        );
    }
    let [tenth, half, end] =
        ["tenth", "half", "end"].map(|part| number(&cost["resident_kib"][part]) / 1024.0);
    println!("    memory after a tenth {tenth:.1} MiB, half {half:.1} MiB, all {end:.1} MiB");
}
