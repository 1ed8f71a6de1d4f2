//! The event feed: what happened in an app, in order, nothing lost and nothing twice.

use super::{administrator, app, start, system, text};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use serde_json::{Value, json};
use std::time::Duration;
use tidings::model::{AppId, Clock, Timestamp};

fn kinds(page: &Value) -> Vec<String> {
    page["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_happens_in_an_app_comes_once_in_order_and_to_that_app_alone() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (shop, other) = (app(&server, &admin, "shop").await, app(&server, &admin, "other").await);
    let (ada, eve) = (server.person_of(AppId(2), "ada").await, server.person_of(AppId(3), "ada").await);
    server.person_of(AppId(2), "bob").await;
    server.person_of(AppId(3), "bob").await;
    let (ada, eve) = (Api::with_token(server.http, &ada.token), Api::with_token(server.http, &eve.token));
    let start = shop.get("/apps/shop/events").await.ok(200);
    assert_eq!((&start["events"], &start["gap"]), (&json!([]), &json!(false)));
    let (mut expected, mut chat) = (Vec::new(), json!(0));
    for n in 0..40 {
        eve.post("/users/bob/entries", text("of the other app")).await.ok(201);
        let sent = ada.post("/users/bob/entries", text(&format!("message {n}"))).await.ok(201);
        chat = sent["entry"]["conversation"].clone();
        expected.push(sent["lsn"].as_u64().unwrap());
    }
    ada.patch(&format!("/conversations/{chat}/entries/40"), json!({"text": "edited"})).await.ok(200);
    ada.delete(&format!("/conversations/{chat}/entries/1")).await.ok(200);
    // Page by page, from the place that each tells.
    let (mut next, mut events) = (start["next"].as_str().unwrap().to_owned(), Vec::new());
    loop {
        let page = shop.get(&format!("/apps/shop/events?after={next}&limit=7")).await.ok(200);
        if page["events"] == json!([]) {
            break;
        }
        events.extend(page["events"].as_array().unwrap().clone());
        next = page["next"].as_str().unwrap().to_owned();
    }
    let messages: Vec<&Value> =
        events.iter().filter(|event| event["type"] == "entry.text" || event["type"] == "entry.recalled").collect();
    let lsns: Vec<u64> = messages.iter().map(|event| event["lsn"].as_u64().unwrap()).collect();
    assert_eq!(lsns, expected);
    assert_eq!(messages[1]["entry"]["body"]["text"]["text"], "message 1");
    assert_eq!(messages[39]["entry"]["body"]["text"]["text"], "edited", "as it is now");
    assert_eq!(messages[0]["entry"]["body"], json!({"recalled": {}}));
    assert_eq!(messages[0]["conversation"]["users"], json!(["ada", "bob"]));
    let tail = kinds(&json!({"events": events[40..]}));
    assert_eq!(tail, ["entry.changed", "entry.edited", "entry.changed", "entry.recalled_entry"]);
    let ids: std::collections::BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "each id once");
    assert!(!json!(events).to_string().contains("of the other app"));
    let others = other.get("/apps/other/events").await.ok(200);
    let lsn = |place: &str| place.split_once('.').unwrap().1.parse::<u64>().unwrap();
    assert!(lsn(others["next"].as_str().unwrap()) >= lsn(&next));
    // Filters, and what is not understood.
    let (epoch, _) = next.split_once('.').unwrap();
    let all = format!("/apps/shop/events?after={}&limit=1000", start["next"].as_str().unwrap());
    let some = shop.get(&format!("{all}&types=entry.edited,entry.recalled_*")).await.ok(200);
    assert_eq!(kinds(&some), ["entry.edited", "entry.recalled_entry"]);
    assert_eq!(shop.get("/apps/shop/events?after=x").await.problem().0, 400);
    let foreign = shop.get("/apps/shop/events?after=1.5").await;
    assert_eq!(foreign.problem(), (409, "conflict".to_owned()), "another epoch");
    let ahead = shop.get(&format!("/apps/shop/events?after={epoch}.99999999")).await;
    assert_eq!(ahead.problem(), (409, "conflict".to_owned()), "a place that is not there yet");
    let event = events[0]["id"].as_str().unwrap();
    assert_eq!(shop.get(&format!("/apps/shop/events?after={event}")).await.problem().0, 400, "an event is no place");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_told_and_a_stream_goes_on_where_it_ended() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let ada = server.person_of(AppId(2), "ada").await;
    server.person_of(AppId(2), "bob").await;
    let ada = Api::with_token(server.http, &ada.token);
    let next = shop.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    let path = format!("/apps/shop/events?after={next}&wait=30&types=entry.text");
    let say = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        ada.post("/users/bob/entries", text("one")).await.ok(201);
    };
    let patient = shop.patient();
    let (told, ()) = tokio::join!(patient.get(&path), say);
    let told = told.ok(200);
    assert_eq!(kinds(&told), ["entry.text"]);
    let stream = shop.header("accept", "text/event-stream");
    let mut events = stream.events(&format!("/apps/shop/events?after={next}")).await;
    let first = events.wait_for("entry.text").await;
    assert_eq!(first.data["entry"]["body"]["text"]["text"], "one");
    ada.post("/users/bob/entries", text("two")).await.ok(201);
    let second = events.wait_for("entry.text").await;
    assert_eq!(second.data["entry"]["body"]["text"]["text"], "two");
    drop(events);
    ada.post("/users/bob/entries", text("three")).await.ok(201);
    let resumed = stream.header("last-event-id", &second.id.unwrap());
    let third = resumed.events("/apps/shop/events").await.wait_for("entry.text").await;
    assert_eq!(third.data["entry"]["body"]["text"]["text"], "three");
    // What is filtered out takes no id with it.
    let edited = ada
        .patch(&format!("/conversations/{}/entries/1", third.data["conversation"]["id"]), json!({"text": "1"}))
        .await;
    edited.ok(200);
    let path = format!("/apps/shop/events?after={next}&types=entry.changed");
    let changed = stream.events(&path).await.wait_for("entry.changed").await;
    assert!(changed.id.is_some(), "the last of its command that is told: {changed:?}");
    // A key that is revoked reads no further, not even on a stream that is open.
    let mut open = stream.events("/apps/shop/events").await;
    let keys = admin.get("/admin/apps/shop/keys").await.ok(200);
    admin.delete(&format!("/admin/apps/shop/keys/{}", keys["keys"][0]["key"])).await;
    assert_eq!(shop.get("/apps/shop/events").await.problem().0, 401);
    ada.post("/users/bob/entries", text("four")).await.ok(201);
    let ends = async {
        while let Some(event) = open.next().await {
            assert!(!event.data.to_string().contains("four"), "told after the end of its key");
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ends).await.expect("it ends");
    assert_eq!(system(&server, "tdk_x").get("/apps/shop/events").await.problem().0, 401);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_follows_on_eight_streams_and_a_place_that_was_left_can_be_taken() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let stream = shop.header("accept", "text/event-stream");
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(stream.events("/apps/shop/events").await);
    }
    assert_eq!(stream.get("/apps/shop/events").await.problem(), (503, "overloaded".to_owned()));
    shop.get("/apps/shop/events").await.ok(200);
    open.pop();
    let taken = async {
        loop {
            if let Some(stream) = stream.try_events("/apps/shop/events").await {
                return stream;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    open.push(tokio::time::timeout(std::time::Duration::from_secs(30), taken).await.expect("a place"));
    assert_eq!(stream.get("/apps/shop/events").await.problem(), (503, "overloaded".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_after_more_than_a_week_is_told_of_the_gap_once_and_goes_on() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await.patient();
    for id in ["ada", "bob"] {
        shop.post("/apps/shop/users", json!({"user": id})).await.ok(201);
    }
    let start = shop.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    let say = async |words: &str| {
        shop.post("/apps/shop/as/ada/users/bob/entries", text(words)).await.ok(201);
    };
    for n in 0..10 {
        say(&format!("old {n}")).await;
    }
    let all = shop.get(&format!("/apps/shop/events?after={start}")).await.ok(200);
    assert_eq!((&all["gap"], kinds(&all).len()), (&json!(false), 10));

    // More than a week passes; the log lets go of what is older as it grows.
    clock.advance(Duration::from_hours(8 * 24));
    let mut page = Value::Null;
    for n in 0..200 {
        say(&format!("new {n}")).await;
        page = shop.get(&format!("/apps/shop/events?after={start}&wait=60&limit=1000")).await.ok(200);
        if page["gap"] == true {
            break;
        }
        clock.advance(Duration::from_mins(10));
    }
    assert_eq!(page["gap"], true, "{page}");
    assert!(!page.to_string().contains("old ") && kinds(&page).contains(&"entry.text".to_owned()), "{page}");
    // A wait ends with it at once even where nothing else is told; it is told once, and what is still there comes all the same.
    let nothing = format!("/apps/shop/events?after={start}&wait=60&types=none.such");
    let told = tokio::time::timeout(Duration::from_secs(50), shop.get(&nothing)).await.expect("at once").ok(200);
    assert_eq!((&told["gap"], &told["events"]), (&json!(true), &json!([])));
    for next in [&told["next"], &page["next"]] {
        let on = shop.get(&format!("/apps/shop/events?after={}", next.as_str().unwrap())).await.ok(200);
        assert_eq!(on["gap"], false, "{on}");
    }

    // The same on a stream, where the place of the gap goes on without it and loses nothing.
    let stream = shop.header("accept", "text/event-stream");
    let mut open = stream.events(&format!("/apps/shop/events?after={start}")).await;
    let gap = open.next().await.unwrap();
    assert_eq!((gap.kind.as_str(), &gap.data), ("gap", &json!({})));
    let first = open.next().await.unwrap();
    assert_eq!(first.data["id"], page["events"][0]["id"]);
    let resumed = stream.header("last-event-id", &gap.id.unwrap());
    let again = resumed.events("/apps/shop/events").await.next().await.unwrap();
    assert_eq!((&again.kind, &again.data["id"]), (&first.kind, &first.data["id"]));
    let mut silent = stream.events(&nothing).await;
    assert_eq!(silent.next().await.unwrap().kind, "gap");

    // A place of another epoch, or of the future, is refused in words that say what to do.
    let (epoch, lsn) = start.split_once('.').unwrap();
    for place in [format!("{}.{lsn}", epoch.parse::<u64>().unwrap() + 1), format!("{epoch}.{}", u64::MAX)] {
        for api in [&shop, &stream] {
            for refused in [
                api.get(&format!("/apps/shop/events?after={place}")).await,
                api.clone().header("last-event-id", &place).get("/apps/shop/events").await,
            ] {
                let words = String::from_utf8(refused.body.clone()).unwrap();
                assert!(words.contains("look at state once, and begin without `after`"), "{words}");
                assert_eq!(refused.problem(), (409, "conflict".to_owned()));
            }
        }
    }
    assert!(server.stop().await);
}
