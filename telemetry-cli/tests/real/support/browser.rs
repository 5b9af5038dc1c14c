//! What somebody with a browser sees of a page: Chromium, steered by a script.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Program;
use super::npm::Workshop;

/// The script, which `cargo xtask picture page` runs as well.
const SCRIPT: &str = include_str!("../page/look.mjs");

/// A browser without a past, that reaches nothing but this machine.
pub(crate) struct Browser {
    workshop: Workshop,
    screenshots: PathBuf,
    /// The test that looks, for the names of its screenshots.
    test: String,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The size of the window, in pixels.
    pub(crate) window: (u32, u32),
    pub(crate) dark: bool,
    /// Whether the page may run scripts.
    pub(crate) script: bool,
    /// Words that the page says in time, and that are waited for before it is looked at; none where it is looked at at once.
    pub(crate) until: &'static str,
}

/// What there was to see.
#[derive(Debug)]
pub(crate) struct Sight {
    /// As the script printed it: `status`, `title`, `language`, `text`, `charts`, `overflow`, `length`, `violations`, `console`, `errors`,
    /// `failed` and `hosts`.
    pub(crate) seen: Value,
    /// The whole page as an image.
    pub(crate) screenshot: PathBuf,
}

impl Look {
    pub(crate) const PHONE: Self = Self::at(390, 844);
    pub(crate) const LAPTOP: Self = Self::at(1366, 768);
    pub(crate) const WALL: Self = Self::at(3840, 2160);

    const fn at(width: u32, height: u32) -> Self {
        Self { window: (width, height), dark: false, script: true, until: "" }
    }

    /// The same by night.
    pub(crate) const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same where scripts are switched off.
    pub(crate) const fn without_script(self) -> Self {
        Self { script: false, ..self }
    }

    /// The same as soon as these words stand on the page, while the browser is there already.
    pub(crate) const fn until(self, words: &'static str) -> Self {
        Self { until: words, ..self }
    }
}

impl Browser {
    /// The test has required `Chromium`, `Node` and `NpmPackages`.
    pub(crate) fn new() -> Self {
        let workshop = Workshop::new();
        workshop.write("look.mjs", SCRIPT);
        // Screenshots stay in the target folder, so that somebody can look at them after the test.
        let screenshots = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&screenshots).unwrap();
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        Self { workshop, screenshots, test }
    }

    /// Opens a page and looks at all of it.
    pub(crate) fn look(&self, url: &str, look: Look) -> Sight {
        let ground = if look.dark { "dark" } else { "light" };
        let script = if look.script { "" } else { "-without-script" };
        let path = url.splitn(4, '/').nth(3).unwrap_or_default().replace(['/', '?', '#'], "-");
        let size = format!("{}x{}", look.window.0, look.window.1);
        let name = format!("{}-{path}-{size}-{ground}{script}.png", self.test);
        let screenshot = self.screenshots.join(name);
        let options = json!({
            "width": look.window.0, "height": look.window.1, "dark": look.dark, "script": look.script,
            "until": look.until,
            "screenshot": screenshot,
        });
        let chromium = Program::Chromium.path();
        let printed =
            self.workshop.run("look.mjs", &[&chromium.to_string_lossy(), url, &options.to_string()]);
        Sight { seen: serde_json::from_str(&printed).unwrap(), screenshot }
    }

    /// The processes that run out of the browser's folders; none once a look has ended.
    pub(crate) fn running(&self) -> Vec<String> {
        let home = self.workshop.path().to_string_lossy().into_owned();
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let words = commands.map(|words| String::from_utf8_lossy(&words).replace('\0', " "));
        words.filter(|words| words.contains(&home)).collect()
    }
}

impl Sight {
    /// Whatever nobody should ever see on a page of ours: empty for one that is sound.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let list = |name: &str| self.seen[name].as_array().unwrap().clone();
        let mut complaints: Vec<String> = Vec::new();
        for name in ["console", "errors", "failed", "violations"] {
            complaints.extend(list(name).iter().map(|line| format!("{name}: {}", line.as_str().unwrap())));
        }
        let foreign = list("hosts").into_iter().filter(|host| host != "127.0.0.1" && host != "localhost");
        complaints.extend(foreign.map(|host| format!("asks {}", host.as_str().unwrap())));
        let missing = list("charts").into_iter().filter(|chart| chart["loaded"] != true);
        complaints.extend(missing.map(|chart| format!("not drawn: {chart}")));
        if self.seen["overflow"] != 0 {
            complaints.push(format!("{} pixels wider than the window", self.seen["overflow"]));
        }
        complaints
    }

    /// What stands on the tab.
    pub(crate) fn title(&self) -> &str {
        self.seen["title"].as_str().unwrap()
    }

    /// What stands there to be read.
    pub(crate) fn text(&self) -> &str {
        self.seen["text"].as_str().unwrap()
    }

    /// The names of the charts.
    pub(crate) fn charts(&self) -> Vec<&str> {
        self.seen["charts"].as_array().unwrap().iter().map(|chart| chart["name"].as_str().unwrap()).collect()
    }
}
