//! `tidings tail`: print messages as they come.

use super::{Failure, exit};
use std::process::ExitCode;

/// What `tidings tail` is told.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs it.
pub async fn run(_args: Args) -> Result<ExitCode, Failure> {
    Err(Failure::new(exit::UNAVAILABLE, "This command is not built yet."))
}
