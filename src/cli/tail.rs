//! `tidings tail`: print messages, first those that wait, then those that come.

use super::reach::{Reach, passing_device};
use super::{Failure, date, json, print};
use crate::cli::notice;
use crate::client::{Backlog, Client, ClientError, Event, Link, Local, Overflow};
use crate::model::{
    Answer, Body, Command, ConversationId, ConversationKind, Entry, Name, PushedData, PushedKind, Query, UserId,
};
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

/// What stands under the help.
pub const AFTER_HELP: &str = "\
First it prints what is unread, then what comes, until it is stopped. What it printed counts as read, so the next run goes on
where this one ended; with --peek it does not. When the connection breaks it comes back by itself and misses nothing.

With --json every line is one object: conversation, kind (direct or group), peer or title, rewritten, and the fields of the
entry (seq, lsn, changed, ordinal, at, author, key, body, reactions, edited_at, recalled_at). An entry that was edited, recalled
or reacted to is printed again, with `rewritten` true. An event that the app's own backend told (docs/integration.md) is a line
with the one field `pushed`, which has `kind` and `data`; it is not kept, so one that came while nobody listened is not printed.

Examples:
  echo secret-word | tidings tail --user bob
  TIDINGS_PASSWORD=... tidings tail --user bob --json | jq -r 'select(.body.text) | .author + \": \" + .body.text.text'
  TIDINGS_PASSWORD=... tidings tail --user bob --json --once       what waits, and no more";

/// What `tidings tail` is told.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Server and user.
    #[command(flatten)]
    pub reach: Reach,
    /// One JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Leave what is printed unread.
    #[arg(long)]
    pub peek: bool,
    /// End when everything that waited is printed.
    #[arg(long)]
    pub once: bool,
    /// End after so many lines.
    #[arg(long, value_name = "LINES")]
    pub count: Option<u64>,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    conversation: ConversationId,
    kind: Option<ConversationKind>,
    peer: Option<UserId>,
    title: Option<Name>,
    rewritten: bool,
    #[serde(flatten)]
    entry: &'a Entry,
}

/// What the app's own backend told, as a line of `--json`.
#[derive(Serialize)]
struct Told<'a> {
    pushed: Pushed<'a>,
}

#[derive(Serialize)]
struct Pushed<'a> {
    kind: &'a PushedKind,
    data: &'a PushedData,
}

/// Runs it.
pub async fn run(args: Args) -> Result<ExitCode, Failure> {
    let credentials = args.reach.credentials()?;
    let mut options = args.reach.options(passing_device("tidings tail")?);
    options.state.follow = Some(Backlog::Unread);
    options.state.hole_max = u64::MAX;
    options.state.entries_kept = 500;
    options.overflow = Overflow::Wait;
    let (client, mut events) = Client::connect(&args.reach.server, credentials, options).await?;
    let mut stop = Box::pin(stopped());
    let mut left = args.count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = tokio::select! {
            event = events.next() => event,
            () = &mut stop => break,
        };
        let Some(event) = event else { break };
        match &event {
            Event::CaughtUp if args.once => break,
            Event::Link(Link::Offline { reason, retry_in_ms }) => {
                eprintln!("{reason}; trying again in {:.1} s.", *retry_in_ms as f64 / 1_000.0);
            }
            Event::Fatal(refusal) => return Err(refusal.clone().into()),
            Event::Kicked { reason, by } => {
                let by = by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
                return Err(Failure::new(
                    super::exit::PERMISSION,
                    format!("This session was ended{by} ({reason:?}). Start again to log in anew."),
                ));
            }
            _ => left = left.saturating_sub(show(&client, &args, &event)?),
        }
    }
    let short = Duration::from_secs(2);
    if !args.peek {
        // What was printed is read; the next run relies on it.
        drop(tokio::time::timeout(short, read_is_known(&client)).await);
    }
    drop(tokio::time::timeout(short, client.execute(Command::LogOut {})).await);
    client.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Waits until the server has taken over what was read: it writes cursors a little later than it hears of them, and not any more
/// once the session is over.
async fn read_is_known(client: &Client) -> Result<(), ClientError> {
    client.settled().await?;
    let wanted: Vec<_> = client
        .look(|replica| replica.iter().map(|local| (local.id(), local.inbox().map(|inbox| inbox.read))).collect());
    for (conversation, read) in wanted {
        while let Answer::Conversation { conversation: found, .. } =
            client.query(Query::Conversation { conversation }).await?
            && Some(found.inbox.read) < read
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

/// Prints an event if it is a line; gives the number of lines.
fn show(client: &Client, args: &Args, event: &Event) -> Result<u64, Failure> {
    if let Event::Pushed { kind, data } = event {
        let line = if args.json {
            json(&Told { pushed: Pushed { kind, data } })?
        } else {
            format!("({kind}) {}", data.as_str()).replace(|c: char| c.is_control(), " ")
        };
        print(&format!("{line}\n"))?;
        return Ok(1);
    }
    let Event::Entry { conversation, entry, rewritten } = event else { return Ok(0) };
    let (kind, peer, title) = client.look(|replica| {
        let about = replica.get(*conversation).and_then(Local::about);
        about.map_or((None, None, None), |about| (Some(about.kind), about.peer.clone(), about.title.clone()))
    });
    let line = if args.json {
        json(&Line { conversation: *conversation, kind, peer, title, rewritten: *rewritten, entry })?
    } else {
        let place = match (title, kind) {
            (Some(title), Some(ConversationKind::Assistant)) => format!(" [{title}, chat:{conversation}]"),
            (None, Some(ConversationKind::Assistant)) => format!(" [chat:{conversation}]"),
            (Some(title), _) => format!(" [{title}, group:{conversation}]"),
            (None, Some(ConversationKind::Group)) => format!(" [group:{conversation}]"),
            (None, Some(ConversationKind::Feed)) => " [your account]".to_owned(),
            (None, _) => String::new(),
        };
        let again = if *rewritten { " (changed)" } else { "" };
        format!("{}{place} {}: {}{again}", date(entry.at), entry.author, words(&entry.body))
    };
    print(&format!("{line}\n"))?;
    if !args.peek && !rewritten {
        client.read(*conversation, entry.seq);
    }
    Ok(1)
}

/// What an entry says, in words, on one line.
pub(super) fn words(body: &Body) -> String {
    if let Some(rest) = notice::rest(body) {
        return format!("({})", rest.replace(|c: char| c.is_control(), " "));
    }
    match body {
        Body::Text(text) => text.text.replace(|c: char| c.is_control(), " "),
        Body::Answer(answer) => {
            let problem = answer.problem.as_ref().map_or_else(String::new, |words| format!(" ({words})"));
            format!("{}{problem}", answer.text).replace(|c: char| c.is_control(), " ").trim().to_owned()
        }
        Body::Custom(custom) => format!("({})", custom.kind),
        Body::Recalled {} => "(recalled)".to_owned(),
        Body::Edited { target } => format!("(edited message {target})"),
        Body::RecalledEntry { target } => format!("(recalled message {target})"),
        Body::Reacted { target, emoji, on: true } => format!("({emoji} on message {target})"),
        Body::Reacted { target, emoji, on: false } => format!("(took {emoji} off message {target})"),
        Body::GroupCreated { title, .. } => format!("(made the group “{title}”)"),
        Body::MembersAdded { users } => {
            format!("(added {})", users.iter().map(UserId::as_str).collect::<Vec<_>>().join(", "))
        }
        Body::MemberRemoved { user } => format!("(removed {user})"),
        Body::MemberLeft {} => "(left)".to_owned(),
        Body::Renamed { title } => format!("(named the group “{title}”)"),
        Body::Unreadable(unreadable) => format!("(something this version cannot show: {})", unreadable.kind),
        _ => String::new(),
    }
}

/// Somebody wants the end: Ctrl-C or a polite signal.
async fn stopped() {
    if crate::shutdown::terminated().await.is_err() {
        std::future::pending::<()>().await;
    }
}
