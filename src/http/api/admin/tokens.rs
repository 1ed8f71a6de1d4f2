//! `/admin/users/{user}/tokens`: the tokens with which a bot comes.

use super::InApp;
use crate::administration::MadeBotToken;
use crate::http::api::answers::created;
use crate::http::api::caller::Caller;
use crate::http::api::extract::{At, Find, Json};
use crate::http::api::problem::Problem;
use crate::http::api::{ApiState, ROOT};
use crate::model::{BotToken, Name, SessionId, UserId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke)).routes(routes!(rotate))
}

/// A token to be made.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewBotToken {
    /// What it is called; `token` when absent, or as the one that it replaces.
    pub name: Option<Name>,
}

/// The tokens of a bot.
#[derive(Serialize, ToSchema)]
pub struct BotTokenList {
    /// Oldest first.
    pub tokens: Vec<BotToken>,
}

/// List the tokens of a bot
#[utoipa::path(get, path = "/admin/users/{user}/tokens", tag = "administration", params(InApp),
    responses((status = 200, description = "All of them, without their secrets.", body = BotTokenList)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    At(user): At<UserId>,
    Find(within): Find<InApp>,
) -> Result<Json<BotTokenList>, Problem> {
    Ok(Json(BotTokenList { tokens: api.office.tokens(&caller.by(), (within.app(), user)).await? }))
}

/// Make a token of a bot
///
/// The bot comes with it on the socket and over HTTP. It lasts until it is revoked; a bot has at most 8.
#[utoipa::path(post, path = "/admin/users/{user}/tokens", tag = "administration", params(InApp),
    request_body = NewBotToken,
    responses((status = 201, description = "The token, which is told this once.", body = MadeBotToken)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    At(user): At<UserId>,
    Find(within): Find<InApp>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    let made = api.office.create_token(&caller.by(), (within.app(), user.clone()), name, None).await?;
    Ok(created(&format!("{ROOT}/admin/users/{user}/tokens/{}", made.token), Json(made)))
}

/// Revoke a token of a bot
///
/// It opens nothing any more, and what is connected with it is closed.
#[utoipa::path(delete, path = "/admin/users/{user}/tokens/{token}", tag = "administration",
    params(InApp, ("token" = SessionId, Path, description = "The number of the token.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(
    State(api): State<ApiState>,
    caller: Caller,
    At((user, token)): At<(UserId, SessionId)>,
    Find(within): Find<InApp>,
) -> Result<StatusCode, Problem> {
    api.office.revoke_token(&caller.by(), (within.app(), user), token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace a token of a bot
///
/// The old one is revoked in the same moment. To go over without a gap make another one first and revoke the old one afterwards.
#[utoipa::path(post, path = "/admin/users/{user}/tokens/{token}/rotation", tag = "administration",
    params(InApp, ("token" = SessionId, Path, description = "The number of the token that goes.")),
    request_body = NewBotToken,
    responses((status = 201, description = "The new token, which is told this once.", body = MadeBotToken)))]
async fn rotate(
    State(api): State<ApiState>,
    caller: Caller,
    At((user, token)): At<(UserId, SessionId)>,
    Find(within): Find<InApp>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    let made = api.office.create_token(&caller.by(), (within.app(), user.clone()), name, Some(token)).await?;
    Ok(created(&format!("{ROOT}/admin/users/{user}/tokens/{}", made.token), Json(made)))
}
