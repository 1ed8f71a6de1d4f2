//! A file as an HTTP answer: ranges, validators, and the headers that keep it from being more than a file.
//!
//! Whatever is in it, a browser that opens it gets no page of this server: the type is what the bytes are, nothing is guessed
//! (`nosniff`), what can carry programs is saved and not shown, and if it were shown it would stand in an empty sandbox.

use crate::media::{Served, Variant, disposition, is_inline};
use crate::pictures::Picture;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

/// Headers of every answer with a file.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What part of a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All of it.
    All,
    /// The bytes with `from` ≤ place < `to`.
    Range(u64, u64),
    /// None that it has.
    Beyond,
}

/// The answer to a request for a file. A browser keeps it for itself and for so many seconds; with 0 it asks again each time.
pub(super) fn answer(headers: &HeaderMap, served: &Served, keep_s: u64) -> Response {
    let tag = match served.variant {
        Variant::Original => format!("\"{}\"", served.info.media),
        Variant::Thumbnail => format!("\"{}-thumbnail\"", served.info.media),
    };
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let mut response = if text(header::IF_NONE_MATCH).is_some_and(|tags| has_tag(tags, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let fresh = text(header::IF_RANGE).is_none_or(|known| known == tag);
        let range = text(header::RANGE).filter(|_| fresh);
        body(served, range.map_or(Part::All, |range| part(range, served.bytes)))
    };
    let all = response.headers_mut();
    for (name, value) in HEADERS {
        all.insert(name, value);
    }
    let keep =
        if keep_s == 0 { "private, no-cache".to_owned() } else { format!("private, max-age={keep_s}, immutable") };
    let own = [(header::ETAG, tag), (header::CACHE_CONTROL, keep), (header::ACCEPT_RANGES, "bytes".to_owned())];
    for (name, value) in own {
        all.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    response
}

/// The answer to a request for a picture of another server. A browser keeps it for itself and for whoever is logged in there, for so
/// many seconds. `hand` makes the body of the bytes.
pub(super) fn picture(
    headers: &HeaderMap,
    picture: Picture,
    keep_s: u64,
    hand: impl FnOnce(Bytes) -> Body,
) -> Response {
    let tag = format!("\"{}\"", picture.tag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let mut response = if known.is_some_and(|tags| has_tag(tags, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let name = picture.content_type.strip_prefix("image/").unwrap_or_default();
        let name = disposition(is_inline(picture.content_type), &format!("picture.{name}"));
        let shown = [
            (header::CONTENT_TYPE, picture.content_type.to_owned()),
            (header::CONTENT_DISPOSITION, name),
            (header::CONTENT_LENGTH, picture.bytes.len().to_string()),
        ];
        (shown, hand(picture.bytes)).into_response()
    };
    let all = response.headers_mut();
    for (name, value) in HEADERS {
        all.insert(name, value);
    }
    let keep = format!("private, max-age={keep_s}");
    let own = [(header::ETAG, tag), (header::CACHE_CONTROL, keep), (header::VARY, "cookie, authorization".to_owned())];
    for (name, value) in own {
        all.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    response
}

fn body(served: &Served, part: Part) -> Response {
    let all = served.bytes;
    let (status, from, to) = match part {
        Part::All => (StatusCode::OK, 0, all),
        Part::Range(from, to) => (StatusCode::PARTIAL_CONTENT, from, to),
        Part::Beyond => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{all}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, range).into_response();
        }
    };
    let inline = is_inline(&served.content_type);
    let name = match served.variant {
        Variant::Original => disposition(inline, served.info.name.as_str()),
        Variant::Thumbnail => disposition(inline, "thumbnail"),
    };
    let mut headers = vec![
        (header::CONTENT_TYPE, served.content_type.clone()),
        (header::CONTENT_LENGTH, (to - from).to_string()),
        (header::CONTENT_DISPOSITION, name),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        headers.push((header::CONTENT_RANGE, format!("bytes {from}-{}/{all}", to - 1)));
    }
    let mut response = (status, Body::from_stream(served.bytes(from, to))).into_response();
    for (name, value) in headers {
        response.headers_mut().extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    response
}

/// Reads `Range` (RFC 9110, section 14.2). Other units, several ranges and what is not right are passed over, as the RFC allows.
fn part(range: &str, bytes: u64) -> Part {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::All;
    };
    let number = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first.trim(), last.trim()) {
        ("", last) => match number(last) {
            Some(0) => Part::Beyond,
            Some(last) => Part::Range(bytes.saturating_sub(last), bytes),
            None => Part::All,
        },
        (first, "") => match number(first) {
            Some(first) if first < bytes => Part::Range(first, bytes),
            Some(_) => Part::Beyond,
            None => Part::All,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last && first < bytes => {
                Part::Range(first, last.saturating_add(1).min(bytes))
            }
            (Some(first), Some(last)) if first <= last => Part::Beyond,
            _ => Part::All,
        },
    }
}

/// Whether `If-None-Match` names a tag; a weak mark does not matter for it.
pub(super) fn has_tag(tags: &str, tag: &str) -> bool {
    tags.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_range_is_read_as_the_rfc_says() {
        for (range, expected) in [
            ("bytes=0-0", Part::Range(0, 1)),
            ("bytes=0-9", Part::Range(0, 10)),
            ("bytes=5-", Part::Range(5, 10)),
            ("bytes=-3", Part::Range(7, 10)),
            ("bytes=-30", Part::Range(0, 10)),
            ("bytes=5-100", Part::Range(5, 10)),
            ("bytes=0-99999999999999999999999", Part::Range(0, 10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=10-12", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-3", Part::All),
            ("bytes=0-1,3-4", Part::All),
            ("bytes=-", Part::All),
            ("bytes=a-b", Part::All),
            ("bytes=+1-2", Part::All),
            ("lines=0-1", Part::All),
            ("", Part::All),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        for (tags, found) in [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(has_tag(tags, "\"a\""), found, "{tags}");
        }
    }
}
