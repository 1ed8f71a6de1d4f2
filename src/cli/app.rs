//! `tidings app`: apps (tenants) and their settings.

use super::place::Place;
use super::{Failure, exit, print, unexpected, webhook};
use crate::config::Home;
use crate::control::{AppLine, Request, Response};
use crate::model::app::merged;
use crate::model::{AppAccess, AppKeyId, AppKeyKind, AppScope, AppState, AppUse, Name, Secret, UserId, WebOrigin};
use std::path::{Path, PathBuf};
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
  tidings app set home recall_window_s=300 login_policy=three
  tidings app key-create shop --kind hs256       prints the number of the key and its secret
  tidings app webhook create shop https://shop.example.org/chat --types entry.text
  tidings app webhook list shop
  tidings app show shop
  tidings app access shop users_max=5000 signed_users=false
  tidings app origins shop --add https://shop.example
  tidings app suspend shop --undo
  tidings app before-hook shop --remove
  tidings app delete shop --yes";

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
    /// Show how an app is used: what another system may, how much there is, its keys.
    Show {
        /// Which.
        name: Name,
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Change how an app is used, for example `users_max=1000` or `signed_users=false`.
    Access {
        /// Which.
        name: Name,
        /// What to change.
        #[arg(value_name = "KEY=VALUE", required = true)]
        changes: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show or change from where pages may use an app: call the API, open the socket, show the chat widget.
    Origins {
        /// Which.
        name: Name,
        /// List this one too, such as `https://shop.example` or `http://localhost:8080`; may be repeated.
        #[arg(long, value_name = "ORIGIN")]
        add: Vec<WebOrigin>,
        /// Take this one off the list; may be repeated.
        #[arg(long, value_name = "ORIGIN")]
        remove: Vec<WebOrigin>,
        #[command(flatten)]
        place: Place,
    },
    /// Suspend an app: nobody of it logs in or acts, and its sessions end.
    Suspend {
        /// Which.
        name: Name,
        /// End the suspension.
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Delete an app with everything in it: users, conversations, files, keys.
    Delete {
        /// Which.
        name: Name,
        /// Say so once more; it cannot be undone.
        #[arg(long, required = true)]
        yes: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make a key of an app and print its secret, once.
    KeyCreate {
        /// Of which app.
        name: Name,
        /// What it is for: `api` opens the server API, `hs256` and `eddsa` sign tokens of users.
        #[arg(long, value_name = "KIND")]
        kind: AppKeyKind,
        /// What it is called.
        #[arg(long, value_name = "NAME")]
        called: Option<Name>,
        /// Of the kind `eddsa`: the file with the public half (PEM).
        #[arg(long, value_name = "FILE")]
        public_key: Option<PathBuf>,
        /// Of the kind `api`: what it opens (`users`, `send`, `act`, `read`, `settings`); give it once for each. Everything when absent.
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<AppScope>,
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a key of an app: it opens nothing from this moment on.
    KeyRevoke {
        /// Of which app.
        name: Name,
        /// Its number.
        key: AppKeyId,
        #[command(flatten)]
        place: Place,
    },
    /// Where the app's own system is told what happens.
    Webhook(webhook::Args),
    /// Refuse the signed tokens of an app that were issued before now.
    RevokeTokens {
        /// Of which app.
        name: Name,
        /// Of one user alone.
        #[arg(long, value_name = "USER")]
        user: Option<UserId>,
        #[command(flatten)]
        place: Place,
    },
    /// Show what is asked before users of an app do something, or let nobody be asked any more.
    BeforeHook {
        /// Of which app.
        name: Name,
        /// Take it away: from this moment on nobody is asked.
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::List { json, place } => {
            let apps = apps(place.ask(Request::AppList {}, false).await?)?;
            let lines: Result<Vec<String>, Failure> =
                apps.iter().map(|app| if json { super::json(app) } else { Ok(line(app)) }).collect();
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
        other => Box::pin(run_use(other)).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is about how other systems use an app.
async fn run_use(action: Action) -> Result<(), Failure> {
    match action {
        Action::List { .. } | Action::Create { .. } | Action::Get { .. } | Action::Set { .. } => Err(unexpected()),
        Action::Show { name, json, place } => {
            let uses = how_used(&place, name).await?;
            if json { print(&format!("{}\n", super::json(&uses)?)) } else { print(&shown(&uses)?) }
        }
        Action::Access { name, changes, place } => {
            let access = changed(&how_used(&place, name.clone()).await?.access, &changes)?;
            place.ask(Request::AppAccess { name: name.clone(), access }, false).await?;
            print(&shown(&how_used(&place, name).await?)?)
        }
        Action::Origins { name, add, remove, place } => {
            let mut origins = how_used(&place, name.clone()).await?.origins;
            if !add.is_empty() || !remove.is_empty() {
                origins.retain(|origin| !remove.contains(origin));
                origins.extend(add);
                place.ask(Request::AppOrigins { name: name.clone(), origins }, false).await?;
                origins = how_used(&place, name).await?.origins;
            }
            print(&origins.iter().fold(String::new(), |text, origin| text + origin.as_str() + "\n"))
        }
        Action::Suspend { name, undo, place } => {
            let said = if undo {
                format!("The app {name} is in use again.\n")
            } else {
                format!("The app {name} is suspended.\n")
            };
            place.ask(Request::AppSuspend { name, suspended: !undo }, false).await?;
            print(&said)
        }
        Action::Delete { name, yes: _, place } => {
            let said = format!("The app {name} is being deleted; the server does the rest in the background.\n");
            place.ask(Request::AppDelete { name }, false).await?;
            print(&said)
        }
        Action::KeyCreate { name, kind, called, public_key, scopes, place } => {
            let public_key = public_key.map(|file| read_file(&file)).transpose()?;
            let scopes = (!scopes.is_empty()).then_some(scopes);
            match place.ask(Request::AppKeyCreate { name, kind, called, public_key, scopes }, false).await? {
                Response::AppKey(made) => {
                    let secret = made.secret.as_ref().map_or("-", Secret::reveal);
                    print(&format!("{} {secret}\n", made.key.key))
                }
                _ => Err(unexpected()),
            }
        }
        Action::KeyRevoke { name, key, place } => {
            place.ask(Request::AppKeyRevoke { name, key }, false).await?;
            print(&format!("The key {key} was revoked.\n"))
        }
        Action::Webhook(args) => webhook::run(args).await,
        Action::BeforeHook { name, remove: true, place } => {
            let said = format!("Nobody is asked before users of {name} do something any more.\n");
            place.ask(Request::AppBeforeHookRemove { name }, false).await?;
            print(&said)
        }
        Action::BeforeHook { name, remove: false, place } => {
            match place.ask(Request::AppBeforeHook { name }, false).await? {
                Response::BeforeHook { hook: Some(hook) } => print(&format!("{}\n", super::json(&hook)?)),
                Response::BeforeHook { hook: None } => print("null\n"),
                _ => Err(unexpected()),
            }
        }
        Action::RevokeTokens { name, user, place } => {
            place.ask(Request::AppRevokeTokens { name, user }, false).await?;
            print("Signed tokens that were issued before now are refused.\n")
        }
    }
}

fn read_file(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::new(exit::DATA, format!("{} cannot be read: {error}.", file.display())))
}

async fn how_used(place: &Place, name: Name) -> Result<AppUse, Failure> {
    match place.ask(Request::AppUse { name }, false).await? {
        Response::AppUse(uses) => Ok(*uses),
        _ => Err(unexpected()),
    }
}

/// The fields of `access` by name.
fn fields(access: &AppAccess) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    match serde_json::to_value(access) {
        Ok(serde_json::Value::Object(fields)) => Ok(fields),
        _ => Err(unexpected()),
    }
}

fn changed(access: &AppAccess, changes: &[String]) -> Result<AppAccess, Failure> {
    let wrong = |words: String| Failure::new(exit::DATA, words);
    let mut read = Vec::with_capacity(changes.len());
    for change in changes {
        let (key, value) = change.split_once('=').ok_or_else(|| wrong(format!("`{change}` is not KEY=VALUE.")))?;
        let value: serde_json::Value =
            value.trim().parse().map_err(|_| wrong(format!("{key} takes a number, or true or false.")))?;
        read.push((key.trim().to_owned(), value));
    }
    merged(access, read).map_err(wrong)
}

fn shown(uses: &AppUse) -> Result<String, Failure> {
    let state = match uses.state {
        AppState::Active => "active",
        AppState::Suspended => "suspended",
        AppState::Deleting => "deleting",
    };
    let mut lines = vec![
        format!("state = {state}"),
        format!("users = {}", uses.users),
        format!("media_bytes = {}", uses.media_bytes),
    ];
    lines.extend(fields(&uses.access)?.into_iter().map(|(key, value)| format!("{key} = {value}")));
    lines.extend(uses.origins.iter().map(|origin| format!("origin {origin}")));
    lines.extend(uses.keys.iter().map(|key| {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
        let kind = match key.kind {
            // A key that opens everything says no more than that.
            AppKeyKind::Api if scopes.len() < AppScope::ALL.len() => format!("api ({})", scopes.join(", ")),
            other => other.name().to_owned(),
        };
        let used = key.used.map_or_else(|| "never used".to_owned(), |used| format!("used {}", used.0));
        format!("key {} {kind} {used} {}", key.key, key.name.as_ref().map_or("", Name::as_str)).trim_end().to_owned()
    }));
    Ok(lines.join("\n") + "\n")
}

fn line(app: &AppLine) -> String {
    let state = match app.state {
        AppState::Active => "",
        AppState::Suspended => " (suspended)",
        AppState::Deleting => " (is being deleted)",
    };
    format!("{:<6} {}{state}", app.app.0, app.name)
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
