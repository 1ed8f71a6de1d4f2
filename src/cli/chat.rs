//! `tidings chat`: chat in the terminal.

use super::{Failure, exit};
use std::process::ExitCode;

/// What `tidings chat` is told.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs it.
pub async fn run(_args: Args) -> Result<ExitCode, Failure> {
    Err(Failure::new(exit::UNAVAILABLE, "This command is not built yet."))
}
