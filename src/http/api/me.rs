//! `/me`: who the caller is.

use super::ApiState;
use super::answers::tagged;
use super::caller::{Caller, unexpected};
use super::problem::Problem;
use crate::model::{Answer, AppId, Epoch, Platform, Profile, Query, SessionId};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(me))
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Their app.
    app: AppId,
    /// Their profile.
    profile: Profile,
    /// Whether they administer this server.
    administrator: bool,
    /// The session that asks.
    session: SessionId,
    /// What its device runs on.
    platform: Platform,
    /// The server's name.
    server: String,
    /// Which data this is.
    epoch: Epoch,
}

/// Who am I
#[utoipa::path(get, path = "/me", tag = "me", responses(
    (status = 200, description = "The caller.", body = Me),
    (status = 304, description = "Nothing has changed since the tag of `If-None-Match`.")))]
async fn me(caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    let Answer::Users { users } = caller.ask(Query::Users { users: vec![caller.actor.id.clone()] }).await? else {
        return Err(unexpected());
    };
    let profile = users.into_iter().next().ok_or_else(unexpected)?;
    let me = Me {
        app: caller.actor.app,
        profile,
        administrator: caller.administrator,
        session: caller.actor.session,
        platform: caller.platform,
        server: caller.api().gateway.options().server_name.clone(),
        epoch: caller.api().engine().epoch(),
    };
    tagged(&headers, &me)
}
