//! What is posted: every event once when all goes well, signed, in order, as it is wanted.

use super::receiver::{Receiver, Say};
use super::{Got, SHORT, Shop, check_order, ids, posting};
use serde_json::json;
use std::time::Duration;
use tidings::model::{Clock, Timestamp};
use tidings::webhooks::WebhookOptions;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_posted_signed_and_in_the_order_of_its_conversation() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let (webhook, secret) = shop.webhook(json!({"url": receiver.url("/events?of=shop"), "name": "Shop"})).await;
    assert!(secret.starts_with("whsec_"));
    let start = shop.now().await;
    let mut chat = 0;
    for n in 0..30 {
        chat = shop.say("ada", "bob", &format!("to bob {n}")).await;
        shop.say("eve", "bob", &format!("from eve {n}")).await;
    }
    shop.person("ada").patch(&format!("/conversations/{chat}/entries/30"), json!({"text": "edited"})).await.ok(200);
    let told = shop.feed(&start).await;
    assert_eq!(told.len(), 62);
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    for got in &taken {
        assert!(got.is_signed_with(&secret), "{got:?}");
        assert!(!got.is_signed_with(&format!("whsec_{}", "QUFB".repeat(8))));
        assert_eq!((got.path.as_str(), got.headers["content-type"].as_str()), ("/events?of=shop", "application/json"));
        assert_eq!(got.headers["webhook-id"], got.id().replace('.', "-"));
    }
    let events = super::feed(&shop.key(), &start).await;
    let first = taken.iter().find(|got| got.id() == told[0]).unwrap();
    assert_eq!(first.body, events[0], "the same event as in the feed");
    // What was done is told, and nothing of the secret.
    let shown = shop.until(webhook, "all is noted", |shown| shown["delivered"].is_u64() && shown["waiting"] == 0).await;
    assert!(!shown.to_string().contains("whsec_"));
    let path = format!("/apps/shop/webhooks/{webhook}");
    let deliveries = shop.key().get(&format!("{path}/deliveries")).await.ok(200);
    let deliveries = deliveries["deliveries"].as_array().unwrap();
    assert_eq!(deliveries.len(), 50);
    assert!(deliveries.iter().all(|one| one["taken"] == true && one["status"] == 200 && one["attempt"] == 1));
    // A test, also when it is off.
    let off = json!({"url": receiver.url("/off"), "enabled": false});
    assert_eq!(shop.key().put(&path, off).await.ok(200)["enabled"], false);
    let tested = shop.key().post(&format!("{path}/test"), json!({})).await.ok(200);
    assert_eq!((&tested["taken"], &tested["status"], &tested["type"]), (&json!(true), &json!(200), &json!("test")));
    let got = receiver.got().pop().unwrap();
    assert_eq!((got.path.as_str(), got.kind().as_str()), ("/off", "test"));
    assert!(got.is_signed_with(&secret));
    receiver.say(500);
    let tested = shop.key().post(&format!("{path}/test"), json!({})).await.ok(200);
    assert_eq!((&tested["taken"], &tested["words"]), (&json!(false), &json!("It answered 500.")));
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_what_it_wants_and_nothing_else() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let chat = shop.say("ada", "bob", "before").await;
    shop.webhook(json!({"url": receiver.url("/edits"), "types": ["entry.edited", "entry.recalled_*"]})).await;
    shop.webhook(json!({"url": receiver.url("/chat"), "conversations": [chat], "types": ["entry.text"]})).await;
    shop.webhook(json!({"url": receiver.url("/all")})).await;
    let start = shop.now().await;
    for n in 0..5 {
        shop.say("ada", "bob", &format!("{n}")).await;
        shop.say("ada", "eve", &format!("{n}")).await;
    }
    let ada = shop.person("ada");
    ada.patch(&format!("/conversations/{chat}/entries/1"), json!({"text": "edited"})).await.ok(200);
    ada.delete(&format!("/conversations/{chat}/entries/2")).await.ok(200);
    let told = shop.feed(&start).await;
    let of = |got: &[Got], path: &str| got.iter().filter(|got| got.path == path).cloned().collect::<Vec<_>>();
    let wanted = [("/edits", 2), ("/chat", 4), ("/all", told.len())];
    let is_so = |got: &[Got]| wanted.iter().all(|(path, count)| of(got, path).len() >= *count);
    let got = receiver.until("all three", is_so).await;
    let kinds: Vec<String> = of(&got, "/edits").iter().map(Got::kind).collect();
    assert_eq!(kinds, ["entry.edited", "entry.recalled_entry"]);
    // What was recalled before its turn came is recalled then, and another kind.
    let of_chat = of(&got, "/chat");
    assert!(of_chat.iter().all(|got| got.conversation() == chat && got.kind() == "entry.text"), "{of_chat:?}");
    assert!(of_chat.len() == 4 || of_chat.len() == 5, "{of_chat:?}");
    assert_eq!(ids(&of(&got, "/all")), told);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_users_is_told_too() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    shop.webhook(json!({"url": receiver.url("/"), "types": ["user.*"]})).await;
    let start = shop.now().await;
    let key = shop.key();
    key.post("/apps/shop/users", json!({"user": "mia", "name": "Mia"})).await.ok(201);
    receiver.until_taken(1).await;
    key.put("/apps/shop/users/mia", json!({"name": "Mia M."})).await.ok(200);
    key.put("/apps/shop/users/mia", json!({"name": "Mia M."})).await.ok(200);
    receiver.until_taken(2).await;
    key.patch("/apps/shop/users/mia/flags", json!({"suspended": true})).await;
    receiver.until_taken(3).await;
    key.delete("/apps/shop/users/mia").await;
    shop.say("ada", "bob", "something else").await;
    let taken = receiver.until_taken(4).await;
    let kinds: Vec<String> = taken.iter().map(Got::kind).collect();
    assert_eq!(kinds, ["user.created", "user.changed", "user.changed", "user.deleted"]);
    let told = |nth: usize, what: &str| taken[nth].body["user"][what].clone();
    assert_eq!((told(0, "user"), told(0, "name"), told(1, "name")), (json!("mia"), json!("Mia"), json!("Mia M.")));
    assert_eq!((told(2, "flags")["suspended"].clone(), told(3, "deleted")), (json!(true), json!(true)));
    check_order(&taken);
    // The feed has the same.
    let events = super::feed(&key, &start).await;
    let users: Vec<&serde_json::Value> =
        events.iter().filter(|event| event["type"].as_str().unwrap().starts_with("user.")).collect();
    assert_eq!(users.iter().map(|event| event["id"].as_str().unwrap()).collect::<Vec<_>>(), ids(&taken));
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_secret_changes_both_sign_and_a_day_later_the_new_one_alone() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let (shop, receiver) = (Shop::with(posting(), clock.clone()).await, Receiver::start().await);
    let (webhook, old) = shop.webhook(json!({"url": receiver.url("/")})).await;
    shop.say("ada", "bob", "one").await;
    assert!(receiver.until_taken(1).await.iter().all(|got| got.is_signed_with(&old) && got.signatures() == 1));
    let path = format!("/apps/shop/webhooks/{webhook}/rotation");
    let rotated = shop.key().post(&path, json!({})).await.ok(200);
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    assert_eq!(rotated["old_secret_until"], 1_800_000_000_000_u64 + 24 * 3_600 * 1_000);
    let before = receiver.taken().len();
    shop.say("ada", "bob", "two").await;
    receiver.until("the second", |got| got.iter().any(|got| got.text() == "two")).await;
    let both = |got: &Got| got.is_signed_with(&old) && got.is_signed_with(&new) && got.signatures() == 2;
    assert!(receiver.taken()[before..].iter().all(both));
    // A stop in between forgets neither.
    let shop = shop.restart().await;
    shop.say("ada", "bob", "three").await;
    let got = receiver.until("the third", |got| got.iter().any(|got| got.text() == "three")).await;
    assert!(both(got.iter().rfind(|got| got.text() == "three").unwrap()));
    clock.advance(Duration::from_hours(25));
    shop.say("ada", "bob", "four").await;
    let got = receiver.until("the fourth", |got| got.iter().any(|got| got.text() == "four")).await;
    let last = got.iter().rfind(|got| got.text() == "four").unwrap();
    assert!(last.is_signed_with(&new) && !last.is_signed_with(&old) && last.signatures() == 1);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_slow_or_dead_slows_nobody_else() {
    let options = WebhookOptions { time: SHORT, ..posting() };
    let (shop, receiver) = (Shop::with(options, Clock::system()).await, Receiver::start().await);
    receiver.script(|got| if got.path == "/dead" { Say::Nothing } else { Say::Status(200) });
    let (dead, _) = shop.webhook(json!({"url": receiver.url("/dead")})).await;
    shop.webhook(json!({"url": receiver.url("/well")})).await;
    let start = shop.now().await;
    for n in 0..40 {
        shop.say("ada", if n % 2 == 0 { "bob" } else { "eve" }, &format!("{n}")).await;
    }
    let told = shop.feed(&start).await;
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    // The other is told nothing that it took, and loses nothing.
    receiver.say(200);
    let is_so = |got: &[Got]| {
        let of_dead = got.iter().filter(|got| got.path == "/dead" && got.taken).map(Got::id);
        of_dead.collect::<std::collections::BTreeSet<_>>().len() == told.len()
    };
    let got = receiver.until("all of it for the other", is_so).await;
    check_order(&got.into_iter().filter(|got| got.path == "/dead" && got.taken).collect::<Vec<_>>());
    shop.until(dead, "nothing waits", |shown| shown["waiting"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_lead_astray_are_refused() {
    let shop = Shop::open().await;
    let key = shop.key();
    for url in [
        "http://10.0.0.1:8080/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:password@example.org/",
        "https://example.org:22/",
        "ftp://example.org/",
        "http://8.8.8.8/",
        "example.org",
        "",
    ] {
        let refused = key.post("/apps/shop/webhooks", json!({"url": url})).await.problem();
        assert_eq!(refused, (400, "invalid".to_owned()), "{url}");
    }
    let bad = json!({"url": "https://example.org/", "types": ["Not A Kind"]});
    assert_eq!(key.post("/apps/shop/webhooks", bad).await.problem().0, 400);
    let bad = json!({"url": "https://example.org/", "secret": "mine"});
    assert_eq!(key.post("/apps/shop/webhooks", bad).await.problem().0, 400);
    for _ in 0..20 {
        key.post("/apps/shop/webhooks", json!({"url": "https://example.org/", "enabled": false})).await.ok(201);
    }
    let full = key.post("/apps/shop/webhooks", json!({"url": "https://example.org/"})).await;
    assert_eq!(full.problem().1, "full");
    assert_eq!(key.get("/apps/shop/webhooks").await.ok(200)["webhooks"].as_array().unwrap().len(), 20);
    // A session of the app's own user opens nothing of it.
    assert_eq!(shop.person("ada").get("/apps/shop/webhooks").await.problem().0, 403);
    assert!(shop.server.stop().await);
}
