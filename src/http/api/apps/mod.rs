//! `/apps/{app}`: what another system does for its app, with a key. Who acts is the key's app; the path has to name the same one.
//!
//! What a user does can be done in their name, too: `/apps/{app}/as/{user}/…` is every resource of `/api/v1` as that user
//! (see [`super::acts_as`]).

mod events;
mod imports;
mod push;
pub(super) mod scopes;
mod system;
mod users;

pub use events::EventStreams;

use super::ApiState;
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
        .merge(users::router())
        .merge(imports::router())
        .merge(system::router())
        .merge(push::router())
        .merge(events::router())
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
