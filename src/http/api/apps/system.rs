//! `/apps/{app}/entries`: what the app itself says, to a user or into a group.

use crate::http::api::ApiState;
use crate::http::api::answers::{Changed, created, replayed};
use crate::http::api::caller::{AppCaller, unexpected};
use crate::http::api::extract::Json;
use crate::http::api::key;
use crate::http::api::problem::Problem;
use crate::model::{Content, Key, Target};
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(send))
}

/// A message of the app itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemMessage {
    /// Where to: `{"user": "ada"}` or `{"conversation": 7}`.
    to: Target,
    /// What.
    content: Content,
}

/// Speak as the system
///
/// As the user `system` of the app, which is of the kind `service` and is made when it is not there. It need not belong to a group.
#[utoipa::path(post, path = "/apps/{app}/entries", tag = "apps",
    params(
        ("app" = String, Path, description = "The app of the key.", example = "shop"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name for this request; the same again changes nothing.")),
    request_body = SystemMessage,
    responses((status = 201, description = "It is sent: on the server's disk.", body = Changed)))]
async fn send(State(api): State<ApiState>, caller: AppCaller, request: Request) -> Result<Response, Problem> {
    let named = key::of(&request)?;
    let Json(SystemMessage { to, content }) = Json::from_request(request, &api).await?;
    let key = named.unwrap_or_else(|| Key::new(api.engine().clock().now()));
    caller.take_turn(&api)?;
    let changed = Changed::from(api.office.send_as_system(caller.0, key, to, content).await?);
    let Some(place) = changed.entry else { return Err(unexpected()) };
    let location = format!("{}/conversations/{}/entries/{}", crate::http::api::ROOT, place.conversation, place.seq);
    let duplicate = changed.duplicate;
    Ok(replayed(created(&location, Json(changed)), duplicate))
}
