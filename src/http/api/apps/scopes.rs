//! Which scope of a key opens which route. The ledger decides for itself what a command or a query needs; this table stands in front
//! of it, so that what asks the ledger nothing (an event feed, a test of a webhook) is behind the same gate. A route without a row is
//! opened by no key.

use crate::model::AppScope;
use crate::model::AppScope::{Act, Read, Send, Settings, Users};
use axum::http::Method;

/// What is below `/apps/{app}`, by the beginning of its path, with what reads it (`GET`) and what changes it; the first row that
/// fits counts. One of the scopes is enough; none is needed where none stands.
const ROUTES: [(&str, &[AppScope], &[AppScope]); 13] = [
    ("/users/{user}/sessions", &[Users], &[Users]),
    ("/users/{user}/tokens", &[Users], &[Users]),
    ("/users", &[Users, Read], &[Users]),
    ("/imports", &[Users], &[Users]),
    ("/token-revocation", &[Users], &[Users]),
    ("/presence", &[Read], &[Read]),
    ("/events", &[Read], &[Read]),
    ("/entries", &[Send], &[Send]),
    ("/push", &[Send], &[Send]),
    ("/origins", &[Settings], &[Settings]),
    ("/webhooks", &[Settings], &[Settings]),
    ("/before-hook", &[Settings], &[Settings]),
    // The app of the key: a test whether the key is right.
    ("", &[], &[Settings]),
];

/// What the app itself says, and with what, by the routes of a user: `send` opens these for users of the kind `service`.
const SPEAKING: [(&[Method], &str); 9] = [
    (&[Method::POST], "/conversations/{conversation}/entries"),
    (&[Method::POST], "/users/{user}/entries"),
    (&[Method::PATCH, Method::DELETE], "/conversations/{conversation}/entries/{seq}"),
    (&[Method::PUT], "/conversations/{conversation}/entries/{seq}/buttons"),
    (&[Method::PUT, Method::DELETE], "/conversations/{conversation}/entries/{seq}/reactions/{emoji}"),
    (&[Method::PUT], "/me/profile"),
    (&[Method::POST], "/media"),
    (&[Method::POST], "/uploads"),
    (&[Method::GET, Method::HEAD, Method::PATCH, Method::DELETE], "/uploads/{upload}"),
];

/// What acting as a user needs (`/apps/{app}/as/{user}/…`), by the route as it is declared for them (`/api/v1/media`): reading, or
/// everything; or speaking, for users of the kind `service`.
pub fn as_user(method: &Method, path: &str) -> &'static [AppScope] {
    let route = path.strip_prefix("/api/v1").unwrap_or(path);
    let speaks = SPEAKING.iter().any(|(methods, spoken)| *spoken == route && methods.contains(method));
    match (method.is_safe(), speaks) {
        (true, true) => &[Read, Act, Send],
        (true, false) => &[Read, Act],
        (false, true) => &[Act, Send],
        (false, false) => &[Act],
    }
}

/// What a route needs, by its path as it is declared (`/api/v1/apps/{app}/users`); `None`: no key opens it.
pub fn of(method: &Method, path: &str) -> Option<&'static [AppScope]> {
    let rest = path.strip_prefix("/api/v1/apps/{app}")?;
    let fits = |start: &str| rest.strip_prefix(start).is_some_and(|more| more.is_empty() || more.starts_with('/'));
    let (_, reads, changes) =
        ROUTES.iter().find(|(start, ..)| fits(start) && (!start.is_empty() || rest.is_empty()))?;
    Some(if method.is_safe() { reads } else { changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_needs_what_its_row_says_and_one_without_a_row_is_opened_by_nothing() {
        let of = |method: Method, rest: &str| of(&method, &format!("/api/v1/apps/{{app}}{rest}"));
        assert_eq!(of(Method::GET, ""), Some(&[][..]));
        assert_eq!(of(Method::GET, "/users"), Some(&[Users, Read][..]));
        assert_eq!(of(Method::DELETE, "/users/{user}"), Some(&[Users][..]));
        assert_eq!(of(Method::GET, "/users/{user}/sessions"), Some(&[Users][..]));
        assert_eq!(of(Method::POST, "/webhooks/{webhook}/test"), Some(&[Settings][..]));
        assert_eq!(of(Method::GET, "/something-new"), None);
        assert_eq!(of(Method::GET, "/usersx"), None);
        assert_eq!(super::of(&Method::GET, "/api/v1/admin/apps"), None);
        let as_user = |method: Method, rest: &str| super::as_user(&method, &format!("/api/v1{rest}"));
        assert_eq!(as_user(Method::POST, "/media"), &[Act, Send]);
        assert_eq!(as_user(Method::POST, "/users/{user}/entries"), &[Act, Send]);
        assert_eq!(as_user(Method::GET, "/conversations/{conversation}/entries"), &[Read, Act]);
        assert_eq!(as_user(Method::PUT, "/conversations/{conversation}/read"), &[Act]);
        assert_eq!(as_user(Method::POST, "/something-new"), &[Act]);
    }
}
