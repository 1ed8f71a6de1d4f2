//! `/admin`: what administrators do. Every handler hands a command or query of theirs to the ledger, which decides whether the caller
//! is one; nothing here opens a conversation.

mod app_keys;
mod apps;
mod assistants;
mod audit;
mod invites;
mod retention;
mod status;
pub mod status_history;
pub(super) mod users;

use super::ApiState;
use crate::administration::Link;
use crate::model::{AppRef, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

/// The routes of administration.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .merge(users::router())
        .merge(apps::router())
        .merge(assistants::router())
        .merge(app_keys::router())
        .merge(invites::router())
        .merge(audit::router())
        .merge(retention::router())
        .merge(status::router())
        .merge(status_history::router())
}

/// Which app.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InApp {
    /// The app by name or number; `home` when absent.
    #[serde(default)]
    app: String,
}

impl InApp {
    /// As what reads of apps takes it.
    pub fn app(&self) -> AppRef {
        AppRef(self.app.clone())
    }
}

/// A one-time link.
#[derive(Serialize, ToSchema)]
pub struct OneTimeLink {
    /// The address to open in a browser; its secret stands behind `#`. It is told this once.
    #[schema(value_type = String)]
    url: Secret,
    /// When it ends.
    expires: Timestamp,
}

impl From<Link> for OneTimeLink {
    fn from(Link { url, expires }: Link) -> Self {
        Self { url, expires }
    }
}
