//! `/apps/{app}/users`: the users of an app, for the app itself. What it does with one of them as administrators do is in
//! `managed/users`.

use crate::administration::{Became, PutUser};
use crate::http::api::ApiState;
use crate::http::api::admin::users::{Accounts, limit};
use crate::http::api::answers::created;
use crate::http::api::caller::{AppCaller, unexpected};
use crate::http::api::extract::{At, Find, Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::{AccountInfo, AdminAnswer, AdminQuery, Card, Code, Name, PresenceOf, UserId, UserKind};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(put)).routes(routes!(presence))
}

/// Users whose presence is asked for at once, at most.
const PRESENCES_MAX: usize = 100;

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Only those whose id begins so.
    prefix: Option<UserId>,
    /// Start after this one: `next` of the page before.
    after: Option<UserId>,
    /// How many at most (1–200).
    #[serde(default = "limit")]
    #[param(minimum = 1, maximum = 200)]
    limit: u32,
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppUser {
    /// Their id, as the app has it.
    user: UserId,
    /// Who they are.
    #[serde(flatten)]
    as_they_are: AppUser,
}

/// A user as they shall be; what is absent stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct AppUser {
    /// Their display name; of a new user the id when absent.
    #[serde(default)]
    name: Option<Name>,
    /// The rest of their profile, replaced whole.
    #[serde(default)]
    card: Option<Card>,
    /// What kind of user; counts when they are made.
    #[serde(default)]
    kind: UserKind,
}

impl AppUser {
    /// The same of a user with an id.
    pub fn of(self, id: UserId) -> PutUser {
        let Self { name, card, kind } = self;
        PutUser { id, name, card, kind }
    }
}

/// Whose presence.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// Their ids, 1 to 100, separated by commas.
    #[param(example = "ada,bob")]
    ids: String,
}

/// Who is there.
#[derive(Serialize, ToSchema)]
pub struct AppPresences {
    /// In the order asked for; those that are not there are left out.
    presences: Vec<PresenceOf>,
}

/// List the users of an app
#[utoipa::path(get, path = "/apps/{app}/users", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop"), Which),
    responses((status = 200, description = "A page of users.", body = Accounts)))]
async fn list(
    State(api): State<ApiState>,
    caller: AppCaller,
    Find(which): Find<Which>,
) -> Result<Json<Accounts>, Problem> {
    let Which { prefix, after, limit } = which;
    let query = AdminQuery::Accounts { app: caller.app(), prefix, after, limit };
    match api.office.read(&caller.by(), query).await? {
        AdminAnswer::Accounts { accounts, more } => Ok(Json(Accounts::page(accounts, more))),
        _ => Err(unexpected()),
    }
}

/// Make a user of an app
///
/// Refused when there is one of that id; `PUT …/users/{user}` makes or changes.
#[utoipa::path(post, path = "/apps/{app}/users", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = NewAppUser,
    responses((status = 201, description = "The user was made.", body = AccountInfo)))]
async fn create(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(NewAppUser { user, as_they_are }): Json<NewAppUser>,
) -> Result<Response, Problem> {
    caller.take_turn(&api)?;
    api.office.make_user(caller.0, as_they_are.of(user.clone())).await?;
    let made = api.office.account(&caller.by(), caller.app(), user).await?;
    Ok(created(&format!("{}/apps/{}/users/{}", crate::http::api::ROOT, made.app, made.id), Json(made)))
}

/// Make a user of an app, or change what is said of them
///
/// The same again changes nothing.
#[utoipa::path(put, path = "/apps/{app}/users/{user}", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = AppUser,
    responses(
        (status = 200, description = "The user as they are now.", body = AccountInfo),
        (status = 201, description = "The user was made.", body = AccountInfo)))]
async fn put(
    State(api): State<ApiState>,
    caller: AppCaller,
    At((_app, user)): At<(String, UserId)>,
    Json(new): Json<AppUser>,
) -> Result<Response, Problem> {
    caller.take_turn(&api)?;
    let became = api.office.put_user(caller.0, new.of(user.clone())).await?;
    let account = Json(api.office.account(&caller.by(), caller.app(), user).await?);
    let status = if became == Became::Created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, account).into_response())
}

/// Who of an app is there
///
/// As each user themselves is told, whatever others may see.
#[utoipa::path(get, path = "/apps/{app}/presence", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop"), Whose),
    responses((status = 200, description = "How they are.", body = AppPresences)))]
async fn presence(
    State(api): State<ApiState>,
    caller: AppCaller,
    Find(whose): Find<Whose>,
) -> Result<Json<AppPresences>, Problem> {
    let mut presences = Vec::new();
    let ids = crate::http::api::users::ids(&whose.ids)?;
    if ids.len() > PRESENCES_MAX {
        return Err(invalid(format!("`ids` must name 1 to {PRESENCES_MAX} users; ask in parts.")));
    }
    for id in ids {
        let acting = match api.office.acting(caller.0, &id) {
            Ok(acting) => acting,
            Err(refusal) if refusal.code == Code::NotFound => continue,
            Err(refusal) => return Err(refusal.into()),
        };
        let query = crate::model::Query::Presences { users: vec![acting.id.clone()] };
        if let crate::model::Answer::Presences { presences: found } = api.gateway.query(&acting, query).await? {
            presences.extend(found);
        }
    }
    Ok(Json(AppPresences { presences }))
}
