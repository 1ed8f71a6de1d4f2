//! Pages of other systems that call this API from a browser (CORS): which page asks, whether it may, and what its browser is told.
//!
//! It promises: only an origin that the app of whoever asks lists gets anything done; no cookie is taken from it, and no browser is
//! told that it may send one. Before it is known who asks (in a preflight, and in what is for everybody) it is enough that some app
//! in use lists the origin; the browser then shows the page nothing that anybody could not see without a browser.

use super::ApiState;
use super::cookie;
use super::problem::Problem;
use crate::gateway::ForeignPage;
use crate::model::{AppId, Code};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Where one logs in. It looks at the origin itself, once it knows whose app that is.
const LOG_IN: &str = "/api/v1/sessions";
/// A preflight counts for so many seconds. What it allows is looked at again with the request itself.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What pages send besides what they always may.
const SENT: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range, upload-length, \
     upload-offset",
);
/// What pages read besides what they always may.
const READ: HeaderValue = HeaderValue::from_static(
    "accept-ranges, content-disposition, content-range, etag, idempotency-replayed, location, ratelimit, ratelimit-policy, \
     retry-after, upload-length, upload-offset",
);

/// What becomes of a request of a foreign page.
#[derive(Default)]
pub struct Verdict {
    /// The origin, when the page may read the answer.
    allow: Option<HeaderValue>,
    /// The answer, when the request gets no further.
    pub stop: Option<Problem>,
}

/// The page that asks, when it is none of this server's own. Who is no browser says nothing of a page.
pub fn foreign(headers: &HeaderMap, url: &str) -> Option<ForeignPage> {
    let origin = headers.get(header::ORIGIN)?.to_str().unwrap_or("null");
    // A proxy in front may send another `Host` than browsers see.
    let own = cookie::is_own_page(headers) || !headers.contains_key("sec-fetch-site") && is_at(origin, url);
    (!own).then(|| ForeignPage::new(origin))
}

/// Whether an origin is that of an address.
pub fn is_at(origin: &str, url: &str) -> bool {
    let rest = url.strip_prefix(origin);
    !origin.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a browser asks beforehand whether it may ask (Fetch, section 4.9).
pub fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight.
pub fn preflight(api: &ApiState, page: &ForeignPage) -> Response {
    match api.gateway.check_any(page) {
        Ok(()) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, SENT);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            allowed(page).tell(&mut response);
            response
        }
        Err(refusal) => Problem::from(refusal).into_response(),
    }
}

/// Whether a foreign page may do what it asks for. `app` is that of whoever asks; else the problem says why nobody is known, and
/// `named` whether they said who they are.
pub fn judge(
    api: &ApiState,
    page: &ForeignPage,
    asker: Result<AppId, &Problem>,
    (method, path, named): (&Method, &str, bool),
) -> Verdict {
    let problem = match asker {
        Ok(app) => {
            return match api.gateway.check_page(app, page) {
                Ok(()) => allowed(page),
                Err(refusal) => Verdict { allow: None, stop: Some(refusal.into()) },
            };
        }
        Err(problem) => problem,
    };
    let any = api.gateway.check_any(page);
    let mut verdict = if any.is_ok() { allowed(page) } else { Verdict::default() };
    if method.is_safe() || any.is_ok() && path == LOG_IN {
        return verdict;
    }
    verdict.stop = Some(match any {
        Err(refusal) => refusal.into(),
        // It has to learn that it must log in again.
        Ok(()) if named => problem.clone(),
        Ok(()) => {
            let words =
                "A page of another system changes things only with a session token, sent as `Authorization: Bearer`.";
            Problem::new(Code::Forbidden, words)
        }
    });
    verdict
}

fn allowed(page: &ForeignPage) -> Verdict {
    let allow = page.origin().and_then(|origin| HeaderValue::from_str(origin.as_str()).ok());
    Verdict { allow, stop: None }
}

impl Verdict {
    /// Tells the browser. That cookies may be sent it never says.
    pub fn tell(&self, response: &mut Response) {
        if let Some(origin) = &self.allow {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, READ);
        }
    }
}

/// Says of every answer that it would be another one for another page.
pub fn varied(mut response: Response) -> Response {
    let what: HeaderName = header::VARY;
    response.headers_mut().append(what, HeaderValue::from_static("origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_that_of_an_address_as_a_whole() {
        for (origin, url, same) in [
            ("https://chat.example", "https://chat.example", true),
            ("https://chat.example", "https://chat.example/", true),
            ("https://chat.example:8443", "https://chat.example:8443/", true),
            ("https://chat.example", "https://chat.example:8443", false),
            ("https://chat.example", "https://chat.example.evil.example", false),
            ("https://chat.exampl", "https://chat.example", false),
            ("http://chat.example", "https://chat.example", false),
            ("https://evil.example", "https://chat.example", false),
            ("null", "https://chat.example", false),
            ("", "https://chat.example", false),
        ] {
            assert_eq!(is_at(origin, url), same, "{origin} {url}");
        }
    }
}
