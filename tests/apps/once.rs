//! Signed tokens that count once (`jti`), and what else they say of a user: their picture.

use super::signed::{claims, header, token};
use super::{administrator, app, key, start, system};
use crate::support::http::{Api, Reply};
use crate::support::in_process::{Server, quick};
use crate::support::peer::{Peer, Way, hello};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tidings::auth;
use tidings::model::clock::monotonic;
use tidings::model::{AppId, Clock, CommandResult, Secret, SystemCommand, Timestamp, limits};
use tidings::protocol::{Auth, Encoding, ServerFrame};
use tidings::store::Read;
use tidings::store::records::{AppRow, AppTotalRow, SignedOnceAgeRow, SignedOnceRow};

/// A small picture.
fn picture() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(2, 2).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Claims with a `jti`.
fn once(server: &Server, user: &str, jti: &str) -> Value {
    let mut claims = claims(server, 2, user);
    claims["jti"] = json!(jti);
    claims
}

async fn exchange(server: &Server, key: Option<&str>, token: &str) -> Reply {
    let api = Api::at(server.http);
    let api = if let Some(key) = key { api.header("idempotency-key", key) } else { api };
    api.post("/sessions", json!({"signed": token, "device": device(key.unwrap_or("none"))})).await
}

fn device(id: &str) -> Value {
    json!({"id": id, "platform": "web", "name": "A page"})
}

/// It was exchanged, and says so.
fn is_used(reply: &Reply) {
    assert_eq!(reply.problem(), (401, "token_expired".to_owned()));
    assert!(String::from_utf8_lossy(&reply.body).contains("exchanged already"));
}

/// How many tokens are remembered of the app 2: what is counted, and both tables.
fn remembered(server: &Server) -> u64 {
    let view = server.engine.view();
    let (first, last) = ([0; 32], [255; 32]);
    let hash = tidings::model::TokenHash;
    let rows = view.range::<SignedOnceRow>(&(AppId(2), hash(first)), &(AppId(2), hash(last)), 1_000).unwrap().len();
    let (from, to) = ((Timestamp(0), AppId(0), hash(first)), (Timestamp(u64::MAX), AppId(u32::MAX), hash(last)));
    let ages = view.range::<SignedOnceAgeRow>(&from, &to, 1_000).unwrap();
    assert_eq!(ages.iter().filter(|((_, app, _), _)| *app == AppId(2)).count(), rows);
    let counted = view.get::<AppTotalRow>(&AppId(2)).unwrap().map_or(0, |row| row.signed_once);
    assert_eq!(counted, rows as u64);
    counted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_with_a_jti_is_exchanged_once_over_rest_and_socket_and_after_a_restart() {
    let (folder, server) = start().await;
    let admin = administrator(&server).await;
    for name in ["shop", "other"] {
        admin.post("/admin/apps", json!({"name": name})).await.ok(201);
    }
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let sign = |user: &str, jti: &str| token(&secret, &header(kid), &once(&server, user, jti));
    // Over REST, then over both; whoever signs it anew under the same name gets no further, for whomever.
    let first = sign("ada", "one");
    exchange(&server, None, &first).await.ok(201);
    is_used(&exchange(&server, None, &first).await);
    is_used(&exchange(&server, None, &sign("bob", "one")).await);
    let second = sign("ada", "two");
    for (encoding, opens) in [(Encoding::Json, true), (Encoding::Json, false), (Encoding::Postcard, false)] {
        let mut peer = Peer::connect(&server, Way::Tcp(encoding)).await;
        peer.send(&hello(Auth::Signed(Secret::new(second.clone())), None)).await;
        match peer.frame().await {
            ServerFrame::Welcome(_) => assert!(opens, "a second time"),
            ServerFrame::Refused(refused) => {
                assert!(!opens && refused.message.contains("exchanged already"), "{refused:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    is_used(&exchange(&server, None, &second).await);
    // What is refused for something else is not used up, and what has no `jti` is taken again and again.
    let third = sign("ada", "three");
    admin.patch("/admin/users/ada/flags?app=shop", json!({"suspended": true})).await.ok(200);
    assert_eq!(exchange(&server, None, &third).await.problem(), (403, "suspended".to_owned()));
    admin.patch("/admin/users/ada/flags?app=shop", json!({"suspended": false})).await.ok(200);
    exchange(&server, None, &third).await.ok(201);
    let plain = token(&secret, &header(kid), &claims(&server, 2, "ada"));
    for _ in 0..2 {
        exchange(&server, None, &plain).await.ok(201);
    }
    // Another app has names of its own.
    let (other, other_secret) = key(&admin, "other", "hs256").await;
    let mut theirs = claims(&server, 3, "ada");
    theirs["jti"] = json!("one");
    exchange(&server, None, &token(&other_secret, &header(other), &theirs)).await.ok(201);
    assert_eq!(remembered(&server), 3);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    for used in [&first, &second, &third] {
        is_used(&exchange(&server, None, used).await);
    }
    // With the app it is forgotten.
    let command = SystemCommand::DeleteApp { app: AppId(2) };
    server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    let deadline = monotonic() + Duration::from_mins(1);
    while server.engine.view().get::<AppRow>(&AppId(2)).unwrap().is_some() {
        assert!(monotonic() < deadline, "the app does not go");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lines = tidings::store::dump(&server.engine.view()).unwrap();
    assert_eq!(lines.iter().filter(|line| line.starts_with("signed_onces ")).count(), 1, "that of the other app");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_exchange_once_more_gives_the_session_of_the_first() {
    let (folder, server) = start().await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let signed = token(&secret, &header(kid), &once(&server, "ada", "one"));
    let first = exchange(&server, Some("sign-in-1"), &signed).await.ok(201);
    let again = exchange(&server, Some("sign-in-1"), &signed).await.ok(201);
    assert_eq!((&again["session"], &again["token"]), (&first["session"], &first["token"]));
    // Many at once are one, too.
    let other = token(&secret, &header(kid), &once(&server, "bob", "two"));
    let all = futures_util::future::join_all((0..8).map(|_| exchange(&server, Some("sign-in-2"), &other))).await;
    let tokens: BTreeSet<String> = all.iter().map(|reply| reply.ok(201)["token"].to_string()).collect();
    assert_eq!(tokens.len(), 1);
    // Under another name, or none, it is another exchange; and a key alone opens nothing.
    for name in [Some("sign-in-3"), None] {
        is_used(&exchange(&server, name, &signed).await);
    }
    assert_eq!(exchange(&server, Some("two words"), &signed).await.problem(), (400, "invalid".to_owned()));
    let wrong = token("tdh_wrong", &header(kid), &once(&server, "ada", "one"));
    assert_eq!(exchange(&server, Some("sign-in-1"), &wrong).await.problem().0, 401);
    // Somebody else's token under the same name and with the same key, or the same one on another device, is not that exchange.
    let theirs = token(&secret, &header(kid), &once(&server, "bob", "one"));
    is_used(&exchange(&server, Some("sign-in-1"), &theirs).await);
    let moved = json!({"signed": signed, "device": device("another")});
    is_used(&Api::at(server.http).header("idempotency-key", "sign-in-1").post("/sessions", moved).await);
    // It counts after a restart, and no longer than the session.
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    let again = exchange(&server, Some("sign-in-1"), &signed).await.ok(201);
    assert_eq!(again["token"], first["token"]);
    let ada = Api::with_token(server.http, &Secret::new(first["token"].as_str().unwrap()));
    assert_eq!(ada.get("/sessions").await.ok(200)["sessions"].as_array().unwrap().len(), 1);
    ada.delete("/sessions/current").await.ok(200);
    is_used(&exchange(&server, Some("sign-in-1"), &signed).await);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jti_that_is_no_name_is_refused_and_one_that_is_over_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let admin = administrator(&server).await;
    admin.post("/admin/apps", json!({"name": "shop"})).await.ok(201);
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let sign = |jti: Value| {
        let mut claims = claims(&server, 2, "ada");
        claims["jti"] = jti;
        token(&secret, &header(kid), &claims)
    };
    for jti in [json!(""), json!(7), Value::Null, json!(["one"]), json!({"id": "one"}), json!("x".repeat(256))] {
        assert_eq!(exchange(&server, None, &sign(jti.clone())).await.problem().0, 401, "{jti}");
    }
    assert_eq!(remembered(&server), 0);
    // More than one command forgets.
    let many = limits::SIGNED_ONCE_FORGOTTEN_MAX + 6;
    for n in 0..many {
        exchange(&server, None, &sign(json!(format!("{n}")))).await.ok(201);
        clock.advance(Duration::from_millis(200));
    }
    exchange(&server, None, &sign(json!("\u{1f511}".repeat(255)))).await.ok(201);
    let all = many as u64 + 1;
    assert_eq!(remembered(&server), all);
    let forget = async || {
        let command = SystemCommand::ForgetSigned {}.into();
        match server.engine.execute(auth::server(), None, command).await.unwrap().result {
            CommandResult::Removed { count, more } => (count as usize, more),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(forget().await, (0, false), "none is over");
    // Each is remembered for as long as it could be taken: until its end, and the minute by which clocks may differ.
    clock.advance(Duration::from_mins(5));
    assert_eq!(forget().await, (0, false));
    clock.advance(Duration::from_secs(70));
    assert_eq!(forget().await, (limits::SIGNED_ONCE_FORGOTTEN_MAX, true));
    assert_eq!(forget().await, (7, false));
    assert_eq!(remembered(&server), 0);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_token_makes_has_the_name_and_the_picture_that_it_says() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let (kid, secret) = key(&admin, "shop", "hs256").await;
    let sign = |user: &str, avatar: &Value| {
        let mut claims = claims(&server, 2, user);
        claims["name"] = json!(format!("Named {user}"));
        claims["avatar"] = avatar.clone();
        token(&secret, &header(kid), &claims)
    };
    let opened = async |user: &str, avatar: &Value| {
        let opened = exchange(&server, Some(user), &sign(user, avatar)).await.ok(201);
        let api = Api::with_token(server.http, &Secret::new(opened["token"].as_str().unwrap()));
        (api.get("/me").await.ok(200)["profile"].clone(), api)
    };
    shop.put("/apps/shop/users/system", json!({"kind": "service"})).await.ok(201);
    let media = shop.raw("POST", "/apps/shop/as/system/media?name=face.png", &picture()).await.ok(201)["media"].clone();
    let (profile, ada) = opened("ada", &media).await;
    assert_eq!((&profile["name"], &profile["card"]["avatar"]), (&json!("Named ada"), &media));
    // Everybody of the app sees it, as with every picture of a user.
    let (profile, bob) = opened("bob", &Value::Null).await;
    assert_eq!(profile["card"]["avatar"], Value::Null);
    let path = format!("/media/{}/content", media.as_str().unwrap());
    assert_eq!(bob.get(&path).await.status, 200);
    // Like the name it counts when the user is made; what they chose themselves stays.
    let own = ada.raw("POST", "/media?name=own.png", &picture()).await.ok(201)["media"].clone();
    ada.put("/me/profile", json!({"name": "Ada", "card": {"avatar": own}})).await.ok(200);
    let (profile, _) = opened("ada", &media).await;
    assert_eq!((&profile["name"], &profile["card"]["avatar"]), (&json!("Ada"), &own));
    // A picture of somebody, of another app, one that is no picture or not there keeps nobody out, and is nobody's picture.
    let words = shop.raw("POST", "/apps/shop/as/system/media?name=x", b"words").await.ok(201)["media"].clone();
    let elsewhere = app(&server, &admin, "other").await;
    elsewhere.put("/apps/other/users/system", json!({"kind": "service"})).await.ok(201);
    let theirs =
        elsewhere.raw("POST", "/apps/other/as/system/media?name=face.png", &picture()).await.ok(201)["media"].clone();
    for (user, avatar) in [("u1", own.clone()), ("u2", words), ("u3", theirs), ("u4", json!("0".repeat(32)))] {
        let (profile, _) = opened(user, &avatar).await;
        assert_eq!(profile["card"]["avatar"], Value::Null, "{user}");
    }
    // An address is no picture: nothing is ever fetched, and whoever signs such a token learns of it.
    for avatar in [json!("https://example.org/face.png"), json!(7), json!({"url": "x"})] {
        let reply = exchange(&server, None, &sign("u5", &avatar)).await;
        assert_eq!(reply.problem(), (401, "unauthenticated".to_owned()), "{avatar}");
        assert!(String::from_utf8_lossy(&reply.body).contains("avatar"), "{}", String::from_utf8_lossy(&reply.body));
    }
    assert_eq!(shop.get("/apps/shop/users/u5").await.status, 404);
    let reader = system(&server, &key(&admin, "shop", "api").await.1);
    assert_eq!(reader.get("/apps/shop/as/u4/me").await.ok(200)["profile"]["name"], "Named u4");
    assert!(server.stop().await);
}
