//! Accounts, by those who own them: registering, the set-up link, password links, changing the password, deleting oneself.

use super::caller::Caller;
use super::extract::Json;
use super::problem::Problem;
use super::sessions::{self, NewlyOpened, Opening};
use super::{ApiState, cookie};
use crate::administration::Registration;
use crate::http::Peer;
use crate::model::{AppId, Device, InviteCode, Name, Secret, UserId};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(register))
        .routes(routes!(set_up))
        .routes(routes!(use_password_link))
        .routes(routes!(change_password))
        .routes(routes!(delete_account))
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

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The secret of the link: what stands behind `#`.
    #[schema(value_type = String, format = Password)]
    token: Secret,
    /// The id.
    user: UserId,
    /// The display name; the id when absent.
    #[serde(default)]
    name: Option<Name>,
    /// The password, 12 to 128 characters.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A password set with a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordByLink {
    /// The secret of the link: what stands behind `#`.
    #[schema(value_type = String, format = Password)]
    token: Secret,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A password that its owner changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password as it is.
    #[schema(value_type = String, format = Password)]
    old: Secret,
    /// The password as it shall be.
    #[schema(value_type = String, format = Password)]
    new: Secret,
}

/// The proof that it is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Farewell {
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Whose account it is.
#[derive(Serialize, ToSchema)]
pub struct Account {
    /// The user's app, to log in to.
    app: AppId,
    /// The user's id, to log in with.
    user: UserId,
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
    let account = Registration { app, id: user.clone(), name, password: password.clone(), code };
    api.office.register(peer.address, account).await?;
    sessions::log_in(&api, &peer, Opening { app, user, password, device, cookie }).await
}

/// Make the first administrator
///
/// With the one-time link that the first start prints (`tidings admin setup-link` gives a new one). It works once, and only while
/// there is no administrator.
#[utoipa::path(post, path = "/setup", tag = "accounts", security(()),
    responses((status = 201, description = "The administrator was made.", body = Account)))]
async fn set_up(
    State(api): State<ApiState>,
    Extension(peer): Extension<Peer>,
    Json(new): Json<SetUp>,
) -> Result<Response, Problem> {
    let SetUp { token, user, name, password } = new;
    api.office.set_up(peer.address, &token, user.clone(), name, password).await?;
    Ok((StatusCode::CREATED, Json(Account { app: AppId::HOME, user })).into_response())
}

/// Set a password with a link
///
/// With a one-time link that an administrator has made. All sessions of the user end.
#[utoipa::path(post, path = "/password-links", tag = "accounts", security(()),
    responses((status = 200, description = "The password was set.", body = Account)))]
async fn use_password_link(
    State(api): State<ApiState>,
    Extension(peer): Extension<Peer>,
    Json(new): Json<PasswordByLink>,
) -> Result<Json<Account>, Problem> {
    let (app, user) = api.office.use_password_link(peer.address, &new.token, new.password).await?;
    Ok(Json(Account { app, user }))
}

/// Change one's password
///
/// All other sessions of the caller end.
#[utoipa::path(put, path = "/me/password", tag = "accounts",
    responses((status = 204, description = "It is changed.")))]
async fn change_password(
    State(api): State<ApiState>,
    caller: Caller,
    Extension(peer): Extension<Peer>,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    api.office.change_password(&caller.actor, peer.address, change.old, change.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one's account
///
/// For good: what it says of itself goes, its sessions end, it leaves its groups (those it owns pass to the longest-standing
/// manager, else member). Messages stay, under "deleted user".
#[utoipa::path(post, path = "/me/deletion", tag = "accounts",
    responses((status = 204, description = "It is deleted.")))]
async fn delete_account(
    State(api): State<ApiState>,
    caller: Caller,
    Extension(peer): Extension<Peer>,
    Json(farewell): Json<Farewell>,
) -> Result<Response, Problem> {
    api.office.delete_own(&caller.actor, peer.address, farewell.password).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cleared) = cookie::clear(peer.tls) {
        response.headers_mut().insert(header::SET_COOKIE, cleared);
    }
    Ok(response)
}
