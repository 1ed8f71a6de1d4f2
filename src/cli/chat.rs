//! `tidings chat`: chat in the terminal.
//!
//! The model ([`model`]) takes keys and what the client library says, and gives actions; the view ([`view`]) draws the model into a
//! buffer; both are pure. The loop ([`running`]) joins them to the terminal ([`screen`]) and to the client library.

mod command;
mod editor;
mod model;
mod picture;
mod running;
mod screen;
mod session;
mod text;
mod transcript;
mod view;
mod words;

use super::{Failure, exit, password};
use crate::client::{Client, ClientOptions, Credentials, FileTokenStore, ServerUrl, TokenStore, Trust};
use crate::model::{Code, Secret, UserId};
use model::{End, Model};
use session::Folder;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use words::Offset;

#[cfg(test)]
mod tests;

/// What `tidings chat` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Who you are.
    #[arg(long, value_name = "USER")]
    user: UserId,
    /// The server: tcp://, tls://, ws:// or wss://, then host and port.
    #[arg(long, value_name = "URL", default_value_t, env = "TIDINGS_SERVER")]
    server: ServerUrl,
    /// Trust the server whose certificate has this SHA-256 fingerprint; a self-signed server prints it when it starts.
    #[arg(long, value_name = "SHA256", conflicts_with = "ca")]
    fingerprint: Option<Trust>,
    /// Trust servers whose certificate an authority in this PEM file has signed.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Show times this far from UTC, for example +02:00.
    #[arg(long, value_name = "OFFSET", default_value = "UTC", allow_hyphen_values = true, env = "TIDINGS_OFFSET")]
    offset: Offset,
    /// Keep the session in this folder [default: tidings in the folder for configuration, ~/.config/tidings].
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// What stands under the help.
const AFTER_HELP: &str = "\
The password is taken from TIDINGS_PASSWORD, else asked for; it is never an argument. After the first time the session is
kept (in a file that only you can read) and no password is needed. Inside, /help lists the commands.

Examples:
  tidings chat --user ada
  tidings chat --user ada --server tls://chat.example.org --offset +02:00
  tidings chat --user ada --state ./second          a second device of ada's

Scripts use `tidings send` and `tidings tail` instead.";

/// Runs it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::new(
            exit::USAGE,
            "`tidings chat` needs a terminal for its input and output; in scripts use `tidings send` and `tidings tail`.",
        ));
    }
    let folder = Folder::find(args.state.clone())?;
    let mut store = FileTokenStore::new(folder.token(&args.server, &args.user));
    let mut options = ClientOptions::new(folder.device()?);
    options.trust = match (args.fingerprint, args.ca) {
        (Some(fingerprint), _) => fingerprint,
        (None, Some(file)) => Trust::Authority(file),
        (None, None) => Trust::System,
    };
    let mut secret = std::env::var("TIDINGS_PASSWORD").ok().filter(|password| !password.is_empty()).map(Secret::new);
    loop {
        let kept = store.load().map_err(|error| {
            Failure::new(
                exit::DATA,
                format!("The kept session cannot be read: {error}. Name another folder with --state."),
            )
        })?;
        if kept.is_none() && secret.is_none() {
            secret = Some(password::ask(&format!("Password of {}: ", args.user))?);
        }
        let path = folder.token(&args.server, &args.user);
        let credentials = match &secret {
            Some(secret) => Credentials::password(args.user.clone(), secret.clone()).kept_in(FileTokenStore::new(path)),
            None => Credentials::stored(FileTokenStore::new(path)),
        };
        let clock = options.clock.clone();
        let model = Model::new(args.server.to_string(), args.user.clone(), args.offset, (80, 24), clock.now());
        let (client, events) = Client::start(&args.server, credentials, options.clone())
            .map_err(|error| Failure::new(exit::USAGE, words::sentence(&error.to_string())))?;
        match Box::pin(running::run(model, client, events, clock)).await? {
            End::Quit => return Ok(ExitCode::SUCCESS),
            End::Kicked(_, sentence) => return Err(Failure::new(exit::PERMISSION, sentence)),
            End::Refused(refusal)
                if secret.is_none()
                    && matches!(refusal.code, Code::Unauthenticated | Code::TokenExpired | Code::SessionRevoked) =>
            {
                eprintln!("The kept session is over: {}", words::refusal(&refusal));
                store.forget().map_err(|error| {
                    Failure::new(exit::DATA, format!("The kept session cannot be removed: {error}."))
                })?;
            }
            End::Refused(refusal) => {
                let sentence = words::refusal(&refusal);
                return Err(Failure { message: sentence, ..refusal.into() });
            }
        }
    }
}
