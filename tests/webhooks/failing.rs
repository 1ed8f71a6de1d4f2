//! What is not taken: it holds its conversation and no other, is tried again as the schedule says, also after a restart, and is kept
//! when it is given up.

use super::receiver::{Receiver, Say};
use super::{Got, SHORT, Shop, check_order, ids, posting};
use serde_json::{Value, json};
use std::time::Duration;
use tidings::auth;
use tidings::model::{
    AppId, Clock, ConversationId, EventPosition, EventRef, LogKind, Lsn, Seq, SystemCommand, Timestamp, WebhookChange,
    WebhookId, WebhookNote, WebhookStop,
};
use tidings::store::Read;
use tidings::store::records::{OutboxKey, OutboxRow, WebhookRow};
use tidings::webhooks::WebhookOptions;

/// Waits until it is noted that the one event that waits was tried so often.
async fn until_tried(shop: &Shop, webhook: u64, tries: u8) {
    let key = |conversation, lsn, nth| OutboxKey {
        webhook: WebhookId(webhook),
        conversation: ConversationId(conversation),
        position: EventPosition { lsn: Lsn(lsn), nth },
    };
    let (from, to) = (key(0, 0, 0), key(u64::MAX, u64::MAX, u32::MAX));
    for _ in 0..3_000 {
        let rows = shop.server.engine.view().range::<OutboxRow>(&from, &to, 9).unwrap();
        if rows.len() == 1 && rows[0].1.tries == tries {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not tried {tries} times");
}

fn retries(waits: &[u64]) -> WebhookOptions {
    WebhookOptions { retries: waits.iter().map(|ms| Duration::from_millis(*ms)).collect(), ..posting() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_holds_its_conversation_alone_until_it_is_taken() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let (webhook, secret) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let start = shop.now().await;
    let chat = shop.say("ada", "bob", "first").await;
    receiver.until_taken(1).await;
    receiver.script(move |got| Say::Status(if got.conversation() == chat { 500 } else { 200 }));
    for n in 0..20 {
        shop.say("ada", "bob", &format!("held {n}")).await;
        shop.say("ada", "eve", &format!("goes on {n}")).await;
    }
    let told = shop.feed(&start).await;
    receiver.until("the others", |got| got.iter().any(|got| got.text() == "goes on 19" && got.taken)).await;
    shop.until(webhook, "all that is held waits", |shown| shown["waiting"] == 20).await;
    shop.until(webhook, "what failed is known", |shown| shown["failed"]["why"] == "It answered 500.").await;
    // Of what is held the first alone is tried, with the same name and a fresh signature.
    let tried = receiver.until("two tries", |got| got.iter().filter(|got| got.text() == "held 0").count() > 2).await;
    assert!(tried.iter().all(|got| !got.text().starts_with("held") || got.text() == "held 0"));
    let of_one: Vec<&Got> = tried.iter().filter(|got| got.text() == "held 0").collect();
    assert!(of_one.iter().all(|got| got.is_signed_with(&secret) && got.id() == of_one[0].id()));
    receiver.say(200);
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0 && shown["dead"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_answered_nothing_is_lost_and_no_redirect_is_followed() {
    let options = WebhookOptions { time: SHORT, ..posting() };
    let shop = Shop::with(options, Clock::system()).await;
    let (receiver, canary) = (Receiver::start().await, Receiver::start().await);
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let start = shop.now().await;
    let elsewhere = canary.url("/");
    let mut answers = [
        Say::Redirect(elsewhere),
        Say::Status(500),
        Say::Close,
        Say::Status(404),
        Say::Nothing,
        Say::Status(304),
        Say::Giant,
        Say::Status(429),
        Say::Status(204),
    ]
    .into_iter();
    receiver.script(move |_| answers.next().unwrap_or(Say::Status(200)));
    for n in 0..12 {
        shop.say("ada", "bob", &format!("{n}")).await;
    }
    let told = shop.feed(&start).await;
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    assert!(canary.got().is_empty(), "a redirect was followed");
    let path = format!("/apps/shop/webhooks/{webhook}/deliveries");
    let deliveries = shop.key().get(&path).await.ok(200)["deliveries"].as_array().unwrap().clone();
    let words: Vec<&str> = deliveries.iter().rev().map(|one| one["words"].as_str().unwrap()).collect();
    assert_eq!(words[0], "It answered 302; redirects are not followed.");
    assert!(words[4].ends_with("in time."), "{}", words[4]);
    // 64 KiB of a body without an end are read, and then it is taken as it says.
    assert_eq!(words[6], "It was taken (200).");
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_gone_for_a_while_gets_all_of_it_in_order() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let start = shop.now().await;
    shop.say("ada", "bob", "before").await;
    receiver.until_taken(1).await;
    let stopped = receiver.stop().await;
    for n in 0..30 {
        shop.say("ada", "bob", &format!("{n}")).await;
        shop.say("eve", "ada", &format!("{n}")).await;
    }
    shop.until(webhook, "some wait", |shown| shown["waiting"].as_u64().unwrap() > 0).await;
    shop.until(webhook, "what failed is known", |shown| shown["failed"]["at"].as_u64() > Some(0)).await;
    // The server is stopped, too, and started again. That something failed is known still, and why.
    let shop = shop.restart().await;
    let shown = shop.key().get(&format!("/apps/shop/webhooks/{webhook}")).await.ok(200);
    assert!(!shown["failed"]["why"].as_str().unwrap().is_empty());
    let receiver = stopped.again().await;
    let told = shop.feed(&start).await;
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_stands_still_when_too_many_wait_and_goes_on_without_a_loss() {
    let options = WebhookOptions { waiting_max: 10, ..posting() };
    let (shop, receiver) = (Shop::with(options, Clock::system()).await, Receiver::start().await);
    receiver.say(503);
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let start = shop.now().await;
    for n in 0..300 {
        shop.say("ada", "bob", &format!("{n}")).await;
    }
    let told = shop.feed(&start).await;
    let last: u64 = told[299].split('.').nth(1).unwrap().parse().unwrap();
    let shown = shop.until(webhook, "many wait", |shown| shown["waiting"].as_u64().unwrap() >= 10).await;
    // A page that was read already is noted whole.
    let tries = receiver.got().len();
    receiver.until("more tries", |got| got.len() > tries + 3).await;
    let later = shop.show(webhook).await;
    assert!(later["waiting"].as_u64().unwrap() <= 10 + 100, "{later}");
    assert!(later["upto"].as_u64().unwrap() < last, "{shown} {later}");
    receiver.say(200);
    let taken = receiver.until_taken(told.len()).await;
    assert_eq!(ids(&taken), told);
    check_order(&taken);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_the_next_try_is_kept_over_a_restart() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let options = retries(&[60 * 60 * 1_000, 60 * 60 * 1_000]);
    let (shop, receiver) = (Shop::with(options, clock.clone()).await, Receiver::start().await);
    receiver.script(|got| Say::Status(if got.text() == "held" { 500 } else { 200 }));
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    shop.say("ada", "bob", "held").await;
    shop.until(webhook, "it waits", |shown| shown["waiting"] == 1).await;
    let tries = |got: &[Got]| got.iter().filter(|got| got.text() == "held").count();
    let shop = shop.restart().await;
    // What comes later in another conversation says that the worker runs.
    let goes_on = async |shop: &Shop, words: &str| {
        shop.say("ada", "eve", words).await;
        receiver.until(words, |got| got.iter().any(|got| got.text() == words)).await;
    };
    goes_on(&shop, "after the start").await;
    clock.advance(Duration::from_mins(50));
    goes_on(&shop, "fifty minutes later").await;
    assert_eq!(tries(&receiver.got()), 1);
    clock.advance(Duration::from_mins(17));
    let got = receiver.until("the second try", |got| tries(got) == 2).await;
    assert!(got.iter().all(|got| got.text() != "held" || !got.taken));
    until_tried(&shop, webhook, 2).await;
    receiver.say(200);
    let shop = shop.restart().await;
    goes_on(&shop, "after another start").await;
    assert_eq!(tries(&receiver.got()), 2);
    clock.advance(Duration::from_mins(67));
    receiver.until("the third try", |got| got.iter().any(|got| got.text() == "held" && got.taken)).await;
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_answered_keeps_its_time_while_others_are_taken() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let hour = 60 * 60 * 1_000;
    let options = WebhookOptions { time: SHORT, ..retries(&[hour, hour]) };
    let (shop, receiver) = (Shop::with(options, clock.clone()).await, Receiver::start().await);
    receiver.script(|got| if got.text() == "hangs" { Say::Nothing } else { Say::Status(200) });
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    shop.say("ada", "bob", "hangs").await;
    let tries = |got: &[Got]| got.iter().filter(|got| got.text() == "hangs").count();
    receiver.until("the first try", |got| tries(got) == 1).await;
    until_tried(&shop, webhook, 1).await;
    // Each of these goes out after the one before it was taken, when what waits would have its turn.
    for n in 0..4 {
        let words = format!("goes on {n}");
        shop.say("ada", "eve", &words).await;
        receiver.until(&words, |got| got.iter().any(|got| got.text() == words)).await;
    }
    assert_eq!(tries(&receiver.got()), 1);
    until_tried(&shop, webhook, 1).await;
    receiver.say(200);
    clock.advance(Duration::from_mins(67));
    receiver.until("the second try", |got| got.iter().any(|got| got.text() == "hangs" && got.taken)).await;
    assert_eq!(tries(&receiver.got()), 2);
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_read_again_keeps_its_tries() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/"), "enabled": false})).await;
    let event = EventRef {
        position: EventPosition { lsn: Lsn(webhook), nth: 0 },
        conversation: ConversationId(webhook),
        seq: Seq(1),
        kind: LogKind::Appended,
    };
    let note = async |tries, time| {
        let changes = vec![WebhookChange::Waits { event, tries, first: time, at: time }];
        let note = Box::new(WebhookNote { changes, ..WebhookNote::default() });
        let command = SystemCommand::NoteWebhook { webhook: (AppId(2), WebhookId(webhook)), note };
        shop.server.engine.execute(auth::server(), None, command.into()).await.unwrap();
        let key = OutboxKey { webhook: WebhookId(webhook), conversation: event.conversation, position: event.position };
        let row = shop.server.engine.view().get::<OutboxRow>(&key).unwrap().unwrap();
        (row.tries, row.first, row.at)
    };
    let time = Some(Timestamp(1_800_000_000_000));
    assert_eq!(note(0, None).await, (0, None, None));
    assert_eq!(note(3, time).await, (3, time, time));
    assert_eq!(note(0, None).await, (3, time, time));
    assert_eq!(shop.show(webhook).await["waiting"], 1);
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_what_a_webhook_was_does_not_turn_it_off() {
    let (shop, receiver) = (Shop::open().await, Receiver::start().await);
    let settings = json!({"url": receiver.url("/")});
    let (webhook, _) = shop.webhook(settings.clone()).await;
    let of = (AppId(2), WebhookId(webhook));
    let changed = || shop.server.engine.view().get::<WebhookRow>(&of).unwrap().unwrap().changed;
    let gone = async |changed| {
        let note = Box::new(WebhookNote { stop: Some((WebhookStop::Gone, changed)), ..WebhookNote::default() });
        let command = SystemCommand::NoteWebhook { webhook: of, note };
        shop.server.engine.execute(auth::server(), None, command.into()).await.unwrap();
        shop.show(webhook).await["enabled"].as_bool().unwrap()
    };
    let audit = async || shop.admin().get("/admin/audit").await.ok(200)["lines"].to_string();
    let before = changed();
    shop.key().put(&format!("/apps/shop/webhooks/{webhook}"), settings).await.ok(200);
    assert!(gone(before).await, "it was changed since");
    assert!(!audit().await.contains("webhook.stop"));
    assert!(!gone(changed()).await);
    assert!(audit().await.contains("webhook.stop"));
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_listed_and_can_be_replayed_one_or_all() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let hour = 60 * 60 * 1_000;
    let (shop, receiver) = (Shop::with(retries(&[hour, hour]), clock.clone()).await, Receiver::start().await);
    receiver.script(|got| Say::Status(if got.text().starts_with("poison") { 400 } else { 200 }));
    let (webhook, _) = shop.webhook(json!({"url": receiver.url("/")})).await;
    let path = format!("/apps/shop/webhooks/{webhook}");
    for n in 0..5 {
        shop.say("ada", "bob", &format!("poison {n}")).await;
    }
    shop.say("ada", "bob", "well").await;
    // Something is taken all the time, so that it is not the webhook itself that fails.
    let mut rounds = 0;
    while shop.show(webhook).await["dead"] != 5 {
        rounds += 1;
        assert!(rounds < 1_000, "{}", shop.show(webhook).await);
        let goes_on = format!("goes on {rounds}");
        shop.say("ada", "eve", &goes_on).await;
        receiver.until(&goes_on, |got| got.iter().any(|got| got.text() == goes_on)).await;
        clock.advance(Duration::from_mins(67));
        // What is due is looked for once a second.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    receiver.until("what comes after them", |got| got.iter().any(|got| got.text() == "well")).await;
    let shown = shop.until(webhook, "five are given up", |shown| shown["dead"] == 5).await;
    assert_eq!((&shown["enabled"], &shown["stopped"], &shown["waiting"]), (&json!(true), &Value::Null, &json!(0)));
    let first = shop.key().get(&format!("{path}/dead?limit=2")).await.ok(200);
    let next = first["next"].as_str().unwrap();
    let rest = shop.key().get(&format!("{path}/dead?after={next}")).await.ok(200);
    let dead: Vec<Value> = [&first, &rest].iter().flat_map(|page| page["dead"].as_array().unwrap().clone()).collect();
    assert_eq!((dead.len(), &rest["next"]), (5, &Value::Null));
    for letter in &dead {
        assert_eq!((&letter["tries"], &letter["why"]), (&json!(3), &json!("It answered 400.")));
        assert!(!letter.to_string().contains("poison"), "no words of it");
    }
    receiver.say(200);
    let one = json!({"event": dead[2]["id"]});
    assert_eq!(shop.key().post(&format!("{path}/replay"), one.clone()).await.ok(200)["replayed"], 1);
    receiver.until("the one", |got| got.iter().any(|got| got.text() == "poison 2" && got.taken)).await;
    assert_eq!(shop.key().post(&format!("{path}/replay"), one).await.problem().0, 404);
    assert_eq!(shop.key().post(&format!("{path}/replay"), json!({"event": "x"})).await.problem().0, 400);
    assert_eq!(shop.key().post(&format!("{path}/replay"), json!({})).await.ok(200)["replayed"], 4);
    let all = |got: &[Got]| (0..5).all(|n| got.iter().any(|got| got.taken && got.text() == format!("poison {n}")));
    let got = receiver.until("all of them", all).await;
    let replayed: Vec<String> =
        got.iter().filter(|got| got.taken && got.text().starts_with("poison")).map(Got::text).collect();
    assert_eq!(replayed, ["poison 2", "poison 0", "poison 1", "poison 3", "poison 4"]);
    shop.until(webhook, "nothing waits", |shown| shown["waiting"] == 0 && shown["dead"] == 0).await;
    assert!(shop.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_gone_or_only_fails_is_turned_off_and_goes_on_when_it_is_on_again() {
    let (shop, receiver) = (Shop::with(retries(&[10, 10]), Clock::system()).await, Receiver::start().await);
    let settings = json!({"url": receiver.url("/")});
    let (webhook, _) = shop.webhook(settings.clone()).await;
    let path = format!("/apps/shop/webhooks/{webhook}");
    let start = shop.now().await;
    for (status, why) in [(410, "gone"), (500, "failing")] {
        receiver.say(status);
        for n in 0..10 {
            shop.say("ada", "bob", &format!("{why} {n}")).await;
        }
        let shown = shop.until(webhook, why, |shown| shown["enabled"] == false).await;
        assert_eq!(shown["stopped"], why, "{shown}");
        let seen = receiver.got().len();
        // Nothing is posted any more, whatever happens.
        shop.say("ada", "bob", "while it is off").await;
        receiver.say(200);
        let on = shop.key().put(&path, settings.clone()).await.ok(200);
        assert_eq!((&on["enabled"], &on["stopped"]), (&json!(true), &Value::Null));
        assert!(receiver.got().len() >= seen);
        // What was given up, and nothing else, is missing until it is replayed.
        let told = shop.feed(&start).await;
        shop.key().post(&format!("{path}/replay"), json!({})).await.ok(200);
        let taken = receiver.until_taken(told.len()).await;
        assert_eq!(ids(&taken), told);
    }
    let audit = shop.admin().get("/admin/audit").await.ok(200)["lines"].to_string();
    assert!(audit.contains("webhook.stop") && audit.contains("webhook.create"), "{audit}");
    assert!(shop.server.stop().await);
}
