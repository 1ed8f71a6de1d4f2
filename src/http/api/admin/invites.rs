//! `/admin/invites`: invite codes, with which people make accounts.

use super::InApp;
use crate::http::api::ApiState;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Find, Json};
use crate::http::api::problem::Problem;
use crate::model::{AdminAnswer, AdminQuery, Invite, InviteCode, Secret, Timestamp};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke))
}

/// An invite code to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvite {
    /// When it ends; never when absent.
    #[serde(default)]
    expires: Option<Timestamp>,
    /// How many accounts it makes; as many as people want when absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    uses_max: Option<u32>,
}

/// An invite code and its link.
#[derive(Serialize, ToSchema)]
pub struct InviteAndLink {
    /// The code.
    #[serde(flatten)]
    invite: Invite,
    /// The address where an account is made with it.
    #[schema(value_type = String)]
    url: Secret,
}

/// The invite codes of an app.
#[derive(Serialize, ToSchema)]
pub struct Invites {
    /// The codes.
    invites: Vec<InviteAndLink>,
}

/// List invite codes
#[utoipa::path(get, path = "/admin/invites", tag = "administration", params(InApp),
    responses((status = 200, description = "The codes of the app.", body = Invites)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Find(within): Find<InApp>,
) -> Result<Json<Invites>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::Invites { app: within.app() }).await? {
        AdminAnswer::Invites { invites } => {
            let with_link = |invite: Invite| InviteAndLink { url: api.office.invite_url(&invite.code), invite };
            Ok(Json(Invites { invites: invites.into_iter().map(with_link).collect() }))
        }
        _ => Err(unexpected()),
    }
}

/// Make an invite code
#[utoipa::path(post, path = "/admin/invites", tag = "administration", params(InApp),
    responses((status = 201, description = "The code and its link.", body = InviteAndLink)))]
async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    Find(within): Find<InApp>,
    Json(new): Json<NewInvite>,
) -> Result<(StatusCode, Json<InviteAndLink>), Problem> {
    let made = api.office.create_invite(&caller.by(), within.app(), new.expires, new.uses_max).await?;
    Ok((StatusCode::CREATED, Json(InviteAndLink { invite: made.invite, url: made.url })))
}

/// Revoke an invite code
#[utoipa::path(delete, path = "/admin/invites/{code}", tag = "administration",
    params(("code" = InviteCode, Path, description = "The code."), InApp),
    responses((status = 204, description = "Nobody can use it any more.")))]
async fn revoke(
    State(api): State<ApiState>,
    caller: Caller,
    At(code): At<InviteCode>,
    Find(within): Find<InApp>,
) -> Result<StatusCode, Problem> {
    api.office.revoke_invite(&caller.by(), within.app(), code).await?;
    Ok(StatusCode::NO_CONTENT)
}
