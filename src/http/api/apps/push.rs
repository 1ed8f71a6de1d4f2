//! `/apps/{app}/push`: an event of the app's own, told to the devices of its users that are connected, over the connection that they
//! have open anyway. It is in no conversation and in no log; whoever is not there does not learn of it.

use crate::http::api::ApiState;
use crate::http::api::caller::AppCaller;
use crate::http::api::extract::{Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::{Code, PushedData, PushedKind, Refusal, UserHandle, UserId};
use crate::protocol::ServerFrame;
use axum::extract::{DefaultBodyLimit, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Users who are told with one call.
const USERS_MAX: usize = 256;
/// Largest body: all the ids, and data with plenty of white space.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(push)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// An event of the app's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPush {
    /// Who is told: 1 to 256 users of the app, each once.
    #[serde(deserialize_with = "crate::model::list::read")]
    users: Vec<UserId>,
    /// What kind of event it is.
    kind: PushedKind,
    /// What it carries; `null` when absent.
    #[serde(default)]
    #[schema(value_type = Option<PushedData>)]
    data: Option<Box<RawValue>>,
}

/// Who was told.
#[derive(Serialize, ToSchema)]
pub struct PushResults {
    /// In the order of the users.
    results: Vec<PushResult>,
    /// How many of them were refused.
    refused: usize,
}

/// What became of it for one user.
#[derive(Serialize, ToSchema)]
pub struct PushResult {
    /// Who.
    user: UserId,
    /// And what.
    #[serde(flatten)]
    became: Pushed,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Pushed {
    /// It is on its way to so many devices; it may still be lost on it.
    Told {
        /// 0: nobody is there.
        devices: usize,
    },
    /// The rules say no.
    Refused {
        /// The stable code.
        #[schema(value_type = String)]
        code: Code,
        /// What is wrong and what to do about it.
        detail: String,
    },
}

/// Tell an event to devices that are connected
///
/// As the frame `pushed`, over sockets and event streams. At most once and kept nowhere: a device that is not there, or that reads too
/// slowly, does not get it. What must arrive is a message.
#[utoipa::path(post, path = "/apps/{app}/push", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = NewPush,
    responses((status = 200, description = "How many devices of each were told.", body = PushResults)))]
async fn push(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(NewPush { users, kind, data }): Json<NewPush>,
) -> Result<Json<PushResults>, Problem> {
    check_users(&users)?;
    let data = read_data(data.as_deref())?;
    caller.take_turn(&api)?;
    let listeners: Vec<Result<UserHandle, Refusal>> =
        users.iter().map(|id| api.office.listener(caller.0, id)).collect();
    let there: Vec<UserHandle> = listeners.iter().filter_map(|listener| listener.as_ref().ok().copied()).collect();
    let mut told = api.gateway.hub().tell_each(&there, &ServerFrame::Pushed { kind, data }).into_iter();
    let refused = listeners.len() - there.len();
    let results = users.into_iter().zip(listeners).map(|(user, listener)| {
        let became = match listener {
            Ok(_) => Pushed::Told { devices: told.next().unwrap_or_default() },
            Err(refusal) => Pushed::Refused { code: refusal.code, detail: refusal.message.into_owned() },
        };
        PushResult { user, became }
    });
    Ok(Json(PushResults { results: results.collect(), refused }))
}

fn check_users(users: &[UserId]) -> Result<(), Problem> {
    if !(1..=USERS_MAX).contains(&users.len()) {
        return Err(invalid(format!("`users` must name 1 to {USERS_MAX} users; tell the rest with another call.")));
    }
    let mut seen = BTreeSet::new();
    match users.iter().find(|user| !seen.insert(user.folded())) {
        Some(twice) => Err(invalid(format!("`users` names `{twice}` twice; name each once."))),
        None => Ok(()),
    }
}

fn read_data(given: Option<&RawValue>) -> Result<PushedData, Problem> {
    let Some(given) = given else { return Ok(PushedData::null()) };
    PushedData::compact(given).map_err(|error| {
        let code = match error {
            crate::model::pushed::PushedDataError::Bytes(_) => Code::TooLarge,
            crate::model::pushed::PushedDataError::Depth => Code::Invalid,
        };
        Problem::new(code, format!("{error}."))
    })
}
