//! HTTP: health, metrics, and the WebSocket.

use crate::engine::Engine;
use crate::gateway::Gateway;
use crate::net::Listener;
use crate::shutdown::{Shutdown, Tasks};

/// Accepts HTTP connections until `shutdown`.
#[allow(clippy::unused_async, reason = "the body comes")]
pub async fn serve(_gateway: Gateway, _engine: Engine, _listener: Listener, _shutdown: Shutdown, _tasks: Tasks) {}
