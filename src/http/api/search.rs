//! `/search`: messages by their words.

use super::ApiState;
use super::caller::{Caller, unexpected};
use super::extract::{Find, Json};
use super::problem::Problem;
use crate::model::{Answer, ConversationId, Has, Hit, Lsn, Query, Search, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Hits in a page when the caller does not say.
const PAGE_HITS: u32 = 20;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(search))
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Line {
    /// Words, all of which must be there; several in quotation marks stand next to each other. `from:ada`, `in:12`,
    /// `before:2026-01-31`, `after:2026-01-01` and `has:image` in it mean the same as the parameters. At most 512 bytes.
    #[serde(default)]
    #[param(example = "\"good morning\" from:ada")]
    q: String,
    /// In this conversation alone.
    #[serde(default)]
    conversation: Option<ConversationId>,
    /// By this author.
    #[serde(default)]
    from: Option<UserId>,
    /// Accepted before this time, in milliseconds since 1970-01-01 UTC.
    #[serde(default)]
    before: Option<Timestamp>,
    /// Accepted at this time or later.
    #[serde(default)]
    after: Option<Timestamp>,
    /// With this in it.
    #[serde(default)]
    has: Option<Has>,
    /// Where the last page's `next` said.
    #[serde(default)]
    cursor: Option<String>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// A page of hits.
#[derive(Serialize, ToSchema)]
pub struct HitList {
    /// Newest first.
    hits: Vec<Hit>,
    /// Ask again with `cursor` set to this; absent when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
    /// Whether everything was looked through. False while the index is being made, or when the search took too long: older hits
    /// may be missing.
    complete: bool,
    /// Everything up to this lsn was looked at.
    as_of: Lsn,
}

/// Search messages
///
/// In the caller's own conversations, newest first. Highlights count characters (Unicode code points) of the text they are in.
#[utoipa::path(get, path = "/search", tag = "search", params(Line),
    responses((status = 200, description = "A page of hits.", body = HitList)))]
async fn search(caller: Caller, Find(line): Find<Line>) -> Result<Json<HitList>, Problem> {
    let search = Search {
        q: line.q,
        conversation: line.conversation,
        from: line.from,
        before: line.before,
        after: line.after,
        has: line.has,
        cursor: line.cursor,
        limit: line.limit.unwrap_or(PAGE_HITS),
    };
    match caller.ask(Query::Search(Box::new(search))).await? {
        Answer::Found { hits, next, complete, as_of } => Ok(Json(HitList { hits, next, complete, as_of })),
        _ => Err(unexpected()),
    }
}
