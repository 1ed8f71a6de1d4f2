//! Web Push: whom a message is pushed to, what is in it, and what happens when a push service does not take it. The push service is
//! on this machine; what it gets is opened with the device's keys by software of others.

use crate::support::http::{Api, Reply};
use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, Way};
use crate::support::requests::{self, Request};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tidings::auth;
use tidings::model::{Clock, Command, CommandResult, Content, Key, SystemCommand, Target, Text, UserId};
use tidings::protocol::Encoding;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint;
use web_push_native::{Auth, decrypt};

/// A push service.
struct Service {
    port: u16,
    pushed: Arc<Mutex<Vec<Request>>>,
    /// What it answers; 0: nothing.
    answer: Arc<AtomicU16>,
}

impl Service {
    async fn start() -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn at(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let service = Self { port, pushed: Arc::default(), answer: Arc::new(AtomicU16::new(201)) };
        let (pushed, answer) = (Arc::clone(&service.pushed), Arc::clone(&service.answer));
        let tasks = tidings::shutdown::Tasks::new();
        let connections = tasks.clone();
        tasks.spawn("push service", async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (pushed, answer) = (Arc::clone(&pushed), Arc::clone(&answer));
                connections.spawn("connection", async move {
                    let mut stream = BufReader::new(stream);
                    while let Ok(Some(one)) = Request::read(&mut stream).await {
                        pushed.lock().push(one);
                        let status = answer.load(Ordering::SeqCst);
                        if status == 0 {
                            std::future::pending::<()>().await;
                        }
                        requests::answer(&mut stream, status, "", b"").await.unwrap();
                    }
                });
            }
        });
        service
    }

    fn say(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    /// What came for a device, all of it.
    fn to(&self, device: &Device) -> Vec<Value> {
        let pushed = self.pushed.lock();
        pushed.iter().filter(|one| one.path == device.path).map(|one| device.open(&one.bytes)).collect()
    }

    /// Waits for so many pushes to a device.
    async fn wait(&self, device: &Device, count: usize) -> Vec<Value> {
        for _ in 0..500 {
            let got = self.to(device);
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} of {count} pushes came for {}", self.to(device).len(), device.path);
    }
}

/// A browser's side of a subscription.
struct Device {
    key: SecretKey,
    auth: [u8; 16],
    path: String,
}

impl Device {
    fn new(number: u8) -> Self {
        Self {
            key: SecretKey::from_slice(&[number; 32]).unwrap(),
            auth: [number; 16],
            path: format!("/device/{number}"),
        }
    }

    fn subscription(&self, service: &Service, show_text: bool) -> Value {
        let public = self.key.public_key().to_encoded_point(false);
        json!({
            "endpoint": format!("http://127.0.0.1:{}{}", service.port, self.path),
            "p256dh": URL_SAFE_NO_PAD.encode(public.as_bytes()),
            "auth": URL_SAFE_NO_PAD.encode(self.auth),
            "show_text": show_text,
        })
    }

    fn open(&self, body: &[u8]) -> Value {
        let text = decrypt(body.to_vec(), &self.key, &Auth::clone_from_slice(&self.auth)).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}

fn api(server: &Server, person: &Person) -> Api {
    Api::with_token(server.http, &person.token)
}

async fn subscribe(server: &Server, person: &Person, number: u8, service: &Service) -> Device {
    let device = Device::new(number);
    api(server, person).put("/me/push", device.subscription(service, true)).await.ok(200);
    device
}

async fn say(server: &Server, from: &Person, to: &str, text: &str) -> Value {
    api(server, from).post(&format!("/users/{to}/entries"), json!({"text": {"text": text}})).await.ok(201)
}

/// Long enough for whatever would come.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(900)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_reaches_a_device_and_only_the_device_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = subscribe(&server, &bob, 1, &service).await;
    let quiet = server.device("bob", bob.handle, "tablet").await;
    let tablet = Device::new(2);
    api(&server, &quiet).put("/me/push", tablet.subscription(&service, false)).await.ok(200);
    // The author's own devices are told nothing.
    let own = subscribe(&server, &ada, 3, &service).await;

    let sent = say(&server, &ada, "bob", "The door is\ngreen.").await;
    let got = service.wait(&phone, 1).await.remove(0);
    let conversation = &sent["entry"]["conversation"];
    assert_eq!(
        got,
        json!({"v": 1, "kind": "message", "conversation": conversation, "seq": 1, "count": 1, "title": "ada",
               "body": "The door is green.", "badge": 1})
    );
    let silent = service.wait(&tablet, 1).await.remove(0);
    assert_eq!((silent.get("body"), &silent["title"]), (None, &json!("ada")));
    assert!(service.to(&own).is_empty());

    let pushed = service.pushed.lock()[0].clone();
    assert_eq!(pushed.headers["content-encoding"], "aes128gcm");
    assert_eq!((pushed.headers["ttl"].as_str(), pushed.headers["urgency"].as_str()), ("86400", "high"));
    assert_eq!(pushed.headers["topic"].len(), 32);
    assert!(!String::from_utf8_lossy(&pushed.bytes).contains("green"));
    let said = pushed.headers["authorization"].strip_prefix("vapid t=").unwrap();
    let (token, key) = said.split_once(", k=").unwrap();
    assert_eq!(key, api(&server, &bob).get("/push/key").await.ok(200)["key"]);
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], format!("http://127.0.0.1:{}", service.port));
    assert_eq!(claims["sub"], "mailto:test@example.org");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_meanwhile_is_not_pushed_and_a_burst_is_one_push() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = subscribe(&server, &bob, 1, &service).await;
    let sent = say(&server, &ada, "bob", "one").await;
    let path = format!("/conversations/{}/read", sent["entry"]["conversation"]);
    api(&server, &bob).put(&path, json!({"seq": 1})).await.ok(200);
    a_while().await;
    assert!(service.to(&phone).is_empty(), "the chat is open");
    // All at once, so that they are there together.
    let (mut peer, _) = Peer::log_in(&server, Way::Tcp(Encoding::Json), &ada.token).await;
    let mut asked = Vec::new();
    for n in 2..=6 {
        let to = Target::User(UserId::new("bob").unwrap());
        let content = Content::Text(Text::plain(n.to_string()));
        asked.push(peer.submit(Key::new(Clock::system().now()), Command::Send { to, content }).await);
    }
    for request in asked {
        peer.outcome(request).await.unwrap();
    }
    let told = |got: &[Value]| got.iter().map(|one| one["count"].as_u64().unwrap()).sum::<u64>();
    let mut got = service.to(&phone);
    for _ in 0..200 {
        if told(&got) >= 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        got = service.to(&phone);
    }
    // One, or a few on a busy machine: the follower may take the first message before the others are there.
    assert!((1..=3).contains(&got.len()) && told(&got) == 5, "{got:?}");
    let last = got.last().unwrap();
    assert_eq!((&last["seq"], &last["body"], &last["badge"]), (&json!(6), &json!("6"), &json!(5)));
    // What is recalled before it is pushed is never told.
    let sent = say(&server, &ada, "bob", "a secret").await;
    let (conversation, seq) = (&sent["entry"]["conversation"], &sent["entry"]["seq"]);
    api(&server, &ada).delete(&format!("/conversations/{conversation}/entries/{seq}")).await.ok(200);
    a_while().await;
    assert_eq!(service.to(&phone).len(), got.len());
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_silenced_a_group_hears_only_of_what_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob, cyd) = (server.person("ada").await, server.person("bob").await, server.person("cyd").await);
    let (phone, other) = (subscribe(&server, &bob, 1, &service).await, subscribe(&server, &cyd, 2, &service).await);
    let group = json!({"group": {"title": "Kitchen", "members": ["bob", "cyd"]}});
    let group = api(&server, &ada).post("/conversations", group).await.ok(201)["conversation"]["id"].clone();
    let (path, entries) = (format!("/conversations/{group}"), format!("/conversations/{group}/entries"));
    api(&server, &bob).patch(&path, json!({"muted_until": 4_000_000_000_000_u64})).await.ok(200);
    let says = async |text: Value| api(&server, &ada).post(&entries, json!({"text": text})).await.ok(201);
    says(json!({"text": "for everybody"})).await;
    let got = service.wait(&other, 1).await.remove(0);
    assert_eq!((&got["title"], &got["body"]), (&json!("Kitchen"), &json!("ada: for everybody")));
    assert_eq!(service.pushed.lock()[0].headers["urgency"], "normal");
    says(json!({"text": "for bob", "mentions": ["bob"]})).await;
    let got = service.wait(&phone, 1).await.remove(0);
    assert_eq!((&got["kind"], &got["body"], &got["badge"]), (&json!("mention"), &json!("ada: for bob"), &json!(0)));
    a_while().await;
    assert_eq!(service.to(&phone).len(), 1, "silenced otherwise");
    // Whoever has left hears nothing.
    api(&server, &ada).delete(&format!("/conversations/{group}/members/cyd")).await.ok(200);
    let before = service.to(&other).len();
    says(json!({"text": "without cyd"})).await;
    a_while().await;
    assert_eq!(service.to(&other).len(), before);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_ends_with_its_session_and_with_410() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = subscribe(&server, &bob, 1, &service).await;
    let tablet = server.device("bob", bob.handle, "tablet").await;
    let second = subscribe(&server, &tablet, 2, &service).await;
    api(&server, &bob).delete(&format!("/sessions/{}", tablet.session)).await.ok(200);
    say(&server, &ada, "bob", "one").await;
    service.wait(&phone, 1).await;
    a_while().await;
    assert!(service.to(&second).is_empty(), "its session has ended");
    service.say(410);
    say(&server, &ada, "bob", "two").await;
    service.wait(&phone, 2).await;
    service.say(201);
    a_while().await;
    assert_eq!(server.push.stats().expired, 1);
    say(&server, &ada, "bob", "three").await;
    a_while().await;
    assert_eq!(service.to(&phone).len(), 2, "the push service did not know it any more");
    assert_eq!(api(&server, &bob).post("/me/push/test", json!({})).await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_in_which_somebody_else_logs_in_belongs_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob, cyd) = (server.person("ada").await, server.person("bob").await, server.person("cyd").await);
    subscribe(&server, &bob, 1, &service).await;
    // The same browser has the same address, for whoever is logged in.
    let shared = subscribe(&server, &cyd, 1, &service).await;
    say(&server, &ada, "bob", "for bob's eyes").await;
    say(&server, &ada, "cyd", "for cyd").await;
    service.wait(&shared, 1).await;
    a_while().await;
    let bodies: Vec<_> = service.to(&shared).into_iter().map(|one| one["body"].clone()).collect();
    assert_eq!(bodies, [json!("for cyd")]);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_service_that_fails_is_asked_again_later_and_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (good, bad) = (Service::start().await, Service::start().await);
    let (ada, bob, cyd) = (server.person("ada").await, server.person("bob").await, server.person("cyd").await);
    let (stalled, fine) = (subscribe(&server, &bob, 1, &bad).await, subscribe(&server, &cyd, 2, &good).await);
    bad.say(0);
    let began = tidings::model::clock::monotonic();
    say(&server, &ada, "bob", "never taken").await;
    bad.wait(&stalled, 1).await;
    for n in 1..=5 {
        say(&server, &ada, "cyd", &n.to_string()).await;
        good.wait(&fine, n).await;
    }
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    bad.say(503);
    let busy = server.device("bob", bob.handle, "tablet").await;
    let busy = subscribe(&server, &busy, 3, &bad).await;
    say(&server, &ada, "bob", "not taken now").await;
    bad.wait(&busy, 1).await;
    for _ in 0..1_000 {
        if server.push.stats().waiting == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The row of the stalled one comes when its time is over; both are rows, so a restart keeps them.
    assert_eq!(server.push.stats().waiting, 2);
    assert!(server.stop().await);
    let server = Server::start(folder.path(), quick()).await;
    for _ in 0..200 {
        if server.push.stats().waiting == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.push.stats().waiting, 2);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_comes_in_time_unless_the_message_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let clock = tidings::model::Clock::manual(tidings::model::Timestamp(1_800_000_000_000));
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let service = Service::start().await;
    let (ada, bob, cyd) = (server.person("ada").await, server.person("bob").await, server.person("cyd").await);
    let (phone, other) = (subscribe(&server, &bob, 1, &service).await, subscribe(&server, &cyd, 2, &service).await);
    service.say(500);
    say(&server, &ada, "bob", "unread").await;
    let read = say(&server, &ada, "cyd", "read").await;
    service.wait(&phone, 1).await;
    service.wait(&other, 1).await;
    service.say(201);
    api(&server, &cyd)
        .put(&format!("/conversations/{}/read", read["entry"]["conversation"]), json!({"seq": 1}))
        .await
        .ok(200);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(service.to(&phone).len(), 1, "not before its time");
    clock.advance(Duration::from_secs(61));
    let got = service.wait(&phone, 2).await;
    assert_eq!(got[0]["body"], got[1]["body"]);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((service.to(&other).len(), server.push.stats().waiting), (1, 0));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_just_before_a_stop_is_pushed_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start().await;
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let phone = subscribe(&server, &bob, 1, &service).await;
    say(&server, &ada, "bob", "just before").await;
    assert!(server.stop().await);
    assert!(service.to(&phone).is_empty());
    let server = Server::start(folder.path(), quick()).await;
    assert_eq!(service.wait(&phone, 1).await[0]["body"], "just before");
    say(&server, &ada, "bob", "and after").await;
    service.wait(&phone, 2).await;
    assert!(server.stop().await);
    // What was told is not told again.
    let server = Server::start(folder.path(), quick()).await;
    a_while().await;
    assert_eq!(service.to(&phone).len(), 2);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_what_the_push_service_says() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let bob = server.person("bob").await;
    let phone = subscribe(&server, &bob, 1, &service).await;
    let test = async || -> Reply { api(&server, &bob).post("/me/push/test", json!({})).await };
    assert_eq!(test().await.status, 204);
    let got = service.wait(&phone, 1).await.remove(0);
    assert_eq!((&got["kind"], &got["title"]), (&json!("test"), &json!("test")));
    service.say(403);
    let reply = test().await;
    assert_eq!(reply.problem(), (503, "unavailable".to_owned()));
    assert!(reply.json()["detail"].as_str().unwrap().contains("403"));
    service.say(404);
    assert_eq!(test().await.problem(), (410, "expired".to_owned()));
    assert_eq!(test().await.problem(), (404, "not_found".to_owned()));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_cannot_name_an_address_that_this_server_must_not_ask() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let bob = server.person("bob").await;
    let good = Device::new(1).subscription(&service, true);
    let put = async |key: &str, value: &str| {
        let mut body = good.clone();
        body[key] = json!(value);
        api(&server, &bob).put("/me/push", body).await.problem()
    };
    let invalid = (400, "invalid".to_owned());
    for endpoint in [
        "http://192.168.1.1/x",
        "https://10.0.0.1/x",
        "http://169.254.169.254/",
        "https://[::1]/",
        "ftp://example.org/",
    ] {
        assert_eq!(put("endpoint", endpoint).await, invalid, "{endpoint}");
    }
    for endpoint in
        ["http://push.example.org:22/", "https://user@push.example.org/", "https://push.example.org:25/", "", "x"]
    {
        assert_eq!(put("endpoint", endpoint).await, invalid, "{endpoint}");
    }
    for (key, value) in [
        ("p256dh", "AAAA"),
        ("p256dh", ""),
        ("auth", "AAAA"),
        ("auth", "not base64!"),
        ("endpoint", "https://ex ample.org/"),
    ] {
        assert_eq!(put(key, value).await, invalid, "{key} {value}");
    }
    // On a way around the door it is refused when it is asked.
    let ada = server.person("ada").await;
    let canary = Service::at(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let mut sneaky = good.clone();
    sneaky["endpoint"] = json!(format!("https://127.0.0.1:{}/x", canary.port));
    api(&server, &bob).put("/me/push", sneaky).await.ok(200);
    say(&server, &ada, "bob", "hello").await;
    a_while().await;
    assert!(canary.pushed.lock().is_empty(), "it does not speak TLS");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_large_group_only_those_who_are_named_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let service = Service::start().await;
    let (ada, bob, cyd) = (server.person("ada").await, server.person("bob").await, server.person("cyd").await);
    let (named, other) = (subscribe(&server, &bob, 1, &service).await, subscribe(&server, &cyd, 2, &service).await);
    let group = json!({"group": {"title": "Town", "members": ["bob", "cyd"]}});
    let group = api(&server, &ada).post("/conversations", group).await.ok(201)["conversation"]["id"].clone();
    for part in 0..10 {
        let mut users = Vec::new();
        for n in 0..100 {
            let id = format!("u{part}x{n}");
            let result = server.engine.execute(auth::operator(), None, add(&id).into()).await.unwrap().result;
            assert!(matches!(result, CommandResult::User { .. }));
            users.push(id);
        }
        let path = format!("/conversations/{group}/members");
        api(&server, &ada).post(&path, json!({"users": users})).await.ok(200);
    }
    let entries = format!("/conversations/{group}/entries");
    let text = json!({"text": {"text": "hear, hear", "mentions": ["bob"]}});
    api(&server, &ada).post(&entries, text).await.ok(201);
    service.wait(&named, 1).await;
    a_while().await;
    assert!(service.to(&other).is_empty());
    assert!(server.stop().await);
}

fn add(id: &str) -> SystemCommand {
    SystemCommand::AddUser {
        app: tidings::model::AppId::HOME,
        id: tidings::model::UserId::new(id).unwrap(),
        name: None,
        password: None,
        administrator: false,
        kind: tidings::model::UserKind::Person,
    }
}
