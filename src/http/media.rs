//! `/media/{id}`: a file for whoever has a signed link to it. Everything that is wrong with a link gives the same answer as a file
//! that is not there.

use super::api::problem::Problem;
use super::{Site, file};
use crate::media::{Link, Variant};
use crate::model::{Code, MediaId, SessionId};
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// The file, while the link holds and whoever it was given to may see the file.
pub async fn by_link(
    State(site): State<Site>,
    Path(media): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some((link, signature)) = media.parse().ok().and_then(|media| read(media, query.as_deref()?)) else {
        let words = "There is no such file, or the link has ended; ask for a new link.";
        return Problem::new(Code::NotFound, words).into_response();
    };
    match site.media.read_by_link(&link, signature).await {
        Ok(served) => {
            let now_s = site.engine.clock().now().0 / 1_000;
            // What the link gives a browser may keep as long as the link itself would give it.
            file::answer(&headers, &served, link.expires_s.saturating_sub(now_s))
        }
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// Reads the query of a link, exactly as it was written.
fn read(media: MediaId, query: &str) -> Option<(Link, &str)> {
    let (mut expires_s, mut session, mut variant, mut signature) = (None, None, Variant::Original, None);
    for pair in query.split('&') {
        match pair.split_once('=')? {
            ("e", value) => expires_s = Some(value.parse().ok()?),
            ("n", value) => session = Some(SessionId(value.parse().ok()?)),
            ("v", "thumbnail") => variant = Variant::Thumbnail,
            ("s", value) => signature = Some(value),
            _ => return None,
        }
    }
    Some((Link { media, variant, session: session?, expires_s: expires_s? }, signature?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_link_is_read_or_it_is_none() {
        let media = MediaId([1; 16]);
        let link = Link { media, variant: Variant::Thumbnail, session: SessionId(3), expires_s: 9 };
        assert_eq!(read(media, "e=9&n=3&v=thumbnail&s=abc"), Some((link, "abc")));
        for wrong in
            ["", "e=9&n=3", "e=9&s=a", "n=3&s=a", "e=x&n=3&s=a", "e=9&n=3&v=original&s=a", "e=9&n=3&s=a&x=1", "e"]
        {
            assert_eq!(read(media, wrong), None, "{wrong}");
        }
    }
}
