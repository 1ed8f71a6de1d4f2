//! `tidings completions`: completions for a shell.

use super::{Failure, command, print};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
Examples:
  tidings completions bash > ~/.local/share/bash-completion/completions/tidings
  tidings completions zsh > ~/.zfunc/_tidings
  tidings completions fish > ~/.config/fish/completions/tidings.fish";

/// What `tidings completions` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell.
    shell: clap_complete::Shell,
}

/// Prints them.
#[allow(clippy::unused_async, reason = "every command has the same shape")]
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "tidings", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
