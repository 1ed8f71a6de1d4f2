//! `tidings admin`: administrators.

use super::place::Place;
use super::{Failure, password, print, unexpected, user};
use crate::control::{Request, Response};
use crate::model::{Name, UserId};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
An administrator is a user of the app `home` with the right to run the server from the
console. It is no right to read other people's messages.

Examples:
  tidings admin create grace                        asks for a password
  tidings admin create grace --password-stdin < grace.txt
  tidings admin grant ada                           makes a user that is there an administrator
  tidings admin revoke ada
  tidings admin list
  tidings admin setup-link                          a link with which the first one is made in a
                                                    browser or with POST /api/v1/setup";

/// What `tidings admin` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a user who is an administrator.
    Create {
        /// Their id: 1 to 64 characters out of A-Z a-z 0-9 _ . @ -
        name: UserId,
        /// The name that others see [default: the id].
        #[arg(long, value_name = "NAME")]
        display_name: Option<Name>,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make a user an administrator.
    Grant {
        /// Whom.
        name: UserId,
        #[command(flatten)]
        place: Place,
    },
    /// List the administrators.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Give a new one-time link to make the first administrator; it lasts 24 hours, and the one before is useless.
    SetupLink {
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Take that right away.
    Revoke {
        /// From whom.
        name: UserId,
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Create { name: id, display_name: name, password_stdin, place } => {
            let password = password::new_password(password_stdin)?;
            let said = format!("{id} was added as an administrator.\n");
            place.ask(Request::UserAdd { app: None, id, name, password, administrator: true }, true).await?;
            print(&said)?;
        }
        Action::Grant { name: id, place } => {
            let said = format!("{id} is an administrator now.\n");
            place.ask(Request::AdminSet { id, administrator: true }, false).await?;
            print(&said)?;
        }
        Action::List { json, place } => {
            let Response::Users { users, .. } = place.ask(Request::AdminList {}, false).await? else {
                return Err(unexpected());
            };
            print(&user::table(&users, json, true)?)?;
        }
        Action::SetupLink { json, place } => user::link(place.ask(Request::SetupLink {}, true).await?, json)?,
        Action::Revoke { name: id, place } => {
            let said = format!("{id} is no administrator any more.\n");
            place.ask(Request::AdminSet { id, administrator: false }, false).await?;
            print(&said)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
