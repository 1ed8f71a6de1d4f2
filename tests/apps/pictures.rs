//! Pictures of other servers that a post names: who gets them, what is fetched for that, and what never is.

use super::{administrator, start};
use crate::support::http::{Api, Reply};
use crate::support::in_process::{Server, fetching};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tidings::model::{AppId, Post};
use tidings::pictures::{PICTURE_BYTES_MAX, PictureOptions};
use tidings::shutdown::{Shutdown, Tasks, Trigger};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A picture of one pixel.
fn png() -> Vec<u8> {
    use base64::Engine as _;
    let text = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// A server with pictures and with what is none, by its path; it keeps what was asked.
struct Elsewhere {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    trigger: Trigger,
    tasks: Tasks,
}

impl Elsewhere {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (trigger, shutdown) = Shutdown::new();
        let asked = Arc::default();
        let all = Self { address: listener.local_addr().unwrap(), asked, trigger, tasks: Tasks::new() };
        let (asked, tasks) = (Arc::clone(&all.asked), all.tasks.clone());
        all.tasks.spawn(
            "pictures",
            until(shutdown.clone(), async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tasks.spawn("connection", until(shutdown.clone(), serve(stream, Arc::clone(&asked))));
                }
            }),
        );
        all
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often a path was asked for.
    fn hits(&self, path: &str) -> usize {
        self.asked.lock().iter().filter(|head| head.starts_with(&format!("GET {path} "))).count()
    }

    async fn stop(self) {
        self.trigger.fire();
        assert!(self.tasks.finish(Duration::from_secs(20)).await);
    }
}

async fn until(shutdown: Shutdown, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = shutdown.wait() => {}
    }
}

async fn serve(stream: TcpStream, asked: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut head, mut line) = (String::new(), String::new());
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or_default() == 0 {
                return;
            }
            head += &line;
        }
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        asked.lock().push(head);
        let stream = stream.get_mut();
        let (status, more, body) = match path.as_str() {
            "/html.png" => (200, "", b"<!doctype html><script>alert(1)</script>".to_vec()),
            "/svg.png" => (200, "", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec()),
            "/cut.png" => (200, "", png()[..12].to_vec()),
            "/large.png" => (200, "", [png(), vec![0; PICTURE_BYTES_MAX]].concat()),
            path if path.starts_with("/largest") => {
                (200, "", [png(), vec![0; PICTURE_BYTES_MAX - png().len()]].concat())
            }
            "/gone.png" => (404, "", png()),
            "/silent.png" => return std::future::pending().await,
            "/slow.png" => return slow(stream).await,
            "/endless.png" => return endless(stream).await,
            path if path.starts_with("/to?") => (302, &path[4..], png()),
            _ => (200, "", png()),
        };
        let more = if more.is_empty() { String::new() } else { format!("location: {more}\r\n") };
        // Whatever it says it is: the bytes count.
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} Said\r\ncontent-type: image/png\r\n{more}content-length: {length}\r\n\r\n");
        if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
            return;
        }
    }
}

/// A picture that begins and goes on a byte at a time, for ever.
async fn slow(stream: &mut TcpStream) {
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await);
    while stream.write_all(b"x").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A picture without an end, as fast as it goes.
async fn endless(stream: &mut TcpStream) {
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await);
    let chunk = [&b"4000\r\n"[..], &[b'x'; 0x4000], b"\r\n"].concat();
    while stream.write_all(&chunk).await.is_ok() {}
}

/// A group of Ada and Bob with a webhook into it.
struct Scene {
    _folder: tempfile::TempDir,
    server: Server,
    elsewhere: Elsewhere,
    ada: Api,
    bob: Api,
    group: u64,
    hook: String,
}

impl Scene {
    async fn new() -> Self {
        let (folder, server) = start().await;
        Self::on(folder, server).await
    }

    async fn with(options: PictureOptions, from_here: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start_fetching(folder.path(), fetching(options, from_here)).await;
        Self::on(folder, server).await
    }

    async fn on(folder: tempfile::TempDir, server: Server) -> Self {
        let elsewhere = Elsewhere::start().await;
        let (ada, bob) = (server.person("ada").await, server.person("bob").await);
        let (ada, bob) = (Api::with_token(server.http, &ada.token), Api::with_token(server.http, &bob.token));
        let group = json!({"group": {"title": "Alerts", "members": ["bob"]}});
        let group = ada.post("/conversations", group).await.ok(201)["conversation"]["id"].as_u64().unwrap();
        let made = ada.post(&format!("/conversations/{group}/hooks"), json!({"name": "Graphs"})).await.ok(201);
        let hook = format!("/hooks/{}", made["url"].as_str().unwrap().split_once("/hooks/").unwrap().1);
        Self { _folder: folder, server, elsewhere, ada: ada.patient(), bob: bob.patient(), group, hook }
    }

    /// Posts through the webhook, and gives the seq of the entry.
    async fn post(&self, body: &Value) -> u64 {
        let api = Api::at(self.server.http).header("content-type", "application/json");
        let reply = api.at_root_with("POST", &self.hook, body.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let page = self.ada.get(&format!("/conversations/{}/entries?limit=1", self.group)).await.ok(200);
        page["entries"].as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap()
    }

    /// Posts one picture at an address.
    async fn picture_at(&self, url: &str) -> u64 {
        self.post(&json!({"attachments": [{"title": "Graph", "image_url": url}]})).await
    }

    fn path(&self, seq: u64, n: &str) -> String {
        format!("/conversations/{}/entries/{seq}/pictures/{n}", self.group)
    }

    /// What Bob is told of a picture that is elsewhere: status, code, words.
    async fn refusal_of(&self, path: &str) -> (u16, String, String) {
        let seq = self.picture_at(&self.elsewhere.url(path)).await;
        let reply = self.bob.get(&self.path(seq, "1")).await;
        let (status, code) = reply.problem();
        (status, code, reply.json()["detail"].as_str().unwrap().to_owned())
    }

    async fn stop(self) {
        assert!(self.server.stop().await);
        self.elsewhere.stop().await;
    }
}

#[track_caller]
fn is_picture(reply: &Reply) {
    assert_eq!((reply.status, reply.body == png()), (200, true), "{}", String::from_utf8_lossy(&reply.body));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_get_the_pictures_of_a_post_and_nothing_but_pictures() {
    let scene = Scene::new().await;
    let url = |path| scene.elsewhere.url(path);
    let seq = scene
        .post(&json!({
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "beside"},
                    "accessory": {"type": "image", "image_url": url("/1.png"), "alt_text": "one"}},
                {"type": "image", "image_url": url("/2.png"), "alt_text": "two"},
            ],
            "attachments": [{"title": "Graph", "thumb_url": url("/4.png"), "image_url": url("/3.png")}],
        }))
        .await;
    assert_eq!(scene.elsewhere.asked.lock().len(), 0, "posting fetches nothing");
    for n in ["1", "2", "3", "4"] {
        let path = format!("/{n}.png");
        let reply = scene.bob.get(&scene.path(seq, n)).await;
        is_picture(&reply);
        assert_eq!(scene.elsewhere.hits(&path), 1);
        let expected = [
            ("content-type", "image/png"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "private, max-age=3600"),
            ("vary", "cookie, authorization"),
        ];
        for (name, value) in expected {
            assert_eq!(reply.header(name), Some(value), "{name}");
        }
        assert!(reply.header("content-disposition").unwrap().contains("picture.png"));
        // What a browser has it is not sent again, nor fetched.
        let tag = reply.header("etag").unwrap();
        let again = scene.ada.header("if-none-match", tag).get(&scene.path(seq, n)).await;
        assert_eq!((again.status, again.body.len(), scene.elsewhere.hits(&path)), (304, 0, 1));
    }
    // The other server learns nothing of who looks.
    for head in scene.elsewhere.asked.lock().iter().map(|head| head.to_ascii_lowercase()) {
        for name in ["cookie", "authorization", "referer", "bob", "ada"] {
            assert!(!head.contains(name), "{head}");
        }
    }
    for n in ["0", "5", "4294967295"] {
        assert_eq!(scene.bob.get(&scene.path(seq, n)).await.problem(), (404, "not_found".to_owned()), "{n}");
    }
    for n in ["-1", "x", "4294967296", "1.png"] {
        assert_eq!(scene.bob.get(&scene.path(seq, n)).await.problem(), (400, "invalid".to_owned()), "{n}");
    }
    // What is no post has none.
    let entries = format!("/conversations/{}/entries", scene.group);
    let words = json!({"text": {"text": url("/words.png")}});
    let words = scene.ada.post(&entries, words).await.ok(201)["entry"]["seq"].as_u64().unwrap();
    assert_eq!(scene.bob.get(&scene.path(words, "1")).await.problem(), (404, "not_found".to_owned()));

    for (path, status, code, words) in [
        ("/html.png", 502, "unsupported", "not a PNG"),
        ("/svg.png", 502, "unsupported", "not a PNG"),
        ("/cut.png", 502, "unsupported", "not a PNG"),
        ("/large.png", 502, "too_large", "5 MiB"),
        ("/endless.png", 502, "too_large", "5 MiB"),
        ("/gone.png", 502, "unavailable", "404"),
    ] {
        let refused = scene.refusal_of(path).await;
        assert_eq!((refused.0, refused.1.as_str()), (status, code), "{path}: {}", refused.2);
        assert!(refused.2.contains(words), "{path}: {}", refused.2);
    }
    let seq = scene.picture_at(&url("/largest.png")).await;
    let largest = scene.bob.get(&scene.path(seq, "1")).await;
    assert_eq!((largest.status, largest.body.len()), (200, PICTURE_BYTES_MAX));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_the_entry_has_no_picture_of_it_fetched() {
    let scene = Scene::new().await;
    let (eve, carl) = (scene.server.person("eve").await, scene.server.person("carl").await);
    let eve = Api::with_token(scene.server.http, &eve.token);
    let other = scene.server.app("other").await;
    let outsider = scene.server.person_of(other, "ada").await;
    let outsider = Api::with_token(scene.server.http, &outsider.token);
    let admin = administrator(&scene.server).await;
    let carl = Api::with_token(scene.server.http, &carl.token);
    let members = format!("/conversations/{}/members", scene.group);
    scene.ada.post(&members, json!({"users": ["carl"]})).await.ok(200);
    let before = scene.picture_at(&scene.elsewhere.url("/before.png")).await;
    scene.ada.delete(&format!("{members}/carl")).await.ok(200);
    let after = scene.picture_at(&scene.elsewhere.url("/after.png")).await;

    let nobody = Api::at(scene.server.http).get(&scene.path(after, "1")).await;
    assert_eq!(nobody.problem(), (401, "unauthenticated".to_owned()));
    for (who, api) in [("a stranger", &eve), ("another app", &outsider), ("an administrator", &admin)] {
        let reply = api.get(&scene.path(after, "1")).await;
        assert_eq!(reply.problem(), (404, "not_found".to_owned()), "{who}");
        let nothing = api.get("/conversations/999999/entries/1/pictures/1").await;
        assert_eq!(reply.json(), nothing.json(), "{who}: as for what does not exist");
    }
    // Who was removed has what they read before, as of the entries themselves, and nothing that came later.
    assert_eq!(carl.get(&scene.path(after, "1")).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(scene.elsewhere.hits("/after.png"), 0);
    carl.get(&format!("/conversations/{}/entries/{before}", scene.group)).await.ok(200);
    is_picture(&carl.get(&scene.path(before, "1")).await);

    // Seen once, recalled, and gone, although it was fetched a moment ago.
    is_picture(&scene.bob.get(&scene.path(after, "1")).await);
    scene.ada.delete(&format!("/conversations/{}/entries/{after}", scene.group)).await.ok(200);
    assert_eq!(scene.bob.get(&scene.path(after, "1")).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(scene.elsewhere.hits("/after.png"), 1);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_fifty_look_at_is_fetched_once() {
    let scene = Scene::new().await;
    let seq = scene.picture_at(&scene.elsewhere.url("/graph.png")).await;
    let gone = scene.picture_at(&scene.elsewhere.url("/gone.png")).await;
    let reads = (0..50).map(|n| {
        let (api, path) = (if n % 2 == 0 { &scene.ada } else { &scene.bob }, scene.path(seq, "1"));
        async move { api.get(&path).await }
    });
    for reply in futures_util::future::join_all(reads).await {
        is_picture(&reply);
    }
    assert_eq!(scene.elsewhere.hits("/graph.png"), 1);
    // That it is not there is known for a moment, too.
    let reads = (0..5).map(|_| async { scene.bob.get(&scene.path(gone, "1")).await.problem().0 });
    assert_eq!(futures_util::future::join_all(reads).await, [502; 5]);
    assert_eq!(scene.elsewhere.hits("/gone.png"), 1);
    // What another app looks at is fetched for it.
    let other = scene.server.app("other").await;
    assert_eq!(other, AppId(2));
    let eve = scene.server.person_of(other, "eve").await;
    let eve = Api::with_token(scene.server.http, &eve.token).patient();
    let group =
        eve.post("/conversations", json!({"group": {"title": "G"}})).await.ok(201)["conversation"]["id"].clone();
    let made = eve.post(&format!("/conversations/{group}/hooks"), json!({"name": "H"})).await.ok(201);
    let hook = format!("/hooks/{}", made["url"].as_str().unwrap().split_once("/hooks/").unwrap().1);
    let body = json!({"attachments": [{"image_url": scene.elsewhere.url("/graph.png")}]}).to_string();
    let api = Api::at(scene.server.http).header("content-type", "application/json");
    assert_eq!(api.at_root_with("POST", &hook, body.as_bytes()).await.status, 200);
    let page = eve.get(&format!("/conversations/{group}/entries?limit=1")).await.ok(200);
    let seq = page["entries"].as_array().unwrap().last().unwrap()["seq"].clone();
    is_picture(&eve.get(&format!("/conversations/{group}/entries/{seq}/pictures/1")).await);
    assert_eq!(scene.elsewhere.hits("/graph.png"), 2);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_fetched_from_the_own_network_nor_where_a_redirect_leads() {
    let scene = Scene::with(PictureOptions::default(), false).await;
    let port = scene.elsewhere.address.port();
    let mut words = Vec::new();
    for url in [
        format!("http://127.0.0.1:{port}/canary.png"),
        format!("http://localhost:{port}/canary.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/canary.png"),
        format!("http://2130706433:{port}/canary.png"),
    ] {
        let seq = scene.picture_at(&url).await;
        let reply = scene.bob.get(&scene.path(seq, "1")).await;
        assert_eq!(reply.problem(), (502, "unavailable".to_owned()), "{url}");
        words.push(reply.json()["detail"].clone());
    }
    assert!(words.iter().all(|one| *one == words[0]), "what lies behind the server is not told: {words:?}");
    for (url, expected) in [
        (format!("https://127.0.0.1:{port}/canary.png"), "cannot be reached"),
        (format!("http://user:secret@127.0.0.1:{port}/canary.png"), "user name or password"),
        ("http://127.0.0.1:22/canary.png".to_owned(), "Port 22"),
    ] {
        let seq = scene.picture_at(&url).await;
        let reply = scene.bob.get(&scene.path(seq, "1")).await;
        assert_eq!(reply.problem(), (502, "unavailable".to_owned()), "{url}");
        assert!(reply.json()["detail"].as_str().unwrap().contains(expected), "{url}");
    }
    assert_eq!(scene.elsewhere.asked.lock().len(), 0, "nobody was asked");
    scene.stop().await;

    let scene = Scene::new().await;
    let canary = Elsewhere::start().await;
    let (status, code, words) = scene.refusal_of(&format!("/to?{}", canary.url("/canary.png"))).await;
    assert_eq!((status, code.as_str()), (502, "unavailable"));
    assert!(words.contains("302") && !words.contains("canary"), "{words}");
    assert_eq!(canary.asked.lock().len(), 0, "the redirect is not followed");
    canary.stop().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_of_a_picture_is_given_up() {
    let options = PictureOptions { time: Duration::from_secs(2), ..PictureOptions::default() };
    let scene = Scene::with(options, true).await;
    for path in ["/silent.png", "/slow.png"] {
        let (status, code, words) = scene.refusal_of(path).await;
        assert_eq!((status, code.as_str()), (504, "unavailable"), "{words}");
    }
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_of_a_picture_takes_no_room_of_others_and_gives_it_back() {
    let hour = Duration::from_hours(1);
    let options = PictureOptions { time: Duration::from_secs(20), stall: hour, ..PictureOptions::default() };
    let scene = Scene::with(options, true).await;
    let mut paths = Vec::new();
    for n in 0..12 {
        let seq = scene.picture_at(&scene.elsewhere.url(&format!("/largest{n}.png"))).await;
        paths.push(scene.path(seq, "1"));
    }
    let mut unread = Vec::new();
    for path in &paths[..8] {
        unread.push(scene.ada.unread(path).await);
    }
    // Of one who never reads two are on their way, whatever else is asked; the other members of the app get theirs.
    for path in &paths[8..] {
        let reply = scene.bob.get(path).await;
        assert_eq!((reply.status, reply.body.len()), (200, PICTURE_BYTES_MAX));
    }
    let asked = (0..8).filter(|n| scene.elsewhere.hits(&format!("/largest{n}.png")) > 0).count();
    assert!(asked <= 2, "{asked}");
    drop(unread);
    scene.stop().await;

    // What such a reader held is given back, although it stays.
    let options = PictureOptions { stall: Duration::from_millis(200), ..options };
    let scene = Scene::with(options, true).await;
    let mut unread = Vec::new();
    for n in 0..4 {
        let seq = scene.picture_at(&scene.elsewhere.url(&format!("/largest{n}.png"))).await;
        unread.push(scene.ada.unread(&scene.path(seq, "1")).await);
    }
    let seq = scene.picture_at(&scene.elsewhere.url("/graph.png")).await;
    is_picture(&scene.ada.get(&scene.path(seq, "1")).await);
    drop(unread);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_can_have_no_pictures_fetched() {
    let scene = Scene::with(PictureOptions { on: false, ..PictureOptions::default() }, true).await;
    let seq = scene.picture_at(&scene.elsewhere.url("/graph.png")).await;
    let reply = scene.bob.get(&scene.path(seq, "1")).await;
    assert_eq!(reply.problem(), (400, "unsupported".to_owned()));
    assert_eq!(scene.elsewhere.asked.lock().len(), 0);
    assert_eq!(Api::at(scene.server.http).get("/server").await.ok(200)["pictures"], false);
    scene.stop().await;
}

#[test]
fn pictures_are_numbered_here_as_in_the_web_client() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/pictures.json");
    let vectors: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(vectors.len() > 1);
    for vector in vectors {
        let post: Post = serde_json::from_value(vector["post"].clone()).unwrap();
        let found: Vec<&str> = post.pictures().map(|image| image.url.as_str()).collect();
        assert_eq!(json!(found), vector["pictures"], "{}", vector["what"]);
    }
}
