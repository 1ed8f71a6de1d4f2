//! `/server`: what a page must know before anybody is logged in.

use super::ApiState;
use super::caller::unexpected;
use super::extract::Json;
use super::problem::Problem;
use crate::model::limits::{ADMINISTRATOR_PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use crate::model::{AdminAnswer, AdminQuery, AppRef, Registration};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(server))
}

/// A server, as anybody may know it.
#[derive(Serialize, ToSchema)]
pub struct ServerInfo {
    /// Its name.
    name: String,
    /// The version of its software.
    version: &'static str,
    /// How browsers reach it: links begin with it.
    url: String,
    /// Who can make an account in the server's own app.
    registration: Registration,
    /// Nobody administers it yet: the link of the first start is to be used.
    needs_setup: bool,
    /// Whether it fetches pictures of other servers for those who read an entry that names some.
    pictures: bool,
    /// Shortest password, in characters.
    password_chars_min: usize,
    /// Shortest password of an administrator, in characters.
    administrator_password_chars_min: usize,
    /// Longest password, in characters.
    password_chars_max: usize,
}

/// What this server is
///
/// For the page where one logs in. It tells nothing of any user.
#[utoipa::path(get, path = "/server", tag = "server", security(()),
    responses((status = 200, description = "Its name and what one can do here.", body = ServerInfo)))]
async fn server(State(api): State<ApiState>) -> Result<Json<ServerInfo>, Problem> {
    let by = crate::auth::server();
    let home = api.office.app(&by, AppRef::from(None)).await?;
    let needs_setup = match api.office.read(&by, AdminQuery::AnyAdministrator).await? {
        AdminAnswer::Accounts { accounts, .. } => accounts.is_empty(),
        _ => return Err(unexpected()),
    };
    Ok(Json(ServerInfo {
        name: api.gateway.options().server_name.clone(),
        version: env!("CARGO_PKG_VERSION"),
        url: api.office.url().to_owned(),
        registration: home.settings.registration,
        needs_setup,
        pictures: api.pictures.is_on(),
        password_chars_min: PASSWORD_CHARS_MIN,
        administrator_password_chars_min: ADMINISTRATOR_PASSWORD_CHARS_MIN,
        password_chars_max: PASSWORD_CHARS_MAX,
    }))
}
