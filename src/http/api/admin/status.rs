//! `/admin/status`: how the server is, as the engine and the gateway count it.

use crate::engine::Health;
use crate::http::api::ApiState;
use crate::http::api::caller::Caller;
use crate::http::api::extract::Json;
use crate::http::api::problem::Problem;
use crate::model::{AdminQuery, Epoch, Lsn};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of this resource.
pub fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default().routes(routes!(status))
}

/// How the server is. Counts are since its start.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// The version of the server.
    version: &'static str,
    /// Why commands are not taken; absent when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    down: Option<String>,
    /// Which data this is.
    epoch: Epoch,
    /// The last accepted command.
    lsn: Lsn,
    connections: Connections,
    commands: Commands,
    storage: Storage,
}

/// Connections and their queues.
#[derive(Serialize, ToSchema)]
pub struct Connections {
    /// Open connections.
    open: u64,
    /// Those that are logged in.
    sessions: u64,
    /// Bytes that wait for slow readers.
    queued_bytes: u64,
    /// Connections accepted.
    accepted: u64,
    /// Connections turned away because of a limit.
    turned_away: u64,
    /// Log-ins.
    logins: u64,
    /// Log-ins refused.
    logins_refused: u64,
    /// Tries to guess a password, code or link that were not let through.
    throttled: u64,
    /// Times that a slow reader was told to synchronise.
    lagging: u64,
    /// Connections closed for breaking the protocol.
    protocol_errors: u64,
    /// Connections closed for silence.
    timeouts: u64,
}

/// Commands.
#[derive(Serialize, ToSchema)]
pub struct Commands {
    /// Accepted.
    accepted: u64,
    /// Refused.
    refused: u64,
    /// Answered as duplicates.
    duplicates: u64,
    /// Waiting for the writer now.
    queued: u64,
    /// Commits.
    commits: u64,
    /// Median of the last 1,024 commits, in microseconds.
    commit_p50_us: u64,
    /// 99th percentile of the last 1,024 commits, in microseconds.
    commit_p99_us: u64,
}

/// The data folder.
#[derive(Serialize, ToSchema)]
pub struct Storage {
    /// Bytes of the database file.
    file_bytes: u64,
    /// Entries that wait to be folded.
    tail_entries: u64,
    /// Journal rows that wait to be trimmed.
    journal_rows: u64,
    /// Times the storage was opened again after a fault.
    reopened: u64,
}

/// Show how the server is
#[utoipa::path(get, path = "/admin/status", tag = "administration",
    responses((status = 200, description = "Connections, queues, commit latency and storage.", body = Status)))]
async fn status(State(api): State<ApiState>, caller: Caller) -> Result<Json<Status>, Problem> {
    // Whether the caller may know is the ledger's to say.
    api.office.read(&caller.by(), AdminQuery::AnyAdministrator).await?;
    let (engine, gateway) = (api.engine().stats(), api.gateway.stats());
    let down = match api.engine().health() {
        Health::Live => None,
        Health::Down(reason) | Health::Failed(reason) => Some(reason),
    };
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        down,
        epoch: api.engine().epoch(),
        lsn: engine.lsn,
        connections: Connections {
            open: gateway.connections,
            sessions: gateway.sessions,
            queued_bytes: gateway.queued_bytes,
            accepted: gateway.accepted,
            turned_away: gateway.turned_away,
            logins: gateway.logins,
            logins_refused: gateway.logins_refused,
            throttled: gateway.throttled,
            lagging: gateway.lagging,
            protocol_errors: gateway.protocol_errors,
            timeouts: gateway.timeouts,
        },
        commands: Commands {
            accepted: engine.accepted,
            refused: engine.refused,
            duplicates: engine.duplicates,
            queued: engine.queued,
            commits: engine.commits,
            commit_p50_us: engine.commit_p50_us,
            commit_p99_us: engine.commit_p99_us,
        },
        storage: Storage {
            file_bytes: engine.file_bytes,
            tail_entries: engine.tail_entries,
            journal_rows: engine.journal_rows,
            reopened: engine.reopened,
        },
    }))
}
