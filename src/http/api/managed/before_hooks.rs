//! `…/before-hook`: what is asked before users of an app do something.

use super::{Manager, of_apps};
use crate::administration::KeptBeforeHook;
use crate::before_hooks::{Answer, Tested};
use crate::http::api::ApiState;
use crate::http::api::extract::Json;
use crate::http::api::problem::Problem;
use crate::model::{BeforeHook, BeforeHookInfo, Secret};
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
        .merge(of_apps(routes!(show, set, remove)))
        .merge(of_apps(routes!(rotate)))
        .merge(of_apps(routes!(test)))
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

/// Show the before-hook of an app
#[utoipa::path(get, path = "/before-hook",
    responses((status = 200, description = "It, without its secret.", body = BeforeHookInfo)))]
async fn show(State(api): State<ApiState>, manager: Manager) -> Result<Json<BeforeHookInfo>, Problem> {
    Ok(Json(api.office.one_before_hook(&manager.by(), manager.app()).await?.1))
}

/// Set the before-hook of an app
///
/// It is asked before users of the app do something. All of it is replaced; its secret stays.
#[utoipa::path(put, path = "/before-hook",
    request_body = BeforeHook,
    responses(
        (status = 200, description = "It is changed.", body = BeforeHookWithSecret),
        (status = 201, description = "It is made, with a secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn set(State(api): State<ApiState>, manager: Manager, Json(hook): Json<BeforeHook>) -> Result<Response, Problem> {
    manager.count(&api)?;
    // Who may not set it learns nothing of where this server may connect to.
    api.office.before_hook(&manager.by(), manager.app()).await?;
    api.before_hooks.check(&hook.url)?;
    let kept = BeforeHookWithSecret::from(api.office.set_before_hook(&manager.by(), manager.app(), hook).await?);
    let is_new = kept.secret.is_some();
    Ok(if is_new { manager.made("/before-hook", Json(kept)) } else { Json(kept).into_response() })
}

/// Take the before-hook of an app away
#[utoipa::path(delete, path = "/before-hook",
    responses((status = 204, description = "Nobody is asked any more.")))]
async fn remove(State(api): State<ApiState>, manager: Manager) -> Result<StatusCode, Problem> {
    manager.count(&api)?;
    api.office.remove_before_hook(&manager.by(), manager.app()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give the before-hook of an app another secret
///
/// For a day its questions carry two signatures: of the new secret, and of the one before it.
#[utoipa::path(post, path = "/before-hook/rotation",
    responses((status = 200, description = "It, with its new secret, which is told this once.", body = BeforeHookWithSecret)))]
async fn rotate(State(api): State<ApiState>, manager: Manager) -> Result<Json<BeforeHookWithSecret>, Problem> {
    manager.count(&api)?;
    Ok(Json(api.office.rotate_before_hook(&manager.by(), manager.app()).await?.into()))
}

/// Ask the before-hook of an app about something made up
///
/// The question has `"test": true`. The answer counts for nothing.
#[utoipa::path(post, path = "/before-hook/test",
    responses((status = 200, description = "How it went.", body = TestReport)))]
async fn test(State(api): State<ApiState>, manager: Manager) -> Result<Json<TestReport>, Problem> {
    manager.count_call(&api)?;
    let (app, _) = api.office.one_before_hook(&manager.by(), manager.app()).await?;
    Ok(Json(api.before_hooks.test(app).await?.into()))
}
