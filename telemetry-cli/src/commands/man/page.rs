//! One manual page. The sections of `--help` behind the options become sections of their own, with their lines as they stand.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// The page of a command, in roff, under a name such as `telemetry-config-check`.
pub(super) fn page(command: &Command, name: &str) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _written = render(command, name, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn render(command: &Command, name: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.clone()).title(name.to_owned()).section("1").manual("Telemetry Manual");
    let man = man.source(concat!("telemetry ", env!("CARGO_PKG_VERSION")));
    man.render_title(text)?;
    man.render_name_section(text)?;
    man.render_synopsis_section(text)?;
    man.render_description_section(text)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(text)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(text)?;
    }
    extra(&command.get_after_help().map(ToString::to_string).unwrap_or_default()).to_writer(text)?;
    see_also(name).to_writer(text)?;
    man.render_version_section(text)
}

/// What stands behind the options of a help: indented lines are shown as they stand, and the others are prose.
fn extra(help: &str) -> Roff {
    let mut roff = Roff::new();
    let mut as_it_stands = false;
    for line in help.lines() {
        if line.starts_with(' ') != as_it_stands {
            as_it_stands = !as_it_stands;
            roff.control(if as_it_stands { "nf" } else { "fi" }, []);
        }
        match line {
            "" => roff.control("PP", []),
            "Examples:" => roff.control("SH", ["EXAMPLES"]),
            _ => prose(&mut roff, line),
        };
    }
    if as_it_stands {
        roff.control("fi", []);
    }
    roff
}

fn prose<'r>(roff: &'r mut Roff, line: &str) -> &'r mut Roff {
    match line.strip_prefix("Exit codes: ") {
        Some(codes) => roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]),
        None => roff.text([roman(line)]),
    }
}

/// The page of the command above, unless this is the uppermost.
fn see_also(name: &str) -> Roff {
    let mut roff = Roff::new();
    if let Some((above, _)) = name.rsplit_once('-').filter(|_| name != "telemetry-export-config") {
        roff.control("SH", ["SEE ALSO"]).text([bold(above), roman("(1)")]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines_and_exit_codes_have_a_section() {
        let text =
            extra("Examples:\n  a -b\n  .c 'd'\n\nMore:\n  x: 1\n\nExit codes: 0 fine, 64 wrong.").render();
        let lines: Vec<_> = text.lines().collect();
        let at = |wanted: &str| {
            lines.iter().position(|line| *line == wanted).unwrap_or_else(|| panic!("{wanted}: {text}"))
        };
        assert!(at(".SH EXAMPLES") < at(".nf") && at(".nf") < at(".fi"), "{text}");
        assert!(text.contains("a \\-b") && text.contains("\n  .c "), "{text}");
        assert!(lines[at(".SH \"EXIT STATUS\"") + 1].starts_with("0 fine"), "{text}");
    }
}
