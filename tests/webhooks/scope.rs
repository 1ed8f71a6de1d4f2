//! Whose a webhook is, and what ends with its app.

use super::receiver::{Receiver, Say};
use super::{Shop, ids, posting};
use crate::support::http::Api;
use serde_json::json;
use std::time::Duration;
use tidings::model::{AppId, Clock, ConversationId, EventPosition, Lsn, Secret, WebhookId};
use tidings::store::Read;
use tidings::store::records::{
    DeadLetterKey, DeadLetterRow, OutboxKey, OutboxRow, WebhookFailureRow, WebhookPlaceRow, WebhookRow,
};
use tidings::webhooks::WebhookOptions;

/// All rows of webhooks.
fn rows(shop: &Shop) -> usize {
    let view = shop.server.engine.view();
    let last = EventPosition { lsn: Lsn(u64::MAX), nth: u32::MAX };
    let first = EventPosition { lsn: Lsn(0), nth: 0 };
    let (none, all) = (WebhookId(0), WebhookId(u64::MAX));
    let outbox = |webhook, conversation, position| OutboxKey { webhook, conversation, position };
    let from = outbox(none, ConversationId(0), first);
    let to = outbox(all, ConversationId(u64::MAX), last);
    let dead = |webhook, position| DeadLetterKey { webhook, position };
    view.range::<WebhookRow>(&(AppId(0), none), &(AppId(u32::MAX), all), 99).unwrap().len()
        + view.range::<WebhookPlaceRow>(&none, &all, 99).unwrap().len()
        + view.range::<WebhookFailureRow>(&none, &all, 99).unwrap().len()
        + view.range::<OutboxRow>(&from, &to, 9_999).unwrap().len()
        + view.range::<DeadLetterRow>(&dead(none, first), &dead(all, last), 9_999).unwrap().len()
}

async fn until_no_rows(shop: &Shop) {
    for _ in 0..3_000 {
        if rows(shop) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} rows are left", rows(shop));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_another_app_finds_no_webhook_and_its_events_go_nowhere_else() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let (webhook, secret) = shop.webhook(json!({"url": receiver.url("/shop")})).await;
    shop.admin().post("/admin/apps", json!({"name": "other"})).await.ok(201);
    let key = shop.admin().post("/admin/apps/other/keys", json!({"kind": "api"})).await.ok(201);
    let other = Api::with_token(shop.server.http, &Secret::new(key["secret"].as_str().unwrap()));
    for app in ["shop", "other", "2", "3"] {
        let path = format!("/apps/{app}/webhooks/{webhook}");
        for (method, below, body) in [
            ("GET", "", None),
            ("PUT", "", Some(json!({"url": receiver.url("/stolen")}))),
            ("DELETE", "", None),
            ("POST", "/rotation", Some(json!({}))),
            ("POST", "/test", Some(json!({}))),
            ("GET", "/deliveries", None),
            ("GET", "/dead", None),
            ("POST", "/replay", Some(json!({}))),
        ] {
            let refused = other.send(method, &format!("{path}{below}"), body).await.problem();
            assert_eq!(refused, (404, "not_found".to_owned()), "{method} {path}{below}");
        }
    }
    assert_eq!(other.get("/apps/other/webhooks").await.ok(200)["webhooks"], json!([]));
    other.post("/apps/other/webhooks", json!({"url": receiver.url("/other")})).await.ok(201);
    let eve = Api::with_token(shop.server.http, &shop.server.person_of(AppId(3), "eve").await.token);
    shop.server.person_of(AppId(3), "bob").await;
    for n in 0..5 {
        eve.post("/users/bob/entries", super::text(&format!("of other {n}"))).await.ok(201);
        shop.say("eve", "bob", &format!("of shop {n}")).await;
    }
    let got = receiver.until_taken(10).await;
    for one in got {
        assert_eq!(
            (one.path == "/shop", one.path == "/shop"),
            (one.text().starts_with("of shop"), one.body["app"] == 2)
        );
        assert_eq!(one.is_signed_with(&secret), one.path == "/shop", "each has a secret of its own");
    }
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_whose_receivers_never_answer_leaves_places_to_others() {
    let options = WebhookOptions { time: Duration::from_hours(1), of_app: 2, places: 3, ..posting() };
    let (shop, receiver) = (Shop::with(options, Clock::system()).await, Receiver::start().await);
    receiver.script(|got| if got.path == "/shop" { Say::Nothing } else { Say::Status(200) });
    for _ in 0..3 {
        shop.webhook(json!({"url": receiver.url("/shop")})).await;
    }
    shop.admin().post("/admin/apps", json!({"name": "other"})).await.ok(201);
    let key = shop.admin().post("/admin/apps/other/keys", json!({"kind": "api"})).await.ok(201);
    let other = Api::with_token(shop.server.http, &Secret::new(key["secret"].as_str().unwrap()));
    other.post("/apps/other/webhooks", json!({"url": receiver.url("/other")})).await.ok(201);
    let eve = Api::with_token(shop.server.http, &shop.server.person_of(AppId(3), "eve").await.token);
    shop.server.person_of(AppId(3), "bob").await;
    let of_shop = |got: &[super::Got]| got.iter().filter(|got| got.path == "/shop").count();
    shop.say("ada", "bob", "one").await;
    shop.say("ada", "eve", "another").await;
    receiver.until("all that the first app may have", |got| of_shop(got) == 2).await;
    for n in 0..5 {
        eve.post("/users/bob/entries", super::text(&format!("{n}"))).await.ok(201);
    }
    receiver.until_taken(5).await;
    assert_eq!(of_shop(&receiver.got()), 2);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_app_is_told_nothing_and_goes_on_when_it_is_in_use_again() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    receiver.say(500);
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let start = shop.now().await;
    for n in 0..5 {
        shop.say("ada", "bob", &format!("{n}")).await;
    }
    shop.until(webhook, "they wait", |shown| shown["waiting"] == 5).await;
    let told = shop.feed(&start).await;
    shop.admin().put("/admin/apps/shop/suspension", json!({})).await;
    let running = async |count: u64| {
        for _ in 0..3_000 {
            if shop.server.webhooks.stats().running == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:?}", shop.server.webhooks.stats());
    };
    running(0).await;
    receiver.say(200);
    shop.admin().delete("/admin/apps/shop/suspension").await;
    running(1).await;
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_webhook_leaves_goes_with_it_and_with_its_app() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    receiver.script(|_| Say::Status(500));
    let (one, _) = shop.webhook(json!({"url": receiver.url("/one")})).await;
    let (other, _) = shop.webhook(json!({"url": receiver.url("/other")})).await;
    for n in 0..250 {
        shop.say("ada", "bob", &format!("{n}")).await;
    }
    for webhook in [one, other] {
        shop.until(webhook, "all wait", |shown| shown["waiting"] == 250).await;
    }
    let path = format!("/apps/shop/webhooks/{one}");
    assert_eq!(shop.key().delete(&path).await.status, 204);
    assert_eq!(shop.key().get(&path).await.problem().0, 404);
    assert_eq!(shop.key().delete(&path).await.problem().0, 404);
    for _ in 0..3_000 {
        if rows(&shop) == 253 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rows(&shop), 253, "those of the other");
    shop.admin().delete("/admin/apps/shop").await;
    until_no_rows(&shop).await;
    assert!(shop.server.stop().await);
}
