//! `/users`: the profiles of others.

use super::ApiState;
use super::answers::tagged;
use super::caller::{Caller, unexpected};
use super::extract::{At, Find, invalid};
use super::problem::Problem;
use crate::model::{Answer, Code, Profile, Query, UserId};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Their ids, 1 to 100, separated by commas.
    #[param(example = "ada,bob")]
    pub(super) ids: String,
}

/// Profiles.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    /// In the order asked for; those that are not there are left out.
    users: Vec<Profile>,
}

/// Profiles of users
#[utoipa::path(get, path = "/users", tag = "users", params(Which), responses(
    (status = 200, description = "Their profiles.", body = UserList),
    (status = 304, description = "Nothing has changed since the tag of `If-None-Match`.")))]
async fn list(caller: Caller, headers: HeaderMap, Find(which): Find<Which>) -> Result<Response, Problem> {
    let users = profiles(&caller, ids(&which.ids)?).await?;
    tagged(&headers, &UserList { users })
}

/// The profile of one user
#[utoipa::path(get, path = "/users/{user}", tag = "users", responses(
    (status = 200, description = "Their profile.", body = Profile),
    (status = 304, description = "Nothing has changed since the tag of `If-None-Match`.")))]
async fn one(caller: Caller, headers: HeaderMap, At(user): At<UserId>) -> Result<Response, Problem> {
    let found = profiles(&caller, vec![user]).await?.into_iter().next();
    let profile = found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such user."))?;
    tagged(&headers, &profile)
}

async fn profiles(caller: &Caller, users: Vec<UserId>) -> Result<Vec<Profile>, Problem> {
    match caller.ask(Query::Users { users }).await? {
        Answer::Users { users } => Ok(users),
        _ => Err(unexpected()),
    }
}

/// Reads a list of ids that are separated by commas.
pub fn ids(text: &str) -> Result<Vec<UserId>, Problem> {
    text.split(',')
        .take(crate::model::list::LIST_READ_MAX)
        .map(|id| id.parse().map_err(|error| invalid(format!("`{}` is no user id: {error}.", shown(id)))))
        .collect()
}

/// A wrong id as it is told back: its beginning is enough to find it.
fn shown(id: &str) -> String {
    crate::model::growing::shortened(id.to_owned(), 64)
}
