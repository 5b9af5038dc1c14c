//! The kinds of settings: where in the configuration a value goes, which values are right, and how one is written.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::yaml::Node;
use super::{Address, AddressError, Carrier, Config};

/// Names become label values and parts of file names, which most file systems limit to 255 bytes.
const LONGEST_NAME: usize = 200;

/// No message repeats more of a value than this many characters.
const LONGEST_QUOTE: usize = 60;

/// A place in the configuration, to read and to write.
pub(super) struct Lens<T: 'static> {
    pub(super) get: fn(&Config) -> &T,
    pub(super) get_mut: fn(&mut Config) -> &mut T,
}

/// An address in the configuration; writing to one that is not there yet creates it.
pub(super) struct AddressLens {
    pub(super) get: fn(&Config) -> Option<&Address>,
    pub(super) get_mut: fn(&mut Config) -> &mut Address,
}

/// One of the parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Url,
    Username,
    PasswordFile,
    BearerTokenFile,
    CaFile,
}

/// A kind of setting together with the place of its value, so that the two cannot disagree.
pub(super) enum Slot {
    Switch(Lens<Option<bool>>),
    Carrier(Lens<Carrier>),
    Count(Lens<usize>, RangeInclusive<usize>),
    Name(Lens<String>),
    OptionalName(Lens<Option<String>>),
    Link(Lens<String>),
    Username(Lens<Option<String>>),
    Folder(Lens<Option<PathBuf>>),
    File(Lens<Option<PathBuf>>),
    Listen(Lens<IpAddr>),
    Port(Lens<u16>),
    Percent(Lens<f64>),
    Seconds(Lens<f64>),
    Address(AddressLens, Part),
}

/// A value as its source gives it.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// From the file, with the type that YAML gives it.
    Typed(Node),
    /// From the environment or a flag, where everything is text and the setting decides on the type.
    Untyped(String),
}

/// Why a value is refused.
#[derive(Debug, PartialEq)]
pub(super) enum Refusal {
    Value { expected: String, found: String },
    Address(AddressError),
}

impl Slot {
    /// Checks a value and puts it in its place. A relative path is taken from the folder `base`.
    pub(super) fn write(&self, config: &mut Config, input: &Input, base: &Path) -> Result<(), Refusal> {
        let refuse = || Refusal::Value { expected: self.expectation(), found: input.to_string() };
        match self {
            Self::Switch(lens) => *(lens.get_mut)(config) = Some(input.switch().ok_or_else(refuse)?),
            Self::Carrier(lens) => *(lens.get_mut)(config) = input.carrier().ok_or_else(refuse)?,
            Self::Count(lens, range) => *(lens.get_mut)(config) = input.count(range).ok_or_else(refuse)?,
            Self::Name(lens) => *(lens.get_mut)(config) = input.name().ok_or_else(refuse)?,
            Self::OptionalName(lens) => *(lens.get_mut)(config) = Some(input.name().ok_or_else(refuse)?),
            Self::Link(lens) => *(lens.get_mut)(config) = input.address(refuse)?.url,
            Self::Username(lens) => *(lens.get_mut)(config) = Some(input.username(refuse)?),
            Self::Folder(lens) | Self::File(lens) => {
                *(lens.get_mut)(config) = Some(input.path(base).ok_or_else(refuse)?);
            }
            Self::Listen(lens) => *(lens.get_mut)(config) = input.ip().ok_or_else(refuse)?,
            Self::Port(lens) => *(lens.get_mut)(config) = input.port().ok_or_else(refuse)?,
            Self::Percent(lens) => *(lens.get_mut)(config) = input.number(0.0..=100.0).ok_or_else(refuse)?,
            Self::Seconds(lens) => {
                *(lens.get_mut)(config) = input.number(0.0..=f64::MAX).ok_or_else(refuse)?;
            }
            Self::Address(lens, part) => part.write((lens.get_mut)(config), input, base, refuse)?,
        }
        Ok(())
    }

    /// The value in its place, as text that the environment and flags accept; `None` while it is unset.
    pub(super) fn show(&self, config: &Config) -> Option<String> {
        match self {
            Self::Switch(lens) => (lens.get)(config).map(|value| value.to_string()),
            Self::Carrier(lens) => Some((lens.get)(config).to_string()),
            Self::Count(lens, _) => Some((lens.get)(config).to_string()),
            Self::Name(lens) | Self::Link(lens) => Some((lens.get)(config).clone()),
            Self::OptionalName(lens) | Self::Username(lens) => (lens.get)(config).clone(),
            Self::Folder(lens) | Self::File(lens) => (lens.get)(config).as_deref().map(show_path),
            Self::Listen(lens) => Some((lens.get)(config).to_string()),
            Self::Port(lens) => Some((lens.get)(config).to_string()),
            Self::Percent(lens) | Self::Seconds(lens) => Some(format!("{:?}", (lens.get)(config))),
            Self::Address(lens, part) => (lens.get)(config).and_then(|address| part.show(address)),
        }
    }

    /// What a right value is, with its unit and range: the middle of "expected …, found".
    pub(super) fn expectation(&self) -> String {
        match self {
            Self::Switch(_) => "true or false".to_owned(),
            Self::Carrier(_) => Carrier::ALL.map(Carrier::name).join(", "),
            Self::Count(_, range) => format!("a whole number from {} to {}", range.start(), range.end()),
            Self::Name(_) | Self::OptionalName(_) | Self::Username(_) | Self::Address(_, Part::Username) => {
                Self::name_expectation()
            }
            Self::Link(_) => "the URL of a page, such as https://host/path".to_owned(),
            Self::Folder(_) => "the path of a folder, written out without ~".to_owned(),
            Self::Listen(_) => "an IP address, such as 127.0.0.1 or ::1".to_owned(),
            Self::Port(_) => "a port number from 0 to 65535".to_owned(),
            Self::Percent(_) => "a percentage from 0 to 100".to_owned(),
            Self::Seconds(_) => "a number of seconds, not negative".to_owned(),
            Self::Address(_, Part::Url) => {
                "an address, such as localhost:9091 or https://host/path".to_owned()
            }
            Self::File(_) | Self::Address(..) => "the path of a file, written out without ~".to_owned(),
        }
    }

    fn name_expectation() -> String {
        format!("a text of 1 to {LONGEST_NAME} bytes (in quotes if it is a number), without spaces around it")
    }

    /// Whether the YAML form of a value needs quotes, or would be read as something else.
    pub(super) fn is_text(&self) -> bool {
        !matches!(
            self,
            Self::Switch(_)
                | Self::Carrier(_)
                | Self::Count(..)
                | Self::Port(_)
                | Self::Percent(_)
                | Self::Seconds(_)
        )
    }
}

impl Part {
    fn write(
        self,
        address: &mut Address,
        input: &Input,
        base: &Path,
        refuse: impl Fn() -> Refusal,
    ) -> Result<(), Refusal> {
        match self {
            Self::Url => address.url = input.address(refuse)?.url,
            Self::Username => address.username = Some(input.username(refuse)?),
            Self::PasswordFile => address.password_file = Some(input.path(base).ok_or_else(refuse)?),
            Self::BearerTokenFile => address.bearer_token_file = Some(input.path(base).ok_or_else(refuse)?),
            Self::CaFile => address.ca_file = Some(input.path(base).ok_or_else(refuse)?),
        }
        address.configured = true;
        Ok(())
    }

    fn show(self, address: &Address) -> Option<String> {
        match self {
            Self::Url => Some(address.url.clone()),
            Self::Username => address.username.clone(),
            Self::PasswordFile => address.password_file.as_deref().map(show_path),
            Self::BearerTokenFile => address.bearer_token_file.as_deref().map(show_path),
            Self::CaFile => address.ca_file.as_deref().map(show_path),
        }
    }
}

fn show_path(path: &Path) -> String {
    path.display().to_string()
}

impl Input {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Typed(Node::Text(text)) | Self::Untyped(text) => Some(text),
            Self::Typed(_) => None,
        }
    }

    /// Accepts the words of YAML 1.1 in a file too, since many other readers of the same file understand them. A quoted `true` there
    /// is a text, though.
    fn switch(&self) -> Option<bool> {
        if let Self::Typed(Node::Bool(value)) = self {
            return Some(*value);
        }
        let untyped = matches!(self, Self::Untyped(_));
        match self.text()?.trim().to_ascii_lowercase().as_str() {
            "yes" | "on" => Some(true),
            "no" | "off" => Some(false),
            "true" | "1" if untyped => Some(true),
            "false" | "0" if untyped => Some(false),
            _ => None,
        }
    }

    fn carrier(&self) -> Option<Carrier> {
        let name = self.text()?.trim();
        Carrier::ALL.into_iter().find(|carrier| carrier.name() == name)
    }

    fn integer(&self) -> Option<i128> {
        match self {
            Self::Typed(Node::Integer(value)) => Some(*value),
            Self::Typed(_) => None,
            Self::Untyped(text) => text.trim().parse().ok(),
        }
    }

    fn count(&self, range: &RangeInclusive<usize>) -> Option<usize> {
        usize::try_from(self.integer()?).ok().filter(|count| range.contains(count))
    }

    fn port(&self) -> Option<u16> {
        u16::try_from(self.integer()?).ok()
    }

    /// The range keeps out NaN and the infinities, which YAML and Rust both have words for.
    fn number(&self, range: RangeInclusive<f64>) -> Option<f64> {
        let number = match self {
            Self::Typed(Node::Integer(value)) => *value as f64,
            Self::Typed(Node::Float(value)) => *value,
            Self::Typed(_) => return None,
            Self::Untyped(text) => text.trim().parse().ok()?,
        };
        range.contains(&number).then_some(number)
    }

    fn name(&self) -> Option<String> {
        let name = self.text()?;
        let fits = (1..=LONGEST_NAME).contains(&name.len()) && name.trim() == name;
        (fits && !name.contains(char::is_control)).then(|| name.to_owned())
    }

    /// With a colon in it the text is not repeated, since the password may be part of it.
    fn username(&self, refuse: impl Fn() -> Refusal) -> Result<String, Refusal> {
        if self.text().is_some_and(|text| text.contains(':')) {
            return Err(Refusal::Address(AddressError::Username));
        }
        self.name().ok_or_else(refuse)
    }

    fn ip(&self) -> Option<IpAddr> {
        self.text()?.trim().parse().ok()
    }

    /// A shell would have replaced the tilde; here it would become a folder of that name.
    fn path(&self, base: &Path) -> Option<PathBuf> {
        let path = self.text()?;
        let tilde = path == "~" || path.starts_with("~/");
        (!path.is_empty() && !tilde && !path.contains(char::is_control)).then(|| base.join(path))
    }

    fn address(&self, refuse: impl Fn() -> Refusal) -> Result<Address, Refusal> {
        Address::parse(self.text().ok_or_else(refuse)?).map_err(Refusal::Address)
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some("") => f.write_str("an empty text"),
            // Somebody may have given a URL with its password to the wrong setting.
            Some(text) if text.contains("://") && text.contains('@') => f.write_str("a URL with credentials"),
            Some(text) => write!(f, "{:?}", shorten(text)),
            None => match self {
                Self::Typed(node) => write!(f, "{node}"),
                Self::Untyped(_) => Ok(()),
            },
        }
    }
}

/// The beginning of a text that may be of any length.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
