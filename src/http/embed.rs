//! `/embed/{app}`: the page of the chat widget, which other systems show in a frame on pages of theirs.
//!
//! It is the one page that anybody may frame, and those who may are the origins that the app lists. The page hears the same list, so
//! that it speaks with nobody else. An app that is not there, is suspended or lists nothing gives the same page, which nobody frames.

use super::{Peer, Site, assets};
use crate::auth;
use crate::model::{AdminAnswer, AdminQuery, AppRef, AppState, WebOrigin};
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

/// Shows it.
pub async fn page(
    State(site): State<Site>,
    Extension(peer): Extension<Peer>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Response {
    let origins = origins(&site, AppRef(app)).await.unwrap_or_default();
    // In the order of their texts, which hold no letter that could end an attribute or a directive.
    let list = origins.iter().map(WebOrigin::as_str).collect::<Vec<_>>().join(" ");
    assets::framed(&site, &headers, peer.tls, &list).await
}

/// The origins of an app that is in use.
async fn origins(site: &Site, app: AppRef) -> Option<Vec<WebOrigin>> {
    let by = auth::server();
    let asked = site.engine.administer(by.clone(), AdminQuery::App { app: app.clone() }).await.ok()?;
    let AdminAnswer::Apps { apps } = asked else { return None };
    apps.first().filter(|app| app.state == AppState::Active)?;
    match site.engine.administer(by, AdminQuery::AppOrigins { app }).await.ok()? {
        AdminAnswer::AppOrigins { origins } => Some(origins),
        _ => None,
    }
}
