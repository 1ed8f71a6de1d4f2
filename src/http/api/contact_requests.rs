//! `/contact-requests`: asking somebody to be a contact, and answering.

use super::ApiState;
use super::answers::Changed;
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, Json};
use super::problem::Problem;
use crate::model::{Answer, Command, ContactRequest, Line, Lsn, Name, Query, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Requests in a page when the caller does not say.
const PAGE_REQUESTS: u32 = 50;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, ask)).routes(routes!(answer))
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Those that the caller made, instead of those made to the caller.
    #[serde(default)]
    #[param(required = false)]
    sent: bool,
    /// Where the last page's `next` said.
    #[serde(default)]
    after: Option<UserId>,
    /// How many at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of contact requests.
#[derive(Serialize, ToSchema)]
pub struct ContactRequestList {
    requests: Vec<ContactRequest>,
    /// Ask again with `after` set to this; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<UserId>,
    /// How many of all pending ones are unread; at most 100 are counted.
    unread: u32,
    /// Everything up to this lsn is in it.
    as_of: Lsn,
}

/// A request to be a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContactRequest {
    /// Whom.
    user: UserId,
    /// What the caller says with it.
    #[serde(default)]
    greeting: Option<Line>,
    /// The caller's own name for them, once they are a contact.
    #[serde(default)]
    remark: Option<Name>,
    /// How the caller found them, in the client's words.
    #[serde(default)]
    source: Option<Line>,
}

/// Yes or no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Yes or no.
    pub accept: bool,
}

/// List contact requests
///
/// They are marked as read like any conversation: by reading the feed.
#[utoipa::path(get, path = "/contact-requests", tag = "contacts", params(Part),
    responses((status = 200, description = "A page of them.", body = ContactRequestList)))]
async fn list(caller: Caller, Find(part): Find<Part>) -> Result<Json<ContactRequestList>, Problem> {
    let Part { sent, after, limit } = part;
    let limit = limit.unwrap_or(PAGE_REQUESTS);
    match caller.ask(Query::ContactRequests { sent, after, limit }).await? {
        Answer::ContactRequests { requests, more, unread, as_of } => {
            let other = |request: &ContactRequest| if sent { request.to.clone() } else { request.from.clone() };
            let next = requests.last().filter(|_| more).map(other);
            Ok(Json(ContactRequestList { requests, next, unread, as_of }))
        }
        _ => Err(unexpected()),
    }
}

/// Ask somebody to be a contact
///
/// Their policy decides: a contact at once, a request to answer, or a refusal. Asking again while it is pending updates it.
#[utoipa::path(post, path = "/contact-requests", tag = "contacts",
    request_body = NewContactRequest,
    responses((status = 200, description = "They were asked, or are a contact now.", body = Changed)))]
async fn ask(caller: Caller, Json(new): Json<NewContactRequest>) -> Result<Changed, Problem> {
    let NewContactRequest { user, greeting, remark, source } = new;
    Ok(caller.submit(Command::RequestContact { user, greeting, remark, source }).await?.into())
}

/// Answer a contact request
///
/// The applicant is told of either answer. Accepting twice changes nothing.
#[utoipa::path(put, path = "/contact-requests/{user}", tag = "contacts",
    request_body = Reply,
    responses((status = 200, description = "It is answered.", body = Changed)))]
async fn answer(caller: Caller, At(user): At<UserId>, Json(Reply { accept }): Json<Reply>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::AnswerContact { user, accept }).await?.into())
}
