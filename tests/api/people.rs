//! Contacts, profiles, groups and accounts over REST. (The rules are shown on the socket; here it is that every one of these
//! addresses reaches them.)

use super::{start, text, user, with_password};
use crate::support::http::Api;
use serde_json::json;
use tidings::model::Secret;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_become_contacts_label_each_other_and_part() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    ada.post("/contact-requests", json!({"user": "bob", "greeting": "It is me.", "remark": "Bobby"})).await.ok(200);
    let asked = bob.get("/contact-requests").await.ok(200);
    assert_eq!(
        (&asked["requests"][0]["from"], &asked["requests"][0]["greeting"]),
        (&json!("ada"), &json!("It is me."))
    );
    assert_eq!(ada.get("/contact-requests?sent=true").await.ok(200)["requests"][0]["state"], "pending");
    bob.put("/contact-requests/ada", json!({"accept": true})).await.ok(200);
    let contact = ada.get("/contacts/bob").await.ok(200);
    assert_eq!((&contact["contact"], &contact["remark"]), (&json!(true), &json!("Bobby")));

    let label = ada.post("/contact-labels", json!({"name": "friends"})).await.ok(201)["label"].clone();
    ada.post(&format!("/contact-labels/{label}/contacts"), json!({"add": ["bob"]})).await.ok(200);
    assert_eq!(ada.get("/contacts").await.ok(200)["contacts"][0]["labels"], json!([label]));
    ada.put(&format!("/contact-labels/{label}"), json!({"name": "old friends"})).await.ok(200);
    assert_eq!(ada.get("/contact-labels").await.ok(200)["labels"][0]["name"], "old friends");
    ada.delete(&format!("/contact-labels/{label}")).await.ok(200);
    ada.put("/contacts/bob", json!({"remark": "Robert", "extra": {"crm": "17"}})).await.ok(200);
    assert_eq!(ada.get("/contacts/bob").await.ok(200)["extra"], json!({"crm": "17"}));

    bob.put("/blocks/ada", json!({})).await.ok(200);
    assert_eq!(ada.post("/users/bob/entries", text("hello")).await.problem(), (403, "blocked".to_owned()));
    assert_eq!(bob.get("/blocks").await.ok(200)["contacts"][0]["user"], "ada");
    let relation = bob.get("/relations?ids=ada").await.ok(200)["relations"][0].clone();
    assert_eq!((&relation["blocked"], &relation["contact"]), (&json!(true), &json!(true)));
    bob.delete("/blocks/ada").await.ok(200);
    ada.post("/users/bob/entries", text("hello")).await.ok(201);
    ada.delete("/contacts/bob").await.ok(200);
    assert_eq!(ada.get("/contacts").await.ok(200)["contacts"], json!([]));
    bob.delete("/contacts").await.ok(200);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_says_who_and_how_they_are() {
    let (_folder, server) = start().await;
    let ((_, ada), (_, bob)) = (user(&server, "ada").await, user(&server, "bob").await);
    let profile = json!({"name": "Ada Lovelace", "card": {"signature": "Poetical science"}});
    ada.put("/me/profile", profile).await.ok(200);
    assert_eq!(bob.get("/users/ada").await.ok(200)["card"]["signature"], "Poetical science");
    assert_eq!(bob.get("/directory/users?text=ada").await.ok(200)["users"][0]["name"], "Ada Lovelace");
    ada.put("/me/settings", json!({"contact_policy": "closed"})).await.ok(200);
    assert_eq!(bob.post("/contact-requests", json!({"user": "ada"})).await.problem(), (403, "forbidden".to_owned()));
    ada.put("/me/presence", json!({"availability": "busy", "text": "Computing"})).await.ok(200);
    let me = ada.get("/me").await.ok(200);
    assert_eq!((&me["settings"]["contact_policy"], &me["presence"]["text"]), (&json!("closed"), &json!("Computing")));
    let mut events = ada.events("/stream").await;
    events.wait_for("welcome").await;
    let seen = ada.get("/presence?ids=ada,bob").await.ok(200);
    assert_eq!((&seen["presences"][0]["state"], &seen["presences"][1]["state"]), (&json!("busy"), &json!("offline")));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_run_over_rest() {
    let (_folder, server) = start().await;
    let (_, ada) = user(&server, "ada").await;
    let ((_, bob), (_, cleo)) = (user(&server, "bob").await, user(&server, "cleo").await);
    let new =
        json!({"group": {"title": "Gardening", "members": ["bob"], "rules": {"kind": "public", "join": "approval"}}});
    let group = ada.post("/conversations", new).await.ok(201)["conversation"]["id"].clone();
    let path = format!("/groups/{group}");
    ada.put(&format!("{path}/title"), json!({"title": "Roses"})).await.ok(200);
    ada.put(&format!("{path}/card"), json!({"notice": "Bring gloves."})).await.ok(200);
    let found = cleo.get("/directory/groups?text=Roses").await.ok(200)["groups"][0].clone();
    assert_eq!((&found["conversation"], &found["joined"]), (&group, &json!(false)));
    cleo.post(&format!("{path}/join"), json!({"greeting": "May I?"})).await.ok(200);
    assert_eq!(ada.get(&format!("{path}/join-requests")).await.ok(200)["requests"][0]["user"], "cleo");
    ada.put(&format!("{path}/join-requests/cleo"), json!({"accept": true})).await.ok(200);
    ada.put(&format!("{path}/managers/bob"), json!({})).await.ok(200);
    bob.put(&format!("{path}/mute"), json!({})).await.ok(200);
    let entries = format!("/conversations/{group}/entries");
    assert_eq!(cleo.post(&entries, text("hello")).await.problem(), (403, "muted".to_owned()));
    bob.delete(&format!("{path}/mute")).await.ok(200);
    bob.put(&format!("{path}/silences/cleo"), json!({"until": 4_000_000_000_000_u64})).await.ok(200);
    assert_eq!(cleo.post(&entries, text("hello")).await.problem(), (403, "silenced_in_group".to_owned()));
    bob.delete(&format!("{path}/silences/cleo")).await.ok(200);
    cleo.put(&format!("{path}/aliases/cleo"), json!({"alias": "Rose"})).await.ok(200);
    let seq = cleo.post(&entries, text("hello")).await.ok(201)["entry"]["seq"].clone();
    ada.put(&format!("/conversations/{group}/pins/{seq}"), json!({})).await.ok(200);
    assert_eq!(bob.get(&format!("/conversations/{group}/pins")).await.ok(200)["entries"][0]["seq"], seq);
    let forwarded = bob.post(&format!("{entries}/{seq}/forward"), json!({"to": {"user": "ada"}})).await.ok(201);
    let there = format!("/conversations/{}/entries/1", forwarded["entry"]["conversation"]);
    assert_eq!(ada.get(&there).await.ok(200)["origin"]["author"], "cleo");
    let code = ada.post(&format!("{path}/invites"), json!({"uses_max": 1})).await.ok(201)["code"].clone();
    let code = code.as_str().unwrap();
    assert_eq!(user(&server, "dan").await.1.get(&format!("/invites/{code}")).await.ok(200)["title"], "Roses");
    ada.delete(&format!("{path}/invites/{code}")).await.ok(200);
    let late = cleo.post(&format!("/invites/{code}/join"), json!({})).await.problem();
    assert_eq!(late, (404, "not_found".to_owned()));
    let place = cleo.get(&format!("/conversations/{group}/place?at=0")).await.ok(200);
    assert!(place["seq"].as_u64().unwrap() > 0);
    cleo.delete(&entries).await.ok(200);
    ada.put(&format!("{path}/owner"), json!({"user": "bob"})).await.ok(200);
    assert_eq!(ada.delete(&path).await.problem(), (403, "forbidden".to_owned()));
    bob.delete(&path).await.ok(200);
    assert_eq!(ada.post(&entries, text("too late")).await.problem(), (409, "dissolved".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_the_other_sessions() {
    let (_folder, server) = start().await;
    with_password(&server, "ada", "correct horse").await;
    let login = async |password: &str| {
        let body = json!({"user": "ada", "password": password});
        let token = Api::at(server.http).post("/sessions", body).await.ok(201)["token"].as_str().unwrap().to_owned();
        Api::with_token(server.http, &Secret::new(token))
    };
    let (one, other) = (login("correct horse").await, login("correct horse").await);
    let wrong = one.put("/me/password", json!({"old": "wrong horse", "new": "a quiet afternoon"})).await;
    assert!(wrong.status == 401 || wrong.status == 403, "{}", wrong.status);
    let change = one.put("/me/password", json!({"old": "correct horse", "new": "a quiet afternoon"})).await;
    assert_eq!(change.status, 204);
    assert_eq!(other.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    one.get("/me").await.ok(200);
    login("a quiet afternoon").await;
    assert!(server.stop().await);
}
