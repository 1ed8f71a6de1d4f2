//! `/apps/{app}/users/{user}/tokens`: the tokens of an app's bots, for the app itself.

use crate::administration::MadeBotToken;
use crate::http::api::admin::tokens::{BotTokenList, NewBotToken};
use crate::http::api::answers::created;
use crate::http::api::caller::AppCaller;
use crate::http::api::extract::{At, Json};
use crate::http::api::problem::Problem;
use crate::http::api::{ApiState, ROOT};
use crate::model::{SessionId, UserId};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke)).routes(routes!(rotate))
}

/// List the tokens of a bot of an app
#[utoipa::path(get, path = "/apps/{app}/users/{user}/tokens", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    responses((status = 200, description = "All of them, without their secrets.", body = BotTokenList)))]
async fn list(
    State(api): State<ApiState>,
    caller: AppCaller,
    At((_app, user)): At<(String, UserId)>,
) -> Result<Json<BotTokenList>, Problem> {
    Ok(Json(BotTokenList { tokens: api.office.tokens(&caller.by(), (caller.app(), user)).await? }))
}

/// Make a token of a bot of an app
///
/// The bot comes with it on the socket and over HTTP. It lasts until it is revoked; a bot has at most 8.
#[utoipa::path(post, path = "/apps/{app}/users/{user}/tokens", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = NewBotToken,
    responses((status = 201, description = "The token, which is told this once.", body = MadeBotToken)))]
async fn create(
    State(api): State<ApiState>,
    caller: AppCaller,
    At((app, user)): At<(String, UserId)>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    caller.take_turn(&api)?;
    let made = api.office.create_token(&caller.by(), (caller.app(), user.clone()), name, None).await?;
    Ok(created(&format!("{ROOT}/apps/{app}/users/{user}/tokens/{}", made.token), Json(made)))
}

/// Revoke a token of a bot of an app
///
/// It opens nothing any more, and what is connected with it is closed.
#[utoipa::path(delete, path = "/apps/{app}/users/{user}/tokens/{token}", tag = "apps",
    params(
        ("app" = String, Path, description = "The app of the key.", example = "shop"),
        ("token" = SessionId, Path, description = "The number of the token.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(
    State(api): State<ApiState>,
    caller: AppCaller,
    At((_app, user, token)): At<(String, UserId, SessionId)>,
) -> Result<StatusCode, Problem> {
    caller.take_turn(&api)?;
    api.office.revoke_token(&caller.by(), (caller.app(), user), token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace a token of a bot of an app
///
/// The old one is revoked in the same moment.
#[utoipa::path(post, path = "/apps/{app}/users/{user}/tokens/{token}/rotation", tag = "apps",
    params(
        ("app" = String, Path, description = "The app of the key.", example = "shop"),
        ("token" = SessionId, Path, description = "The number of the token that goes.")),
    request_body = NewBotToken,
    responses((status = 201, description = "The new token, which is told this once.", body = MadeBotToken)))]
async fn rotate(
    State(api): State<ApiState>,
    caller: AppCaller,
    At((app, user, token)): At<(String, UserId, SessionId)>,
    Json(NewBotToken { name }): Json<NewBotToken>,
) -> Result<Response, Problem> {
    caller.take_turn(&api)?;
    let made = api.office.create_token(&caller.by(), (caller.app(), user.clone()), name, Some(token)).await?;
    Ok(created(&format!("{ROOT}/apps/{app}/users/{user}/tokens/{}", made.token), Json(made)))
}
