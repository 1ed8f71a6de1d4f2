//! `/accounts`, `/me/password` and the end of `/me`: making an account, changing its password, deleting it.

use super::ApiState;
use super::caller::Caller;
use super::extract::Json;
use super::problem::Problem;
use super::sessions::{self, NewlyOpened, Opening};
use crate::gateway::NewAccount;
use crate::http::Peer;
use crate::model::{AppId, Device, InviteCode, Name, Secret, UserId};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(register)).routes(routes!(change_password)).routes(routes!(delete))
}

/// An account to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountBody {
    /// The app; 1, the server's own, when absent.
    #[serde(default = "sessions::home")]
    #[schema(value_type = Option<AppId>, nullable = false)]
    app: AppId,
    /// The id.
    user: UserId,
    /// The display name; the id when absent.
    #[serde(default)]
    name: Option<Name>,
    /// The password: 8 to 128 characters, none that everybody tries first.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Secret,
    /// An invite code of the app, where one is needed.
    #[serde(default)]
    code: Option<InviteCode>,
    /// The device to log in; when absent a new one of platform `api`.
    #[serde(default)]
    device: Option<Device>,
    /// For browsers: put the token into a cookie that scripts cannot read, and not into the answer.
    #[serde(default)]
    cookie: bool,
}

/// A change of one's password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password as it is.
    #[schema(value_type = String, format = Password)]
    old: Secret,
    /// The password to be: 8 to 128 characters, none that everybody tries first.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    new: Secret,
}

/// A proof that it is really the user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The user's password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Make an account
///
/// As the app's registration allows: for everybody, with an invite code, or not at all. The new user is logged in.
#[utoipa::path(post, path = "/accounts", tag = "accounts", security(()),
    request_body = NewAccountBody,
    responses((status = 201, description = "The account is there, and logged in.", body = NewlyOpened)))]
async fn register(
    State(api): State<ApiState>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Json(new): Json<NewAccountBody>,
) -> Result<Response, Problem> {
    let NewAccountBody { app, user, name, password, code, device, cookie } = new;
    sessions::check_page(cookie, &headers)?;
    let account = NewAccount { app, id: user.clone(), name, password: password.clone(), code };
    api.gateway.register(account).await?;
    sessions::log_in(&api, &peer, Opening { app, user, password, device, cookie }).await
}

/// Change one's password
///
/// All other sessions end.
#[utoipa::path(put, path = "/me/password", tag = "accounts",
    request_body = PasswordChange,
    responses((status = 204, description = "It is changed.")))]
async fn change_password(
    caller: Caller,
    Extension(peer): Extension<Peer>,
    Json(PasswordChange { old, new }): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    caller.api().gateway.change_password(&caller.actor, old, new, peer.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one's account
///
/// The profile goes, all sessions end, messages stay under the id, owned groups pass on. It cannot be undone.
#[utoipa::path(post, path = "/me/deletion", tag = "accounts",
    request_body = Proof,
    responses((status = 204, description = "It is deleted.")))]
async fn delete(
    caller: Caller,
    Extension(peer): Extension<Peer>,
    Json(Proof { password }): Json<Proof>,
) -> Result<Response, Problem> {
    caller.api().gateway.delete_account(&caller.actor, password, peer.address).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cleared) = super::cookie::clear(peer.tls) {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}
