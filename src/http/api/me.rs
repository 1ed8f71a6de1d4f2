//! `/me`: the caller's profile, settings and own presence.

use super::ApiState;
use super::answers::{Changed, tagged};
use super::caller::{Caller, unexpected};
use super::extract::Json;
use super::problem::Problem;
use crate::model::{
    Answer, AppId, Card, Command, ConversationId, Epoch, Name, OwnPresence, Platform, Profile, Query, SessionId,
    UserSettings,
};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(me))
        .routes(routes!(set_profile))
        .routes(routes!(set_settings))
        .routes(routes!(set_presence))
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// Their app.
    app: AppId,
    /// Their profile, with everything in it.
    profile: Profile,
    /// Their settings.
    settings: UserSettings,
    /// What they say about being there.
    presence: OwnPresence,
    /// The conversation with what happens to their account and contacts.
    feed: ConversationId,
    /// All their files together, in bytes.
    media_bytes: u64,
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
    /// How long an own text can be edited, in milliseconds since it was sent.
    edit_window_ms: u64,
    /// How long an own message can be recalled, in milliseconds since it was sent.
    recall_window_ms: u64,
}

/// A profile, replaced whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProfile {
    /// The display name.
    name: Name,
    /// The rest.
    #[serde(default)]
    card: Card,
}

/// Who am I
#[utoipa::path(get, path = "/me", tag = "me", responses(
    (status = 200, description = "The caller.", body = Me),
    (status = 304, description = "Nothing has changed since the tag of `If-None-Match`.")))]
async fn me(caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    let Answer::Me {
        profile,
        settings,
        presence,
        feed,
        administrator,
        media_bytes,
        as_of: _,
        edit_window_ms,
        recall_window_ms,
    } = caller.ask(Query::Me {}).await?
    else {
        return Err(unexpected());
    };
    let me = Me {
        app: caller.actor.app,
        profile: *profile,
        settings,
        presence,
        feed,
        media_bytes,
        administrator,
        session: caller.actor.session,
        platform: caller.platform,
        server: caller.api().gateway.options().server_name.clone(),
        epoch: caller.api().engine().epoch(),
        edit_window_ms,
        recall_window_ms,
    };
    tagged(&headers, &me)
}

/// Set one's name and card
///
/// Own devices and contacts are told.
#[utoipa::path(put, path = "/me/profile", tag = "me",
    request_body = NewProfile,
    responses((status = 200, description = "It is set.", body = Changed)))]
async fn set_profile(caller: Caller, Json(NewProfile { name, card }): Json<NewProfile>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetProfile { name, card }).await?.into())
}

/// Set one's settings
///
/// Replaced whole: what is absent is set to its default.
#[utoipa::path(put, path = "/me/settings", tag = "me",
    request_body = UserSettings,
    responses((status = 200, description = "They are set.", body = Changed)))]
async fn set_settings(caller: Caller, Json(settings): Json<UserSettings>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetSettings { settings }).await?.into())
}

/// Say how one is
///
/// Replaced whole; an empty object is simply online.
#[utoipa::path(put, path = "/me/presence", tag = "me",
    request_body = OwnPresence,
    responses((status = 200, description = "It is set.", body = Changed)))]
async fn set_presence(caller: Caller, Json(presence): Json<OwnPresence>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetPresence { presence }).await?.into())
}
