//! `tidings config`: what counts, and an example file.

use super::{Failure, place, print, serve};
use crate::config::example;
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
Examples:
  tidings config show --origin              every key, its value and its source
  tidings config example > tidings.toml     every key, its default and what it means";

/// What `tidings config` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show every key with the value that counts.
    Show {
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
        #[command(flatten)]
        serve: serve::Args,
    },
    /// Print an example file: every key with its default and what it means.
    Example,
}

/// Does it.
#[allow(clippy::unused_async, reason = "every command has the same shape")]
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Show { origin, serve } => print(&place::load(&serve.sources())?.show(origin))?,
        Action::Example => print(&example())?,
    }
    Ok(ExitCode::SUCCESS)
}
