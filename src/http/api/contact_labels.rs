//! `/contact-labels`: contacts in groups that their owner names.

use super::answers::{Changed, created, replayed};
use super::caller::{Caller, unexpected, unexpected_result};
use super::extract::{At, Json};
use super::problem::Problem;
use super::{ApiState, ROOT};
use crate::model::{Answer, Command, CommandResult, Label, LabelId, Name, Query, UserId};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, make))
        .routes(routes!(rename, delete))
        .routes(routes!(change_contacts))
}

/// The caller's labels.
#[derive(Serialize, ToSchema)]
pub struct LabelList {
    labels: Vec<Label>,
}

/// The name of a label.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelName {
    /// Unique among the caller's.
    name: Name,
}

/// Who comes under a label and who goes; both lists together at most 100.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelContacts {
    /// Contacts to put under it.
    #[serde(default, deserialize_with = "crate::model::list::read")]
    add: Vec<UserId>,
    /// Contacts to take away.
    #[serde(default, deserialize_with = "crate::model::list::read")]
    remove: Vec<UserId>,
}

/// List one's labels
#[utoipa::path(get, path = "/contact-labels", tag = "contacts",
    responses((status = 200, description = "All of them.", body = LabelList)))]
async fn list(caller: Caller) -> Result<Json<LabelList>, Problem> {
    match caller.ask(Query::Labels {}).await? {
        Answer::Labels { labels, .. } => Ok(Json(LabelList { labels })),
        _ => Err(unexpected()),
    }
}

/// Create a label
#[utoipa::path(post, path = "/contact-labels", tag = "contacts",
    request_body = LabelName,
    responses((status = 201, description = "It is there.", body = Label)))]
async fn make(caller: Caller, Json(LabelName { name }): Json<LabelName>) -> Result<Response, Problem> {
    let outcome = caller.submit(Command::CreateLabel { name: name.clone() }).await?;
    let CommandResult::Label { label } = outcome.result else { return Err(unexpected_result(&outcome.result)) };
    let response = created(&format!("{ROOT}/contact-labels/{label}"), Json(Label { label, name }));
    Ok(replayed(response, outcome.duplicate))
}

/// Rename a label
#[utoipa::path(put, path = "/contact-labels/{label}", tag = "contacts",
    request_body = LabelName,
    responses((status = 200, description = "It has the new name.", body = Changed)))]
async fn rename(
    caller: Caller,
    At(label): At<LabelId>,
    Json(LabelName { name }): Json<LabelName>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::RenameLabel { label, name }).await?.into())
}

/// Delete a label
///
/// Its contacts stay.
#[utoipa::path(delete, path = "/contact-labels/{label}", tag = "contacts",
    responses((status = 200, description = "It is gone.", body = Changed)))]
async fn delete(caller: Caller, At(label): At<LabelId>) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::DeleteLabel { label }).await?.into())
}

/// Put contacts under a label and take others away
#[utoipa::path(post, path = "/contact-labels/{label}/contacts", tag = "contacts",
    request_body = LabelContacts,
    responses((status = 200, description = "They are where they should be.", body = Changed)))]
async fn change_contacts(
    caller: Caller,
    At(label): At<LabelId>,
    Json(LabelContacts { add, remove }): Json<LabelContacts>,
) -> Result<Changed, Problem> {
    Ok(caller.submit(Command::LabelContacts { label, add, remove }).await?.into())
}
