//! `…/users/{user}`: what the app and administrators do alike with one user. How users are made and listed differs: see
//! `apps/users` and `admin/users`.

use super::{Manager, of_users};
use crate::administration::FlagChanges;
use crate::http::api::ApiState;
use crate::http::api::caller::unexpected;
use crate::http::api::extract::{At, Json};
use crate::http::api::problem::Problem;
use crate::model::{AccountInfo, AdminAnswer, AdminQuery, SessionInfo, UserFlags, UserId};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .merge(of_users(routes!(one, delete)))
        .merge(of_users(routes!(set_flags)))
        .merge(of_users(routes!(sessions, end_sessions)))
}

/// Which user.
#[derive(Deserialize)]
struct OfUser {
    user: UserId,
}

/// Flags to be set; those that are absent stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flags {
    /// Cannot log in or act; sessions end at once.
    #[serde(default)]
    suspended: Option<bool>,
    /// Can read, but not send.
    #[serde(default)]
    silenced: Option<bool>,
    /// Can neither send nor get contact requests.
    #[serde(default)]
    contacts_disabled: Option<bool>,
}

impl From<Flags> for FlagChanges {
    fn from(flags: Flags) -> Self {
        let Flags { suspended, silenced, contacts_disabled } = flags;
        Self { suspended, silenced, contacts_disabled }
    }
}

/// The sessions of a user.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// Oldest first.
    pub sessions: Vec<SessionInfo>,
}

/// Show a user
#[utoipa::path(get, path = "/users/{user}",
    responses((status = 200, description = "The user.", body = AccountInfo)))]
async fn one(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfUser { user }): At<OfUser>,
) -> Result<Json<AccountInfo>, Problem> {
    Ok(Json(api.office.account(&manager.by(), manager.app(), user).await?))
}

/// Delete a user
///
/// For good: what they say of themselves goes, their sessions end, they leave their groups. Their messages stay.
#[utoipa::path(delete, path = "/users/{user}",
    responses((status = 204, description = "The account is deleted.")))]
async fn delete(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfUser { user }): At<OfUser>,
) -> Result<StatusCode, Problem> {
    manager.count(&api)?;
    api.office.delete_user(&manager.by(), manager.app(), user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a user's flags
#[utoipa::path(patch, path = "/users/{user}/flags",
    request_body = Flags,
    responses((status = 200, description = "The flags as they are now.", body = UserFlags)))]
async fn set_flags(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfUser { user }): At<OfUser>,
    Json(flags): Json<Flags>,
) -> Result<Json<UserFlags>, Problem> {
    manager.count(&api)?;
    Ok(Json(api.office.set_flags(&manager.by(), manager.app(), user, flags.into()).await?))
}

/// List a user's sessions
#[utoipa::path(get, path = "/users/{user}/sessions",
    responses((status = 200, description = "Every device they are logged in on.", body = Sessions)))]
async fn sessions(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfUser { user }): At<OfUser>,
) -> Result<Json<Sessions>, Problem> {
    match api.office.read(&manager.by(), AdminQuery::Sessions { app: manager.app(), id: user }).await? {
        AdminAnswer::Sessions { sessions } => Ok(Json(Sessions { sessions })),
        _ => Err(unexpected()),
    }
}

/// Sign a user out everywhere
#[utoipa::path(delete, path = "/users/{user}/sessions",
    responses((status = 204, description = "All their sessions have ended.")))]
async fn end_sessions(
    State(api): State<ApiState>,
    manager: Manager,
    At(OfUser { user }): At<OfUser>,
) -> Result<StatusCode, Problem> {
    manager.count(&api)?;
    api.office.end_sessions(&manager.by(), manager.app(), user).await?;
    Ok(StatusCode::NO_CONTENT)
}
