//! What several resources answer with.

use super::ApiState;
use super::extract::Json;
use super::problem::Problem;
use crate::model::{CommandResult, ConversationId, Lsn, Ordinal, Outcome, Seq, Timestamp};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use xxhash_rust::xxh3::xxh3_64;

/// An accepted change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// Its place in the one order of this server.
    pub lsn: Lsn,
    /// The same key came before; this is the first outcome, and nothing changed.
    pub duplicate: bool,
    /// The entry that says so in the conversation, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entry: Option<Appended>,
}

/// Where an entry was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Appended {
    /// The conversation.
    pub conversation: ConversationId,
    /// The entry's seq.
    pub seq: Seq,
    /// Its ordinal.
    pub ordinal: Ordinal,
    /// When the server accepted it.
    pub at: Timestamp,
}

impl From<Outcome> for Changed {
    fn from(Outcome { lsn, duplicate, result }: Outcome) -> Self {
        let entry = match result {
            CommandResult::Appended { conversation, seq, ordinal, at } => {
                Some(Appended { conversation, seq, ordinal, at })
            }
            _ => None,
        };
        Self { lsn, duplicate, entry }
    }
}

impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        let duplicate = self.duplicate;
        replayed(Json(self).into_response(), duplicate)
    }
}

/// Says in a header that an answer is that of an earlier request with the same key.
pub fn replayed(mut response: Response, duplicate: bool) -> Response {
    if duplicate {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// An answer with the address of what was made.
pub fn created(location: &str, body: impl IntoResponse) -> Response {
    let mut response = (StatusCode::CREATED, body).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// An answer that is not sent again to whoever has it (`If-None-Match`). The tag is made from the answer itself.
pub fn tagged<T: Serialize>(request: &HeaderMap, body: &T) -> Result<Response, Problem> {
    let Ok(json) = serde_json::to_vec(body) else { return Err(super::caller::unexpected()) };
    let tag = format!("\"{:016x}\"", xxh3_64(&json));
    Ok(with_tag(request, &tag, || ([(header::CONTENT_TYPE, "application/json")], json).into_response()))
}

/// The same with a tag that is known before the answer is made.
pub fn with_tag(request: &HeaderMap, tag: &str, make: impl FnOnce() -> Response) -> Response {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let same = |candidate: &str| {
        let candidate = candidate.trim();
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag.strip_prefix("W/").unwrap_or(tag)
    };
    let has_it = known.flat_map(|line| line.split(',')).any(same);
    let mut response = if has_it { StatusCode::NOT_MODIFIED.into_response() } else { make() };
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The tag of something that changes with the log.
pub fn log_tag(api: &ApiState, changed: Lsn) -> String {
    format!("W/\"{}.{changed}\"", api.engine().epoch())
}
