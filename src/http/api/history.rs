//! More ways into a conversation's history: by time, by kind of file, what is pinned; and out of it: forwarding, clearing.

use super::ApiState;
use super::answers::{Changed, created, replayed};
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, Json, invalid};
use super::problem::Problem;
use crate::model::{Answer, Command, ConversationId, Entry, Lsn, MediaKind, Query, Seq, Target, Timestamp};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries in a page of the gallery when the caller does not say.
const PAGE_GALLERY: u32 = 50;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(entry_at))
        .routes(routes!(gallery))
        .routes(routes!(pins))
        .routes(routes!(pin, unpin))
        .routes(routes!(forward))
        .routes(routes!(clear))
}

/// When.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct When {
    /// A time in milliseconds since 1970-01-01 UTC.
    at: Timestamp,
}

/// A place in the history.
#[derive(Serialize, ToSchema)]
pub struct Place {
    /// The entry; 0 when there is none at all.
    seq: Seq,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// Which files.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichFiles {
    /// Kinds, separated by commas: `image`, `file`, `voice`, `video`; all when absent.
    #[serde(default)]
    #[param(example = "image,video", pattern = "^(image|file|voice|video)(,(image|file|voice|video))*$")]
    kinds: Option<String>,
    /// Where the last page's `next` said.
    #[serde(default)]
    before: Option<Seq>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Entries, newest first.
#[derive(Serialize, ToSchema)]
pub struct Found {
    entries: Vec<Entry>,
    /// Ask again with `before` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<Seq>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// Where a forwarded message goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forwarding {
    /// A user (`{"user":"bob"}`) or a conversation (`{"conversation":7}`).
    to: Target,
}

/// The first entry at or after a time
///
/// The newest one when there is none after it. Read on from there with `after` or `around`.
#[utoipa::path(get, path = "/conversations/{conversation}/place", tag = "messages", params(When),
    responses((status = 200, description = "Where it is.", body = Place)))]
async fn entry_at(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Find(When { at }): Find<When>,
) -> Result<Json<Place>, Problem> {
    match caller.ask(Query::EntryAt { conversation, at }).await? {
        Answer::Place { seq, as_of } => Ok(Json(Place { seq, as_of })),
        _ => Err(unexpected()),
    }
}

/// Messages with files
#[utoipa::path(get, path = "/conversations/{conversation}/gallery", tag = "messages", params(WhichFiles),
    responses((status = 200, description = "A page of them, newest first.", body = Found)))]
async fn gallery(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Find(which): Find<WhichFiles>,
) -> Result<Json<Found>, Problem> {
    let WhichFiles { kinds, before, limit } = which;
    let kinds = kinds.map(|kinds| media_kinds(&kinds)).transpose()?.unwrap_or_default();
    let limit = limit.unwrap_or(PAGE_GALLERY).clamp(1, 100);
    let query = Query::Gallery { conversation, kinds, before, limit };
    let Answer::Entries { entries, as_of, .. } = caller.ask(query).await? else { return Err(unexpected()) };
    let full = entries.len() >= limit as usize;
    let next = entries.iter().map(|entry| entry.seq).min().filter(|_| full);
    Ok(Json(Found { entries, next, as_of }))
}

fn media_kinds(text: &str) -> Result<Vec<MediaKind>, Problem> {
    let kind = |word: &str| match word.trim() {
        "image" => Ok(MediaKind::Image),
        "file" => Ok(MediaKind::File),
        "voice" => Ok(MediaKind::Voice),
        "video" => Ok(MediaKind::Video),
        _ => Err(invalid("`kinds` may be `image`, `file`, `voice` and `video`, separated by commas.".to_owned())),
    };
    text.split(',').take(8).map(kind).collect()
}

/// The pinned messages
#[utoipa::path(get, path = "/conversations/{conversation}/pins", tag = "messages",
    responses((status = 200, description = "All of them, newest first.", body = Found)))]
async fn pins(caller: Caller, At(conversation): At<ConversationId>) -> Result<Json<Found>, Problem> {
    match caller.ask(Query::Pins { conversation }).await? {
        Answer::Entries { entries, as_of, .. } => Ok(Json(Found { entries, next: None, as_of })),
        _ => Err(unexpected()),
    }
}

/// Pin a message for all members
#[utoipa::path(put, path = "/conversations/{conversation}/pins/{seq}", tag = "messages",
    responses((status = 200, description = "It is pinned.", body = Changed)))]
async fn pin(caller: Caller, At((conversation, seq)): At<(ConversationId, Seq)>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::PinEntry { conversation, seq, on: true }).await?.into())
}

/// Take a pin away
#[utoipa::path(delete, path = "/conversations/{conversation}/pins/{seq}", tag = "messages",
    responses((status = 200, description = "It is not pinned.", body = Changed)))]
async fn unpin(caller: Caller, At((conversation, seq)): At<(ConversationId, Seq)>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::PinEntry { conversation, seq, on: false }).await?.into())
}

/// Forward a message
///
/// It keeps its origin.
#[utoipa::path(post, path = "/conversations/{conversation}/entries/{seq}/forward", tag = "messages",
    request_body = Forwarding,
    responses((status = 201, description = "It is sent.", body = Changed)))]
async fn forward(
    caller: Caller,
    At((conversation, seq)): At<(ConversationId, Seq)>,
    Json(Forwarding { to }): Json<Forwarding>,
) -> Result<Response, Problem> {
    let changed = Changed::from(caller.submit(Command::Forward { from: conversation, seq, to }).await?);
    let Some(place) = changed.entry else { return Err(unexpected()) };
    let location = format!("{}/conversations/{}/entries/{}", super::ROOT, place.conversation, place.seq);
    let duplicate = changed.duplicate;
    Ok(replayed(created(&location, Json(changed)), duplicate))
}

/// Delete the history for oneself
///
/// Everything up to now; the others keep theirs.
#[utoipa::path(delete, path = "/conversations/{conversation}/entries", tag = "messages",
    responses((status = 200, description = "It is gone for the caller.", body = Changed)))]
async fn clear(caller: Caller, At(conversation): At<ConversationId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::ClearHistory { conversation }).await?.into())
}
