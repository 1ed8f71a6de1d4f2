//! `/groups`: what only groups have. A group is a conversation; its id is the same.

use super::ApiState;
use super::answers::Changed;
use super::caller::Caller;
use super::contact_requests::Reply;
use super::extract::{At, Find, Json};
use super::problem::Problem;
use crate::model::{
    Answer, Command, ConversationId, GroupCard, GroupRules, JoinRequest, Line, Lsn, Name, Query, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Requests in a page when the caller does not say.
const PAGE_REQUESTS: u32 = 50;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(rename))
        .routes(routes!(set_rules))
        .routes(routes!(set_card))
        .routes(routes!(set_owner))
        .routes(routes!(dissolve))
        .routes(routes!(mute, unmute))
        .routes(routes!(make_manager, end_manager))
        .routes(routes!(silence, end_silence))
        .routes(routes!(set_alias))
        .routes(routes!(join))
        .routes(routes!(join_requests))
        .routes(routes!(answer_join))
}

/// A title.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// The title.
    title: Name,
}

/// The owner of a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// A member.
    user: UserId,
}

/// The end of a silence.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Until when, in milliseconds since 1970-01-01 UTC.
    until: Timestamp,
}

/// A name in one group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The alias; `null` takes it away.
    #[schema(required = true)]
    alias: Option<Name>,
}

/// What somebody says who wants to join.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// What the caller says to those who approve.
    #[serde(default)]
    greeting: Option<Line>,
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
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of those who want to join.
#[derive(Serialize, ToSchema)]
pub struct JoinRequestList {
    requests: Vec<JoinRequest>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// Give a group another title
#[utoipa::path(put, path = "/groups/{conversation}/title", tag = "groups",
    request_body = Title,
    responses((status = 200, description = "It has the title.", body = Changed)))]
async fn rename(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(Title { title }): Json<Title>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Rename { conversation, title }).await?.into())
}

/// Set the rules of a group
///
/// Its owner may. Replaced whole: what is absent is set to its default.
#[utoipa::path(put, path = "/groups/{conversation}/rules", tag = "groups",
    request_body = GroupRules,
    responses((status = 200, description = "They are set.", body = Changed)))]
async fn set_rules(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(rules): Json<GroupRules>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetGroupRules { conversation, rules }).await?.into())
}

/// Set what a group says of itself
///
/// Picture, introduction, notice and extra, replaced whole.
#[utoipa::path(put, path = "/groups/{conversation}/card", tag = "groups",
    request_body = GroupCard,
    responses((status = 200, description = "It is set.", body = Changed)))]
async fn set_card(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(card): Json<GroupCard>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetGroupCard { conversation, card }).await?.into())
}

/// Hand a group over
///
/// The owner may, and is a manager afterwards.
#[utoipa::path(put, path = "/groups/{conversation}/owner", tag = "groups",
    request_body = Owner,
    responses((status = 200, description = "It has another owner.", body = Changed)))]
async fn set_owner(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(Owner { user }): Json<Owner>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Transfer { conversation, user }).await?.into())
}

/// Dissolve a group
///
/// The owner may. It can only be read from then on.
#[utoipa::path(delete, path = "/groups/{conversation}", tag = "groups",
    responses((status = 200, description = "It is dissolved.", body = Changed)))]
async fn dissolve(caller: Caller, At(conversation): At<ConversationId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Dissolve { conversation }).await?.into())
}

/// Let only the owner and managers speak
#[utoipa::path(put, path = "/groups/{conversation}/mute", tag = "groups",
    responses((status = 200, description = "The others are silent.", body = Changed)))]
async fn mute(caller: Caller, At(conversation): At<ConversationId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::MuteGroup { conversation, on: true }).await?.into())
}

/// Let everybody speak again
#[utoipa::path(delete, path = "/groups/{conversation}/mute", tag = "groups",
    responses((status = 200, description = "Everybody speaks.", body = Changed)))]
async fn unmute(caller: Caller, At(conversation): At<ConversationId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::MuteGroup { conversation, on: false }).await?.into())
}

/// Make a member a manager
///
/// The owner may.
#[utoipa::path(put, path = "/groups/{conversation}/managers/{user}", tag = "groups",
    responses((status = 200, description = "They are a manager.", body = Changed)))]
async fn make_manager(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetManager { conversation, user, manager: true }).await?.into())
}

/// Make a manager a member again
#[utoipa::path(delete, path = "/groups/{conversation}/managers/{user}", tag = "groups",
    responses((status = 200, description = "They are no manager.", body = Changed)))]
async fn end_manager(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetManager { conversation, user, manager: false }).await?.into())
}

/// Silence a member for a time
#[utoipa::path(put, path = "/groups/{conversation}/silences/{user}", tag = "groups",
    request_body = Silence,
    responses((status = 200, description = "They are silent until then.", body = Changed)))]
async fn silence(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
    Json(Silence { until }): Json<Silence>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SilenceMember { conversation, user, until: Some(until) }).await?.into())
}

/// End a member's silence
#[utoipa::path(delete, path = "/groups/{conversation}/silences/{user}", tag = "groups",
    responses((status = 200, description = "They may speak.", body = Changed)))]
async fn end_silence(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SilenceMember { conversation, user, until: None }).await?.into())
}

/// Set a member's alias
///
/// One's own, or as owner or manager another's.
#[utoipa::path(put, path = "/groups/{conversation}/aliases/{user}", tag = "groups",
    request_body = Alias,
    responses((status = 200, description = "It is set.", body = Changed)))]
async fn set_alias(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
    Json(Alias { alias }): Json<Alias>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::SetAlias { conversation, user, alias }).await?.into())
}

/// Join a public group, or ask to
///
/// As its rules say: at once (the answer names the entry that says so), or when somebody approves.
#[utoipa::path(post, path = "/groups/{conversation}/join", tag = "groups",
    request_body = Joining,
    responses((status = 200, description = "Joined, or asked.", body = Changed)))]
async fn join(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Json(Joining { greeting }): Json<Joining>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Join { conversation, greeting }).await?.into())
}

/// List those who want to join
///
/// For the owner and managers.
#[utoipa::path(get, path = "/groups/{conversation}/join-requests", tag = "groups", params(Part),
    responses((status = 200, description = "A page of them.", body = JoinRequestList)))]
async fn join_requests(
    caller: Caller,
    At(conversation): At<ConversationId>,
    Find(part): Find<Part>,
) -> Result<Json<JoinRequestList>, Problem> {
    let Part { after, limit } = part;
    let limit = limit.unwrap_or(PAGE_REQUESTS);
    match caller.ask(Query::JoinRequests { conversation, after, limit }).await? {
        Answer::JoinRequests { requests, more, as_of } => {
            let next = requests.last().filter(|_| more).map(|last| last.user.clone());
            Ok(Json(JoinRequestList { requests, next, as_of }))
        }
        _ => Err(super::caller::unexpected()),
    }
}

/// Answer somebody who wants to join
#[utoipa::path(put, path = "/groups/{conversation}/join-requests/{user}", tag = "groups",
    request_body = Reply,
    responses((status = 200, description = "It is answered.", body = Changed)))]
async fn answer_join(
    caller: Caller,
    At((conversation, user)): At<(ConversationId, UserId)>,
    Json(Reply { accept }): Json<Reply>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::AnswerJoin { conversation, user, accept }).await?.into())
}
