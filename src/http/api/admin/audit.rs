//! `/admin/audit`: who did what to whom.

use crate::http::api::ApiState;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{Find, Json};
use crate::http::api::problem::Problem;
use crate::model::{AdminAnswer, AdminQuery, AuditLine, Lsn};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Older than this one: `next` of the page before.
    #[param(value_type = Option<u64>)]
    before: Option<Lsn>,
    /// How many at most (1–200).
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 200)]
    limit: u32,
}

const fn limit() -> u32 {
    50
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub struct Lines {
    /// The lines, newest first.
    lines: Vec<AuditLine>,
    /// Where the next page starts; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<Lsn>,
}

/// Read the audit log
///
/// A line for each administrative change, whoever made it, and for guessing that was held back. Lines are kept for 400 days.
#[utoipa::path(get, path = "/admin/audit", tag = "administration", params(Which),
    responses((status = 200, description = "A page of it, newest first.", body = Lines)))]
async fn list(State(api): State<ApiState>, caller: Caller, Find(which): Find<Which>) -> Result<Json<Lines>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::Audit { before: which.before, limit: which.limit }).await? {
        AdminAnswer::Audit { lines, more } => {
            let next = lines.last().filter(|_| more).map(|last| last.lsn);
            Ok(Json(Lines { lines, next }))
        }
        _ => Err(unexpected()),
    }
}
