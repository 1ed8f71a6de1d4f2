//! `/groups/{conversation}/invites` and `/invites/{code}`: links into groups.

use super::answers::{Changed, created, replayed};
use super::caller::{Caller, unexpected};
use super::extract::{At, Json};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::auth::Token;
use crate::model::{Answer, Code, Command, ConversationId, GroupPreview, Invite, InviteCode, Query, Timestamp};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, make))
        .routes(routes!(revoke))
        .routes(routes!(preview))
        .routes(routes!(join))
}

/// A link to make.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewGroupInvite {
    /// Its secret part, drawn by the caller; the server draws one when absent. To try again safely, draw it yourself.
    code: Option<InviteCode>,
    /// When it ends, in milliseconds since 1970-01-01 UTC; never when absent.
    expires: Option<Timestamp>,
    /// How often it can be used; without limit when absent.
    #[schema(minimum = 1)]
    uses_max: Option<u32>,
}

/// A link that was made.
#[derive(Serialize, ToSchema)]
pub struct NewCode {
    /// Its secret part: whoever has it can join.
    code: InviteCode,
    /// How the ledger has it.
    #[serde(flatten)]
    changed: Changed,
}

/// The links into a group.
#[derive(Serialize, ToSchema)]
pub struct InviteList {
    /// Newest last.
    invites: Vec<Invite>,
}

/// List the links into a group
///
/// For whoever may make them.
#[utoipa::path(get, path = "/groups/{conversation}/invites", tag = "groups",
    responses((status = 200, description = "All of them.", body = InviteList)))]
async fn list(caller: Caller, At(conversation): At<ConversationId>) -> Result<Json<InviteList>, Problem> {
    match caller.ask(Query::Invites { conversation }).await? {
        Answer::Invites { invites, .. } => Ok(Json(InviteList { invites })),
        _ => Err(unexpected()),
    }
}

/// Make a link into a group
#[utoipa::path(post, path = "/groups/{conversation}/invites", tag = "groups",
    request_body = NewGroupInvite,
    responses((status = 201, description = "It is there.", body = NewCode)))]
async fn make(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(new): Json<NewGroupInvite>,
) -> Result<Response, Problem> {
    let NewGroupInvite { code, expires, uses_max } = new;
    let code = match code {
        Some(code) => code,
        None => Token::draw_code().ok_or_else(unexpected)?,
    };
    let command = Command::CreateInvite { conversation, code: code.clone(), expires, uses_max };
    let changed = Changed::from(caller.submit(command).await?);
    let duplicate = changed.duplicate;
    let location = format!("{ROOT}/invites/{code}");
    Ok(replayed(created(&location, Json(NewCode { code, changed })), duplicate))
}

/// Make a link useless
#[utoipa::path(delete, path = "/groups/{conversation}/invites/{code}", tag = "groups",
    responses((status = 200, description = "Nobody joins by it any more.", body = Changed)))]
async fn revoke(
    caller: Caller,
    At((conversation, code)): At<(ConversationId, InviteCode)>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::RevokeInvite { conversation, code }).await?.into())
}

/// The group behind a link
#[utoipa::path(get, path = "/invites/{code}", tag = "groups",
    responses((status = 200, description = "What it says of itself.", body = GroupPreview)))]
async fn preview(caller: Caller, At(code): At<InviteCode>) -> Result<Json<GroupPreview>, Problem> {
    match caller.ask(Query::GroupOfCode { code }).await? {
        Answer::Groups { groups, .. } => groups
            .into_iter()
            .next()
            .map(Json)
            .ok_or_else(|| Problem::new(Code::NotFound, "This link leads nowhere; ask for a new one.")),
        _ => Err(unexpected()),
    }
}

/// Join a group by a link
#[utoipa::path(post, path = "/invites/{code}/join", tag = "groups",
    responses((status = 200, description = "Joined.", body = Changed)))]
async fn join(caller: Caller, At(code): At<InviteCode>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::JoinByCode { code }).await?.into())
}
