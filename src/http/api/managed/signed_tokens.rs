//! `…/token-revocation`: tokens that an app's keys have signed, and until when issued ones count no more.

use super::{Manager, of_apps};
use crate::http::api::ApiState;
use crate::http::api::extract::Json;
use crate::http::api::problem::Problem;
use crate::model::{Timestamp, UserId};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    of_apps(routes!(revoke_tokens))
}

/// Whose signed tokens, and which.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Revocation {
    /// Whose; all users' of the app when absent.
    pub user: Option<UserId>,
    /// Those issued before this; before now when absent.
    pub before: Option<Timestamp>,
}

/// From when on signed tokens count.
#[derive(Serialize, ToSchema)]
pub struct Revoked {
    /// Those issued before this are refused.
    pub before: Timestamp,
}

/// Refuse signed tokens of an app that were issued before a time
///
/// Of one user, or of all. Tokens for MCP that were made until then count no more. Sessions that they have opened are ended apart.
#[utoipa::path(post, path = "/token-revocation",
    request_body = Revocation,
    responses((status = 200, description = "They are refused from now on.", body = Revoked)))]
async fn revoke_tokens(
    State(api): State<ApiState>,
    manager: Manager,
    Json(Revocation { user, before }): Json<Revocation>,
) -> Result<Json<Revoked>, Problem> {
    manager.count(&api)?;
    Ok(Json(Revoked { before: api.office.revoke_tokens(&manager.by(), manager.app(), user, before).await? }))
}
