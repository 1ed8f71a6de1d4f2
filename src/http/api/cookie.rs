//! Browser sessions: a cookie that scripts cannot read and other sites cannot send, and the proof that a request which carries
//! it comes from our own pages (ASVS 5.0, 3.3 and 3.5).

use super::problem::Problem;
use crate::auth::Token;
use crate::model::{Code, Secret};
use axum::http::{HeaderMap, HeaderValue, Method, header};

/// The cookie over TLS. Its prefix makes browsers refuse it from anywhere but this very host, over TLS.
const SECURE_NAME: &str = "__Host-tidings";
/// The cookie over plain http, where browsers do not take the prefix.
const PLAIN_NAME: &str = "tidings";

/// The session token in the cookies of a request.
pub fn token(headers: &HeaderMap, tls: bool) -> Option<Secret> {
    let name = name(tls);
    let mut all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.find_map(|line| {
        line.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| Secret::new(value))
        })
    })
}

/// The header that gives a browser its session; as long as the oldest session lives.
pub fn set(token: &Secret, tls: bool) -> Option<HeaderValue> {
    // A token is letters, digits and underscores: nothing in it ends the cookie.
    Token::parse(token.reveal())?;
    let age_s = crate::model::limits::SESSION_AGE_MS / 1_000;
    line(token.reveal(), age_s, tls)
}

/// The header that takes a browser's session away.
pub fn clear(tls: bool) -> Option<HeaderValue> {
    line("", 0, tls)
}

fn line(value: &str, age_s: u64, tls: bool) -> Option<HeaderValue> {
    let secure = if tls { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}", name(tls));
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

const fn name(tls: bool) -> &'static str {
    if tls { SECURE_NAME } else { PLAIN_NAME }
}

/// Refuses a request that changes something under a cookie unless it comes from a page of this very server.
pub fn check_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() || is_own_page(headers) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        "A browser session changes things only from this server's own pages; other programs send their token as \
         `Authorization: Bearer`.",
    ))
}

/// Whether a browser says that the request comes from one of this server's own pages.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    match text(headers, "sec-fetch-site") {
        Some("same-origin" | "none") => true,
        Some(_) => false,
        None => has_own_origin(headers),
    }
}

/// Whether `Origin` names the host that the request was sent to.
pub fn has_own_origin(headers: &HeaderMap) -> bool {
    let (Some(origin), Some(host)) = (text(headers, "origin"), text(headers, "host")) else { return false };
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter()
            .map(|(name, value)| (name.parse::<header::HeaderName>().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_the_cookie_of_the_right_transport_counts() {
        let both = headers(&[("cookie", "a=b; tidings=plain; __Host-tidings=secure")]);
        assert_eq!(token(&both, false), Some(Secret::new("plain")));
        assert_eq!(token(&both, true), Some(Secret::new("secure")));
        assert_eq!(token(&headers(&[("cookie", "xtidings=no")]), false), None);
    }

    #[test]
    fn a_page_of_our_own_is_known_by_the_browser_or_by_its_origin() {
        let host = ("host", "chat.example:8000");
        for (header, own) in [
            (("sec-fetch-site", "same-origin"), true),
            (("sec-fetch-site", "none"), true),
            (("sec-fetch-site", "same-site"), false),
            (("sec-fetch-site", "cross-site"), false),
            (("origin", "https://chat.example:8000"), true),
            (("origin", "http://chat.example:8000"), true),
            (("origin", "https://chat.example"), false),
            (("origin", "https://evil.chat.example:8000"), false),
            (("origin", "null"), false),
        ] {
            assert_eq!(is_own_page(&headers(&[host, header])), own, "{header:?}");
        }
        assert!(!is_own_page(&headers(&[host])), "who says nothing is no browser and has a token");
        let foreign = [host, ("origin", "https://chat.example:8000"), ("sec-fetch-site", "cross-site")];
        assert!(!is_own_page(&headers(&foreign)), "the browser knows better than the header");
    }

    #[test]
    fn the_cookie_cannot_be_read_or_sent_by_others() {
        let token = Token::draw().secret();
        let secure = set(&token, true).unwrap();
        let text = secure.to_str().unwrap();
        assert!(text.starts_with("__Host-tidings=tds_") && text.contains("; Path=/;"), "{text}");
        assert!(text.ends_with("; HttpOnly; SameSite=Strict; Secure"), "{text}");
        assert!(!set(&token, false).unwrap().to_str().unwrap().contains("Secure"));
        assert_eq!(set(&Secret::new("x; Domain=evil"), true), None);
    }
}
