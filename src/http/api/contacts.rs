//! `/contacts`, `/blocks` and `/relations`: one's own list of people.

use super::ApiState;
use super::answers::Changed;
use super::caller::{Caller, unexpected, unexpected_result};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use super::users::{Which, ids};
use crate::model::{Answer, Code, Command, CommandResult, Contact, Extra, LabelId, Lsn, Name, Query, Relation, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Contacts in a page when the caller does not say.
const PAGE_CONTACTS: u32 = 100;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, delete_all))
        .routes(routes!(one, set, delete))
        .routes(routes!(blocked))
        .routes(routes!(block, unblock))
        .routes(routes!(relations))
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
    /// Only what changed at or after this lsn, those who are no contact any more included.
    #[serde(default)]
    since: Option<Lsn>,
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub struct ContactList {
    /// In the order in which they were first known here.
    contacts: Vec<Contact>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// What one keeps with a contact, replaced whole.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// One's own name for them.
    #[serde(default)]
    remark: Option<Name>,
    /// The labels they are under, at most 20.
    #[serde(default, deserialize_with = "crate::model::list::read")]
    labels: Vec<LabelId>,
    /// Whatever an integrator wants to keep.
    #[serde(default)]
    extra: Extra,
}

/// What is left after deleting.
#[derive(Serialize, ToSchema)]
pub struct Removed {
    /// How many are gone now.
    removed: u32,
    /// Whether there are more: then ask again.
    more: bool,
}

/// How users and the caller are related.
#[derive(Serialize, ToSchema)]
pub struct RelationList {
    /// In the order asked for; those that are not there are left out.
    relations: Vec<Relation>,
}

/// List one's contacts
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(Part),
    responses((status = 200, description = "A page of them.", body = ContactList)))]
async fn list(caller: Caller, Find(part): Find<Part>) -> Result<Json<ContactList>, Problem> {
    page(&caller, part, false).await
}

/// List whom one has blocked
#[utoipa::path(get, path = "/blocks", tag = "contacts", params(Part),
    responses((status = 200, description = "A page of them.", body = ContactList)))]
async fn blocked(caller: Caller, Find(part): Find<Part>) -> Result<Json<ContactList>, Problem> {
    page(&caller, part, true).await
}

async fn page(caller: &Caller, part: Part, blocked: bool) -> Result<Json<ContactList>, Problem> {
    let Part { after, limit, since } = part;
    let limit = limit.unwrap_or(PAGE_CONTACTS);
    match caller.ask(Query::Contacts { after, limit, since, blocked }).await? {
        Answer::Contacts { contacts, more, as_of } => {
            let next = contacts.last().filter(|_| more).map(|last| last.user.clone());
            Ok(Json(ContactList { contacts, next, as_of }))
        }
        _ => Err(unexpected()),
    }
}

/// One contact
#[utoipa::path(get, path = "/contacts/{user}", tag = "contacts",
    responses((status = 200, description = "What is kept of them.", body = Contact)))]
async fn one(caller: Caller, At(user): At<UserId>) -> Result<Json<Contact>, Problem> {
    match caller.ask(Query::Contact { user }).await? {
        Answer::Contacts { contacts, .. } => contacts.into_iter().next().map(Json).ok_or_else(|| {
            Problem::new(Code::NotFound, "You have no such contact; POST /api/v1/contact-requests asks somebody.")
        }),
        _ => Err(unexpected()),
    }
}

/// Set what one keeps with a contact
#[utoipa::path(put, path = "/contacts/{user}", tag = "contacts",
    request_body = Kept,
    responses((status = 200, description = "It is kept.", body = Changed)))]
async fn set(caller: Caller, At(user): At<UserId>, Json(kept): Json<Kept>) -> Result<Changed, Problem> {
    let Kept { remark, labels, extra } = kept;
    Ok(caller.submit(Command::SetContact { user, remark, labels, extra }).await?.into())
}

/// Delete a contact
///
/// The other side keeps its own row.
#[utoipa::path(delete, path = "/contacts/{user}", tag = "contacts",
    responses((status = 200, description = "They are no contact any more.", body = Changed)))]
async fn delete(caller: Caller, At(user): At<UserId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::DeleteContacts { users: vec![user] }).await?.into())
}

/// Delete all contacts
///
/// Some with each request; ask again while `more` is true.
#[utoipa::path(delete, path = "/contacts", tag = "contacts",
    responses((status = 200, description = "Some or all are gone.", body = Removed)))]
async fn delete_all(caller: Caller) -> Result<Json<Removed>, Problem> {
    match caller.submit(Command::DeleteAllContacts {}).await?.result {
        CommandResult::Removed { count, more } => Ok(Json(Removed { removed: count, more })),
        other => Err(unexpected_result(&other)),
    }
}

/// Block a user
///
/// Their messages and requests are refused. They are not told.
#[utoipa::path(put, path = "/blocks/{user}", tag = "contacts",
    responses((status = 200, description = "They are blocked.", body = Changed)))]
async fn block(caller: Caller, At(user): At<UserId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Block { user, on: true }).await?.into())
}

/// End a block
#[utoipa::path(delete, path = "/blocks/{user}", tag = "contacts",
    responses((status = 200, description = "They are not blocked.", body = Changed)))]
async fn unblock(caller: Caller, At(user): At<UserId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::Block { user, on: false }).await?.into())
}

/// How others and the caller are related
#[utoipa::path(get, path = "/relations", tag = "contacts", params(Which),
    responses((status = 200, description = "Contact one way or both, blocked one way or both.", body = RelationList)))]
async fn relations(caller: Caller, Find(which): Find<Which>) -> Result<Json<RelationList>, Problem> {
    match caller.ask(Query::Relations { users: ids(&which.ids)? }).await? {
        Answer::Relations { relations, .. } => Ok(Json(RelationList { relations })),
        _ => Err(unexpected()),
    }
}
