//! Pages of other systems in a browser: which origins an app lists, and what each of them gets in a preflight, over REST, over the
//! socket and in a frame.

use super::signed::{claims, header, token};
use super::{administrator, app, key, start, text};
use crate::support::http::{Api, Reply};
use crate::support::in_process::{Person, Server, device, quick};
use crate::support::peer::SOON;
use futures_util::future::join_all;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use tidings::gateway::GatewayOptions;
use tidings::model::clock::monotonic;
use tidings::model::{AppId, Secret};
use tidings::protocol::{Auth, ClientFrame, Hello, ServerFrame};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

const SHOP: &str = "https://shop.example";
const LOCAL: &str = "http://localhost:5173";
const DESK: &str = "https://desk.example:8443";
const IDLE: &str = "https://idle.example";

/// Every origin, and which apps list it: 2 is `shop`, 3 `desk`, 4 `idle` (which is suspended), 5 `bare` (which lists nothing).
const ORIGINS: &[(&str, &[u32])] = &[
    (SHOP, &[2, 3]),
    (LOCAL, &[2]),
    (DESK, &[3]),
    (IDLE, &[]),
    ("null", &[]),
    ("", &[]),
    ("*", &[]),
    ("https://shop.example.evil.example", &[]),
    ("https://evil.example/https://shop.example", &[]),
    ("https://evilshop.example", &[]),
    ("https://a.shop.example", &[]),
    ("https://shop.exampl", &[]),
    ("https://shop.example.", &[]),
    ("https://shop.example/", &[]),
    ("https://shop.example:443", &[]),
    ("https://shop.example:8443", &[]),
    ("https://Shop.example", &[]),
    ("HTTPS://SHOP.EXAMPLE", &[]),
    ("http://shop.example", &[]),
    ("https://shop.example https://desk.example:8443", &[]),
    ("https://shop.example, https://evil.example", &[]),
    ("https://user@shop.example", &[]),
    ("https://desk.example", &[]),
    ("https://desk.example:844", &[]),
    ("http://localhost", &[]),
    ("http://localhost:5174", &[]),
    ("https://localhost:5173", &[]),
    ("http://127.0.0.1:5173", &[]),
    ("file://", &[]),
    ("chrome-extension://abcdefgh", &[]),
];

/// What a browser that asks beforehand is told.
async fn preflight(server: &Server, origin: &str, path: &str) -> Reply {
    let page = Api::at(server.http).header("origin", origin).header("access-control-request-method", "POST");
    page.header("access-control-request-headers", "authorization, content-type").send("OPTIONS", path, None).await
}

/// The origin that may read an answer. No answer says that cookies may be sent, and each says that it depends on the origin.
fn may_read(reply: &Reply) -> Option<&str> {
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let varies = reply.headers.iter().filter(|(name, _)| name == "vary").any(|(_, value)| value.contains("origin"));
    assert!(varies, "{:?}", reply.headers);
    reply.header("access-control-allow-origin")
}

/// Opens a WebSocket from a page and logs in; the answer, or the status of the refused upgrade.
async fn hello(server: &Server, headers: &[(&'static str, &str)], auth: Auth) -> Result<ServerFrame, u16> {
    let mut request = format!("ws://{}/ws", server.http).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "tidings.v1.json".parse().unwrap());
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let mut socket = match tokio_tungstenite::connect_async(request).await {
        Ok((socket, _)) => socket,
        Err(Error::Http(response)) => return Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    };
    let hello = Hello { auth, device: device("page"), resume: None, client: "test".to_owned() };
    let text = serde_json::to_string(&ClientFrame::Hello(hello)).unwrap();
    socket.send(Message::Text(text.into())).await.unwrap();
    match tokio::time::timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap() {
        Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
        other => panic!("{other:?}"),
    }
}

fn body(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

/// The directive of a page's policy that says who shows it in a frame.
fn ancestors(reply: &Reply) -> String {
    let policy = reply.header("content-security-policy").unwrap();
    let found = policy.split("; ").find_map(|directive| directive.strip_prefix("frame-ancestors "));
    found.unwrap().to_owned()
}

/// Apps 2 to 5 with a user each.
async fn four_apps(server: &Server, admin: &Api) -> Vec<Person> {
    let mut people = Vec::new();
    for (number, name) in [(2, "shop"), (3, "desk"), (4, "idle"), (5, "bare")] {
        app(server, admin, name).await;
        people.push(server.person_of(AppId(number), "ada").await);
    }
    for (name, origins) in [("shop", vec![SHOP, LOCAL]), ("desk", vec![DESK, SHOP]), ("idle", vec![IDLE, SHOP])] {
        admin.put(&format!("/admin/apps/{name}/origins"), json!({"origins": origins})).await.ok(200);
    }
    people
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_gets_what_its_origin_may_in_the_app_of_whoever_asks() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("embed.html"), "<!doctype html><html data-origins=\"\"></html>").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut options = quick();
    options.web_dir = Some(files.path().to_owned());
    let server = Server::start(folder.path(), options).await;
    let admin = administrator(&server).await;
    let people = four_apps(&server, &admin).await;
    // The keys and sessions of a suspended app open nothing, wherever the page is from.
    admin.put("/admin/apps/idle/suspension", json!({})).await;
    for (origin, listed) in ORIGINS {
        let any = !listed.is_empty();
        let asked = preflight(&server, origin, "/me").await;
        assert_eq!((asked.status, may_read(&asked)), if any { (204, Some(*origin)) } else { (403, None) }, "{origin}");
        for (number, person) in (2..).zip(&people) {
            let of = format!("{origin} in app {number}");
            let page = Api::with_token(server.http, &person.token).header("origin", origin);
            let (read, wrote) = (page.get("/me").await, page.post("/users/ada/entries", text("hello")).await);
            if listed.contains(&number) {
                assert_eq!((read.status, may_read(&read)), (200, Some(*origin)), "{of}");
                assert_eq!((wrote.status, may_read(&wrote)), (201, Some(*origin)), "{of}");
                let told = wrote.header("access-control-expose-headers").unwrap();
                for name in ["location", "retry-after", "ratelimit", "etag"] {
                    assert!(told.split(", ").any(|one| one == name), "{told}");
                }
            } else if number == 4 {
                assert!(read.status >= 400 && wrote.status >= 400, "{of}");
            } else {
                assert_eq!(may_read(&read), None, "{of}");
                assert_eq!((read.problem(), may_read(&wrote)), ((403, "forbidden".to_owned()), None), "{of}");
                assert_eq!(wrote.problem(), (403, "forbidden".to_owned()), "{of}");
            }
            match hello(&server, &[("origin", origin)], Auth::Token(person.token.clone())).await {
                Ok(ServerFrame::Welcome(welcome)) => assert!(listed.contains(&welcome.app.0), "{of}"),
                Ok(ServerFrame::Refused(refused)) => {
                    assert!(any && !listed.contains(&number), "{of}: {refused:?}");
                    assert!(number == 4 || refused.code.as_str() == "forbidden", "{of}: {refused:?}");
                }
                Err(403) => assert!(!any, "{of}"),
                other => panic!("{of}: {other:?}"),
            }
        }
    }
    // Who shows the widget in a frame does not depend on what a request says.
    let expected =
        [("shop", format!("{LOCAL} {SHOP}")), ("2", format!("{LOCAL} {SHOP}")), ("desk", format!("{DESK} {SHOP}"))];
    for (app, list) in &expected {
        for origin in [SHOP, "https://evil.example"] {
            let page = Api::at(server.http).header("origin", origin).at_root("GET", &format!("/embed/{app}")).await;
            assert_eq!((page.status, &ancestors(&page)), (200, list), "{app}");
            assert!(body(&page).contains(&format!("data-origins=\"{list}\"")), "{}", body(&page));
        }
    }
    for app in ["bare", "idle", "nobody", "home", "%22%3E%3Cscript%3E", "a%20b"] {
        let page = Api::at(server.http).at_root("GET", &format!("/embed/{app}")).await;
        assert_eq!((page.status, ancestors(&page)), (200, "'none'".to_owned()), "{app}");
        assert!(body(&page).contains("data-origins=\"\""), "{}", body(&page));
    }
    // In use again.
    admin.delete("/admin/apps/idle/suspension").await;
    let page = Api::at(server.http).at_root("GET", "/embed/idle").await;
    assert_eq!(ancestors(&page), format!("{IDLE} {SHOP}"));
    assert_eq!(preflight(&server, IDLE, "/me").await.status, 204);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_the_widget_or_for_the_socket_of_other_pages_too_often_is_slowed_down() {
    let folder = tempfile::tempdir().unwrap();
    let options = GatewayOptions { rest_per_second: 1, rest_burst: 4, ..quick() };
    let server = Server::start(folder.path(), options).await;
    let evil = "https://evil.example";
    let floods = [
        (Api::at(server.http).from(Ipv4Addr::new(127, 1, 0, 1)), "/embed/shop", 200),
        (Api::at(server.http).from(Ipv4Addr::new(127, 2, 0, 1)).header("origin", evil), "/api/v1/me", 401),
    ];
    for (who, address, usual) in &floods {
        let deadline = monotonic() + 6 * SOON;
        let slowed = loop {
            let replies = join_all((0..16).map(|_| who.at_root("GET", address))).await;
            let other = replies.iter().find(|reply| ![*usual, 429].contains(&reply.status));
            assert!(other.is_none(), "{address}: {other:?}");
            if let Some(slowed) = replies.into_iter().find(|reply| reply.status == 429) {
                break slowed;
            }
            assert!(monotonic() < deadline, "{address}: a flood is slowed down");
        };
        assert_eq!(slowed.problem(), (429, "rate_limited".to_owned()), "{address}");
        assert!(slowed.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        assert!(slowed.header("ratelimit-policy").unwrap().starts_with("\"address\";q=4"), "{slowed:?}");
    }
    let gone = || Auth::Token(Secret::new("tds_gone"));
    let foreign = [("origin", evil)];
    let deadline = monotonic() + 6 * SOON;
    loop {
        let said = join_all((0..16).map(|_| hello(&server, &foreign, gone()))).await;
        let statuses: Vec<u16> = said.into_iter().map(Result::unwrap_err).collect();
        assert!(statuses.iter().all(|status| [403, 429].contains(status)), "{statuses:?}");
        if statuses.contains(&429) {
            break;
        }
        assert!(monotonic() < deadline, "a flood of upgrades is slowed down");
    }
    // That counts for no other address, and no page of our own and no other program counts there.
    let elsewhere = Api::at(server.http).from(Ipv4Addr::new(127, 4, 0, 1));
    assert_eq!(elsewhere.at_root("GET", "/embed/shop").await.status, 200);
    for _ in 0..8 {
        let said = hello(&server, &[], gone()).await;
        assert!(matches!(said, Ok(ServerFrame::Refused(_))), "{said:?}");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_logs_in_users_of_the_app_that_lists_its_origin_and_no_others() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    four_apps(&server, &admin).await;
    let (shop_key, shop_secret) = key(&admin, "shop", "hs256").await;
    let (bare_key, bare_secret) = key(&admin, "bare", "hs256").await;
    let of_shop = || token(&shop_secret, &header(shop_key), &claims(&server, 2, "new"));
    let of_bare = || token(&bare_secret, &header(bare_key), &claims(&server, 5, "new"));
    let page = Api::at(server.http).header("origin", LOCAL);
    let opened = page.post("/sessions", json!({"signed": of_shop()})).await;
    assert_eq!((opened.status, may_read(&opened)), (201, Some(LOCAL)));
    assert_eq!(opened.header("set-cookie"), None);
    let refused = page.post("/sessions", json!({"signed": of_bare()})).await;
    assert_eq!(refused.problem(), (403, "forbidden".to_owned()));
    let nobody = admin.get("/admin/users/new?app=bare").await;
    assert_eq!(nobody.problem(), (404, "not_found".to_owned()), "a refused log-in makes nobody");
    let cookie = page.post("/sessions", json!({"signed": of_shop(), "cookie": true})).await;
    assert_eq!((cookie.problem(), cookie.header("set-cookie")), ((403, "forbidden".to_owned()), None));
    // With a password, too: the app is looked at before the password is.
    for app in [1, 5] {
        let body = json!({"app": app, "user": "ada", "password": "not the right one"});
        assert_eq!(page.post("/sessions", body).await.problem(), (403, "forbidden".to_owned()), "{app}");
    }
    let body = json!({"app": 2, "user": "ada", "password": "not the right one"});
    assert_eq!(page.post("/sessions", body).await.problem(), (401, "unauthenticated".to_owned()));
    // The socket.
    for (origin, token, welcome) in
        [(LOCAL, of_shop(), true), (LOCAL, of_bare(), false), (DESK, of_shop(), false), (SHOP, of_shop(), true)]
    {
        let said = hello(&server, &[("origin", origin)], Auth::Signed(Secret::new(token))).await;
        assert_eq!(matches!(said, Ok(ServerFrame::Welcome(_))), welcome, "{origin}: {said:?}");
    }
    let evil = hello(&server, &[("origin", "https://evil.example")], Auth::Signed(Secret::new(of_shop()))).await;
    assert_eq!(evil.unwrap_err(), 403);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_nobody_is_known_to_reads_what_is_for_everybody_and_changes_nothing() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let people = four_apps(&server, &admin).await;
    for (origin, listed) in [(SHOP, true), ("https://evil.example", false), ("null", false)] {
        let page = Api::at(server.http).header("origin", origin);
        let reads = listed.then_some(origin);
        let server_info = page.get("/server").await;
        assert_eq!((server_info.status, may_read(&server_info)), (200, reads), "{origin}");
        let own = page.get("/me").await;
        assert_eq!((own.problem().0, may_read(&own)), (401, reads), "{origin}");
        for (path, body) in [
            ("/accounts", json!({"user": "new", "password": "a quiet afternoon"})),
            ("/setup", json!({"token": "x", "user": "mine", "password": "a quiet afternoon"})),
            ("/password-links", json!({"token": "x", "password": "a quiet afternoon"})),
            ("/nowhere", json!({})),
        ] {
            let wrote = page.post(path, body.clone()).await;
            assert_eq!((wrote.problem(), may_read(&wrote)), ((403, "forbidden".to_owned()), reads), "{origin} {path}");
            // Whoever is gone learns it, where they may learn anything, and gets no further either.
            let gone = page.header("authorization", "Bearer tds_gone").post(path, body).await;
            assert_eq!((gone.problem().0, may_read(&gone)), (if listed { 401 } else { 403 }, reads), "{origin} {path}");
        }
        // A cookie counts for nothing, and a page of the same site sends it without being asked.
        let token = people[0].token.reveal();
        let with_cookie = page.header("cookie", &format!("tidings={token}"));
        assert_eq!(with_cookie.get("/me").await.status, 401, "{origin}");
        for site in ["same-site", "cross-site"] {
            let wrote = with_cookie.header("sec-fetch-site", site).post("/users/ada/entries", text("forged")).await;
            assert_eq!(wrote.problem(), (403, "forbidden".to_owned()), "{origin} {site}");
        }
        let cookie = format!("tidings={token}");
        let headers = [("origin", origin), ("cookie", &*cookie)];
        match hello(&server, &headers, Auth::Cookie {}).await {
            Ok(ServerFrame::Refused(refused)) => assert!(listed && refused.code.as_str() == "unauthenticated"),
            Err(403) => assert!(!listed),
            other => panic!("{origin}: {other:?}"),
        }
        // A cookie that comes along does not keep a page from logging in.
        let own = Auth::Token(people[0].token.clone());
        let said = hello(&server, &headers, own).await;
        assert_eq!(matches!(said, Ok(ServerFrame::Welcome(_))), listed, "{origin}: {said:?}");
    }
    // Who is no browser, and our own pages, are asked nothing of this.
    let bare = Api::with_token(server.http, &people[3].token);
    let own = format!("http://{}", server.http);
    for api in [
        bare.clone(),
        bare.header("origin", &own),
        bare.header("origin", &own).header("sec-fetch-site", "same-origin"),
        bare.header("origin", "http://localhost:8000"),
        bare.header("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(api.post("/users/ada/entries", text("hello")).await.status, 201);
    }
    for origin in [&*own, "http://localhost:8000"] {
        let said = hello(&server, &[("origin", origin)], Auth::Token(people[3].token.clone())).await;
        assert!(matches!(said, Ok(ServerFrame::Welcome(_))), "{origin}: {said:?}");
    }
    // A preflight counts as any other request of an address, and its answer says for how long it counts.
    let asked = preflight(&server, SHOP, "/conversations").await;
    assert_eq!(asked.header("access-control-max-age"), Some("600"));
    assert!(asked.header("access-control-allow-headers").unwrap().contains("authorization"));
    assert!(asked.header("access-control-allow-methods").unwrap().contains("PATCH"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_set_by_administrators_and_the_apps_own_key() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (shop, desk) = (app(&server, &admin, "shop").await, app(&server, &admin, "desk").await);
    let empty = json!({"origins": []});
    assert_eq!(admin.get("/admin/apps/shop/origins").await.ok(200), empty);
    assert_eq!(shop.get("/apps/shop/origins").await.ok(200), empty);
    let sorted = json!({"origins": [LOCAL, DESK, SHOP]});
    let set = shop.put("/apps/shop/origins", json!({"origins": [SHOP, DESK, LOCAL, SHOP]})).await.ok(200);
    assert_eq!(set, sorted, "in order and each once");
    assert_eq!(admin.get("/admin/apps/2/origins").await.ok(200), sorted);
    assert_eq!(admin.get("/admin/apps/shop/access").await.ok(200)["origins"], sorted["origins"]);
    assert_eq!(shop.get("/apps/2/origins").await.ok(200), sorted);
    // Another app's key finds no such app; a user may neither look nor set.
    assert_eq!(desk.get("/apps/shop/origins").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(desk.put("/apps/shop/origins", empty.clone()).await.problem(), (404, "not_found".to_owned()));
    let ada = Api::with_token(server.http, &server.person_of(AppId(2), "ada").await.token);
    for path in ["/apps/shop/origins", "/admin/apps/shop/origins"] {
        assert_eq!(ada.put(path, empty.clone()).await.problem(), (403, "forbidden".to_owned()), "{path}");
    }
    for wrong in ["*", "null", "https://shop.example/", "http://shop.example", "https://*.shop.example", "shop.example"]
    {
        let reply = shop.put("/apps/shop/origins", json!({"origins": [SHOP, wrong]})).await;
        assert_eq!(reply.problem(), (400, "invalid".to_owned()), "{wrong}");
        assert!(body(&reply).contains("https://"), "it says what an origin is: {}", body(&reply));
    }
    let many = |count: u32| (0..count).map(|n| json!(format!("https://{n}.shop.example"))).collect::<Vec<Value>>();
    let reply = admin.put("/admin/apps/desk/origins", json!({"origins": many(21)})).await;
    assert_eq!(reply.problem(), (409, "full".to_owned()));
    admin.put("/admin/apps/desk/origins", json!({"origins": many(20)})).await.ok(200);
    assert_eq!(admin.put("/admin/apps/none/origins", empty.clone()).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(shop.get("/apps/shop/origins").await.ok(200), sorted, "what is refused changes nothing");
    let audit = admin.get("/admin/audit?limit=50").await.ok(200);
    let line = |who: &str, app: &str| {
        let lines = audit["lines"].as_array().unwrap();
        lines.iter().any(|line| {
            let actor = line["actor"].as_str().unwrap();
            line["action"] == "app.origins" && line["subject"] == app && actor.starts_with(who)
        })
    };
    assert!(line("shop: key ", "shop") && line("grace", "desk"), "{audit}");

    // What is taken off the list counts at the next request; what is deleted lets nobody in.
    let page = ada.header("origin", LOCAL);
    page.get("/me").await.ok(200);
    shop.put("/apps/shop/origins", json!({"origins": [SHOP]})).await.ok(200);
    assert_eq!(page.get("/me").await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(preflight(&server, "https://7.shop.example", "/me").await.status, 204);
    admin.delete("/admin/apps/desk").await;
    assert_eq!(preflight(&server, "https://7.shop.example", "/me").await.status, 403);
    assert!(server.stop().await);
}

#[test]
fn the_list_is_set_on_the_command_line() {
    let server = crate::server::Server::start();
    server.command(&["app", "create", "shop"], "").ok();
    assert_eq!(server.command(&["app", "origins", "shop"], "").ok(), "");
    let add = ["app", "origins", "shop", "--add", SHOP, "--add", LOCAL];
    assert_eq!(server.command(&add, "").ok(), format!("{LOCAL}\n{SHOP}\n"));
    assert!(server.command(&["app", "show", "shop"], "").ok().contains(&format!("origin {SHOP}\n")));
    assert_eq!(server.command(&["app", "origins", "shop", "--remove", SHOP], "").ok(), format!("{LOCAL}\n"));
    let wrong = server.command(&["app", "origins", "shop", "--add", "https://*.shop.example"], "");
    assert!(wrong.code != Some(0) && wrong.err.contains("an origin is `https://`"), "{wrong:?}");
    assert_eq!(server.command(&["app", "origins", "shop"], "").ok(), format!("{LOCAL}\n"));
}
