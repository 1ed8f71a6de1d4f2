//! `/admin/apps`: apps (tenants) and their settings.

use crate::http::api::ApiState;
use crate::http::api::answers::created;
use crate::http::api::caller::{Caller, unexpected};
use crate::http::api::extract::{At, Json, invalid};
use crate::http::api::problem::Problem;
use crate::model::{AdminAnswer, AdminQuery, AppInfo, AppRef, AppSettings, Name, SystemCommand};
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(one)).routes(routes!(settings, change))
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
    let settings = merged(&found.settings, changes)?;
    let command = SystemCommand::SetApp { app: found.app, settings: settings.clone() };
    api.office.carry_out(&by, command).await?;
    Ok(Json(settings))
}

fn merged(settings: &AppSettings, changes: serde_json::Map<String, serde_json::Value>) -> Result<AppSettings, Problem> {
    let Ok(serde_json::Value::Object(mut all)) = serde_json::to_value(settings) else { return Err(unexpected()) };
    for (name, value) in changes {
        if let Some(setting) = all.get_mut(&name) {
            *setting = value;
        } else {
            let name = crate::model::growing::shortened(name, 64);
            return Err(invalid(format!("There is no setting `{name}`; GET the settings to see those there are.")));
        }
    }
    serde_json::from_value(all.into()).map_err(|error| invalid(format!("A setting is not right: {error}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_touch_what_they_name_and_nothing_else() {
        let change = |text: &str| merged(&AppSettings::default(), serde_json::from_str(text).unwrap()).ok();
        let expected = AppSettings { recall_window_ms: 5, ..AppSettings::default() };
        assert_eq!(change(r#"{"recall_window_ms":5}"#), Some(expected));
        assert_eq!(change("{}"), Some(AppSettings::default()));
        assert_eq!(change(r#"{"recall":5}"#), None);
        assert_eq!(change(r#"{"registration":"sometimes"}"#), None);
    }
}
