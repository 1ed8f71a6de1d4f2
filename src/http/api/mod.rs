//! REST under `/api/v1`: the same commands and queries as on the socket, one file per resource.
//!
//! It promises: who acts comes from the session alone; every "no" is a problem with the refusal's stable code; what the ledger
//! refuses on the socket it refuses here, with the same words; the description at `/api/openapi.json` is made from the handlers.
//! It decides no rule of the domain.
//!
//! In reading order: this file (what is shared, the routes), `caller` (who asks), `key` (and under which name), `extract` (what they sent), `problem` (every
//! "no"), `answers` (what several resources answer with), `limits`, `cookie`, `description` (`OpenAPI` and the page to try it),
//! `sse` (server-sent events), `managed` (what an app itself and administrators do alike), then a file for each resource.

mod accounts;
pub(super) mod acts_as;
mod admin;
mod answers;
mod apps;
mod assistants;
mod bots;
pub(super) mod caller;
mod contact_labels;
mod contact_requests;
mod contacts;
mod conversations;
pub(super) mod cookie;
mod description;
mod directory;
mod entries;
mod export;
mod extract;
mod groups;
mod history;
mod hooks;
mod invites;
pub(super) mod key;
pub(super) mod limits;
mod managed;
mod mcp_tokens;
mod me;
mod media;
mod members;
pub(super) mod origins;
mod pictures;
pub(super) mod problem;
mod push;
mod reactions;
mod search;
mod server;
mod sessions;
mod sse;
mod stream;
mod uploads;
mod users;

pub(super) use admin::status_history;

use crate::administration::Administration;
use crate::assistant::Assistants;
use crate::before_hooks::BeforeHooks;
use crate::engine::Engine;
use crate::gateway::Gateway;
use crate::http::Beside;
use crate::http::hooks::Calls;
use crate::media::Media;
use crate::model::Code;
use crate::pictures::Pictures;
use crate::push::Push;
use crate::shutdown::Tasks;
use crate::webhooks::Webhooks;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use limits::Limits;
use problem::Problem;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Where the resources are.
pub const ROOT: &str = "/api/v1";
/// Largest body in JSON, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What the handlers share; cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// Sessions, limits and the hub.
    pub gateway: Gateway,
    /// Files.
    pub media: Media,
    /// Notifications on devices.
    pub push: Push,
    /// What carries the turns of assistants out.
    pub assistants: Assistants,
    /// Webhooks of apps.
    pub webhooks: Webhooks,
    /// What is asked before users of apps do something.
    pub before_hooks: BeforeHooks,
    /// Pictures of other servers.
    pub pictures: Pictures,
    /// Accounts, and what administrators do.
    pub office: Administration,
    /// Tasks that outlive a request.
    pub tasks: Tasks,
    /// How often users and addresses may ask.
    pub limits: Arc<Limits>,
    exports: export::Exports,
    /// The last calls of webhooks.
    pub calls: Arc<Calls>,
    /// Those who follow the events of apps.
    event_streams: Arc<apps::EventStreams>,
    /// How the server was in the last hour.
    trend: Arc<status_history::Trend>,
}

impl ApiState {
    /// What the handlers of a server share.
    pub fn new(gateway: Gateway, beside: Beside, tasks: Tasks) -> Self {
        let (media, push, assistants, before_hooks, webhooks, pictures) = beside;
        let options = gateway.options();
        let limits = Arc::new(Limits::new(options.rest_per_second, options.rest_burst));
        let (engine, auth) = (gateway.engine().clone(), gateway.auth().clone());
        let office = Administration::new(engine, auth, &options.url, &options.server_name);
        let (exports, calls, event_streams) = (export::Exports::new(), Arc::default(), Arc::default());
        Self {
            gateway,
            media,
            push,
            assistants,
            webhooks,
            before_hooks,
            pictures,
            office,
            tasks,
            limits,
            exports,
            calls,
            event_streams,
            trend: Arc::default(),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.gateway.engine()
    }
}

/// Every resource. A new one is a file with a `router()` and a line here.
fn resources() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        .merge(server::router())
        .merge(sessions::router())
        .merge(me::router())
        .merge(export::router())
        .merge(accounts::router())
        .merge(admin::router())
        .merge(users::router())
        .merge(conversations::router())
        .merge(entries::router())
        .merge(reactions::router())
        .merge(members::router())
        .merge(history::router())
        .merge(groups::router())
        .merge(invites::router())
        .merge(contacts::router())
        .merge(contact_requests::router())
        .merge(contact_labels::router())
        .merge(directory::router())
        .merge(media::router())
        .merge(uploads::router())
        .merge(push::router())
        .merge(search::router())
        .merge(assistants::router())
        .merge(stream::router())
        .merge(apps::router())
        .merge(managed::router())
        .merge(hooks::router())
        .merge(mcp_tokens::router())
        .merge(bots::router())
        .merge(pictures::router())
}

/// Everything under `/api`.
pub fn router(state: ApiState) -> Router {
    let (router, found) = OpenApiRouter::default().nest(ROOT, resources()).split_for_parts();
    router
        .merge(description::router(found))
        .route("/api/{*rest}", axum::routing::any(nothing_here))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(state.clone(), caller::entrance))
        .with_state(state)
}

/// The fields of a form (`application/x-www-form-urlencoded`), at most 64.
pub fn form(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().take(64).collect()
}

async fn nothing_here() -> Problem {
    Problem::new(Code::NotFound, "There is nothing at this address; /api/docs shows what there is.")
}

async fn wrong_method() -> Problem {
    Problem::new(Code::Invalid, "This address does not take this method; the header `Allow` says which ones it takes.")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}
