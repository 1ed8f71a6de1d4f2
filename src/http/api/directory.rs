//! `/directory` and `/presence`: finding users and public groups, and who is there.

use super::ApiState;
use super::caller::{Caller, unexpected};
use super::extract::{Find, Json};
use super::problem::Problem;
use super::users::{Which, ids};
use crate::model::{Answer, ConversationId, GroupPreview, PresenceOf, Profile, Query, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a page finds when the caller does not say.
const PAGE_FOUND: u32 = 20;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(users)).routes(routes!(groups)).routes(routes!(presence))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichUsers {
    /// The beginning of an id or name, or a whole id, phone number or e-mail address, as the app's setting allows.
    #[param(min_length = 1, max_length = 256)]
    text: String,
    /// Where the last page's `next` said.
    #[serde(default)]
    after: Option<UserId>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of users that were found.
#[derive(Serialize, ToSchema)]
pub struct FoundUsers {
    users: Vec<Profile>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
}

/// Which groups.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichGroups {
    /// The beginning of a word of the title.
    #[param(min_length = 1, max_length = 256)]
    text: String,
    /// Where the last page's `next` said.
    #[serde(default)]
    after: Option<ConversationId>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A page of groups that were found.
#[derive(Serialize, ToSchema)]
pub struct FoundGroups {
    groups: Vec<GroupPreview>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<ConversationId>,
}

/// Who is there.
#[derive(Serialize, ToSchema)]
pub struct PresenceList {
    /// In the order asked for. Whoever may not be seen looks like somebody who is not there.
    presences: Vec<PresenceOf>,
}

/// Find users
#[utoipa::path(get, path = "/directory/users", tag = "directory", params(WhichUsers),
    responses((status = 200, description = "A page of them.", body = FoundUsers)))]
async fn users(caller: Caller, Find(which): Find<WhichUsers>) -> Result<Json<FoundUsers>, Problem> {
    let WhichUsers { text, after, limit } = which;
    match caller.ask(Query::FindUsers { text, after, limit: limit.unwrap_or(PAGE_FOUND) }).await? {
        Answer::FoundUsers { users, more } => {
            let next = users.last().filter(|_| more).map(|last| last.user.clone());
            Ok(Json(FoundUsers { users, next }))
        }
        _ => Err(unexpected()),
    }
}

/// Find public groups
#[utoipa::path(get, path = "/directory/groups", tag = "directory", params(WhichGroups),
    responses((status = 200, description = "A page of them.", body = FoundGroups)))]
async fn groups(caller: Caller, Find(which): Find<WhichGroups>) -> Result<Json<FoundGroups>, Problem> {
    let WhichGroups { text, after, limit } = which;
    match caller.ask(Query::FindGroups { text, after, limit: limit.unwrap_or(PAGE_FOUND) }).await? {
        Answer::Groups { groups, more } => {
            let next = groups.last().filter(|_| more).map(|last| last.conversation);
            Ok(Json(FoundGroups { groups, next }))
        }
        _ => Err(unexpected()),
    }
}

/// Who is there
#[utoipa::path(get, path = "/presence", tag = "directory", params(Which),
    responses((status = 200, description = "How they are, as far as the caller may see it.", body = PresenceList)))]
async fn presence(caller: Caller, Find(which): Find<Which>) -> Result<Json<PresenceList>, Problem> {
    match caller.ask(Query::Presences { users: ids(&which.ids)? }).await? {
        Answer::Presences { presences } => Ok(Json(PresenceList { presences })),
        _ => Err(unexpected()),
    }
}
