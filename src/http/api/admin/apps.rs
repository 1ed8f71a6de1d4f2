//! `/admin/apps`: apps (tenants) and their settings.

use crate::http::api::ApiState;
use crate::http::api::answers::created;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::app::merged;
use crate::model::{AdminAnswer, AdminQuery, AppAccess, AppInfo, AppRef, AppSettings, AppUse, Name, SystemCommand};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(one, delete))
        .routes(routes!(settings, change))
        .routes(routes!(access, change_access))
        .routes(routes!(suspend, resume))
}

/// All apps.
#[derive(Serialize, ToSchema)]
pub struct Apps {
    /// The apps, by number.
    apps: Vec<AppInfo>,
}

/// An app to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {
    /// Its name, unique on this server.
    name: Name,
}

/// List apps
#[utoipa::path(get, path = "/admin/apps", tag = "administration",
    responses((status = 200, description = "All apps.", body = Apps)))]
async fn list(State(api): State<ApiState>, caller: Caller) -> Result<Json<Apps>, Problem> {
    match api.office.read(&caller.by(), AdminQuery::Apps).await? {
        AdminAnswer::Apps { apps } => Ok(Json(Apps { apps })),
        _ => Err(unexpected()),
    }
}

/// Create an app
///
/// A tenant with users and conversations of its own, that no other app sees or reaches.
#[utoipa::path(post, path = "/admin/apps", tag = "administration",
    responses((status = 201, description = "The app was made.", body = AppInfo)))]
async fn create(State(api): State<ApiState>, caller: Caller, Json(new): Json<NewApp>) -> Result<Response, Problem> {
    let by = caller.by();
    let command = SystemCommand::CreateApp { name: new.name.clone(), settings: AppSettings::default() };
    api.office.carry_out(&by, command).await?;
    let made = api.office.app(&by, AppRef(new.name.to_string())).await?;
    Ok(created(&format!("{}/admin/apps/{}", crate::http::api::ROOT, made.app), Json(made)))
}

/// Show an app
#[utoipa::path(get, path = "/admin/apps/{app}", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "home")),
    responses((status = 200, description = "The app.", body = AppInfo)))]
async fn one(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<Json<AppInfo>, Problem> {
    Ok(Json(api.office.app(&caller.by(), AppRef(app)).await?))
}

/// Show an app's settings
#[utoipa::path(get, path = "/admin/apps/{app}/settings", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "home")),
    responses((status = 200, description = "All settings.", body = AppSettings)))]
async fn settings(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
) -> Result<Json<AppSettings>, Problem> {
    Ok(Json(api.office.app(&caller.by(), AppRef(app)).await?.settings))
}

/// Change an app's settings
///
/// Those that are in the body; the others stay. They count from this moment.
#[utoipa::path(patch, path = "/admin/apps/{app}/settings", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "home")),
    request_body(content = Object, description = "Any of the settings."),
    responses((status = 200, description = "All settings as they are now.", body = AppSettings)))]
async fn change(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
    Json(changes): Json<serde_json::Map<String, serde_json::Value>>,
) -> Result<Json<AppSettings>, Problem> {
    let by = caller.by();
    let found = api.office.app(&by, AppRef(app)).await?;
    let settings = merged(&found.settings, changes).map_err(invalid)?;
    let command = SystemCommand::SetApp { app: found.app, settings: settings.clone() };
    api.office.carry_out(&by, command).await?;
    Ok(Json(settings))
}

/// Delete an app with everything in it
///
/// At once nobody of it logs in or acts any more, and its keys open nothing. Its conversations, users and keys go in the background.
/// Cannot be undone.
#[utoipa::path(delete, path = "/admin/apps/{app}", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number; not `home`.", example = "shop")),
    responses((status = 202, description = "It is being deleted.")))]
async fn delete(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<StatusCode, Problem> {
    api.office.delete_app(&caller.by(), AppRef(app)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Show how an app is used
///
/// How another system uses it and how much it may, how much it has, and its keys without their secrets.
#[utoipa::path(get, path = "/admin/apps/{app}/access", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 200, description = "How it is used.", body = AppUse)))]
async fn access(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<Json<AppUse>, Problem> {
    Ok(Json(api.office.app_use(&caller.by(), AppRef(app)).await?))
}

/// Change how an app is used
///
/// What is in the body; the rest stays.
#[utoipa::path(patch, path = "/admin/apps/{app}/access", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    request_body(content = Object, description = "Any fields of `access`."),
    responses((status = 200, description = "All of it as it is now.", body = AppAccess)))]
async fn change_access(
    State(api): State<ApiState>,
    caller: Caller,
    At(app): At<String>,
    Json(changes): Json<serde_json::Map<String, serde_json::Value>>,
) -> Result<Json<AppAccess>, Problem> {
    let (by, app) = (caller.by(), AppRef(app));
    let access = merged(&api.office.app_use(&by, app.clone()).await?.access, changes).map_err(invalid)?;
    api.office.set_access(&by, app, access.clone()).await?;
    Ok(Json(access))
}

/// Suspend an app
///
/// Nobody of it logs in or acts, its keys open nothing, and its sessions end.
#[utoipa::path(put, path = "/admin/apps/{app}/suspension", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number; not `home`.", example = "shop")),
    responses((status = 204, description = "It is suspended.")))]
async fn suspend(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<StatusCode, Problem> {
    api.office.suspend_app(&caller.by(), AppRef(app), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End the suspension of an app
#[utoipa::path(delete, path = "/admin/apps/{app}/suspension", tag = "administration",
    params(("app" = String, Path, description = "The app by name or number.", example = "shop")),
    responses((status = 204, description = "It is in use again.")))]
async fn resume(State(api): State<ApiState>, caller: Caller, At(app): At<String>) -> Result<StatusCode, Problem> {
    api.office.suspend_app(&caller.by(), AppRef(app), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_touch_what_they_name_and_nothing_else() {
        let change = |text: &str| {
            let changes: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
            merged(&AppSettings::default(), changes).ok()
        };
        let expected = AppSettings { recall_window_ms: 5, ..AppSettings::default() };
        assert_eq!(change(r#"{"recall_window_ms":5}"#), Some(expected));
        assert_eq!(change("{}"), Some(AppSettings::default()));
        assert_eq!(change(r#"{"recall":5}"#), None);
        assert_eq!(change(r#"{"registration":"sometimes"}"#), None);
    }
}
