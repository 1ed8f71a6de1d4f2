//! `…/origins`: from where pages of other systems may use an app.

use super::{Manager, of_apps};
use crate::http::api::ApiState;
use crate::http::api::extract::Json;
use crate::http::api::problem::Problem;
use crate::model::WebOrigin;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    of_apps(routes!(origins, set_origins))
}

/// From where pages of other systems may use an app.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    /// Origins as browsers send them, at most 20: `https://host`, with the port where it is not 443; plain `http://` for this machine alone.
    #[serde(deserialize_with = "crate::model::list::read")]
    #[schema(max_items = 20)]
    pub origins: Vec<WebOrigin>,
}

/// List the origins of an app
///
/// From where pages of other systems may call this API, open the socket and show the chat widget for users of this app. Empty in
/// the beginning.
#[utoipa::path(get, path = "/origins",
    responses((status = 200, description = "All of them.", body = Origins)))]
async fn origins(State(api): State<ApiState>, manager: Manager) -> Result<Json<Origins>, Problem> {
    Ok(Json(Origins { origins: api.office.origins(&manager.by(), manager.app()).await? }))
}

/// Set the origins of an app
///
/// All of them. They count from the next request, connection and page on.
#[utoipa::path(put, path = "/origins",
    request_body = Origins,
    responses((status = 200, description = "All of them as they are now, in order and each once.", body = Origins)))]
async fn set_origins(
    State(api): State<ApiState>,
    manager: Manager,
    Json(Origins { origins }): Json<Origins>,
) -> Result<Json<Origins>, Problem> {
    manager.count(&api)?;
    Ok(Json(Origins { origins: api.office.set_origins(&manager.by(), manager.app(), origins).await? }))
}
