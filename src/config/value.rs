//! The kinds of value a key can have: how each is read from the file and from text, and how it is written.

use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A value as it was given, before anybody looked at what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// From the environment or a flag: always text.
    Plain(String),
    /// A string in the file.
    String(String),
    /// An integer in the file.
    Integer(i64),
    /// `true` or `false` in the file.
    Boolean(bool),
    /// A list of strings in the file.
    List(Vec<String>),
    /// Something that no key takes, by the name of its kind.
    Other(&'static str),
}

impl Raw {
    /// How it is called in an error.
    fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) => "text",
            Self::String(_) => "a string",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }
}

/// A kind of value. Errors complete the sentence "`key` must be …".
pub(super) trait Setting: Sized {
    /// Reads it.
    fn read(raw: &Raw) -> Result<Self, String>;
    /// Writes it as TOML.
    fn literal(&self) -> String;
}

/// "must be EXPECTED, but it is KIND".
fn wrong(expected: &str, raw: &Raw) -> String {
    match raw {
        Raw::Plain(text) => format!("{expected}, but it is {text:?}"),
        _ => format!("{expected}, but it is {}", raw.kind()),
    }
}

/// A TOML string. Rust's escapes and TOML's agree on everything that is printable.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Reads what is written as a string, whatever it becomes.
fn text<T>(raw: &Raw, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, String> {
    match raw {
        Raw::Plain(text) | Raw::String(text) => {
            parse(text).ok_or_else(|| format!("{expected}, but it is {}", quoted(text)))
        }
        _ => Err(wrong(expected, raw)),
    }
}

impl Setting for bool {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Boolean(value) => Ok(*value),
            Raw::Plain(text) if text == "true" => Ok(true),
            Raw::Plain(text) if text == "false" => Ok(false),
            _ => Err(wrong("true or false", raw)),
        }
    }
    fn literal(&self) -> String {
        self.to_string()
    }
}

/// A whole number between two bounds, both included. The bounds stand in its type, so that a key's declaration shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Number<MIN, MAX> {
    /// A default, checked when the program is compiled or first tested.
    pub(super) const fn new(value: u32) -> Self {
        assert!(value >= MIN && value <= MAX, "a default lies within its bounds");
        Self(value)
    }

    /// The number within the bounds that is nearest to `value`.
    pub(super) fn nearest(value: u32) -> Self {
        Self(value.clamp(MIN, MAX))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Setting for Number<MIN, MAX> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let expected = format!("a whole number from {MIN} to {MAX}");
        let given = match raw {
            Raw::Integer(value) => *value,
            Raw::Plain(text) => text.parse().map_err(|_| wrong(&expected, raw))?,
            _ => return Err(wrong(&expected, raw)),
        };
        match u32::try_from(given) {
            Ok(value) if (MIN..=MAX).contains(&value) => Ok(Self(value)),
            _ => Err(format!("{expected}, but it is {given}")),
        }
    }
    fn literal(&self) -> String {
        self.0.to_string()
    }
}

/// Text of 1 to 64 printable characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for Text {
    fn read(raw: &Raw) -> Result<Self, String> {
        text(raw, "text of 1 to 64 printable characters", |text| {
            let fits = (1..=64).contains(&text.chars().count());
            (fits && !text.chars().any(char::is_control) && !text.trim().is_empty()).then(|| Self(text.to_owned()))
        })
    }
    fn literal(&self) -> String {
        quoted(&self.0)
    }
}

/// How browsers reach the server; empty when that follows from where it listens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The address, when there is one.
    pub fn get(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl Setting for Url {
    fn read(raw: &Raw) -> Result<Self, String> {
        text(raw, "an address such as https://chat.example.org, without # or ?", |text| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
            let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '?' | '"' | '<' | '>');
            let fits = text.is_empty() || (!rest.is_empty() && text.len() <= 256 && rest.chars().all(plain));
            fits.then(|| Self(text.to_owned()))
        })
    }
    fn literal(&self) -> String {
        quoted(&self.0)
    }
}

/// How somebody outside reaches whoever runs this server; empty when that is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact(String);

impl Contact {
    /// The address, when there is one.
    pub fn get(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }
}

impl Setting for Contact {
    fn read(raw: &Raw) -> Result<Self, String> {
        text(raw, "mailto: and an e-mail address, or an address with https", |text| {
            let rest = text.strip_prefix("mailto:").filter(|rest| rest.contains('@'));
            let rest = rest.or_else(|| text.strip_prefix("https://")).unwrap_or_default();
            let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>');
            let fits = text.is_empty() || (!rest.is_empty() && text.len() <= 256 && rest.chars().all(plain));
            fits.then(|| Self(text.to_owned()))
        })
    }
    fn literal(&self) -> String {
        quoted(&self.0)
    }
}

impl Setting for PathBuf {
    fn read(raw: &Raw) -> Result<Self, String> {
        text(raw, "a path", |text| (!text.is_empty() && !text.contains('\0')).then(|| Self::from(text)))
    }
    fn literal(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

/// A path that may be left out; written as the empty string when it is.
impl Setting for Option<PathBuf> {
    fn read(raw: &Raw) -> Result<Self, String> {
        match raw {
            Raw::Plain(text) | Raw::String(text) if text.is_empty() => Ok(None),
            _ => PathBuf::read(raw).map(Some),
        }
    }
    fn literal(&self) -> String {
        quoted(&self.as_deref().unwrap_or(Path::new("")).to_string_lossy())
    }
}

impl Setting for SocketAddr {
    fn read(raw: &Raw) -> Result<Self, String> {
        let expected = "an address with its port, such as 127.0.0.1:9000, 0.0.0.0:9000 or [::]:9000";
        text(raw, expected, |text| {
            let text = text.strip_prefix("localhost:").map_or_else(|| text.into(), |port| format!("127.0.0.1:{port}"));
            text.parse().ok()
        })
    }
    fn literal(&self) -> String {
        quoted(&self.to_string())
    }
}

/// A list of names; in the environment separated by commas.
impl Setting for Vec<String> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let list = match raw {
            Raw::List(list) => list.clone(),
            Raw::Plain(text) if text.is_empty() => Vec::new(),
            Raw::Plain(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
            _ => return Err(wrong("a list of names, such as [\"chat.example.org\"]", raw)),
        };
        if list.iter().any(|name| name.is_empty() || name.contains(char::is_whitespace)) {
            return Err("a list of names, each without spaces".into());
        }
        Ok(list)
    }
    fn literal(&self) -> String {
        format!("[{}]", self.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
    }
}

/// A list of times to wait, such as `["5s", "5m", "2h"]`; in the environment separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    words: Vec<String>,
    waits: Vec<Duration>,
}

impl Waits {
    /// Most of them.
    const MOST: usize = 32;
    /// The longest.
    const LONGEST: Duration = Duration::from_hours(48);

    /// Of words that are right.
    pub(super) fn of(words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let waits = words.iter().filter_map(|word| Self::wait(word)).collect();
        Self { words, waits }
    }

    /// The times.
    pub fn get(&self) -> &[Duration] {
        &self.waits
    }

    fn wait(word: &str) -> Option<Duration> {
        let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let number: u32 = word[..digits].parse().ok()?;
        let wait = match &word[digits..] {
            "ms" => Duration::from_millis(number.into()),
            "s" => Duration::from_secs(number.into()),
            "m" => Duration::from_secs(u64::from(number) * 60),
            "h" => Duration::from_secs(u64::from(number) * 3_600),
            _ => return None,
        };
        (wait <= Self::LONGEST).then_some(wait)
    }
}

impl Setting for Waits {
    fn read(raw: &Raw) -> Result<Self, String> {
        let expected = "a list of times of at most 48h, such as [\"5s\", \"5m\", \"2h\"]";
        let words = Vec::<String>::read(raw).map_err(|_| expected.to_owned())?;
        if words.len() > Self::MOST {
            return Err(format!("{expected}, of at most {} times", Self::MOST));
        }
        let wait = |word: &String| Self::wait(word).ok_or_else(|| format!("{expected}, but {} is none", quoted(word)));
        let waits = words.iter().map(wait).collect::<Result<_, _>>()?;
        Ok(Self { words, waits })
    }
    fn literal(&self) -> String {
        self.words.literal()
    }
}

/// A list of addresses and networks; in the environment separated by commas. An address is a network of its own.
impl Setting for Vec<IpNet> {
    fn read(raw: &Raw) -> Result<Self, String> {
        let expected = "a list of addresses or networks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]";
        let list = Vec::<String>::read(raw).map_err(|_| expected.to_owned())?;
        let network = |text: &String| {
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map(|network| network.trunc()).map_err(|_| format!("{expected}, but {} is none", quoted(text)))
        };
        list.iter().map(network).collect()
    }
    fn literal(&self) -> String {
        format!("[{}]", self.iter().map(|network| quoted(&network.to_string())).collect::<Vec<_>>().join(", "))
    }
}

/// Declares a value that is one of a few words.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])+ $variant,)+ }

        impl Setting for $name {
            fn read(raw: &Raw) -> Result<Self, String> {
                let expected = format!("one of {}", [$(concat!("\"", $word, "\"")),+].join(", "));
                text(raw, &expected, |text| match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                })
            }
            fn literal(&self) -> String {
                quoted(match self { $(Self::$variant => $word,)+ })
            }
        }
    };
}
words! {
    /// Where the certificate comes from.
    TlsMode {
        /// No TLS.
        Off = "off",
        /// From files.
        Files = "files",
        /// Made on the first start and kept in the data folder.
        SelfSigned = "self-signed",
    }
}

words! {
    /// When the file is kept ready for an instant start after a crash.
    QuickRepair {
        /// After each second without work: a crash at rest opens at once, one under load walks the file.
        Idle = "idle",
        /// On every commit: every crash opens at once, every commit takes longer.
        Always = "always",
    }
}

words! {
    /// How log lines look.
    LogFormat {
        /// Text on a terminal, JSON otherwise.
        Auto = "auto",
        /// Text.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

words! {
    /// How much is logged.
    Level {
        /// Nothing but errors.
        Error = "error",
        /// What somebody should look at.
        Warn = "warn",
        /// What happens.
        Info = "info",
        /// What helps to find a fault.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

/// Declares how a setting of apps that is one of a few words is read and written.
macro_rules! words_of_model {
    ($name:ty { $($variant:ident = $word:literal,)+ }) => {
        impl Setting for $name {
            fn read(raw: &Raw) -> Result<Self, String> {
                let expected = format!("one of {}", [$(concat!("\"", $word, "\"")),+].join(", "));
                text(raw, &expected, |text| match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                })
            }
            fn literal(&self) -> String {
                quoted(match self { $(Self::$variant => $word,)+ })
            }
        }
    };
}
words_of_model!(crate::model::LoginPolicy { One = "one", Two = "two", Three = "three", All = "all", });
words_of_model!(crate::model::Registration { Open = "open", Invite = "invite", Closed = "closed", });
words_of_model!(crate::model::Directory { Open = "open", Exact = "exact", Off = "off", });
words_of_model!(crate::model::Strangers { Anyone = "anyone", Contacts = "contacts", });
