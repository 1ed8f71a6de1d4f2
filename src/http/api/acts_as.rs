//! `/apps/{app}/as/{user}/…`: every resource in the name of a user, for another system with a key of the app.
//!
//! The path is taken apart before it is routed: what stands after the user is the resource, the same as for the user itself. Who
//! acts is decided by `caller`, from the key and from these two parts, and from nothing else in the request.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Where these paths begin.
const APPS: &str = "/api/v1/apps/";
/// What is done in nobody's name: running the server, apps, and the ways in.
const NOBODYS: [&str; 8] = ["", ".", "..", "admin", "apps", "accounts", "setup", "password-links"];

/// For whom a request acts, as its path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActsAs {
    /// The app, by name or number.
    pub app: String,
    /// The user's id.
    pub user: String,
}

/// Takes the path of a request apart; other requests stay as they are. What a peer sends in other ways is no such mark.
pub fn unfolded(mut request: Request) -> Request {
    let Some((acts_as, rest)) = split(request.uri().path()) else { return request };
    let query = request.uri().query().map_or_else(String::new, |query| format!("?{query}"));
    let Ok(path) = format!("/api/v1/{rest}{query}").parse::<PathAndQuery>() else { return request };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path);
    let Ok(uri) = Uri::from_parts(parts) else { return request };
    *request.uri_mut() = uri;
    request.extensions_mut().insert(acts_as);
    request
}

/// The app, the user and the rest of a path.
fn split(path: &str) -> Option<(ActsAs, &str)> {
    let (app, rest) = path.strip_prefix(APPS)?.split_once('/')?;
    let (user, rest) = rest.strip_prefix("as/")?.split_once('/')?;
    if NOBODYS.contains(&rest.split('/').next().unwrap_or_default()) {
        return None;
    }
    Some((ActsAs { app: decoded(app)?, user: decoded(user)? }, rest))
}

/// A part of a path without its percent signs; none when that is no text.
fn decoded(part: &str) -> Option<String> {
    percent_encoding::percent_decode_str(part).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_app_the_user_and_the_resource() {
        let at = |path: &str| {
            let request = unfolded(Request::builder().uri(path).body(axum::body::Body::empty()).unwrap());
            let acts_as = request.extensions().get::<ActsAs>().map(|found| (found.app.clone(), found.user.clone()));
            (acts_as, request.uri().to_string())
        };
        let as_ada = Some(("shop".to_owned(), "ada@x".to_owned()));
        assert_eq!(at("/api/v1/apps/shop/as/ada%40x/me?a=1"), (as_ada.clone(), "/api/v1/me?a=1".to_owned()));
        let deep = at("/api/v1/apps/shop/as/ada@x/conversations/7/entries");
        assert_eq!(deep, (as_ada, "/api/v1/conversations/7/entries".to_owned()));
        for path in [
            "/api/v1/me",
            "/api/v1/apps/shop/users/as/me",
            "/api/v1/apps/shop/as/ada",
            "/api/v1/apps/shop/as/ada/",
            "/api/v1/apps/shop/as/ada/admin/users",
            "/api/v1/apps/shop/as/ada/apps/shop/as/bob/me",
            "/api/v1/apps/shop/as/ada/accounts",
            "/api/v1/apps/shop/as/%ff/me",
            "/api/v1/apps/shop/as/ada/../me",
        ] {
            assert_eq!(at(path), (None, path.to_owned()), "{path}");
        }
    }
}
