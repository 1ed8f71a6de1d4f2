//! `tidings secrets`: the key with which secrets are encrypted in the data.

use super::place::Place;
use super::{Failure, print, unexpected};
use crate::control::{Request, Response};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
What apps sign with, and what webhooks and before-hooks are signed with, is kept encrypted
with `secrets.key` of the data folder. A rotation makes another key, encrypts everything with
it, and takes the old key away: through the running server, or by itself when none runs.
Whatever ends it in between, both keys are there and everything works; run it again, and it
is finished. Backups that were made before need the key that was there then.

Examples:
  tidings secrets rotate
  tidings secrets rotate --data /srv/tidings";

/// What `tidings secrets` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make another key, encrypt all secrets with it, and take the old key away.
    Rotate {
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(Args { action: Action::Rotate { place } }: Args) -> Result<ExitCode, Failure> {
    let Response::SecretsRotated(rotated) = place.ask(Request::SecretsRotate {}, false).await? else {
        return Err(unexpected());
    };
    print(&format!("The key {} counts now; {} secrets were encrypted with it.\n", rotated.number, rotated.changed))?;
    if rotated.unreadable > 0 {
        eprintln!(
            "{} secrets could be read with no key and stay as they are: they were encrypted with another folder's secrets.key. \
             Make those keys anew, and give those webhooks other secrets.",
            rotated.unreadable
        );
    }
    Ok(ExitCode::SUCCESS)
}
