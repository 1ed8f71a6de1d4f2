//! The command line: one file per subcommand, each with its `Args` and its `run`.
//!
//! A command either does what it says and ends with [`ExitCode::SUCCESS`], or gives a [`Failure`]: a sentence that names the
//! cure, and an exit code out of [`exit`] that scripts can rely on. Standard output carries results, standard error everything
//! else. No password or token is ever an argument, because arguments are visible to everybody on the machine.

pub mod admin;
pub mod app;
pub mod assistant;
pub mod audit;
pub mod bench;
pub mod bot;
pub mod chat;
pub mod check;
pub mod completions;
pub mod config;
pub mod invite;
mod notice;
pub mod password;
pub mod place;
pub mod reach;
pub mod secrets;
pub mod send;
pub mod serve;
pub mod status;
pub mod tail;
pub mod user;
mod webhook;

use crate::model::Timestamp;
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Exit codes, those of `sysexits.h`, so that scripts and supervisors can tell failures apart.
pub mod exit {
    /// The command line was wrong.
    pub const USAGE: u8 = 64;
    /// What was given, or what is stored, is not what it should be; or the server said no.
    pub const DATA: u8 = 65;
    /// The server cannot be reached, or cannot serve.
    pub const UNAVAILABLE: u8 = 69;
    /// A file, folder or listener could not be made.
    pub const CANNOT_CREATE: u8 = 73;
    /// It did not work this time; trying again later may.
    pub const TEMPORARY: u8 = 75;
    /// Not allowed: wrong password, or no right to do this.
    pub const PERMISSION: u8 = 77;
    /// The configuration is wrong.
    pub const CONFIG: u8 = 78;
}

/// Why a command did not do what it was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Full sentences for the person at the terminal: what is wrong, and what to do.
    pub message: String,
    /// One of [`exit`].
    pub exit_code: u8,
}

impl Failure {
    /// A failure with its exit code (one of [`exit`]) and its sentence.
    pub fn new(exit_code: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Writes to standard output. A reader that has gone away (`tidings user list | head -1`) is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(exit::CANNOT_CREATE, format!("Standard output cannot be written: {error}.")))
        }
        _ => Ok(()),
    }
}

/// A value as one line of JSON.
fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::new(exit::DATA, format!("This cannot be written: {error}.")))
}

/// An answer that does not fit the request: the server is of another version.
fn unexpected() -> Failure {
    Failure::new(exit::DATA, "The server answered something else than was asked; is it of another version?")
}

/// A time as `2026-01-31 12:34` (UTC). The calendar is Howard Hinnant's `civil_from_days`.
fn date(time: Timestamp) -> String {
    let minutes = time.0 / 60_000;
    let (days, minute) = (minutes / 1_440 + 719_468, minutes % 1_440);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

/// What stands under `tidings --help`.
const AFTER_HELP: &str = "\
Without a command it serves: `tidings` is `tidings serve`.

Two people chatting, on one machine:
  tidings                                           the server, in one terminal; it prints `ready`
  tidings user add ada                              in another: two users
  tidings user add bob
  tidings chat --user ada                           and each in a terminal of their own
  tidings chat --user bob

`tidings COMMAND --help` shows what a command does, with examples. Exit codes: 0 done, 64
wrong usage, 65 wrong data, 69 server not reachable, 73 cannot create, 75 try again later, 77
not allowed, 78 wrong configuration.";

/// A whole instant-messaging system in one binary.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, args_conflicts_with_subcommands = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    #[command(after_help = serve::AFTER_HELP)]
    Serve(serve::Args),
    /// Report every problem of the configuration, and of the data.
    #[command(after_help = check::AFTER_HELP)]
    Check(check::Args),
    /// Add, list, suspend and delete users, and sign them out.
    #[command(after_help = user::AFTER_HELP)]
    User(user::Args),
    /// Make administrators.
    #[command(after_help = admin::AFTER_HELP)]
    Admin(admin::Args),
    /// Create apps (tenants) and change their settings.
    #[command(after_help = app::AFTER_HELP)]
    App(app::Args),
    /// Make bots and their tokens.
    #[command(after_help = bot::AFTER_HELP)]
    Bot(bot::Args),
    /// Set assistants up, change, test and remove them.
    #[command(after_help = assistant::AFTER_HELP)]
    Assistant(Box<assistant::Args>),
    /// Make invite codes, with which people make accounts.
    #[command(after_help = invite::AFTER_HELP)]
    Invite(invite::Args),
    /// Encrypt the secrets of apps with another key.
    #[command(after_help = secrets::AFTER_HELP)]
    Secrets(secrets::Args),
    /// Show the audit log: who did what to whom.
    #[command(after_help = audit::AFTER_HELP)]
    Audit(audit::Args),
    /// Show how the server and its data are.
    #[command(after_help = status::AFTER_HELP)]
    Status(status::Args),
    /// Chat in the terminal.
    Chat(Box<chat::Args>),
    /// Send one message.
    Send(Box<send::Args>),
    /// Print messages as they come.
    Tail(Box<tail::Args>),
    /// Measure a server.
    Bench(Box<bench::Args>),
    /// Show the configuration, or an example file.
    #[command(after_help = config::AFTER_HELP)]
    Config(config::Args),
    /// Print completions for a shell.
    #[command(after_help = completions::AFTER_HELP)]
    Completions(completions::Args),
}

/// The command line as clap knows it.
fn command() -> clap::Command {
    Cli::command()
}

/// Parses the command line and runs the command. `arguments` starts with the name of the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode, Failure> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = error.render().to_string();
            return Err(Failure::new(exit::USAGE, text.trim_start_matches("error: ").trim_end()));
        }
        Err(help) => {
            print(&help.render().to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    // Whatever this program writes (data, sockets, keys) is for its owner alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(exit::TEMPORARY, format!("The threads of the program could not be started: {error}."))
    })?;
    let ended = runtime.block_on(dispatch(cli));
    // What still blocks a thread (a second signal came, standard input is being read) does not hold up the end.
    runtime.shutdown_background();
    ended
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => Box::pin(serve::run(args)).await,
        Command::Check(args) => Box::pin(check::run(args)).await,
        Command::User(args) => Box::pin(user::run(args)).await,
        Command::Admin(args) => Box::pin(admin::run(args)).await,
        Command::App(args) => Box::pin(app::run(args)).await,
        Command::Bot(args) => Box::pin(bot::run(args)).await,
        Command::Assistant(args) => Box::pin(assistant::run(*args)).await,
        Command::Invite(args) => Box::pin(invite::run(args)).await,
        Command::Secrets(args) => Box::pin(secrets::run(args)).await,
        Command::Audit(args) => Box::pin(audit::run(args)).await,
        Command::Status(args) => Box::pin(status::run(args)).await,
        Command::Chat(args) => Box::pin(chat::run(*args)).await,
        Command::Send(args) => Box::pin(send::run(*args)).await,
        Command::Tail(args) => Box::pin(tail::run(*args)).await,
        Command::Bench(args) => Box::pin(bench::run(*args)).await,
        Command::Config(args) => config::run(args).await,
        Command::Completions(args) => completions::run(args).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01 00:00"),
            (951_782_400_000, "2000-02-29 00:00"),
            (951_868_799_999, "2000-02-29 23:59"),
            (1_767_225_600_000, "2026-01-01 00:00"),
            (4_107_542_340_000, "2100-02-28 23:59"),
        ] {
            assert_eq!(date(Timestamp(ms)), text);
        }
    }
}
