//! A real terminal emulator: keys go in, and what a person would see comes out.
//!
//! Each is a tmux server of its own, which nobody else's configuration reaches, with a shell that waits for lines. The program under test is
//! started from that shell, so that it has to give back what it took: the screen, the cursor, the modes of the terminal and the prompt.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::wait::eventually;
use super::{Program, Scratch};

/// How the shell shows that it waits for a line; unlike anything that a test shows.
const PROMPT: &str = "next>";

/// What a program is told of its terminal unless a test says otherwise.
const SURROUNDINGS: [(&str, &str); 3] = [("TERM", "tmux-256color"), ("LANG", "C.UTF-8"), ("TZ", "UTC")];

/// How long nobody presses a key after Escape.
const BEHIND_ESCAPE: Duration = Duration::from_millis(300);

/// A terminal that ends with the test.
pub(crate) struct Tmux {
    /// Where the socket of the server is, and what the programs in the terminal leave behind.
    folder: Scratch,
}

/// What a program can do to a terminal beside its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modes {
    /// What `stty -g` says.
    line: String,
    /// Whether the cursor is seen, and whether the other screen is.
    screen: String,
}

impl Tmux {
    /// Opens a terminal of so many columns and rows, in which a shell waits for a line. The test has required `Tmux`.
    pub(crate) fn open((columns, rows): (u16, u16)) -> Self {
        let terminal = Self { folder: Scratch::new() };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        // A line of its own below the window would be one row less of it.
        let bare = ["start-server", ";", "set-option", "-g", "status", "off", ";"];
        let open = ["new-session", "-d", "-x", &columns, "-y", &rows, "--", "sh", "-i"];
        terminal.ask(&[&bare[..], &open].concat());
        terminal.await_prompt();
        terminal
    }

    /// Opens a terminal and starts a program in it.
    pub(crate) fn running(size: (u16, u16), command: &Command) -> Self {
        let terminal = Self::open(size);
        terminal.start(command);
        terminal
    }

    /// Starts a program as its user would: by a line of the shell, with nothing in its environment but what the command names.
    pub(crate) fn start(&self, command: &Command) {
        for left in ["pid", "code"] {
            // There is none before the first start.
            let _none = fs::remove_file(self.path(left));
        }
        fs::write(self.path("run"), script(command)).unwrap();
        // A shell for people gives a line up whose program was ended by Ctrl-C, unless it has something to do about that.
        self.line("clear; trap : INT; sh ./run; echo $? >code");
    }

    /// Goes on with a program that was stopped, which [`Self::ended`] has told by then.
    pub(crate) fn resume(&self) {
        fs::remove_file(self.path("code")).unwrap();
        self.line("fg; echo $? >code");
    }

    /// Presses keys, by the names that tmux has for them: `q`, `Tab`, `F5`, `C-c`, `Escape`.
    ///
    /// Only the time behind it tells the key Escape from the sequences that begin with it, so that whoever presses it waits a moment, as people
    /// do, and as long as it is not read on a busy machine.
    pub(crate) fn keys(&self, keys: &[&str]) {
        for pressed in keys.split_inclusive(|key| *key == "Escape") {
            self.ask(&[&["send-keys"], pressed].concat());
            if pressed.ends_with(&["Escape"]) {
                std::thread::sleep(BEHIND_ESCAPE);
                self.await_read();
            }
        }
    }

    /// Waits until the program has read every key.
    fn await_read(&self) {
        let name = self.capture(&["display-message", "-p", "#{pane_tty}"]);
        // It must not become the terminal of this process.
        let keys = open(name, OFlags::RDONLY | OFlags::NOCTTY, Mode::empty()).unwrap();
        eventually("the program reads its keys", || (ioctl_fionread(&keys).unwrap() == 0).then_some(()));
    }

    /// Types a text, letter by letter.
    pub(crate) fn types(&self, text: &str) {
        self.ask(&["send-keys", "-l", "--", text]);
    }

    /// Types a line for the shell.
    pub(crate) fn line(&self, text: &str) {
        self.types(text);
        self.keys(&["Enter"]);
    }

    /// What is on the screen, without what is empty at its end.
    pub(crate) fn screen(&self) -> String {
        self.capture(&["capture-pane", "-p"])
    }

    /// The same with its colours and styles, as escape sequences.
    pub(crate) fn screen_with_colours(&self) -> String {
        self.capture(&["capture-pane", "-e", "-p"])
    }

    /// Waits until the screen is so, and gives what it shows then.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        eventually(what, || Some(self.screen()).filter(|screen| is_so(screen)))
    }

    /// Waits until all these words are on the screen.
    pub(crate) fn shows(&self, words: &[&str]) -> String {
        self.until(&format!("{words:?}"), |screen| words.iter().all(|word| screen.contains(word)))
    }

    /// Waits until a word is on the screen no more.
    pub(crate) fn hides(&self, word: &str) -> String {
        self.until(&format!("no {word:?}"), |screen| !screen.is_empty() && !screen.contains(word))
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, (columns, rows): (u16, u16)) {
        self.ask(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Waits until the shell waits for a line.
    pub(crate) fn await_prompt(&self) {
        self.until("the shell's prompt", |screen| screen.ends_with(PROMPT));
    }

    /// What the terminal is set to, asked of a shell that waits for a line.
    pub(crate) fn modes(&self) -> Modes {
        let screen =
            self.capture(&["display-message", "-p", "cursor #{cursor_flag}, other screen #{alternate_on}"]);
        let _none = fs::remove_file(self.path("modes"));
        self.line("stty -g >modes");
        let line = self.written("modes");
        self.await_prompt();
        Modes { line, screen }
    }

    /// Waits until the shell is there again, since the program has ended or was stopped: the exit code that the shell gives it.
    pub(crate) fn ended(&self) -> i32 {
        let code = self.written("code").parse().unwrap();
        self.await_prompt();
        code
    }

    /// Whether the program has ended or was stopped.
    pub(crate) fn is_over(&self) -> bool {
        self.path("code").exists()
    }

    /// The process of the program that was started last.
    pub(crate) fn process(&self) -> Pid {
        Pid::from_raw(self.written("pid").parse().unwrap()).unwrap()
    }

    /// Sends that process a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).unwrap();
    }

    /// Takes the terminal away, as closing its window does, and waits until the program has gone as well.
    pub(crate) fn hang_up(&self) {
        let process = self.process();
        self.ask(&["kill-server"]);
        eventually("the end of a program whose terminal is gone", || {
            test_kill_process(process).is_err().then_some(())
        });
    }

    /// Where the program keeps files of the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The first line of a file, once it is whole.
    fn written(&self, name: &str) -> String {
        eventually(name, || {
            let text = fs::read_to_string(self.path(name)).ok()?;
            Some(text.split_once('\n')?.0.to_owned())
        })
    }

    fn capture(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.ask(arguments).stdout).unwrap().trim_end().to_owned()
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        let output = self.tmux().args(arguments).output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {output:?}");
        output
    }

    fn tmux(&self) -> Command {
        let mut tmux = self.folder.command(Program::Tmux.path().to_str().unwrap());
        tmux.args(["-f", "/dev/null", "-S", "socket"]).stdin(Stdio::null());
        tmux.env("PS1", format!("{PROMPT} ")).env("LC_ALL", "C.UTF-8").env("TERM", "screen");
        tmux
    }
}

impl Drop for Tmux {
    /// What was on the screen explains a failure better than anything else.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.tmux().args(["capture-pane", "-p"]).output().map(|output| output.stdout);
            println!("the screen:\n{}", String::from_utf8_lossy(&screen.unwrap_or_default()).trim_end());
        }
        // It is gone already where the test has taken the terminal away.
        let _gone = self.tmux().arg("kill-server").output();
    }
}

/// A script that notes its process in `pid` and becomes the program.
fn script(command: &Command) -> String {
    let quoted = |text: &std::ffi::OsStr| {
        let text = std::str::from_utf8(text.as_bytes()).unwrap();
        format!("'{}'", text.replace('\'', r"'\''"))
    };
    let named = |name: &str| command.get_envs().any(|(known, _)| known == name);
    let mut words = vec!["exec env -i".to_owned()];
    let usual = SURROUNDINGS.iter().filter(|(name, _)| !named(name));
    words.extend(usual.map(|(name, value)| format!("{name}={value}")));
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    words.extend(set.map(|(name, value)| format!("{}={}", name.to_str().unwrap(), quoted(value))));
    words.push(quoted(command.get_program()));
    words.extend(command.get_args().map(quoted));
    let folder = command.get_current_dir().map(|folder| format!("cd {} && ", quoted(folder.as_os_str())));
    format!("echo $$ >pid\n{}{}\n", folder.unwrap_or_default(), words.join(" "))
}

#[test]
fn a_program_in_a_terminal_is_seen_driven_and_outlived() {
    super::require!(Tmux);
    let scratch = Scratch::new();
    let mut command = scratch.command("sh");
    let takes_over = r#"stty -echo; printf '\033[?1049h\033[?25l\033[31m%s\033[0m' "it's $TERM"; read key; echo "$key"; exit 7"#;
    command.args(["-c", takes_over]).env("TERM", "vt100");
    let terminal = Tmux::open((60, 15));
    let before = terminal.modes();
    terminal.start(&command);
    terminal.shows(&["it's vt100"]);
    let painted = terminal.screen_with_colours();
    assert!(painted.contains("\u{1b}[31m"), "{painted:?}");
    assert!(test_kill_process(terminal.process()).is_ok());
    assert_eq!(terminal.capture(&["display-message", "-p", "#{window_width}x#{window_height}"]), "60x15");
    terminal.resize((100, 30));
    terminal.types("a word");
    terminal.keys(&["Enter"]);
    terminal.shows(&["a word"]);
    assert_eq!(terminal.ended(), 7);
    // It has given nothing back.
    let after = terminal.modes();
    assert!(after.line != before.line && after.screen != before.screen, "{before:?} {after:?}");
}
