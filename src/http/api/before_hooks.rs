//! `/apps/{app}/before-hook` and `/admin/apps/{app}/before-hook`: what is asked before users of an app do something, set by the app
//! itself with a key, or by administrators.

use super::ApiState;
use super::answers::created;
use super::caller::{AppCaller, Caller};
use super::extract::{At, Json};
use super::problem::Problem;
use crate::administration::KeptBeforeHook;
use crate::before_hooks::{Answer, Tested};
use crate::model::{Actor, AppRef, BeforeHook, BeforeHookInfo, Secret};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(show, set, remove))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(show_as_admin, set_as_admin, remove_as_admin))
        .routes(routes!(rotate_as_admin))
        .routes(routes!(test_as_admin))
}

/// A before-hook with its secret.
#[derive(Serialize, ToSchema)]
pub struct BeforeHookWithSecret {
    /// The before-hook.
    #[serde(flatten)]
    hook: BeforeHookInfo,
    /// What its questions are signed with; told when it is new, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "whsec_…")]
    secret: Option<Secret>,
}

impl From<KeptBeforeHook> for BeforeHookWithSecret {
    fn from(KeptBeforeHook { hook, secret }: KeptBeforeHook) -> Self {
        Self { hook, secret }
    }
}

/// What a test came to.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestResult {
    /// It allows.
    Allowed,
    /// It refuses.
    Refused,
    /// It puts something else in its place.
    Replaced,
    /// There is no answer that could be understood.
    Failed,
}

/// How a test went.
#[derive(Serialize, ToSchema)]
pub struct TestReport {
    /// What it came to.
    result: TestResult,
    /// Why it refuses, or why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// How long it took, in milliseconds.
    ms: u64,
}

impl From<Tested> for TestReport {
    fn from(Tested { answer, ms }: Tested) -> Self {
        let (result, reason) = match answer {
            Ok(Answer::Allow) => (TestResult::Allowed, None),
            Ok(Answer::Refuse(reason)) => (TestResult::Refused, Some(reason)),
            Ok(Answer::Replace(_)) => (TestResult::Replaced, None),
            Err(failure) => (TestResult::Failed, Some(failure.to_string())),
        };
        Self { result, reason, ms }
    }
}

/// Show the before-hook
#[utoipa::path(get, path = "/apps/{app}/before-hook", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    responses((status = 200, description = "It, without its secret.", body = BeforeHookInfo)))]
async fn show(State(api): State<ApiState>, caller: AppCaller) -> Result<Json<BeforeHookInfo>, Problem> {
    Ok(Json(api.office.one_before_hook(&caller.by(), caller.app()).await?.1))
}

/// Set the before-hook
///
/// It is asked before users of the app do something. All of it is replaced; its secret stays.
#[utoipa::path(put, path = "/apps/{app}/before-hook", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    request_body = BeforeHook,
    responses(
        (status = 200, description = "It is changed.", body = BeforeHookWithSecret),
        (status = 201, description = "It is made, with a secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn set(
    State(api): State<ApiState>,
    caller: AppCaller,
    Json(hook): Json<BeforeHook>,
) -> Result<Response, Problem> {
    caller.take_turn(&api)?;
    keep(&api, &caller.by(), ("apps", caller.app()), hook).await
}

/// Take the before-hook away
#[utoipa::path(delete, path = "/apps/{app}/before-hook", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    responses((status = 204, description = "Nobody is asked any more.")))]
async fn remove(State(api): State<ApiState>, caller: AppCaller) -> Result<StatusCode, Problem> {
    caller.take_turn(&api)?;
    api.office.remove_before_hook(&caller.by(), caller.app()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give the before-hook another secret
///
/// For a day its questions carry two signatures: of the new secret, and of the one before it.
#[utoipa::path(post, path = "/apps/{app}/before-hook/rotation", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    responses((status = 200, description = "It, with its new secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn rotate(State(api): State<ApiState>, caller: AppCaller) -> Result<Json<BeforeHookWithSecret>, Problem> {
    caller.take_turn(&api)?;
    Ok(Json(api.office.rotate_before_hook(&caller.by(), caller.app()).await?.into()))
}

/// Ask the before-hook about something made up
///
/// The question has `"test": true`. The answer counts for nothing.
#[utoipa::path(post, path = "/apps/{app}/before-hook/test", tag = "apps",
    params(("app" = String, Path, description = "The app of the key.", example = "shop")),
    responses((status = 200, description = "How it went.", body = TestReport)))]
async fn test(State(api): State<ApiState>, caller: AppCaller) -> Result<Json<TestReport>, Problem> {
    caller.take_turn(&api)?;
    try_it(&api, &caller.by(), caller.app()).await
}

/// Show the before-hook of an app
#[utoipa::path(get, path = "/admin/apps/{app}/before-hook", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "It, without its secret.", body = BeforeHookInfo)))]
async fn show_as_admin(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
) -> Result<Json<BeforeHookInfo>, Problem> {
    Ok(Json(api.office.one_before_hook(&caller.by(), AppRef(app)).await?.1))
}

/// Set the before-hook of an app
///
/// It is asked before users of the app do something. All of it is replaced; its secret stays.
#[utoipa::path(put, path = "/admin/apps/{app}/before-hook", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    request_body = BeforeHook,
    responses(
        (status = 200, description = "It is changed.", body = BeforeHookWithSecret),
        (status = 201, description = "It is made, with a secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn set_as_admin(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
    Json(hook): Json<BeforeHook>,
) -> Result<Response, Problem> {
    keep(&api, &caller.by(), ("admin/apps", AppRef(app)), hook).await
}

/// Take the before-hook of an app away
#[utoipa::path(delete, path = "/admin/apps/{app}/before-hook", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 204, description = "Nobody is asked any more.")))]
async fn remove_as_admin(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
) -> Result<StatusCode, Problem> {
    api.office.remove_before_hook(&caller.by(), AppRef(app)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give the before-hook of an app another secret
///
/// For a day its questions carry two signatures: of the new secret, and of the one before it.
#[utoipa::path(post, path = "/admin/apps/{app}/before-hook/rotation", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "It, with its new secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn rotate_as_admin(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
) -> Result<Json<BeforeHookWithSecret>, Problem> {
    Ok(Json(api.office.rotate_before_hook(&caller.by(), AppRef(app)).await?.into()))
}

/// Ask the before-hook of an app about something made up
///
/// The question has `"test": true`. The answer counts for nothing.
#[utoipa::path(post, path = "/admin/apps/{app}/before-hook/test", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "How it went.", body = TestReport)))]
async fn test_as_admin(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
) -> Result<Json<TestReport>, Problem> {
    caller.take_turn()?;
    try_it(&api, &caller.by(), AppRef(app)).await
}

/// Sets it; `door` is through which resource whoever asks reaches the app.
async fn keep(api: &ApiState, by: &Actor, (door, app): (&str, AppRef), hook: BeforeHook) -> Result<Response, Problem> {
    // Who may not set it learns nothing of where this server may connect to.
    api.office.before_hook(by, app.clone()).await?;
    api.before_hooks.check(&hook.url)?;
    let location = format!("{}/{door}/{}/before-hook", crate::http::api::ROOT, app.0);
    let kept = BeforeHookWithSecret::from(api.office.set_before_hook(by, app, hook).await?);
    Ok(if kept.secret.is_some() { created(&location, Json(kept)) } else { Json(kept).into_response() })
}

async fn try_it(api: &ApiState, by: &Actor, app: AppRef) -> Result<Json<TestReport>, Problem> {
    let (app, _) = api.office.one_before_hook(by, app).await?;
    Ok(Json(api.before_hooks.test(app).await?.into()))
}
