//! `/conversations/{conversation}/entries`: the history, sending, editing, recalling, and who has read.

use super::answers::{Changed, created, replayed};
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, Json, invalid};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::model::{Answer, Code, Command, Content, ConversationId, Cursor, Entry, Lsn, Query, Seq, Target, UserId};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries in a page when the caller does not say.
const PAGE_ENTRIES: u32 = 50;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, send))
        .routes(routes!(send_to_user))
        .routes(routes!(one, edit, recall))
        .routes(routes!(receipts))
}

/// Which part of the history; without any of these the newest entries. One of `before`, `after` and `around`, or `from` and `to`.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Part {
    /// The newest entries below this seq.
    before: Option<Seq>,
    /// The oldest entries above this seq.
    after: Option<Seq>,
    /// Entries on both sides of this seq.
    around: Option<Seq>,
    /// Entries from this seq on.
    from: Option<Seq>,
    /// Entries up to this seq.
    to: Option<Seq>,
    /// How many at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A part of the history.
#[derive(Serialize, ToSchema)]
pub struct EntryList {
    /// Oldest first. Entries outside of the range that notices inside of it rewrote come before them.
    entries: Vec<Entry>,
    /// Ask again with this as `after` (when you asked with `after` or `from`), else as `before`; absent when there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<Seq>,
    /// The first entry the caller may see.
    floor: Seq,
    /// The newest entry the caller may see.
    head: Seq,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// New words for a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The words.
    #[schema(min_length = 1)]
    text: String,
}

/// Who has an entry.
#[derive(Serialize, ToSchema)]
pub struct ReceiptList {
    /// Members who have read it (or, in a direct chat, to whom it was delivered), at most 500.
    cursors: Vec<Cursor>,
    /// How many of all members have read it.
    read: u32,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// Where an asked part of the history begins and ends.
struct Range {
    from: Option<Seq>,
    to: Option<Seq>,
    limit: u32,
}

impl Part {
    fn range(&self) -> Result<Range, Problem> {
        let limit = self.limit.unwrap_or(PAGE_ENTRIES).clamp(1, crate::model::limits::PAGE_ENTRIES_MAX as u32);
        let ways = [self.before, self.after, self.around].iter().flatten().count();
        if ways > 1 || ways == 1 && (self.from.is_some() || self.to.is_some()) {
            return Err(invalid("Give one of `before`, `after` and `around`, or `from` and `to`.".to_owned()));
        }
        let range = |from, to| Range { from, to, limit };
        Ok(match (self.before, self.after, self.around) {
            (Some(before), _, _) => range(None, Some(Seq(before.0.saturating_sub(1)))),
            (_, Some(after), _) => range(Some(after.next()), None),
            (_, _, Some(around)) => range(Some(Seq(around.0.saturating_sub(u64::from(limit / 2)))), None),
            (None, None, None) => range(self.from, self.to),
        })
    }
}

/// Read the history
#[utoipa::path(get, path = "/conversations/{conversation}/entries", tag = "messages", params(Part),
    responses((status = 200, description = "A part of it.", body = EntryList)))]
async fn list(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Find(part): Find<Part>,
) -> Result<Json<EntryList>, Problem> {
    let Range { from, to, limit } = part.range()?;
    match caller.ask(Query::Entries { conversation, from, to, limit }).await? {
        Answer::Entries { conversation: _, entries, floor, head, as_of } => {
            let next = next(&entries, from.is_some(), floor, to.unwrap_or(head).min(head));
            Ok(Json(EntryList { entries, next, floor, head, as_of }))
        }
        _ => Err(unexpected()),
    }
}

/// Where the next page begins: above the last entry on the way up, below the first one of the range on the way down.
fn next(entries: &[Entry], up: bool, floor: Seq, last: Seq) -> Option<Seq> {
    let end = entries.last()?.seq;
    if up {
        return (end < last).then_some(end);
    }
    // The range is the stretch without gaps that the page ends with; what stands before it was rewritten.
    let mut first = end;
    for entry in entries.iter().rev().skip(1) {
        if entry.seq.next() != first {
            break;
        }
        first = entry.seq;
    }
    (first > floor).then_some(first)
}

/// Send a message
#[utoipa::path(post, path = "/conversations/{conversation}/entries", tag = "messages",
    request_body = Content,
    responses((status = 201, description = "It is sent: on the server's disk.", body = Changed)))]
async fn send(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(content): Json<Content>,
) -> Result<Response, Problem> {
    deliver(&caller, Target::Conversation(conversation), content).await
}

/// Send a message to a user
///
/// To the direct chat with them, which is made when it is not there yet.
#[utoipa::path(post, path = "/users/{user}/entries", tag = "messages",
    request_body = Content,
    responses((status = 201, description = "It is sent: on the server's disk.", body = Changed)))]
async fn send_to_user(caller: Caller, At(user): At<UserId>, Json(content): Json<Content>) -> Result<Response, Problem> {
    deliver(&caller, Target::User(user), content).await
}

async fn deliver(caller: &Caller, to: Target, content: Content) -> Result<Response, Problem> {
    let changed = Changed::from(caller.submit(Command::Send { to, content }).await?);
    let Some(place) = changed.entry else { return Err(unexpected()) };
    let location = format!("{ROOT}/conversations/{}/entries/{}", place.conversation, place.seq);
    let duplicate = changed.duplicate;
    Ok(replayed(created(&location, Json(changed)), duplicate))
}

/// One entry
#[utoipa::path(get, path = "/conversations/{conversation}/entries/{seq}", tag = "messages",
    responses((status = 200, description = "The entry as it is now.", body = Entry)))]
async fn one(caller: Caller, At((conversation, seq)): At<(ConversationId, Seq)>) -> Result<Response, Problem> {
    Ok(Json(read(&caller, conversation, seq).await?).into_response())
}

/// An entry as the caller reads it now, or the refusal for one that they do not.
pub(super) async fn read(caller: &Caller, conversation: ConversationId, seq: Seq) -> Result<Entry, Problem> {
    let query = Query::Entries { conversation, from: Some(seq), to: Some(seq), limit: 1 };
    let Answer::Entries { entries, .. } = caller.ask(query).await? else { return Err(unexpected()) };
    entries
        .into_iter()
        .find(|entry| entry.seq == seq)
        .ok_or_else(|| Problem::new(Code::NotFound, format!("There is no entry with seq {seq} here that you can see.")))
}

/// Edit an own text
///
/// Within the app's edit window.
#[utoipa::path(patch, path = "/conversations/{conversation}/entries/{seq}", tag = "messages",
    request_body = Edit,
    responses((status = 200, description = "It has the new words.", body = Changed)))]
async fn edit(
    caller: Caller,
    At((conversation, seq)): At<(ConversationId, Seq)>,
    Json(Edit { text }): Json<Edit>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Edit { conversation, seq, text }).await?.into())
}

/// Recall a message
///
/// An own one within the app's recall window; in groups the owner anyone's, a manager a member's.
#[utoipa::path(delete, path = "/conversations/{conversation}/entries/{seq}", tag = "messages",
    responses((status = 200, description = "Nobody sees its words any more.", body = Changed)))]
async fn recall(caller: Caller, At((conversation, seq)): At<(ConversationId, Seq)>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Recall { conversation, seq }).await?.into())
}

/// Who has read an entry
#[utoipa::path(get, path = "/conversations/{conversation}/entries/{seq}/receipts", tag = "messages",
    responses((status = 200, description = "Who has read it.", body = ReceiptList)))]
async fn receipts(
    caller: Caller,
    At((conversation, seq)): At<(ConversationId, Seq)>,
) -> Result<Json<ReceiptList>, Problem> {
    match caller.ask(Query::Receipts { conversation, seq }).await? {
        Answer::Receipts { cursors, read, as_of } => Ok(Json(ReceiptList { cursors, read, as_of })),
        _ => Err(unexpected()),
    }
}
