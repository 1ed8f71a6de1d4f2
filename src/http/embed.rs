//! `/embed/{app}`: the page of the chat widget, which other systems show in a frame on pages of theirs.
//!
//! It is the one page that anybody may frame, and those who may are the origins that the app lists. The page hears the same list, so
//! that it speaks with nobody else. An app that is not there, is suspended or lists nothing gives the same page, which nobody frames. Whoever
//! asks for it counts with their address, before anything is looked up.

use super::{Peer, Site, assets};
use crate::auth;
use crate::model::{AdminAnswer, AdminQuery, AppRef, WebOrigin};
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
    if let Some(response) = site.limits.turned_away(peer.address) {
        return response;
    }
    let origins = origins(&site, AppRef(app)).await.unwrap_or_default();
    // In the order of their texts, which hold no letter that could end an attribute or a directive.
    let list = origins.iter().map(WebOrigin::as_str).collect::<Vec<_>>().join(" ");
    assets::framed(&site, &headers, peer.tls, &list).await
}

/// The origins of an app that is in use.
async fn origins(site: &Site, app: AppRef) -> Option<Vec<WebOrigin>> {
    match site.engine.administer(auth::server(), AdminQuery::AppFramers { app }).await.ok()? {
        AdminAnswer::AppOrigins { origins } => Some(origins),
        _ => None,
    }
}
