//! Before-hooks: an app's own system is asked before a command of its users is carried out.

#[path = "before_hooks/answers.rs"]
mod answers;
#[path = "before_hooks/latency.rs"]
mod latency;
#[path = "before_hooks/order.rs"]
mod order;
#[path = "before_hooks/receiver.rs"]
mod receiver;
#[path = "before_hooks/settings.rs"]
mod settings;

use crate::apps::{administrator, app, start};
use crate::support::http::Api;
use crate::support::in_process::{Person, Server};
use receiver::{Act, Asked, Receiver};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings::model::AppId;

/// The app of these tests.
const SHOP: AppId = AppId(2);

/// A server with an app, its key, and a system that it asks.
struct Scene {
    _folder: TempDir,
    server: Server,
    admin: Api,
    shop: Api,
    receiver: Receiver,
    secret: String,
}

impl Scene {
    /// Everything is asked about, with plenty of time, and nothing is done without an answer.
    async fn new(rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let (folder, server) = start().await;
        let admin = administrator(&server).await;
        let shop = app(&server, &admin, "shop").await;
        let receiver = Receiver::start(rule).await;
        let made = shop.put("/apps/shop/before-hook", hook(&receiver.url())).await.ok(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        Self { _folder: folder, server, admin, shop, receiver, secret }
    }

    async fn person(&self, id: &str) -> Person {
        self.server.person_of(SHOP, id).await
    }

    /// A user who asks over HTTP with their session.
    fn api(&self, person: &Person) -> Api {
        Api::with_token(self.server.http, &person.token)
    }

    /// Changes the hook.
    async fn set(&self, hook: Value) {
        self.shop.put("/apps/shop/before-hook", hook).await.ok(200);
    }

    /// What everybody in a conversation can read.
    async fn words(&self, person: &Person, conversation: u64) -> Vec<String> {
        let page = self.api(person).get(&format!("/conversations/{conversation}/entries?limit=200")).await.ok(200);
        let entries = page["entries"].as_array().unwrap();
        let text = |entry: &Value| entry["body"]["text"]["text"].as_str().map(str::to_owned);
        entries.iter().filter_map(text).collect()
    }
}

/// A hook that is asked about everything and has plenty of time.
fn hook(url: &str) -> Value {
    json!({
        "url": url,
        "actions": ["message_send", "contact_request", "member_add"],
        "timeout_ms": 5_000,
        "on_failure": "closed",
    })
}
