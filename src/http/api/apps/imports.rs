//! `/apps/{app}/imports`: many users, contacts or members at once, with a result for each row. The answer comes when all rows are
//! through; the same import again changes nothing.

use super::users::AppUser;
use crate::administration::{Became, PutContact};
use crate::http::api::ApiState;
use crate::http::api::caller::AppCaller;
use crate::http::api::extract::{Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::{Code, ConversationId, Name, Refusal, UserId};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Rows of one import.
const ROWS_MAX: usize = 1_000;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(users)).routes(routes!(contacts)).routes(routes!(members))
}

/// Users to be made or changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserImport {
    /// At most 1,000.
    #[serde(deserialize_with = "crate::model::list::read")]
    users: Vec<ImportedUser>,
}

/// A user as they shall be.
#[derive(Deserialize, ToSchema)]
pub struct ImportedUser {
    /// Their id.
    user: UserId,
    /// Who they are.
    #[serde(flatten)]
    as_they_are: AppUser,
}

/// Users who shall be contacts of each other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactImport {
    /// At most 1,000.
    #[serde(deserialize_with = "crate::model::list::read")]
    contacts: Vec<ImportedContact>,
}

/// Two users.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedContact {
    /// One.
    user: UserId,
    /// The other.
    contact: UserId,
    /// The one's own name for the other.
    #[serde(default)]
    remark: Option<Name>,
}

/// Members of a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberImport {
    /// The group.
    conversation: ConversationId,
    /// In whose name they are added: somebody who may, best of all its owner.
    by: UserId,
    /// At most 1,000.
    #[serde(deserialize_with = "crate::model::list::read")]
    users: Vec<UserId>,
}

/// What became of the rows.
#[derive(Serialize, ToSchema)]
pub struct ImportResults {
    /// In the order of the rows.
    results: Vec<ImportResult>,
    /// How many of them were refused.
    refused: usize,
}

/// What became of one row.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum ImportResult {
    /// It was not there and is now.
    Created,
    /// It was there and is changed.
    Updated,
    /// It was so already.
    Unchanged,
    /// The rules say no.
    Refused {
        /// The stable code.
        #[schema(value_type = String)]
        code: Code,
        /// What is wrong and what to do about it.
        detail: String,
    },
}

impl From<Vec<Result<Became, Refusal>>> for ImportResults {
    fn from(rows: Vec<Result<Became, Refusal>>) -> Self {
        let refused = rows.iter().filter(|row| row.is_err()).count();
        let results = rows.into_iter().map(|row| match row {
            Ok(Became::Created) => ImportResult::Created,
            Ok(Became::Updated) => ImportResult::Updated,
            Ok(Became::Unchanged) => ImportResult::Unchanged,
            Err(refusal) => ImportResult::Refused { code: refusal.code, detail: refusal.message.into_owned() },
        });
        Self { results: results.collect(), refused }
    }
}

fn check_rows(rows: usize) -> Result<(), Problem> {
    if !(1..=ROWS_MAX).contains(&rows) {
        return Err(invalid(format!("An import has 1 to {ROWS_MAX} rows; send the rest in another one.")));
    }
    Ok(())
}

/// Make or change many users
#[utoipa::path(post, path = "/apps/{app}/imports/users", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = UserImport,
    responses((status = 200, description = "All rows are through.", body = ImportResults)))]
async fn users(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(UserImport { users }): Json<UserImport>,
) -> Result<Json<ImportResults>, Problem> {
    check_rows(users.len())?;
    let rows = users.into_iter().map(|row| row.as_they_are.of(row.user)).collect();
    Ok(Json(api.office.import_users(caller.0, rows, &|| caller.take_turn(&api)).await.into()))
}

/// Make many users contacts of each other
///
/// As far as the rules let them: who takes no requests, or has blocked the other, is refused.
#[utoipa::path(post, path = "/apps/{app}/imports/contacts", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = ContactImport,
    responses((status = 200, description = "All rows are through.", body = ImportResults)))]
async fn contacts(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(ContactImport { contacts }): Json<ContactImport>,
) -> Result<Json<ImportResults>, Problem> {
    check_rows(contacts.len())?;
    let row = |row: ImportedContact| PutContact { user: row.user, contact: row.contact, remark: row.remark };
    let rows = contacts.into_iter().map(row).collect();
    Ok(Json(api.office.import_contacts(caller.0, rows, &|| caller.take_turn(&api)).await.into()))
}

/// Add many members to a group
///
/// A hundred with each command; of one that is refused all rows are.
#[utoipa::path(post, path = "/apps/{app}/imports/members", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = MemberImport,
    responses((status = 200, description = "All rows are through.", body = ImportResults)))]
async fn members(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(MemberImport { conversation, by, users }): Json<MemberImport>,
) -> Result<Json<ImportResults>, Problem> {
    check_rows(users.len())?;
    let turn = || caller.take_turn(&api);
    Ok(Json(api.office.import_members(caller.0, conversation, &by, users, &turn).await?.into()))
}
