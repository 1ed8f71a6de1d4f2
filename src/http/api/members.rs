//! The members of a conversation.

use super::ApiState;
use super::answers::Changed;
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use crate::model::{Answer, Command, ConversationId, Lsn, Member, Query, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Members in a page when the caller does not say.
const PAGE_MEMBERS: u32 = 100;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, add)).routes(routes!(remove))
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Where the last page's `next` said.
    #[serde(default)]
    after: Option<UserId>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub struct MemberList {
    /// In the order of their ids.
    members: Vec<Member>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// Who is to join.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMembers {
    /// At most 100; those who are in it already are passed over.
    #[serde(deserialize_with = "crate::model::list::read")]
    users: Vec<UserId>,
}

/// List the members
#[utoipa::path(get, path = "/conversations/{conversation}/members", tag = "members", params(Part),
    responses((status = 200, description = "A page of them.", body = MemberList)))]
async fn list(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Find(part): Find<Part>,
) -> Result<Json<MemberList>, Problem> {
    let limit = part.limit.unwrap_or(PAGE_MEMBERS);
    match caller.ask(Query::Members { conversation, after: part.after, limit }).await? {
        Answer::Members { members, more, as_of } => {
            let next = members.last().filter(|_| more).map(|last| last.user.clone());
            Ok(Json(MemberList { members, next, as_of }))
        }
        _ => Err(unexpected()),
    }
}

/// Add members to a group
#[utoipa::path(post, path = "/conversations/{conversation}/members", tag = "members",
    request_body = NewMembers,
    responses((status = 200, description = "They are members.", body = Changed)))]
async fn add(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(NewMembers { users }): Json<NewMembers>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::AddMembers { conversation, users }).await?.into())
}

/// Remove a member from a group, or leave it
///
/// One's own id is leaving. The owner removes anyone, a manager members; the owner leaves only when alone.
#[utoipa::path(delete, path = "/conversations/{conversation}/members/{user}", tag = "members",
    responses((status = 200, description = "They are no member any more.", body = Changed)))]
async fn remove(caller: Caller, At((conversation, user)): At<(ConversationId, UserId)>) -> Result<Changed, Problem> {
    let command = if user.folded() == caller.actor.id.folded() {
        Command::Leave { conversation }
    } else {
        Command::RemoveMember { conversation, user }
    };
    Ok(caller.submit(command).await?.into())
}
