//! `/admin/assistants`: assistants set up, tested and removed.

use super::InApp;
use crate::http::api::ApiState;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Find, Json};
use crate::http::api::problem::Problem;
use crate::model::{
    ASSISTANT_PRESETS, AdminAnswer, AdminQuery, AppRef, AssistantCheck, AssistantInfo, AssistantPreset,
    AssistantSettings, Code, Name, SystemCommand, UserId,
};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(presets))
        .routes(routes!(one, set, remove))
        .routes(routes!(test))
}

/// Assistants.
#[derive(Serialize, ToSchema)]
pub struct AllAssistants {
    /// The assistants of the app, by id.
    assistants: Vec<AssistantInfo>,
}

/// Providers whose address is known.
#[derive(Serialize, ToSchema)]
pub struct Presets {
    /// The providers.
    presets: &'static [AssistantPreset],
}

/// How an assistant is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssistant {
    /// Its display name; when absent as it was, or else the id.
    #[serde(default)]
    #[schema(nullable = false)]
    name: Option<Name>,
    /// All of how it is.
    settings: AssistantSettings,
}

/// What is to be tested.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tested {
    /// Settings that are not saved yet; when absent those of the assistant.
    #[schema(nullable = false)]
    settings: Option<AssistantSettings>,
}

async fn found(
    api: &ApiState,
    caller: &Caller,
    app: AppRef,
    id: Option<UserId>,
) -> Result<Vec<AssistantInfo>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::Assistants { app, id }).await? {
        AdminAnswer::Assistants { assistants } => Ok(assistants),
        _ => Err(unexpected()),
    }
}

async fn find(api: &ApiState, caller: &Caller, app: AppRef, id: UserId) -> Result<AssistantInfo, Problem> {
    found(api, caller, app, Some(id)).await?.pop().ok_or_else(unexpected)
}

/// List the assistants of an app
#[utoipa::path(get, path = "/admin/assistants", tag = "administration", params(InApp),
    responses((status = 200, description = "All of them.", body = AllAssistants)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Find(place): Find<InApp>,
) -> Result<Json<AllAssistants>, Problem> {
    Ok(Json(AllAssistants { assistants: found(&api, &caller, place.app(), None).await? }))
}

/// List the providers whose address is known
#[utoipa::path(get, path = "/admin/assistant-presets", tag = "administration",
    responses((status = 200, description = "The providers, each with settings to begin with.", body = Presets)))]
async fn presets(State(api): State<ApiState>, caller: Caller) -> Result<Json<Presets>, Problem> {
    // Nothing of it is secret, but it is for administrators like all that stands beside it.
    api.office.read(&caller.by(), AdminQuery::AnyAdministrator).await?;
    Ok(Json(Presets { presets: ASSISTANT_PRESETS }))
}

/// Show an assistant
#[utoipa::path(get, path = "/admin/assistants/{user}", tag = "administration", params(InApp),
    responses((status = 200, description = "How it is.", body = AssistantInfo)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    At(id): At<UserId>,
    Find(place): Find<InApp>,
) -> Result<Json<AssistantInfo>, Problem> {
    Ok(Json(find(&api, &caller, place.app(), id).await?))
}

/// Set an assistant up, or change how it is
///
/// Its user is made when there is none. Settings are replaced whole and count from the next question. The provider's key is never sent
/// here: `key` names a variable of the server's environment that ends with `_API_KEY`, or a file in the folder `keys` of its data folder.
#[utoipa::path(put, path = "/admin/assistants/{user}", tag = "administration", params(InApp),
    request_body = NewAssistant,
    responses((status = 200, description = "How it is from now on.", body = AssistantInfo)))]
async fn set(
    State(api): State<ApiState>,
    caller: Caller,
    At(id): At<UserId>,
    Find(place): Find<InApp>,
    Json(new): Json<NewAssistant>,
) -> Result<Json<AssistantInfo>, Problem> {
    let by = caller.by();
    let app = api.office.app(&by, place.app()).await?.app;
    let settings = Box::new(new.settings);
    api.office.carry_out(&by, SystemCommand::SetAssistant { app, id: id.clone(), name: new.name, settings }).await?;
    Ok(Json(find(&api, &caller, place.app(), id).await?))
}

/// Remove an assistant
///
/// It answers no more; what it said stays, and it can be set up again.
#[utoipa::path(delete, path = "/admin/assistants/{user}", tag = "administration", params(InApp),
    responses((status = 204, description = "It is removed.")))]
async fn remove(
    State(api): State<ApiState>,
    caller: Caller,
    At(id): At<UserId>,
    Find(place): Find<InApp>,
) -> Result<StatusCode, Problem> {
    let user = find(&api, &caller, place.app(), id).await?.handle;
    api.office.carry_out(&caller.by(), SystemCommand::RemoveAssistant { user }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Test an assistant
///
/// Reads its key, connects to its provider, asks for the models and for one short answer, and says which step failed and what to
/// change. With `settings` in the body these are tested before they are saved.
#[utoipa::path(post, path = "/admin/assistants/{user}/test", tag = "administration", params(InApp),
    request_body = Tested,
    responses((status = 200, description = "Every step up to the first that failed.", body = AssistantCheck)))]
async fn test(
    State(api): State<ApiState>,
    caller: Caller,
    At(id): At<UserId>,
    Find(place): Find<InApp>,
    Json(tested): Json<Tested>,
) -> Result<Json<AssistantCheck>, Problem> {
    let by = caller.by();
    let settings = match tested.settings {
        None => find(&api, &caller, place.app(), id).await?.settings,
        Some(settings) => {
            // Whether the caller is an administrator is decided by the ledger, as everywhere.
            api.office.app(&by, place.app()).await?;
            settings.check(false).map_err(|words| Problem::new(Code::Invalid, words))?;
            settings
        }
    };
    Ok(Json(api.assistants.check(&settings).await))
}
