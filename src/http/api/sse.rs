//! Server-sent events (HTML, section 9.2) as every resource here writes them.
//!
//! Whoever gives the pieces of an answer ends it when the server stops, and writes [`ALIVE`] when there is no news for
//! [`ALIVE_EVERY`].

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::Stream;
use std::fmt::Write;
use std::time::Duration;

/// The type of such an answer.
pub const CONTENT_TYPE: &str = "text/event-stream";
/// A comment is written this often, so that nobody in between takes the connection for dead.
pub const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// That comment.
pub const ALIVE: &[u8] = b": alive\n\n";

/// An answer of events. Dropping its body drops what gives them.
pub fn answer<E: Into<axum::BoxError>>(pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Response {
    // The second header keeps nginx from collecting events before it hands them on.
    let headers = [(header::CONTENT_TYPE.as_str(), CONTENT_TYPE), ("x-accel-buffering", "no")];
    (headers, Body::from_stream(pieces)).into_response()
}

/// One event. `data` is one line, as JSON is written here.
pub fn event(kind: &str, id: Option<&str>, data: &str) -> String {
    let mut text = String::with_capacity(kind.len() + data.len() + 64);
    // Writing to a string does not fail.
    writeln!(text, "event: {kind}").ok();
    if let Some(id) = id {
        writeln!(text, "id: {id}").ok();
    }
    write!(text, "data: {data}\n\n").ok();
    text
}

/// The id of the last event that was processed: of the header, or as the query says it where no header can be sent.
pub fn last_id(headers: &HeaderMap, query: Option<String>) -> Option<String> {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    header.or(query).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_its_name_its_id_and_its_data() {
        assert_eq!(event("entry", Some("7.30"), "{}"), "event: entry\nid: 7.30\ndata: {}\n\n");
        assert_eq!(event("piece", None, "{}"), "event: piece\ndata: {}\n\n");
    }
}
