//! `tidings app`: apps (tenants) and their settings.

use super::place::Place;
use super::{Failure, exit, print, unexpected};
use crate::config::Home;
use crate::control::{AppLine, Request, Response};
use crate::model::Name;
use std::process::ExitCode;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
An app is a tenant: users, conversations and settings of its own, that no other app sees or
reaches. The server's own accounts are in the app `home`. A setting counts from the moment it
is changed; the keys are those of [home] in the configuration, which only seeds them on the
very first start.

Examples:
  tidings app list
  tidings app create shop
  tidings app get home
  tidings app set home recall_window_s=300 login_policy=three";

/// What `tidings app` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List all apps.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Create an app.
    Create {
        /// Its name.
        name: Name,
        #[command(flatten)]
        place: Place,
    },
    /// Show the settings of an app.
    Get {
        /// Which.
        name: Name,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Change settings of an app.
    Set {
        /// Which.
        name: Name,
        /// The settings to change.
        #[arg(value_name = "KEY=VALUE", required = true)]
        changes: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::List { json, place } => {
            let apps = apps(place.ask(Request::AppList {}, false).await?)?;
            let lines: Result<Vec<String>, Failure> = apps
                .iter()
                .map(|app| if json { super::json(app) } else { Ok(format!("{:<6} {}", app.app.0, app.name)) })
                .collect();
            let head = if json { "" } else { "ID     NAME\n" };
            print(&format!("{head}{}\n", lines?.join("\n")))?;
        }
        Action::Create { name, place } => {
            let said = format!("The app {name} was created.\n");
            place.ask(Request::AppCreate { name, settings: None }, true).await?;
            print(&said)?;
        }
        Action::Get { name, json, place } => {
            let app = one(&place, name).await?;
            if json {
                print(&format!("{}\n", super::json(&app)?))?;
            } else {
                print(&settings(&app))?;
            }
        }
        Action::Set { name, changes, place } => {
            let before = one(&place, name.clone()).await?.settings;
            let mut home = Home::from(&before);
            let wrong: Vec<String> = changes.iter().filter_map(|change| apply(&mut home, change).err()).collect();
            if !wrong.is_empty() {
                return Err(Failure::new(exit::DATA, wrong.join("\n")));
            }
            place.ask(Request::AppSet { name: name.clone(), settings: home.change(&before) }, false).await?;
            print(&settings(&one(&place, name).await?))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn apps(response: Response) -> Result<Vec<AppLine>, Failure> {
    match response {
        Response::Apps { apps } => Ok(apps),
        _ => Err(unexpected()),
    }
}

async fn one(place: &Place, name: Name) -> Result<AppLine, Failure> {
    apps(place.ask(Request::AppGet { name }, false).await?)?.pop().ok_or_else(unexpected)
}

fn apply(home: &mut Home, change: &str) -> Result<(), String> {
    let (key, value) = change.split_once('=').ok_or_else(|| format!("`{change}` is not KEY=VALUE."))?;
    home.set(key.trim(), value.trim())
}

fn settings(app: &AppLine) -> String {
    let lines = Home::from(&app.settings).entries();
    lines.iter().fold(String::new(), |text, (key, value)| text + &format!("{key} = {value}\n"))
}
