//! `tidings user`: add, list, give a password, suspend.

use super::place::Place;
use super::{Failure, date, password, print, unexpected};
use crate::control::{Request, Response, UserLine};
use crate::model::{Name, UserHandle, UserId};
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
These commands go through the running server; when none runs they open the data folder
themselves. A password is asked for on the terminal, or read from standard input with
--password-stdin; it is never an argument, because everybody on a machine can see arguments.

Examples:
  tidings user add ada                              asks for a password
  tidings user add bob --password-stdin < bob.txt
  tidings user list --json
  tidings user passwd ada                           all sessions of ada end
  tidings user suspend bob                          he is signed out and cannot log in
  tidings user suspend bob --undo";

/// What `tidings user` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

/// Which users.
#[derive(Debug, clap::Args)]
struct App {
    /// The app (tenant) that the user belongs to [default: home].
    #[arg(long)]
    app: Option<Name>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a user.
    Add {
        /// Their id: 1 to 64 characters out of A-Z a-z 0-9 _ . @ -
        name: UserId,
        /// The name that others see [default: the id].
        #[arg(long, value_name = "NAME")]
        display_name: Option<Name>,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        app: App,
    },
    /// List all users.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: App,
    },
    /// Give a user another password; their sessions end.
    Passwd {
        /// Whose.
        name: UserId,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        app: App,
    },
    /// Sign a user out everywhere and let them in no more.
    Suspend {
        /// Whom.
        name: UserId,
        /// Let them in again.
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        app: App,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Add { name: id, display_name: name, password_stdin, app } => {
            let password = password::new_password(password_stdin)?;
            let said = format!("{id} was added.\n");
            let request = Request::UserAdd { app: app.app, id, name, password, administrator: false };
            app.place.ask(request, true).await?;
            print(&said)?;
        }
        Action::List { json, app } => list(app, json).await?,
        Action::Passwd { name: id, password_stdin, app } => {
            let password = password::new_password(password_stdin)?;
            let said = format!("The password of {id} was changed; their sessions have ended.\n");
            app.place.ask(Request::UserPasswd { app: app.app, id, password }, false).await?;
            print(&said)?;
        }
        Action::Suspend { name: id, undo, app } => {
            let said = if undo {
                format!("{id} may log in again.\n")
            } else {
                format!("{id} was suspended and signed out.\n")
            };
            app.place.ask(Request::UserSuspend { app: app.app, id, suspended: !undo }, false).await?;
            print(&said)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: App, json: bool) -> Result<(), Failure> {
    let mut after = UserHandle(0);
    let mut page =
        if json { String::new() } else { format!("{:<24} {:<24} {:<14} {}\n", "ID", "NAME", "FLAGS", "CREATED") };
    loop {
        let request = Request::UserList { app: app.app.clone(), after };
        let Response::Users { users, next } = app.place.ask(request, false).await? else { return Err(unexpected()) };
        for user in &users {
            page.push_str(&if json { super::json(user)? } else { line(user) });
            page.push('\n');
        }
        print(&page)?;
        page.clear();
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

fn line(user: &UserLine) -> String {
    let flags = [(user.administrator, "admin"), (user.suspended, "suspended")];
    let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
    let flags = if flags.is_empty() { "-".to_owned() } else { flags.join(",") };
    format!("{:<24} {:<24} {:<14} {}", user.id.as_str(), user.name.as_str(), flags, date(user.created))
}
