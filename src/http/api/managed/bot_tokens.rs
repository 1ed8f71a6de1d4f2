//! `…/users/{user}/tokens`: the tokens with which a bot comes.

use super::{Manager, of_users};
use crate::administration::MadeBotToken;
use crate::http::api::ApiState;
use crate::http::api::extract::{At, Json};
use crate::http::api::problem::Problem;
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
    OpenApiRouter::default()
        .merge(of_users(routes!(list, create)))
        .merge(of_users(routes!(revoke)))
        .merge(of_users(routes!(rotate)))
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

/// Whose tokens.
#[derive(Deserialize)]
struct OfBot {
    user: UserId,
}

/// Which token.
#[derive(Deserialize)]
struct OfToken {
    user: UserId,
    token: SessionId,
}

/// List the tokens of a bot
#[utoipa::path(get, path = "/users/{user}/tokens",
    responses((status = 200, description = "All of them, without their secrets.", body = BotTokenList)))]
async fn list(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfBot { user }): At<OfBot>,
) -> Result<Json<BotTokenList>, Problem> {
    Ok(Json(BotTokenList { tokens: api.office.tokens(&manager.by(), (manager.app(), user)).await? }))
}

/// Make a token of a bot
///
/// The bot comes with it on the socket and over HTTP. It lasts until it is revoked; a bot has at most 8.
#[utoipa::path(post, path = "/users/{user}/tokens",
    request_body = NewBotToken,
    responses((status = 201, description = "The token, which is told this once.", body = MadeBotToken)))]
async fn create(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfBot { user }): At<OfBot>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    make(&api, &manager, user, name, None).await
}

/// Revoke a token of a bot
///
/// It opens nothing any more, and what is connected with it is closed.
#[utoipa::path(delete, path = "/users/{user}/tokens/{token}",
    params(("token" = SessionId, Path, description = "The number of the token.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfToken { user, token }): At<OfToken>,
) -> Result<StatusCode, Problem> {
    manager.count(&api)?;
    api.office.revoke_token(&manager.by(), (manager.app(), user), token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace a token of a bot
///
/// The old one is revoked in the same moment. To go over without a gap make another one first and revoke the old one afterwards.
#[utoipa::path(post, path = "/users/{user}/tokens/{token}/rotation",
    params(("token" = SessionId, Path, description = "The number of the token that goes.")),
    request_body = NewBotToken,
    responses((status = 201, description = "The new token, which is told this once.", body = MadeBotToken)))]
async fn rotate(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfToken { user, token }): At<OfToken>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    make(&api, &manager, user, name, Some(token)).await
}

/// Makes one, in the place of `old` if there is that.
async fn make(
    api: &ApiState,
    manager: &Manager,
    user: UserId,
    name: Option<Name>,
    old: Option<SessionId>,
) -> Result<Response, Problem> {
    manager.count(api)?;
    let made = api.office.create_token(&manager.by(), (manager.app(), user.clone()), name, old).await?;
    Ok(manager.made(&format!("/users/{user}/tokens/{}", made.token), Json(made)))
}
