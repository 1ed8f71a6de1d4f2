//! Log lines, on standard error.
//!
//! Only this program's own lines follow the configured level; libraries speak up from `warn`, and `rmcp`, which warns of what
//! its callers send, from `error`. A line never holds a password, a
//! token or a message: those are types that print only that they are there (`Secret`, `PasswordHash`, `TokenHash`), and bodies
//! are not logged at all.

use crate::config::{Level, Log, LogFormat};
use std::io::{self, IsTerminal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Starts logging as `log` says. A second call in one process changes nothing.
pub fn start(log: &Log) {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let filter = Targets::new()
        .with_target("tidings", level)
        .with_target("rmcp", LevelFilter::ERROR)
        .with_default(level.min(LevelFilter::WARN));
    let json = is_json(log);
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal() && !json);
    let lines = if json { lines.json().flatten_event(true).boxed() } else { lines.boxed() };
    if tracing_subscriber::registry().with(lines.with_filter(filter)).try_init().is_err() {
        // A subscriber that is there already (a test's, an embedder's) stays.
        tracing::debug!("somebody else takes the log lines");
    }
}

/// Whether log lines are JSON objects.
pub fn is_json(log: &Log) -> bool {
    match log.format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    }
}
