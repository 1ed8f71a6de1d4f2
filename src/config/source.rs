//! Where values come from: the file with its lines, the environment, and flags.

use super::problem::{Problem, did_you_mean};
use super::seeds::{self, AssistantSeed};
use super::table::{Config, Key};
use super::value::{Raw, Setting};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use toml_edit::{Document, Item, Table, Value};

/// Largest configuration file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A flag that sets a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The key, as `section.name`.
    pub key: &'static str,
    /// The flag as it is typed, for example `--listen-tcp`.
    pub flag: &'static str,
    /// Its value.
    pub value: String,
}

/// Everything a configuration is made of, lowest precedence first. The default has none of it.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file; it must be there.
    pub file: Option<PathBuf>,
    /// Text instead of a file, with the name to call it by in errors.
    pub text: Option<(String, String)>,
    /// Variables of the environment; those that are not ours are passed over.
    pub environment: Vec<(String, String)>,
    /// Flags.
    pub flags: Vec<Flag>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the file.
    File {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// Everything that was given, by the full name of its key, each source in its order of precedence.
pub(super) struct Values {
    given: BTreeMap<String, Vec<(Origin, Raw)>>,
    assistants: Vec<AssistantSeed>,
}

impl Values {
    /// Reads every source.
    pub(super) fn read(sources: &Sources, problems: &mut Vec<Problem>) -> Self {
        let mut values = Self { given: BTreeMap::new(), assistants: Vec::new() };
        if let Some((path, text)) = &sources.text {
            values.read_text(path, text, problems);
        }
        if let Some(path) = &sources.file {
            let name = path.display().to_string();
            match read_file(path) {
                Ok(text) => values.read_text(&name, &text, problems),
                Err(reason) => problems.push(Problem::at(name, format!("The file cannot be read: {reason}."))),
            }
        }
        values.read_environment(&sources.environment, problems);
        for flag in &sources.flags {
            values.add(flag.key, Origin::Flag(flag.flag), Raw::Plain(flag.value.clone()));
        }
        values
    }

    fn add(&mut self, key: &str, origin: Origin, raw: Raw) {
        self.given.entry(key.to_owned()).or_default().push((origin, raw));
    }

    fn read_text(&mut self, path: &str, text: &str, problems: &mut Vec<Problem>) {
        let line_of = |span: Option<std::ops::Range<usize>>| span.map_or(1, |span| line(text, span.start));
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let message = format!("This is not TOML: {}.", error.message().lines().next().unwrap_or("unreadable"));
                problems.push(Problem::in_file(path, line_of(error.span()), message));
                return;
            }
        };
        for (name, item) in document.as_table() {
            let line = line_of(document.as_table().key(name).and_then(toml_edit::Key::span));
            if name == seeds::NAME {
                self.assistants.extend(seeds::read(path, item, &line_of, problems));
                continue;
            }
            let sections = Config::sections();
            if !sections.contains(&name) {
                problems.push(Problem::in_file(path, line, unknown_section(name, item, &sections)));
                continue;
            }
            let Item::Table(table) = item else {
                let message = format!("{name} is a section; write [{name}] in a line of its own.");
                problems.push(Problem::in_file(path, line, message));
                continue;
            };
            self.read_section(path, name, table, &line_of);
        }
    }

    fn read_section(
        &mut self,
        path: &str,
        section: &str,
        table: &Table,
        line_of: &impl Fn(Option<std::ops::Range<usize>>) -> usize,
    ) {
        for (name, item) in table {
            let line = line_of(table.key(name).and_then(toml_edit::Key::span));
            self.add(&format!("{section}.{name}"), Origin::File { path: path.to_owned(), line }, raw(item));
        }
    }

    /// Variables named after a key, and those that look as if they were meant to be: an unknown one is a problem, because a
    /// limit that was mistyped would otherwise silently be the default.
    fn read_environment(&mut self, environment: &[(String, String)], problems: &mut Vec<Problem>) {
        let keys = Config::keys();
        for (name, value) in environment {
            if let Some(key) = keys.iter().find(|key| key.variable() == *name) {
                self.add(&key.full(), Origin::Environment(name.clone()), Raw::Plain(value.clone()));
                continue;
            }
            let ours = |section: &&str| name.starts_with(&format!("TIDINGS_{}_", section.to_uppercase()));
            if Config::sections().iter().any(ours) {
                let known: Vec<String> = keys.iter().map(Key::variable).collect();
                let hint = hint(name, known.iter().map(String::as_str));
                problems.push(Problem::at(name, format!("There is no key of this name.{hint}")));
            }
        }
    }

    /// Takes the value of a key: that of the highest source. Every source is checked, because a wrong value that happens to be
    /// overridden today bites tomorrow.
    pub(super) fn take<T: Setting>(&mut self, key: &Key, default: T, problems: &mut Vec<Problem>) -> (T, Origin) {
        let mut taken = (default, Origin::Default);
        for (origin, raw) in self.given.remove(&key.full()).unwrap_or_default() {
            match T::read(&raw) {
                Ok(value) => taken = (value, origin),
                Err(expected) => {
                    let message = format!("{} must be {expected}.", key.name);
                    problems.push(problem(&origin, message));
                }
            }
        }
        taken
    }

    /// The assistants that are to be set up.
    pub(super) fn take_assistants(&mut self) -> Vec<AssistantSeed> {
        std::mem::take(&mut self.assistants)
    }

    /// What nobody took: keys that do not exist.
    pub(super) fn report_unused(&self, problems: &mut Vec<Problem>) {
        let keys = Config::keys();
        for (full, given) in &self.given {
            let (section, name) = full.split_once('.').unwrap_or(("", full));
            let here = keys.iter().filter(|key| key.section == section).map(|key| key.name);
            let mut hint = hint(name, here);
            if let Some(elsewhere) = keys.iter().find(|key| key.name == name) {
                hint = format!(" It belongs to [{}].", elsewhere.section);
            }
            for (origin, _) in given {
                problems.push(problem(origin, format!("[{section}] has no key {name}.{hint}")));
            }
        }
    }
}

fn problem(origin: &Origin, message: String) -> Problem {
    match origin {
        Origin::File { path, line } => Problem::in_file(path, *line, message),
        other => Problem::at(other.to_string(), message),
    }
}

fn hint<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(given, known).map_or_else(String::new, |meant| format!(" Did you mean {meant}?"))
}

fn unknown_section(name: &str, item: &Item, sections: &[&str]) -> String {
    if item.is_table() {
        return format!("There is no section [{name}].{}", hint(name, sections.iter().copied()));
    }
    match Config::keys().iter().find(|key| key.name == name) {
        Some(key) => format!("{name} stands outside of a section; it belongs to [{}].", key.section),
        None => format!("{name} stands outside of a section, and no section has such a key."),
    }
}

fn raw(item: &Item) -> Raw {
    match item {
        Item::Value(Value::String(text)) => Raw::String(text.value().clone()),
        Item::Value(Value::Integer(number)) => Raw::Integer(*number.value()),
        Item::Value(Value::Boolean(value)) => Raw::Boolean(*value.value()),
        Item::Value(Value::Array(array)) => {
            let strings: Option<Vec<String>> = array.iter().map(|value| value.as_str().map(str::to_owned)).collect();
            strings.map_or(Raw::Other("a list of something else than strings"), Raw::List)
        }
        Item::Value(Value::Float(_)) => Raw::Other("a number with a fraction"),
        Item::Value(Value::Datetime(_)) => Raw::Other("a date"),
        Item::Value(Value::InlineTable(_)) | Item::Table(_) | Item::ArrayOfTables(_) => Raw::Other("a table"),
        Item::None => Raw::Other("nothing"),
    }
}

/// The line, from 1, that holds the byte at `offset`.
fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn read_file(path: &std::path::Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_BYTES_MAX {
        return Err(format!("it has {size} bytes, and a configuration has at most {FILE_BYTES_MAX}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
