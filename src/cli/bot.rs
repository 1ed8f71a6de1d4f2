//! `tidings bot`: bots and their tokens.

use super::place::InApp;
use super::{Failure, date, print, unexpected};
use crate::control::{Request, Response};
use crate::model::{BotToken, Name, SessionId, UserId};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
A bot is a user who is a program: it comes with a token instead of a password. A token is told
once and lasts until it is revoked; connections with it are closed then. A bot has at most 8.

Examples:
  tidings bot add dice                              makes the bot and prints its token
  tidings bot token dice --called laptop            makes another one
  tidings bot tokens dice                           numbers, names, last use
  tidings bot rotate dice 7                         a new one in place of number 7
  tidings bot revoke dice 7
  tidings user suspend dice                         ends all of its tokens, too";

/// What `tidings bot` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Create a bot and print its first token.
    Add {
        /// Its id.
        name: UserId,
        /// What people see [default: the id].
        #[arg(long, value_name = "NAME")]
        display_name: Option<Name>,
        #[command(flatten)]
        app: InApp,
    },
    /// Make another token and print it.
    Token {
        /// Of which bot.
        name: UserId,
        /// What the token is called.
        #[arg(long, value_name = "NAME")]
        called: Option<Name>,
        #[command(flatten)]
        app: InApp,
    },
    /// List the tokens of a bot.
    Tokens {
        /// Of which bot.
        name: UserId,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Make a token in place of another one, and print it.
    Rotate {
        /// Of which bot.
        name: UserId,
        /// The number of the token that goes.
        token: SessionId,
        #[command(flatten)]
        app: InApp,
    },
    /// Revoke a token: it opens nothing from this moment on.
    Revoke {
        /// Of which bot.
        name: UserId,
        /// The number of the token.
        token: SessionId,
        #[command(flatten)]
        app: InApp,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Add { name: id, display_name: name, app } => {
            told(app.place.ask(Request::BotAdd { app: app.app, id, name }, true).await?)?;
        }
        Action::Token { name: id, called, app } => {
            let request = Request::BotToken { app: app.app, id, called, replaces: None };
            told(app.place.ask(request, false).await?)?;
        }
        Action::Rotate { name: id, token, app } => {
            let request = Request::BotToken { app: app.app, id, called: None, replaces: Some(token) };
            told(app.place.ask(request, false).await?)?;
        }
        Action::Tokens { name: id, json, app } => {
            let Response::Tokens { tokens } = app.place.ask(Request::BotTokens { app: app.app, id }, false).await?
            else {
                return Err(unexpected());
            };
            let lines: Result<Vec<String>, Failure> =
                tokens.iter().map(|token| if json { super::json(token) } else { Ok(line(token)) }).collect();
            let head = format!("{:<10} {:<18} {:<18} {}\n", "TOKEN", "MADE", "USED", "NAME");
            let lines = lines?.into_iter().fold(String::new(), |text, line| text + &line + "\n");
            print(&format!("{}{lines}", if json { "" } else { &head }))?;
        }
        Action::Revoke { name: id, token, app } => {
            app.place.ask(Request::BotRevoke { app: app.app, id, token }, false).await?;
            print(&format!("The token {token} was revoked.\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a new token, alone on its line.
fn told(response: Response) -> Result<(), Failure> {
    match response {
        Response::Token(made) => print(&format!("{}\n", made.secret.reveal())),
        _ => Err(unexpected()),
    }
}

fn line(token: &BotToken) -> String {
    format!("{:<10} {:<18} {:<18} {}", token.token.0, date(token.created), date(token.used), token.name)
}
