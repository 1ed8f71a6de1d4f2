//! `/healthz`: is the process alive? `/readyz`: does it take commands?

use super::Site;
use crate::engine::Health;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

/// The answer to `/healthz`.
#[derive(Serialize)]
pub struct Alive {
    alive: bool,
}

/// The answer to `/readyz`.
#[derive(Serialize)]
pub struct Ready {
    ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Always 200 while the process can answer at all: whoever restarts what is not alive must not do so because a disk is full.
pub async fn alive() -> Json<Alive> {
    Json(Alive { alive: true })
}

/// 200 while commands are taken, else 503 with the reason.
pub async fn ready(State(site): State<Site>) -> (StatusCode, Json<Ready>) {
    let reason = if site.gateway.is_draining() {
        Some("the server is stopping".to_owned())
    } else {
        match site.engine.health() {
            Health::Live => None,
            Health::Down(reason) | Health::Failed(reason) => Some(reason),
        }
    };
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: reason.is_none(), reason }))
}
