//! `/admin/apps/{app}/keys`: the keys of an app.

use crate::administration::NewAppKey;
use crate::http::api::ApiState;
use crate::http::api::answers::created;
use crate::http::api::caller::Caller;
use crate::http::api::extract::{At, Json};
use crate::http::api::problem::Problem;
use crate::model::{AppKeyId, AppKeyInfo, AppKeyKind, AppRef, AppScope, Name, Secret};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke))
}

/// Keys.
#[derive(Serialize, ToSchema)]
pub struct Keys {
    /// Oldest first.
    keys: Vec<AppKeyInfo>,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for: `api` opens the server API, `hs256` and `eddsa` sign tokens of users.
    kind: AppKeyKind,
    /// What it is called.
    #[serde(default)]
    name: Option<Name>,
    /// Of the kind `eddsa`: the public half, a PEM file or 32 bytes in base64.
    #[serde(default)]
    public_key: Option<String>,
    /// Of the kind `api`: what it opens. Everything when absent. It stays so; for something else make another key.
    #[serde(default)]
    #[schema(example = json!(["send"]))]
    scopes: Option<Vec<AppScope>>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// The key.
    #[serde(flatten)]
    key: AppKeyInfo,
    /// Its secret, told this once: of `api` what is sent as `Authorization: Bearer`, of `hs256` what signs (its text as it is). An
    /// `eddsa` key has none here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "tdk_…")]
    secret: Option<Secret>,
}

/// List an app's keys
#[utoipa::path(get, path = "/admin/apps/{app}/keys", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "All of them, without their secrets.", body = Keys)))]
async fn list(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<Json<Keys>, Problem> {
    Ok(Json(Keys { keys: api.office.app_use(&caller.by(), AppRef(app)).await?.keys }))
}

/// Make a key of an app
///
/// Eight that open the API, each as far as its `scopes` go, and two that sign count at once: make the new one, go over to it, revoke
/// the old one.
#[utoipa::path(post, path = "/admin/apps/{app}/keys", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    request_body = NewKey,
    responses((status = 201, description = "The key with its secret, which is told this once.", body = MadeKey)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
    Json(new): Json<NewKey>,
) -> Result<Response, Problem> {
    let NewKey { kind, name, public_key, scopes } = new;
    let new = NewAppKey { kind, name, public_key, scopes };
    let made = api.office.create_app_key(&caller.by(), AppRef(app.clone()), new).await?;
    let location = format!("{}/admin/apps/{app}/keys/{}", crate::http::api::ROOT, made.key.key);
    Ok(created(&location, Json(MadeKey { key: made.key, secret: made.secret })))
}

/// Revoke a key of an app
///
/// It opens nothing from this moment on. Sessions that tokens of it have opened stay.
#[utoipa::path(delete, path = "/admin/apps/{app}/keys/{key}", tag = "administration",
    params(
        ("app" = String, Path, description = "The app by name or number.", example = "shop"),
        ("key" = AppKeyId, Path, description = "The number of the key.")),
    responses((status = 204, description = "It is revoked.")))]
async fn revoke(
    State(api): State<ApiState>,
    caller: Caller,
    At((app, key)): At<(String, AppKeyId)>,
) -> Result<StatusCode, Problem> {
    api.office.revoke_app_key(&caller.by(), AppRef(app), key).await?;
    Ok(StatusCode::NO_CONTENT)
}
