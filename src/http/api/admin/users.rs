//! `/admin/users`: accounts.

use super::{InApp, OneTimeLink};
use crate::administration::NewAccount;
use crate::http::api::ApiState;
use crate::http::api::answers::created;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Find, Json};
use crate::http::api::problem::Problem;
use crate::model::{AccountInfo, AdminAnswer, AdminQuery, AppRef, Name, Secret, UserId, UserKind};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(set_administrator))
        .routes(routes!(set_password))
        .routes(routes!(password_link))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// The app by name or number; `home` when absent.
    #[serde(default)]
    app: String,
    /// Only those whose id begins so.
    prefix: Option<UserId>,
    /// Start after this one: `next` of the page before.
    after: Option<UserId>,
    /// How many at most (1–200).
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 200)]
    limit: u32,
}

/// How many users a page has when the caller does not say.
pub const fn limit() -> u32 {
    50
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub struct Accounts {
    /// The users, by id.
    users: Vec<AccountInfo>,
    /// Where the next page starts; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
}

impl Accounts {
    /// A page, and whether there are more.
    pub fn page(users: Vec<AccountInfo>, more: bool) -> Self {
        let next = users.last().filter(|_| more).map(|last| last.id.clone());
        Self { users, next }
    }
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The app by name or number; `home` when absent.
    #[serde(default)]
    app: String,
    /// Their id.
    user: UserId,
    /// Their display name; the id when absent.
    #[serde(default)]
    name: Option<Name>,
    /// Their password; without one they need a password link to log in.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// Whether they are an administrator.
    #[serde(default)]
    administrator: bool,
    /// What kind of user.
    #[serde(default)]
    kind: UserKind,
}

/// An administrator's right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Right {
    /// Given or taken.
    administrator: bool,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// List users
#[utoipa::path(get, path = "/admin/users", tag = "administration", params(Which),
    responses((status = 200, description = "A page of users.", body = Accounts)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Find(which): Find<Which>,
) -> Result<Json<Accounts>, Problem> {
    let Which { app, prefix, after, limit } = which;
    let query = AdminQuery::Accounts { app: AppRef(app), prefix, after, limit };
    match api.office.read(&caller.by(), query).await? {
        AdminAnswer::Accounts { accounts, more } => Ok(Json(Accounts::page(accounts, more))),
        _ => Err(unexpected()),
    }
}

/// Create a user
#[utoipa::path(post, path = "/admin/users", tag = "administration",
    responses((status = 201, description = "The user was made.", body = AccountInfo)))]
async fn create(State(api): State<ApiState>, caller: Caller, Json(new): Json<NewUser>) -> Result<Response, Problem> {
    let NewUser { app, user, name, password, administrator, kind } = new;
    let app = AppRef(app);
    let account = NewAccount { app: app.clone(), id: user.clone(), name, password, administrator, kind };
    let by = caller.by();
    api.office.add_user(&by, account).await?;
    let made = api.office.account(&by, app, user).await?;
    let location = format!("{}/admin/users/{}?app={}", crate::http::api::ROOT, made.id, made.app);
    Ok(created(&location, Json(made)))
}

/// Give or take an administrator's right
///
/// Of a user of `home`. The last administrator keeps it.
#[utoipa::path(put, path = "/admin/users/{user}/administrator", tag = "administration",
    responses((status = 204, description = "It is so now.")))]
async fn set_administrator(
    State(api): State<ApiState>,
    caller: Caller,
    At(user): At<UserId>,
    Json(right): Json<Right>,
) -> Result<StatusCode, Problem> {
    api.office.set_administrator(&caller.by(), user, right.administrator).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a user's password
///
/// Their sessions end. A password link is better: then nobody but the user knows it.
#[utoipa::path(put, path = "/admin/users/{user}/password", tag = "administration", params(InApp),
    responses((status = 204, description = "It is set.")))]
async fn set_password(
    State(api): State<ApiState>,
    caller: Caller,
    At(user): At<UserId>,
    Find(within): Find<InApp>,
    Json(new): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    api.office.set_password(&caller.by(), within.app(), user, new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a password link
///
/// With it the user sets a password, once, within 24 hours. A link that there was is useless from then on.
#[utoipa::path(post, path = "/admin/users/{user}/password-link", tag = "administration", params(InApp),
    responses((status = 201, description = "The link.", body = OneTimeLink)))]
async fn password_link(
    State(api): State<ApiState>,
    caller: Caller,
    At(user): At<UserId>,
    Find(within): Find<InApp>,
) -> Result<(StatusCode, Json<OneTimeLink>), Problem> {
    let link = api.office.password_link(&caller.by(), within.app(), user).await?;
    Ok((StatusCode::CREATED, Json(link.into())))
}
