//! The REST interface through real HTTP: happy paths, every shape of refusal, browser sessions, limits and events.

mod browser;
mod conversations;
mod doors;
mod events;
mod export;
mod frame;
mod keys;
mod matrix;
mod people;
mod scopes;

use crate::support::http::Api;
use crate::support::in_process::{Person, Server, quick};
use serde_json::json;
use tempfile::TempDir;
use tidings::gateway::GatewayOptions;
use tidings::model::Secret;

/// A server on a folder of its own.
async fn start() -> (TempDir, Server) {
    start_with(quick()).await
}

async fn start_with(options: GatewayOptions) -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), options).await;
    (folder, server)
}

/// A user of a server who asks over HTTP with a session token.
async fn user(server: &Server, id: &str) -> (Person, Api) {
    let person = server.person(id).await;
    let api = Api::with_token(server.http, &person.token);
    (person, api)
}

/// Makes a user with a password.
async fn with_password(server: &Server, id: &str, password: &str) {
    let hash = server.auth.passwords.hash(Secret::new(password)).await.unwrap();
    server.add_user(id, Some(hash)).await;
}

/// A text as `content`.
fn text(words: &str) -> serde_json::Value {
    json!({"text": {"text": words}})
}
