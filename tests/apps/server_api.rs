//! The server API: what another system does for the users of its app.

use super::{administrator, app, key, start, system, text};
use crate::support::http::Api;
use crate::support::peer::{Peer, Way};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tidings::model::{AppId, SystemCommand};
use tidings::protocol::Encoding;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_makes_changes_and_deletes_its_users() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let made = shop.post("/apps/shop/users", json!({"user": "ada", "name": "Ada"})).await.ok(201);
    assert_eq!((&made["id"], &made["name"], &made["app"]), (&json!("ada"), &json!("Ada"), &json!(2)));
    assert_eq!(shop.post("/apps/shop/users", json!({"user": "ADA"})).await.problem(), (409, "conflict".to_owned()));
    let other = shop.post("/apps/shop/users", json!({"user": "ada", "name": "Somebody else"})).await;
    assert_eq!(other.problem(), (409, "conflict".to_owned()));
    assert_eq!(shop.get("/apps/shop/users/ada").await.ok(200)["name"], "Ada", "what is refused changes nothing");
    let many = vec!["ada"; 101].join(",");
    assert_eq!(shop.get(&format!("/apps/shop/presence?ids={many}")).await.status, 400);
    let card = json!({"name": "Ada L.", "card": {"location": "London", "extra": {"customer": "17"}}});
    assert_eq!(shop.put("/apps/shop/users/ada", card).await.ok(200)["name"], "Ada L.");
    let profile = shop.get("/apps/shop/as/ada/me").await.ok(200);
    assert_eq!(profile["profile"]["card"]["extra"]["customer"], "17");
    assert_eq!(shop.put("/apps/shop/users/bob", json!({"kind": "bot"})).await.ok(201)["kind"], "bot");
    // A key has no device, and is no administrator.
    assert_eq!(shop.delete("/apps/shop/as/ada/me/push").await.problem(), (400, "unsupported".to_owned()));
    let home = system(&server, &key(&admin, "home", "api").await.1);
    server.person("plain").await;
    home.get("/apps/home/as/plain/me").await.ok(200);
    assert_eq!(home.get("/apps/home/as/grace/me").await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(home.put("/apps/home/users/grace", json!({"name": "x"})).await.problem(), (403, "forbidden".to_owned()));
    let list = shop.get("/apps/shop/users?limit=1").await.ok(200);
    assert_eq!((&list["users"][0]["id"], &list["next"]), (&json!("ada"), &json!("ada")));
    let flags = shop.patch("/apps/shop/users/ada/flags", json!({"silenced": true})).await.ok(200);
    assert_eq!(flags["silenced"], true);
    let said = shop.post("/apps/shop/as/ada/users/bob/entries", text("hello")).await;
    assert_eq!(said.problem(), (403, "silenced".to_owned()));
    shop.patch("/apps/shop/users/ada/flags", json!({"silenced": false})).await.ok(200);

    // Sign out, at once.
    let bob = server.person_of(AppId(2), "carol").await;
    let api = Api::with_token(server.http, &bob.token);
    assert_eq!(shop.get("/apps/shop/users/carol/sessions").await.ok(200)["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(shop.delete("/apps/shop/users/carol/sessions").await.status, 204);
    assert_eq!(api.get("/me").await.problem().0, 401);
    assert_eq!(shop.delete("/apps/shop/users/carol").await.status, 204);
    assert_eq!(shop.get("/apps/shop/users/carol").await.ok(200)["deleted"], true);
    assert_eq!(shop.put("/apps/shop/users/carol", json!({"name": "x"})).await.problem(), (409, "conflict".to_owned()));
    assert_eq!(shop.get("/apps/shop/as/carol/me").await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_a_user_does_can_be_done_in_their_name() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    for id in ["ada", "bob"] {
        shop.put(&format!("/apps/shop/users/{id}"), json!({})).await.ok(201);
    }
    let bob = server.person_of(AppId(2), "listener").await;
    let (mut live, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &bob.token).await;
    let named = shop.header("idempotency-key", "order-1");
    let send = |words: &str| named.post("/apps/2/as/ada/users/listener/entries", text(words));
    let first = send("Your parcel is on its way.").await.ok(201);
    assert_eq!(first["duplicate"], false);
    let (_, entry) = live.entry().await;
    assert_eq!(entry.author.as_str(), "ada");
    assert_eq!(send("Your parcel is on its way.").await.ok(201)["duplicate"], true);
    assert_eq!(send("Something else.").await.problem(), (422, "idempotency_conflict".to_owned()));
    let chat = first["entry"]["conversation"].as_u64().unwrap();
    let history = shop.get(&format!("/apps/shop/as/listener/conversations/{chat}/entries")).await.ok(200);
    assert_eq!(history["entries"].as_array().unwrap().len(), 1);
    let outside = shop.get(&format!("/apps/shop/as/bob/conversations/{chat}/entries")).await;
    assert_eq!(outside.problem(), (404, "not_found".to_owned()), "as that user sees it, and no further");
    let group = json!({"group": {"title": "Orders", "members": ["bob"]}});
    let group =
        shop.post("/apps/shop/as/ada/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    shop.put(&format!("/apps/shop/as/bob/conversations/{group}/read"), json!({"seq": 1})).await.ok(200);
    shop.post("/apps/shop/as/ada/contact-requests", json!({"user": "bob"})).await.ok(200);
    shop.put("/apps/shop/as/bob/contact-requests/ada", json!({"accept": true})).await.ok(200);
    assert_eq!(shop.get("/apps/shop/as/ada/contacts").await.ok(200)["contacts"][0]["user"], "bob");
    let presence = shop.get("/apps/shop/presence?ids=listener,ada,nobody").await.ok(200);
    let states: Vec<&Value> = presence["presences"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["online", "offline"]);
    // What is a device's own is not done.
    assert_eq!(shop.get("/apps/shop/as/ada/stream").await.problem(), (400, "unsupported".to_owned()));
    assert_eq!(shop.delete("/apps/shop/as/ada/sessions/current").await.problem(), (400, "invalid".to_owned()));
    // Nor is anything beside the app's users.
    for path in ["/apps/shop/as/ada/admin/users", "/apps/shop/as/ada/apps/shop/users", "/apps/shop/as/ada"] {
        assert_eq!(shop.get(path).await.status, 404, "{path}");
    }
    assert_eq!(Api::at(server.http).get("/apps/shop/as/ada/me").await.problem().0, 401);
    assert_eq!(Api::with_token(server.http, &bob.token).get("/apps/shop/as/ada/me").await.problem().0, 401);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_users_come_with_one_call_and_each_has_a_result() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await.patient();
    let mut users: Vec<Value> =
        (0..999).map(|n| json!({"user": format!("user{n}"), "name": format!("User {n}")})).collect();
    users.push(json!({"user": "tagged", "card": {"birthday": "no day"}}));
    let body = json!({ "users": users });
    let first = shop.post("/apps/shop/imports/users", body.clone()).await.ok(200);
    let count = |results: &Value| {
        results["results"].as_array().unwrap().iter().fold(BTreeMap::new(), |mut counts, result| {
            *counts.entry(result["status"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            counts
        })
    };
    assert_eq!(count(&first), BTreeMap::from([("created".to_owned(), 999), ("refused".to_owned(), 1)]));
    assert_eq!((&first["results"][999]["code"], &first["refused"]), (&json!("invalid"), &json!(1)));
    let again = shop.post("/apps/shop/imports/users", body).await.ok(200);
    assert_eq!(count(&again), BTreeMap::from([("unchanged".to_owned(), 999), ("refused".to_owned(), 1)]));
    let used = admin.get("/admin/apps/shop/access").await.ok(200);
    assert_eq!(used["users"], 1_000, "the one whose card was refused is there, too");
    let many: Vec<Value> = (0..1_001).map(|n| json!({"user": format!("more{n}")})).collect();
    assert_eq!(shop.post("/apps/shop/imports/users", json!({ "users": many })).await.problem().0, 400);

    // Contacts and members.
    let contacts: Vec<Value> = (1..999).map(|n| json!({"user": "user0", "contact": format!("user{n}")})).collect();
    let made = shop.post("/apps/shop/imports/contacts", json!({ "contacts": contacts })).await.ok(200);
    assert_eq!(count(&made), BTreeMap::from([("created".to_owned(), 998)]));
    let made = shop.post("/apps/shop/imports/contacts", json!({ "contacts": contacts })).await.ok(200);
    assert_eq!(count(&made), BTreeMap::from([("unchanged".to_owned(), 998)]));
    // A row and its mirror, and another name for somebody who is a contact already.
    let rows = json!([{"user": "user60", "contact": "user61"}, {"user": "user61", "contact": "user60"},
        {"user": "user0", "contact": "user1", "remark": "First"}, {"user": "user0", "contact": "user1", "remark": "First"}]);
    let made = shop.post("/apps/shop/imports/contacts", json!({ "contacts": rows })).await.ok(200);
    let became: Vec<&Value> = made["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(became, ["created", "unchanged", "updated", "unchanged"]);
    let contacts = shop.get("/apps/shop/as/user0/contacts?limit=1").await.ok(200);
    assert_eq!(contacts["contacts"][0]["remark"], "First", "{contacts}");
    let group = json!({"group": {"title": "Everybody"}});
    let group = shop.post("/apps/shop/as/user0/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let ids: Vec<String> = (1..400).map(|n| format!("user{n}")).chain(["nobody".to_owned()]).collect();
    let members = json!({"conversation": group, "by": "user0", "users": ids});
    let made = shop.post("/apps/shop/imports/members", members.clone()).await.ok(200);
    assert_eq!(count(&made), BTreeMap::from([("created".to_owned(), 399), ("refused".to_owned(), 1)]));
    let some = json!({"conversation": group, "by": "user0", "users": ["user398", "user400", "user399"]});
    let made = shop.post("/apps/shop/imports/members", some).await.ok(200);
    let became: Vec<&Value> = made["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(became, ["unchanged", "created", "unchanged"]);
    let made = shop.post("/apps/shop/imports/members", members).await.ok(200);
    assert_eq!(count(&made), BTreeMap::from([("unchanged".to_owned(), 399), ("refused".to_owned(), 1)]));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_speaks_to_users_and_into_groups_without_belonging_to_them() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let ada = server.person_of(AppId(2), "ada").await;
    let api = Api::with_token(server.http, &ada.token);
    api.put("/me/settings", json!({"strangers": "contacts"})).await.ok(200);
    let say = |to: Value, words: &str| shop.post("/apps/shop/entries", json!({"to": to, "content": text(words)}));
    let said = say(json!({"user": "ada"}), "Welcome.").await.ok(201);
    let chat = said["entry"]["conversation"].as_u64().unwrap();
    let entries = api.get(&format!("/conversations/{chat}/entries")).await.ok(200);
    assert_eq!(entries["entries"][0]["author"], "system");
    let group = json!({"group": {"title": "Quiet"}});
    let group = api.post("/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    api.put(&format!("/groups/{group}/mute"), json!({})).await.ok(200);
    let said = say(json!({"conversation": group}), "Maintenance at noon.").await.ok(201);
    let shown = api.get(&format!("/conversations/{group}")).await.ok(200);
    assert_eq!((&shown["conversation"]["members"], &shown["conversation"]["inbox"]["unread"]), (&json!(1), &json!(1)));
    let seq = &said["entry"]["seq"];
    let path = format!("/apps/shop/as/system/conversations/{group}/entries/{seq}");
    shop.patch(&path, json!({"text": "Maintenance at one."})).await.ok(200);
    shop.delete(&path).await.ok(200);
    // Neither into direct chats of others nor into another app; and nothing but speaking.
    let two = server.person_of(AppId(2), "bob").await;
    let direct = Api::with_token(server.http, &two.token).post("/users/ada/entries", text("x")).await;
    assert_eq!(direct.problem(), (403, "stranger".to_owned()));
    api.post("/users/bob/entries", text("hello")).await.ok(201);
    let direct = api.get("/conversations").await.ok(200);
    let direct =
        direct["conversations"].as_array().unwrap().iter().find(|one| one["peer"] == "bob").unwrap()["id"].clone();
    assert_eq!(say(json!({"conversation": direct}), "x").await.problem(), (404, "not_found".to_owned()));
    for (method, rest) in [("DELETE", ""), ("PUT", "/mute"), ("PUT", "/title")] {
        let body = Some(json!({"title": "mine"}));
        let reply = shop.send(method, &format!("/apps/shop/as/system/groups/{group}{rest}"), body).await;
        assert_eq!(reply.problem(), (404, "not_found".to_owned()), "{method} {rest}");
    }
    // Nobody else of that kind does it without the key: `system` has no session to speak through.
    let service = SystemCommand::AddUser {
        app: AppId(2),
        id: "robot".parse().unwrap(),
        name: None,
        password: None,
        administrator: false,
        kind: tidings::model::UserKind::Service,
    };
    let made = server.engine.execute(tidings::auth::operator(), None, service.into()).await.unwrap().result;
    let tidings::model::CommandResult::User { user } = made else { panic!() };
    let robot = server.device("robot", user, "robot").await;
    let robot = Api::with_token(server.http, &robot.token);
    let reply = robot.post(&format!("/conversations/{group}/entries"), text("x")).await;
    assert_eq!(reply.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}
