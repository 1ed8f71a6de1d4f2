//! Events of the app's own: told to devices that are connected, past all chats, and kept nowhere.

use super::{administrator, app, start, text};
use crate::server::{PASSWORD, binary};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use crate::support::peer::{Peer, SOON, Way, hello, soon};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tidings::gateway::GatewayOptions;
use tidings::model::clock::monotonic;
use tidings::model::{AppId, Secret};
use tidings::protocol::{Auth, Encoding, Resume, ServerFrame};
use tokio::net::TcpSocket;

const SHOP: AppId = AppId(2);
const OTHER: AppId = AppId(3);

fn event(users: &[&str], kind: &str, data: &Value) -> Value {
    json!({"users": users, "kind": kind, "data": data})
}

/// The next event of the app's own that comes: its kind and what it carries.
async fn pushed(peer: &mut Peer) -> (String, Value) {
    peer.until(|frame| match frame {
        ServerFrame::Pushed { kind, data } => {
            Some((kind.as_str().to_owned(), serde_json::from_str(data.as_str()).unwrap()))
        }
        _ => None,
    })
    .await
}

/// Whether none has come by the time a ping is answered.
async fn hears_none(peer: &mut Peer) -> bool {
    peer.ping(4_242).await;
    !peer.early.iter().any(|frame| matches!(frame, ServerFrame::Pushed { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_reaches_every_device_that_is_connected_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever says nothing may do so for as long as this takes.
    let server = Server::start(folder.path(), GatewayOptions { hello_timeout_ms: 3_600_000, ..quick() }).await;
    let admin = administrator(&server).await;
    let (shop, _other) = (app(&server, &admin, "shop").await, app(&server, &admin, "other").await);
    let ada = server.person_of(SHOP, "Ada").await;
    let mut devices = vec![];
    for way in Way::ALL {
        let device = server.device("Ada", ada.handle, &format!("{way:?}").replace(['(', ')'], ".")).await;
        devices.push(Peer::log_in(&server, way, &device.token).await.0);
    }
    let page = Api::with_token(server.http, &ada.token);
    let mut stream = page.events("/stream").await;
    stream.wait_for("welcome").await;
    let (bob, eve) = (server.person_of(SHOP, "bob").await, server.person_of(OTHER, "ada").await);
    server.person_of(SHOP, "cy").await;
    let (mut bob, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &bob.token).await;
    let (mut eve, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &eve.token).await;

    let order = json!({"order": 4711, "note": "Straße \"7\"\n", "price": 1.5, "parts": [null, true, {}]});
    // Somebody who has not said who they are is told nothing, either.
    let mut silent = Peer::connect(&server, Way::Tcp(Encoding::Json)).await;
    let told = shop.post("/apps/shop/push", event(&["ada", "cy"], "order.shipped", &order)).await.ok(200);
    let expected = json!({"refused": 0, "results": [
        {"user": "ada", "status": "told", "devices": 5}, {"user": "cy", "status": "told", "devices": 0}]});
    assert_eq!(told, expected);
    for device in &mut devices {
        assert_eq!(pushed(device).await, ("order.shipped".to_owned(), order.clone()));
    }
    let come = stream.wait_for("pushed").await;
    assert_eq!(come.data, json!({"pushed": {"kind": "order.shipped", "data": order}}));
    assert_eq!(come.id, None, "it is no place to go on from");
    assert!(hears_none(&mut bob).await && hears_none(&mut eve).await && hears_none(&mut silent).await);

    // By the number of the app, with white space in what it carries, and with nothing at all.
    let spaced = r#"{"users":["bob"],"kind":"Refresh_all-1","data": [ 1.50,
        {"a b" : "c  d"} ]}"#;
    let as_json = shop.header("content-type", "application/json");
    let told = as_json.raw("POST", "/apps/2/push", spaced.as_bytes()).await.ok(200);
    assert_eq!(told["results"][0]["devices"], 1);
    bob.ping(1).await;
    let data = bob.early.iter().find_map(|frame| match frame {
        ServerFrame::Pushed { data, .. } => Some(data.as_str().to_owned()),
        _ => None,
    });
    assert_eq!(data.as_deref(), Some(r#"[1.50,{"a b":"c  d"}]"#));
    bob.early.clear();
    shop.post("/apps/shop/push", json!({"users": ["bob"], "kind": "x"})).await.ok(200);
    assert_eq!(pushed(&mut bob).await, ("x".to_owned(), Value::Null));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_an_event_is_kept() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let (ada, bob) = (server.person_of(SHOP, "ada").await, server.person_of(SHOP, "bob").await);
    let api = Api::with_token(server.http, &ada.token);
    Api::with_token(server.http, &bob.token).post("/users/ada/entries", text("hello")).await.ok(201);
    let way = Way::Tcp(Encoding::Postcard);
    let (mut live, welcome) = Peer::log_in(&server, way, &ada.token).await;
    let start = shop.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    // What stands in her chats; receipts go on by themselves.
    let chats = async || {
        let all = api.get("/conversations").await.ok(200)["conversations"].as_array().unwrap().clone();
        let about = all.iter().map(|one| json!([one["id"], one["head"], one["entries"], one["inbox"]["unread"]]));
        about.collect::<Vec<_>>()
    };
    let before = chats().await;

    let tell = async |kind: &str| {
        let told = shop.post("/apps/shop/push", event(&["ada"], kind, &json!("the colour of the east wall"))).await;
        told.ok(200)["results"][0]["devices"].as_u64().unwrap()
    };
    assert_eq!(tell("heard").await, 1);
    assert_eq!(pushed(&mut live).await.0, "heard");
    drop(live);
    soon("she is gone", || !server.gateway.hub().is_online(ada.handle)).await;
    assert_eq!(tell("missed").await, 0);

    // Whoever comes back is told of what comes from then on.
    let resume = Some(Resume { epoch: welcome.epoch, cursor: welcome.cursor });
    let (mut back, _) = Peer::resume(&server, way, &ada.token, resume).await;
    let page = back.until(|frame| matches!(frame, ServerFrame::Changes(_)).then(|| format!("{frame:?}"))).await;
    assert!(!page.contains("east wall") && !page.contains("missed"), "{page}");
    assert_eq!(tell("again").await, 1);
    assert_eq!(pushed(&mut back).await.0, "again", "and of nothing before it");
    assert!(hears_none(&mut back).await);
    let events = shop.get(&format!("/apps/shop/events?after={start}&limit=1000")).await.ok(200);
    assert_eq!((&events["events"], &events["gap"]), (&json!([]), &json!(false)));
    assert_eq!(chats().await, before);
    assert_eq!(api.get("/search?q=colour").await.ok(200)["hits"], json!([]));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_and_tells_nobody() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (shop, other) = (app(&server, &admin, "shop").await, app(&server, &admin, "other").await);
    let ada = server.person_of(SHOP, "ada").await;
    let (mut peer, _) = Peer::log_in(&server, Way::WebSocket(Encoding::Json), &ada.token).await;
    let many: Vec<String> = (0..257).map(|n| format!("user{n}")).collect();
    let deep = (0..65).fold(json!(1), |inner, _| json!([inner]));
    let invalid = (400, "invalid".to_owned());
    let wrong = [
        (json!({"users": [], "kind": "x"}), invalid.clone()),
        (json!({"users": many, "kind": "x"}), invalid.clone()),
        (json!({"users": ["ada", "bob", "ADA"], "kind": "x"}), invalid.clone()),
        (json!({"users": ["a b"], "kind": "x"}), invalid.clone()),
        (json!({"users": "ada", "kind": "x"}), invalid.clone()),
        (json!({"users": ["ada"]}), invalid.clone()),
        (json!({"users": ["ada"], "kind": ""}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "x y"}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "größe"}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "x".repeat(65)}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "x", "data": deep}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "x", "as": "bob"}), invalid.clone()),
        (json!({"users": ["ada"], "kind": "x", "data": "x".repeat(4_095)}), (413, "too_large".to_owned())),
        (json!({"users": ["ada"], "kind": "x", "data": "x".repeat(70_000)}), (413, "too_large".to_owned())),
    ];
    for (body, problem) in wrong {
        let short: String = body.to_string().chars().take(80).collect();
        assert_eq!(shop.post("/apps/shop/push", body).await.problem(), problem, "{short}");
    }
    let broken = shop.header("content-type", "application/json");
    let broken = broken.raw("POST", "/apps/shop/push", br#"{"users":["ada"],"kind":"x","data":{"a":}}"#).await;
    assert_eq!(broken.problem(), invalid);
    // Others than the app's own backend.
    let good = event(&["ada"], "x", &json!(1));
    assert_eq!(other.post("/apps/shop/push", good.clone()).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(other.post("/apps/2/push", good.clone()).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(other.post("/apps/other/as/ada/push", good.clone()).await.problem().0, 404);
    let session = Api::with_token(server.http, &ada.token).post("/apps/shop/push", good.clone()).await;
    assert_eq!(session.problem(), (403, "forbidden".to_owned()));
    assert_eq!(Api::at(server.http).post("/apps/shop/push", good.clone()).await.problem().0, 401);
    assert!(hears_none(&mut peer).await);
    // As much as there may be.
    let most: Vec<String> = (0..255).map(|n| format!("user{n}")).chain(["ada".to_owned()]).collect();
    let body = json!({"users": most, "kind": "x".repeat(64), "data": "x".repeat(4_094)});
    let told = shop.post("/apps/shop/push", body).await.ok(200);
    assert_eq!((&told["refused"], &told["results"][255]["devices"]), (&json!(255), &json!(1)));
    assert_eq!(pushed(&mut peer).await.1, json!("x".repeat(4_094)));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_who_are_not_there_or_suspended_are_refused_each_for_themselves() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let (shop, _other) = (app(&server, &admin, "shop").await, app(&server, &admin, "other").await);
    let ada = server.person_of(SHOP, "ada").await;
    for id in ["bad", "gone"] {
        server.person_of(SHOP, id).await;
    }
    let foreign = server.person_of(OTHER, "foreign").await;
    let (mut peer, _) = Peer::log_in(&server, Way::Tcp(Encoding::Postcard), &ada.token).await;
    let (mut foreign, _) = Peer::log_in(&server, Way::Tcp(Encoding::Postcard), &foreign.token).await;
    shop.patch("/apps/shop/users/bad/flags", json!({"suspended": true})).await.ok(200);
    assert_eq!(shop.delete("/apps/shop/users/gone").await.status, 204);
    let all = event(&["nobody", "bad", "ada", "gone", "foreign"], "x", &json!(1));
    let told = shop.post("/apps/shop/push", all.clone()).await.ok(200);
    let became: Vec<(&str, &Value, &Value)> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(
                one["status"] == "told" || one["detail"].as_str().is_some_and(|words| words.ends_with('.')),
                "{one}"
            );
            (one["user"].as_str().unwrap(), &one["code"], &one["devices"])
        })
        .collect();
    let (none, unknown, suspended) = (json!(null), json!("not_found"), json!("suspended"));
    let expected = [
        ("nobody", &unknown, &none),
        ("bad", &suspended, &none),
        ("ada", &none, &json!(1)),
        ("gone", &unknown, &none),
        ("foreign", &unknown, &none),
    ];
    assert_eq!(became, expected);
    assert_eq!(told["refused"], 4);
    assert_eq!(pushed(&mut peer).await.0, "x");
    assert!(hears_none(&mut foreign).await);
    // A suspended app tells nobody.
    assert_eq!(admin.put("/admin/apps/shop/suspension", json!({})).await.status, 204);
    assert_eq!(shop.post("/apps/shop/push", all).await.problem(), (403, "suspended".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_count_as_commands_of_the_app() {
    let (_folder, server) = start().await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    server.person_of(SHOP, "ada").await;
    admin.patch("/admin/apps/shop/access", json!({"commands_per_second": 1})).await.ok(200);
    // All at once, so that a busy machine does not let a second pass between each two.
    let (shop, body) = (&shop, &event(&["ada"], "x", &json!(1)));
    let replies = futures_util::future::join_all((0..30).map(|_| shop.post("/apps/shop/push", body.clone()))).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(!refused.is_empty() && refused.len() < 30, "{}", refused.len());
    for reply in refused {
        assert_eq!(reply.problem(), (429, "rate_limited".to_owned()));
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_left_out_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let frame = 64 * 1024;
    // However long it takes to fill the buffers, the slow one is not closed for it.
    let hour = 3_600_000;
    let patient = GatewayOptions { silence_timeout_ms: hour, write_timeout_ms: hour, ..quick() };
    let options = GatewayOptions { max_frame: frame, queue_bytes: 2 * frame, ..patient };
    let server = Server::start(folder.path(), options).await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let (slow, fast) = (server.person_of(SHOP, "slow").await, server.person_of(SHOP, "fast").await);
    // With little room in the kernel there is less to fill.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(server.tcp).await.unwrap();
    let slow_token = Auth::Token(slow.token.clone());
    let mut slow = Peer::over(stream, Encoding::Postcard).await;
    slow.send(&hello(slow_token, None)).await;
    slow.until(|frame| matches!(frame, ServerFrame::Welcome(_)).then_some(())).await;
    let (mut fast, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &fast.token).await;
    // The slow one reads nothing; the kernel's buffers take some, then its queue is half full and takes no more of these.
    let mut count = 0_u32;
    loop {
        let body = event(&["slow", "fast"], "x", &json!({"n": count, "fill": "x".repeat(4_000)}));
        let told = shop.post("/apps/shop/push", body).await.ok(200);
        assert_eq!(told["results"][1]["devices"], 1, "{told}");
        assert_eq!(pushed(&mut fast).await.1["n"], count);
        fast.early.clear();
        if told["results"][0]["devices"] == 0 {
            break;
        }
        count += 1;
        assert!(count < 20_000, "it takes everything");
    }
    // What counts still has room: it is told, and nothing was dropped for these.
    let said = json!({"to": {"user": "slow"}, "content": text("This one arrives.")});
    shop.post("/apps/shop/entries", said).await.ok(201);
    assert_eq!(crate::support::peer::text(&slow.entry().await.1), "This one arrives.");
    let heard = slow.early.iter().filter(|frame| matches!(frame, ServerFrame::Pushed { .. })).count();
    assert_eq!(heard, count as usize, "all that it was said to be on its way");
    assert!(!slow.early.iter().any(|frame| matches!(frame, ServerFrame::Lagging {})));
    assert_eq!(server.gateway.stats().lagging, 0);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_prints_them() {
    let server = crate::server::Server::start();
    server.add_user("ada");
    let made = server.command(&["app", "key-create", "home", "--kind", "api"], "").ok();
    let home = Api::with_token(server.http, &Secret::new(made.trim().split_once(' ').unwrap().1));
    let expected = [
        (vec!["--json"], "{\"pushed\":{\"kind\":\"order.shipped\",\"data\":{\"order\":4711}}}\n"),
        (vec![], "(order.shipped) {\"order\":4711}\n"),
    ];
    for (flags, line) in expected {
        let mut tail = binary(server.folder().parent().unwrap())
            .args(["tail", "--user", "ada", "--count", "1", "--server", &server.url()])
            .args(flags)
            .env("TIDINGS_PASSWORD", PASSWORD.trim())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Until it is there nobody is told, so it is told again and again.
        let deadline = monotonic() + 6 * SOON;
        while tail.try_wait().unwrap().is_none() {
            assert!(monotonic() < deadline, "it prints nothing");
            home.post("/apps/home/push", event(&["ada"], "order.shipped", &json!({"order": 4711}))).await.ok(200);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let output = tail.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), line, "{}", String::from_utf8_lossy(&output.stderr));
    }
}
