//! `/apps/{app}`: what another system does for its app, with a key. Who acts is the key's app; the path has to name the same one.
//!
//! What a user does can be done in their name, too: `/apps/{app}/as/{user}/…` is every resource of `/api/v1` as that user
//! (see [`super::acts_as`]).

mod events;
mod imports;
mod push;
mod system;
mod tokens;
mod users;
pub(super) mod webhooks;

pub use events::EventStreams;

use super::ApiState;
use super::admin::apps::Origins;
use super::caller::{AppCaller, unexpected};
use super::extract::Json;
use super::problem::Problem;
use crate::model::{AdminAnswer, AdminQuery, AppInfo};
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of other systems.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(one))
        .routes(routes!(origins, set_origins))
        .merge(users::router())
        .merge(imports::router())
        .merge(system::router())
        .merge(push::router())
        .merge(events::router())
        .merge(webhooks::router())
        .merge(tokens::router())
}

/// The app of a key
///
/// Its number, name and settings; also a test whether the key is right.
#[utoipa::path(get, path = "/apps/{app}", tag = "apps",
    params(("app" = String, Path, description = "The app of the key, by name or number.", example = "shop")),
    responses((status = 200, description = "The app.", body = AppInfo)))]
async fn one(State(api): State<ApiState>, caller: AppCaller) -> Result<Json<AppInfo>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::App { app: caller.app() }).await? {
        AdminAnswer::Apps { mut apps } => apps.pop().map(Json).ok_or_else(unexpected),
        _ => Err(unexpected()),
    }
}

/// List the app's origins
///
/// From where pages may call this API, open the socket and show the chat widget for users of the app.
#[utoipa::path(get, path = "/apps/{app}/origins", tag = "apps",
    params(("app" = String, Path, description = "The app of the key, by name or number.", example = "shop")),
    responses((status = 200, description = "All of them.", body = Origins)))]
async fn origins(State(api): State<ApiState>, caller: AppCaller) -> Result<Json<Origins>, Problem> {
    Ok(Json(Origins { origins: api.office.origins(&caller.by(), caller.app()).await? }))
}

/// Set the app's origins
///
/// All of them. They count from the next request, connection and page on.
#[utoipa::path(put, path = "/apps/{app}/origins", tag = "apps",
    params(("app" = String, Path, description = "The app of the key, by name or number.", example = "shop")),
    request_body = Origins,
    responses((status = 200, description = "All of them as they are now, in order and each once.", body = Origins)))]
async fn set_origins(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(Origins { origins }): Json<Origins>,
) -> Result<Json<Origins>, Problem> {
    caller.take_turn(&api)?;
    Ok(Json(Origins { origins: api.office.set_origins(&caller.by(), caller.app(), origins).await? }))
}
