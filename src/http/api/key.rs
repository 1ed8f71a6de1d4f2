//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): with which a caller sends a request again without doing it twice.

use super::problem::Problem;
use crate::model::{Code, Key};
use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;

/// Longest word that names a request, in characters.
const CHARS_MAX: usize = 255;

/// How a caller names a request: a UUID of version 7, or any word of visible ASCII characters.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "order-4711")]
pub struct IdempotencyKey(#[allow(dead_code, reason = "the type describes the header; its values are keys")] Key);

/// The key of a request, if it has one. A UUID of version 7 counts everywhere; any other word on its route (method and path with its
/// parameters' names), so that the same word for another conversation is a conflict and no second effect.
pub fn of(request: &Request) -> Result<Option<Key>, Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or(request.uri().path(), MatchedPath::as_str);
    named(&format!("{} {path}", request.method()), request.headers())
}

/// The same by the route of the request: its method and path.
pub fn named(route: &str, headers: &HeaderMap) -> Result<Option<Key>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let word = value.to_str().map(unquoted).unwrap_or_default();
    let key = read(route, word);
    key.map(Some).ok_or_else(|| {
        let words = "The header `Idempotency-Key` must have 1 to 255 visible ASCII characters, best of all those of a new UUID.";
        Problem::new(Code::Invalid, words)
    })
}

/// The key that a word is on a route; `None` when it is none.
pub fn read(route: &str, word: &str) -> Option<Key> {
    if word.is_empty() || word.len() > CHARS_MAX || !word.bytes().all(|c| c.is_ascii_graphic()) {
        return None;
    }
    let own = word.parse().ok().filter(Key::is_version_7);
    Some(own.unwrap_or_else(|| Key::of_word(route, word)))
}

/// A string of a structured header (RFC 8941) without its quotes; what has none stands as it is.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn key(method: &str, path: &str, word: &str) -> Option<Key> {
        let request = Request::builder().method(method).uri(path).header("idempotency-key", word);
        of(&request.body(axum::body::Body::empty()).unwrap()).ok().flatten()
    }

    #[test]
    fn a_uuid_of_version_7_is_itself_and_every_other_word_counts_on_its_route() {
        let own = Key::new(Timestamp(1_700_000_000_000));
        assert_eq!(key("POST", "/a", &own.to_string()), Some(own));
        assert_eq!(key("PUT", "/b", &format!("\"{own}\"")), Some(own));
        let word = key("POST", "/a", "order-4711").unwrap();
        assert!(word.is_word() && !word.is_version_7());
        assert_eq!(key("POST", "/a", "\"order-4711\""), Some(word));
        assert_ne!(key("POST", "/b", "order-4711"), Some(word));
        assert_ne!(key("PUT", "/a", "order-4711"), Some(word));
        assert_ne!(key("POST", "/a", "order-4712"), Some(word));
        let random = "7f2c1b64-8d7e-4a51-9a53-0b1f8e0c2d11";
        assert!(key("POST", "/a", random).is_some_and(|key| key.is_word()));
        assert!(key("POST", "/a", &"x".repeat(255)).is_some());
        for wrong in ["", "\"\"", "two words", "\u{e9}", &"x".repeat(256)] {
            assert_eq!(key("POST", "/a", wrong), None, "{wrong}");
        }
    }
}
