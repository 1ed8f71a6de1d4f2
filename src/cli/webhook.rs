//! `tidings app webhook …`: where an app's own system is told what happens. The app itself does the same with its key.

use super::place::Place;
use super::{Failure, print, unexpected};
use crate::control::{Request, Response};
use crate::model::{Name, Secret, WebhookId, WebhookInfo, WebhookSettings, WebhookStop};

/// What `tidings app webhook` is told.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the webhooks of an app: whether each is on, how many events wait and how many were given up.
    List {
        /// Of which app.
        name: Name,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Make a webhook and print its number and its secret, once.
    Create {
        /// Of which app.
        name: Name,
        /// Where events are posted.
        url: String,
        /// What it is called.
        #[arg(long, value_name = "NAME")]
        called: Option<Name>,
        /// Only events of these kinds, such as `entry.text` or `user.*`, separated by commas.
        #[arg(long, value_name = "KINDS", value_delimiter = ',')]
        types: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Post the events that were given up once more.
    Replay {
        /// Of which app.
        name: Name,
        /// The number of the webhook.
        webhook: WebhookId,
        #[command(flatten)]
        place: Place,
    },
    /// Delete a webhook.
    Delete {
        /// Of which app.
        name: Name,
        /// The number of the webhook.
        webhook: WebhookId,
        #[command(flatten)]
        place: Place,
    },
}

/// Does it.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    match args.action {
        Action::List { name, json, place } => {
            let Response::Webhooks { webhooks } = place.ask(Request::AppWebhooks { name }, false).await? else {
                return Err(unexpected());
            };
            let lines = webhooks.iter().map(|webhook| if json { super::json(webhook) } else { Ok(line(webhook)) });
            let head = if json { "" } else { "ID     STATE    WAITING DEAD  URL\n" };
            let lines: String = lines.map(|line| line.map(|line| line + "\n")).collect::<Result<_, _>>()?;
            print(&format!("{head}{lines}"))
        }
        Action::Create { name, url, called, types, place } => {
            let conversations = Vec::new();
            let settings = WebhookSettings { url: Secret::new(url), name: called, types, conversations, enabled: true };
            let request = Request::AppWebhookCreate { name, settings: Box::new(settings) };
            match place.ask(request, false).await? {
                Response::Webhook(made) => print(&format!("{} {}\n", made.webhook.webhook, made.secret.reveal())),
                _ => Err(unexpected()),
            }
        }
        Action::Replay { name, webhook, place } => {
            match place.ask(Request::AppWebhookReplay { name, webhook }, false).await? {
                Response::Replayed { count } => print(&format!("{count} events are posted once more.\n")),
                _ => Err(unexpected()),
            }
        }
        Action::Delete { name, webhook, place } => {
            place.ask(Request::AppWebhookDelete { name, webhook }, false).await?;
            print(&format!("The webhook {webhook} was deleted.\n"))
        }
    }
}

fn line(webhook: &WebhookInfo) -> String {
    let state = match (webhook.stopped, webhook.settings.enabled) {
        (Some(WebhookStop::Gone), _) => "gone",
        (Some(WebhookStop::Failing), _) => "failing",
        (None, true) => "on",
        (None, false) => "off",
    };
    let (id, url) = (webhook.webhook.0, webhook.settings.url.reveal());
    format!("{id:<6} {state:<8} {:<7} {:<5} {url}", webhook.waiting, webhook.dead)
}
