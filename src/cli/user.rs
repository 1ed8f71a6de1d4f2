//! `tidings user`: add, list, show, give a password, set flags, sign out, delete.

use super::place::InApp;
use super::{Failure, date, password, print, unexpected};
use crate::control::{Request, Response, UserDetail, UserLine};
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
  tidings user suspend bob --undo
  tidings user silence bob                          he may read but not send
  tidings user contacts bob --off                   he neither sends nor gets contact requests
  tidings user show bob                             his flags and sessions
  tidings user end-sessions bob                     he is signed out everywhere
  tidings user password-link bob                    a one-time link with which he sets a password
  tidings user delete bob --yes                     his profile goes, his messages stay";

/// What `tidings user` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
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
        app: InApp,
    },
    /// List all users.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Give a user another password; their sessions end.
    Passwd {
        /// Whose.
        name: UserId,
        /// Read the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Sign a user out everywhere and let them in no more.
    Suspend {
        /// Whom.
        name: UserId,
        /// Let them in again.
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Let a user read, but not send.
    Silence {
        /// Whom.
        name: UserId,
        /// Let them send again.
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Let a user send and get contact requests, or not.
    Contacts {
        /// Whom.
        name: UserId,
        /// Neither send nor get them.
        #[arg(long, conflicts_with = "on", required_unless_present = "on")]
        off: bool,
        /// Both again.
        #[arg(long)]
        on: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Show a user, their flags and their sessions.
    Show {
        /// Whom.
        name: UserId,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Sign a user out on every device.
    EndSessions {
        /// Whom.
        name: UserId,
        #[command(flatten)]
        app: InApp,
    },
    /// Give a one-time link with which a user sets a password; it lasts 24 hours, and the one before is useless.
    PasswordLink {
        /// For whom.
        name: UserId,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        app: InApp,
    },
    /// Delete an account for good: its profile goes, its messages stay under "deleted user".
    Delete {
        /// Whose.
        name: UserId,
        /// Say that it is meant.
        #[arg(long, required = true)]
        yes: bool,
        #[command(flatten)]
        app: InApp,
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
        Action::Silence { name: id, undo, app } => {
            let said = if undo { format!("{id} may send again.\n") } else { format!("{id} may read, but not send.\n") };
            let request = Request::UserFlags { app: app.app, id, silenced: Some(!undo), contacts_disabled: None };
            app.place.ask(request, false).await?;
            print(&said)?;
        }
        Action::Contacts { name: id, off, on: _, app } => {
            let can = if off { "neither sends nor gets" } else { "sends and gets" };
            let said = format!("{id} {can} contact requests.\n");
            let request = Request::UserFlags { app: app.app, id, silenced: None, contacts_disabled: Some(off) };
            app.place.ask(request, false).await?;
            print(&said)?;
        }
        Action::Show { name: id, json, app } => {
            let Response::User(user) = app.place.ask(Request::UserShow { app: app.app, id }, false).await? else {
                return Err(unexpected());
            };
            print(&if json { format!("{}\n", super::json(&user)?) } else { shown(&user) })?;
        }
        Action::EndSessions { name: id, app } => {
            let said = format!("{id} was signed out everywhere.\n");
            app.place.ask(Request::UserEndSessions { app: app.app, id }, false).await?;
            print(&said)?;
        }
        Action::PasswordLink { name: id, json, app } => {
            link(app.place.ask(Request::UserLink { app: app.app, id }, false).await?, json)?;
        }
        Action::Delete { name: id, yes: _, app } => {
            let said = format!("The account {id} was deleted; it leaves its groups now.\n");
            app.place.ask(Request::UserDelete { app: app.app, id }, false).await?;
            print(&said)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a one-time link. It is a secret, and it is what was asked for: it goes to standard output alone.
pub(super) fn link(response: Response, json: bool) -> Result<(), Failure> {
    let Response::Link(link) = response else { return Err(unexpected()) };
    if json {
        return print(&format!("{}\n", super::json(&link)?));
    }
    print(&format!("{}\n", link.url.reveal()))?;
    eprintln!("It can be used once, until {} UTC.", date(link.expires));
    Ok(())
}

fn shown(user: &UserDetail) -> String {
    let UserDetail { account, sessions_list } = user;
    let flags = [
        (account.administrator, "administrator"),
        (account.flags.suspended, "suspended"),
        (account.flags.silenced, "silenced"),
        (account.flags.contacts_disabled, "contacts disabled"),
        (account.deleted, "deleted"),
        (!account.password, "no password"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
    let mut text = format!(
        "id        {}\nname      {}\ncreated   {}\nflags     {}\nsessions  {}\n",
        account.id,
        account.name,
        date(account.created),
        if flags.is_empty() { "-".to_owned() } else { flags.join(", ") },
        sessions_list.len(),
    );
    for session in sessions_list {
        let (seen, device) = (date(session.seen), session.device.name.as_str());
        let line = format!("  {:<8} {device:<24} last seen {seen}, from {}\n", session.session.0, session.address);
        text.push_str(&line);
    }
    text
}

/// Users as lines, with a line above them that names the columns.
pub(super) fn table(users: &[UserLine], json: bool, head: bool) -> Result<String, Failure> {
    let mut text = String::new();
    if head && !json {
        let columns = format!("{:<24} {:<24} {:<14} CREATED\n", "ID", "NAME", "FLAGS");
        text.push_str(&columns);
    }
    for user in users {
        text += &if json { super::json(user)? } else { line(user) };
        text.push('\n');
    }
    Ok(text)
}

async fn list(app: InApp, json: bool) -> Result<(), Failure> {
    let mut after = UserHandle(0);
    let mut head = true;
    loop {
        let request = Request::UserList { app: app.app.clone(), after };
        let Response::Users { users, next } = app.place.ask(request, false).await? else { return Err(unexpected()) };
        print(&table(&users, json, head)?)?;
        head = false;
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

fn line(user: &UserLine) -> String {
    let flags = [
        (user.administrator, "admin"),
        (user.suspended, "suspended"),
        (user.silenced, "silenced"),
        (user.contacts_disabled, "no-contacts"),
        (user.deleted, "deleted"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect();
    let flags = if flags.is_empty() { "-".to_owned() } else { flags.join(",") };
    format!("{:<24} {:<24} {:<14} {}", user.id.as_str(), user.name.as_str(), flags, date(user.created))
}
