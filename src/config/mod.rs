//! The configuration: typed sections, filled from defaults < file < environment < flags, with all problems reported at once.
//!
//! Every key is declared exactly once, in [`table`]; the example file, the names of the environment variables, the errors for
//! unknown keys and `tidings config show` are made from that declaration. Only what is needed before the data folder can be
//! opened, and the limits of the rim, live here. What can change while the server runs (users, apps and their settings) lives in
//! the data folder and nowhere else; `[home]` merely seeds it on the very first start.
//!
//! This room uses `model` alone and has no side effects: reading a configuration never makes a file or opens a socket.

mod example;
mod problem;
mod rules;
mod seeds;
mod source;
mod table;
mod value;

pub use example::example;
pub use problem::{Problem, Problems};
pub use seeds::AssistantSeed;
pub use source::{Flag, Origin, Sources};
pub use table::{Assistants, Config, Home, Http, Limits, Listen, Log, Server, Storage, Tls};
pub use value::{Level, LogFormat, QuickRepair, Text, TlsMode, Url};

use source::Values;

/// The file that is read when none is named and the working folder has one.
pub const FILE_DEFAULT: &str = "tidings.toml";

impl Config {
    /// Reads all sources. On any problem the error holds every problem of all sources.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut values = Values::read(sources, &mut problems);
        let mut config = Self::fill(&mut values, &mut problems);
        config.seeded_assistants = values.take_assistants();
        values.report_unused(&mut problems);
        rules::check(&config, &mut problems);
        if problems.is_empty() { Ok(config) } else { Err(Problems::new(problems)) }
    }

    /// Every key with its value, as a file that would give the same configuration. With `origins`, each line says where its
    /// value comes from. There are no secrets in a configuration, only paths to them.
    pub fn show(&self, origins: bool) -> String {
        let mut lines = Vec::new();
        let mut section = "";
        for (key, value) in self.values() {
            if key.section != section {
                if !section.is_empty() {
                    lines.push(String::new());
                }
                section = key.section;
                lines.push(format!("[{section}]"));
            }
            let line = format!("{} = {value}", key.name);
            lines.push(if origins { format!("{line:<48} # {}", self.origin(&key)) } else { line });
        }
        for seed in &self.seeded_assistants {
            lines.push(String::new());
            lines.extend(seed.lines());
        }
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_source_the_configuration_is_the_default() {
        assert_eq!(Config::load(&Sources::default()).unwrap(), Config::default());
    }

    #[test]
    fn what_is_shown_can_be_read_back() {
        let text = Config::default().show(true);
        let sources = Sources { text: Some(("shown.toml".into(), text)), ..Sources::default() };
        assert_eq!(Config::load(&sources).unwrap().show(false), Config::default().show(false));
    }
}
