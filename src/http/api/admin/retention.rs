//! `/admin/conversations/…/retention`: how long one conversation keeps its entries, and legal hold. What is said there stays unread.

use crate::http::api::ApiState;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Json};
use crate::http::api::problem::Problem;
use crate::model::{AdminAnswer, AdminQuery, ConversationId, Retention, SystemCommand};
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(show, set))
}

/// Show a conversation's own retention
#[utoipa::path(get, path = "/admin/conversations/{conversation}/retention", tag = "administration",
    responses((status = 200, description = "Its own rules; where one is absent, its app's counts.", body = Retention)))]
async fn show(
    State(api): State<ApiState>,
    caller: Caller,
    At(conversation): At<ConversationId>,
) -> Result<Json<Retention>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::Retention { conversation }).await? {
        AdminAnswer::Retention { retention } => Ok(Json(retention)),
        _ => Err(unexpected()),
    }
}

/// Set a conversation's own retention
///
/// Replaced whole: an absent rule is that of its app again. `hold` stops deletion at once, in the middle of a round.
#[utoipa::path(put, path = "/admin/conversations/{conversation}/retention", tag = "administration",
    request_body = Retention,
    responses((status = 200, description = "Its own rules from now on.", body = Retention)))]
async fn set(
    State(api): State<ApiState>,
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(retention): Json<Retention>,
) -> Result<Json<Retention>, Problem> {
    let Retention { keep_ms, keep_entries, hold } = retention;
    let command = SystemCommand::SetRetention { conversation, keep_ms, keep_entries, hold };
    api.office.carry_out(&caller.by(), command).await?;
    Ok(Json(retention))
}
