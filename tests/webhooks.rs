//! Webhooks of apps: what is posted, to whom and in which order; what happens when it is not taken, and when the server is stopped or
//! killed in between.

#[path = "webhooks/failing.rs"]
mod failing;
#[path = "webhooks/killed.rs"]
mod killed;
#[path = "webhooks/posting.rs"]
mod posting;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "webhooks/scope.rs"]
mod scope;

use crate::support::http::Api;
use crate::support::in_process::{Server, posting};
use receiver::Got;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{AppId, Clock, Secret, SystemCommand};
use tidings::webhooks::WebhookOptions;

/// How long a post may take where the receiver says nothing, so that the test has to wait for the end of it.
const SHORT: Duration = Duration::from_secs(8);

/// A server with an app `shop`, its key, and two of its users.
struct Shop {
    folder: TempDir,
    server: Server,
    options: WebhookOptions,
    clock: Clock,
    admin: Secret,
    key: Secret,
    people: BTreeMap<&'static str, Secret>,
}

impl Shop {
    async fn open() -> Self {
        Self::with(posting(), Clock::system()).await
    }

    async fn with(options: WebhookOptions, clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_posting(folder.path(), clock.clone(), options.clone()).await;
        let grace = server.person("grace").await;
        let command = SystemCommand::SetAdministrator { user: grace.handle, administrator: true };
        server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
        let admin = Api::with_token(server.http, &grace.token);
        admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
        let key = admin.post("/admin/apps/shop/keys", json!({"kind": "api"})).await.ok(201);
        let key = Secret::new(key["secret"].as_str().unwrap());
        let mut people = BTreeMap::new();
        for id in ["ada", "bob", "eve"] {
            people.insert(id, server.person_of(AppId(2), id).await.token);
        }
        Self { folder, server, options, clock, admin: grace.token, key, people }
    }

    /// Stops the server and starts it again.
    async fn restart(self) -> Self {
        let Self { folder, server, options, clock, admin, key, people } = self;
        assert!(server.stop().await);
        let server = Server::start_posting(folder.path(), clock.clone(), options.clone()).await;
        Self { folder, server, options, clock, admin, key, people }
    }

    fn key(&self) -> Api {
        Api::with_token(self.server.http, &self.key)
    }

    fn admin(&self) -> Api {
        Api::with_token(self.server.http, &self.admin)
    }

    fn person(&self, id: &str) -> Api {
        Api::with_token(self.server.http, &self.people[id])
    }

    /// Says something; gives the conversation.
    async fn say(&self, from: &str, to: &str, words: &str) -> u64 {
        let sent = self.person(from).post(&format!("/users/{to}/entries"), text(words)).await.ok(201);
        sent["entry"]["conversation"].as_u64().unwrap()
    }

    /// Makes a webhook: its number and its secret.
    async fn webhook(&self, settings: Value) -> (u64, String) {
        let made = self.key().post("/apps/shop/webhooks", settings).await.ok(201);
        (made["webhook"].as_u64().unwrap(), made["secret"].as_str().unwrap().to_owned())
    }

    async fn show(&self, webhook: u64) -> Value {
        self.key().get(&format!("/apps/shop/webhooks/{webhook}")).await.ok(200)
    }

    /// Waits until a webhook is as it should be.
    async fn until(&self, webhook: u64, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut shown = Value::Null;
        for _ in 0..3_000 {
            shown = self.show(webhook).await;
            if is_so(&shown) {
                return shown;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not in time: {what}: {shown}");
    }

    /// The place in the feed of what comes from now on.
    async fn now(&self) -> String {
        self.key().get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned()
    }

    /// The ids of what happened after a place, as the feed has it.
    async fn feed(&self, after: &str) -> Vec<String> {
        feed(&self.key(), after).await.into_iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Everything that happened after a place.
async fn feed(key: &Api, after: &str) -> Vec<Value> {
    let (mut next, mut events) = (after.to_owned(), Vec::new());
    loop {
        let page = key.get(&format!("/apps/shop/events?after={next}&limit=200")).await.ok(200);
        assert_eq!(page["gap"], false);
        let found = page["events"].as_array().unwrap();
        if found.is_empty() {
            return events;
        }
        events.extend(found.iter().cloned());
        next = page["next"].as_str().unwrap().to_owned();
    }
}

fn text(words: &str) -> Value {
    json!({"text": {"text": words}})
}

/// Fails the test unless the events of each conversation came in their order.
fn check_order(taken: &[Got]) {
    let mut last: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for got in taken {
        let id = got.id();
        let mut parts = id.split('.').skip(1).map(|part| part.parse::<u64>().unwrap());
        let place = (parts.next().unwrap(), parts.next().unwrap());
        let before = last.insert(got.conversation(), place);
        assert!(before.is_none_or(|before| before < place), "{id} came after {before:?}");
    }
}

/// The ids of events, in the order of the log.
fn ids(taken: &[Got]) -> Vec<String> {
    let mut ids: Vec<String> = taken.iter().map(Got::id).collect();
    ids.sort_by_key(|id| id.split('.').map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>());
    ids
}
