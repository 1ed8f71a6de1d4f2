//! Other systems: apps and their keys, users that an app has signed in, the server API, and two apps with the same user ids.

#[path = "apps/events.rs"]
mod events;
#[path = "apps/incoming.rs"]
mod incoming;
#[path = "apps/incoming_rotation.rs"]
mod incoming_rotation;
#[path = "apps/life.rs"]
mod life;
#[path = "apps/once.rs"]
mod once;
#[path = "apps/origins.rs"]
mod origins;
#[path = "apps/push.rs"]
mod push;
#[path = "apps/secrets.rs"]
mod secrets;
#[path = "apps/server_api.rs"]
mod server_api;
#[path = "apps/signed.rs"]
mod signed;
#[path = "apps/tenants.rs"]
mod tenants;
#[path = "apps/tenants_socket.rs"]
mod tenants_socket;

use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{Secret, SystemCommand};

pub async fn start() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    (folder, server)
}

/// An administrator who asks over HTTP.
pub async fn administrator(server: &Server) -> Api {
    let person = server.person("grace").await;
    let command = SystemCommand::SetAdministrator { user: person.handle, administrator: true };
    server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    Api::with_token(server.http, &person.token)
}

/// Makes a key of an app: its number and its secret.
pub async fn key(admin: &Api, app: &str, kind: &str) -> (u64, String) {
    let made = admin.post(&format!("/admin/apps/{app}/keys"), json!({"kind": kind})).await.ok(201);
    (made["key"].as_u64().unwrap(), made["secret"].as_str().unwrap().to_owned())
}

/// Another system that asks with a key of its app.
pub fn system(server: &Server, secret: &str) -> Api {
    Api::with_token(server.http, &Secret::new(secret))
}

/// An app with a key that opens the API.
pub async fn app(server: &Server, admin: &Api, name: &str) -> Api {
    admin.post("/admin/apps", json!({"name": name})).await.ok(201);
    system(server, &key(admin, name, "api").await.1)
}

pub fn text(words: &str) -> Value {
    json!({"text": {"text": words}})
}
