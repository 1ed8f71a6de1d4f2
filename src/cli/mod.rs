//! The command line: one file per subcommand, each with its `Args` and its `run`.
//!
//! A command either does what it says and ends with [`ExitCode::SUCCESS`], or gives a [`Failure`]: a sentence that names the
//! cure, and an exit code out of [`exit`] that scripts can rely on. Standard output carries results, standard error everything
//! else. No password or token is ever an argument, because arguments are visible to everybody on the machine.

pub mod bench;
pub mod chat;
pub mod send;
pub mod tail;

use clap::{Parser, Subcommand};
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

/// A whole instant-messaging system in one binary.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Chat in the terminal.
    Chat(Box<chat::Args>),
    /// Send one message.
    Send(Box<send::Args>),
    /// Print messages as they come.
    Tail(Box<tail::Args>),
    /// Measure a server.
    Bench(Box<bench::Args>),
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
            print(&help.render().ansi().to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Failure::new(exit::TEMPORARY, format!("The threads of the program could not be started: {error}."))
    })?;
    runtime.block_on(dispatch(cli))
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        None => Ok(ExitCode::SUCCESS),
        Some(Command::Chat(args)) => Box::pin(chat::run(*args)).await,
        Some(Command::Send(args)) => Box::pin(send::run(*args)).await,
        Some(Command::Tail(args)) => Box::pin(tail::run(*args)).await,
        Some(Command::Bench(args)) => Box::pin(bench::run(*args)).await,
    }
}
