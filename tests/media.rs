//! Files: uploading, who may read them, how they are served, and how they go. Everything through HTTP, as a client does it.

use crate::server::PASSWORD;
use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, SOON, Way, fresh_key, soon, tcp};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{
    AppId, AppSettings, Attach, Body, Clock, Command, CommandResult, Content, ConversationId, GroupCard, GroupRules,
    MediaKind, Name, Secret, Seq, SessionId, SystemCommand, Target, Text, UserHandle, UserId,
};
use tidings::protocol::Encoding;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const JSON: Way = Way::Tcp(Encoding::Json);
const DAY: Duration = Duration::from_hours(24);

/// A server whose clock the test moves.
struct Site {
    folder: TempDir,
    data: PathBuf,
    server: Server,
    clock: Clock,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        // From now on, so that the keys that peers make count for the days that a test moves it by.
        let clock = Clock::manual(Clock::system().now());
        let server = Server::start_at(&data, quick(), clock.clone()).await;
        Self { folder, data, server, clock }
    }

    /// Stops and starts again on the same data.
    async fn restart(self) -> Self {
        let Self { folder, data, server, clock } = self;
        assert!(server.stop().await);
        let server = Server::start_at(&data, quick(), clock.clone()).await;
        Self { folder, data, server, clock }
    }

    async fn stop(self) {
        assert!(self.server.stop().await);
    }

    async fn ask(
        &self,
        who: Option<&Person>,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        ask(self.server.http, who, method, path, headers, body).await
    }

    async fn get(&self, who: &Person, path: &str) -> Reply {
        self.ask(Some(who), "GET", path, &[], b"").await
    }

    async fn upload(&self, who: &Person, name: &str, bytes: &[u8]) -> Reply {
        self.ask(Some(who), "POST", &format!("/api/v1/media?name={name}"), &[], bytes).await
    }

    /// Uploads something that is taken, and gives its id.
    async fn file(&self, who: &Person, bytes: &[u8]) -> String {
        let reply = self.upload(who, "file", bytes).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["media"].as_str().unwrap().to_owned()
    }

    /// A link that somebody gets.
    async fn link(&self, who: &Person, id: &str, body: &str) -> String {
        let json = [("Content-Type", "application/json")];
        let reply = self.ask(Some(who), "POST", &format!("/api/v1/media/{id}/link"), &json, body.as_bytes()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["url"].as_str().unwrap().to_owned()
    }

    /// What somebody without any token gets.
    async fn bare(&self, url: String) -> Reply {
        self.ask(None, "GET", &url, &[], b"").await
    }

    /// Sets something in the settings of the app `home`.
    async fn set(&self, change: impl FnOnce(&mut AppSettings)) {
        let mut settings = AppSettings::default();
        change(&mut settings);
        let command = SystemCommand::SetApp { app: AppId::HOME, settings };
        self.server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    }

    /// Every file below the folder of the files.
    fn files(&self) -> Vec<PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.data.join("media")]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// In lower case.
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.split(':').next() == Some(name))?;
        Some(line[name.len() + 1..].trim())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{self:?}");
    }
}

pub async fn ask(
    address: SocketAddr,
    who: Option<&Person>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Content-Length") && (!body.is_empty() || method != "GET") {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    if let Some(who) = who {
        write!(head, "Authorization: Bearer {}\r\n", who.token.reveal()).unwrap();
    }
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head += "\r\n";
    let mut stream = tcp(address).await;
    let (mut reader, mut writer) = stream.split();
    // A refusal can come, and the connection end, before everything is written.
    let write = async {
        if writer.write_all(head.as_bytes()).await.is_ok() {
            drop(writer.write_all(body).await);
        }
    };
    let read = async {
        let mut answer = Vec::new();
        drop(reader.read_to_end(&mut answer).await);
        answer
    };
    let ((), answer) =
        tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(write, read) }).await.unwrap();
    reply(&answer)
}

fn reply(answer: &[u8]) -> Reply {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or_else(|| {
        panic!("no answer: {}", answer.escape_ascii());
    });
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_ascii_lowercase(), body: answer[end + 4..].to_vec() }
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let picture = image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, 99])
    }));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn attach(media: &str, kind: MediaKind) -> Content {
    Content::Media(Attach { kind, media: media.parse().unwrap(), caption: Text::plain("") })
}

async fn send(peer: &mut Peer, to: Target, content: Content) -> (ConversationId, Seq) {
    match peer.execute(Command::Send { to, content }).await.unwrap() {
        CommandResult::Appended { conversation, seq, .. } => (conversation, seq),
        other => panic!("{other:?}"),
    }
}

async fn group(peer: &mut Peer, members: &[&Person]) -> ConversationId {
    let members = members.iter().map(|member| member.id.clone()).collect();
    let title = Name::new("Travel").unwrap();
    match peer.execute(Command::CreateGroup { title, members, rules: GroupRules::default() }).await.unwrap() {
        CommandResult::Conversation { conversation } => conversation,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_uploaded_sent_and_seen_by_members_and_nobody_else() {
    let site = Site::start().await;
    let (ada, bob, eve) =
        (site.server.person("ada").await, site.server.person("bob").await, site.server.person("eve").await);
    let bytes = picture(960, 540);
    let reply = site.upload(&ada, "Caf%C3%A9.png", &bytes).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let info = reply.json();
    assert_eq!(info["name"], "Café.png");
    assert_eq!(info["content_type"], "image/png");
    assert_eq!((&info["width"], &info["height"], &info["thumbnail"]), (&json!(960), &json!(540), &json!(true)));
    assert_eq!(info["bytes"], bytes.len());
    let id = info["media"].as_str().unwrap();
    let at = format!("/api/v1/media/{id}");
    assert_eq!(reply.header("location"), Some(at.as_str()));

    // Before it is sent it is its uploader's alone.
    assert_eq!(site.get(&ada, &at).await.json(), info);
    site.get(&bob, &at).await.refused(404, "not_found");

    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let (mut other, _) = Peer::log_in(&site.server, JSON, &bob.token).await;
    let sent = attach(id, MediaKind::Image);
    let (conversation, seq) = send(&mut peer, Target::User(bob.id.clone()), sent).await;
    let (_, entry) = other.entry().await;
    let Body::Media(attachment) = entry.body else { panic!("{entry:?}") };
    assert_eq!(attachment.info.media.to_string(), id);
    assert_eq!(attachment.info.width, Some(960));

    let content = site.get(&bob, &format!("{at}/content")).await;
    assert_eq!((content.status, &content.body), (200, &bytes));
    assert_eq!(content.header("content-type"), Some("image/png"));
    assert_eq!(
        content.header("content-disposition"),
        Some("inline; filename=\"caf_.png\"; filename*=utf-8''caf%c3%a9.png")
    );
    let thumbnail = site.get(&bob, &format!("{at}/thumbnail")).await;
    assert_eq!((thumbnail.status, thumbnail.header("content-type")), (200, Some("image/jpeg")));
    let small = image::load_from_memory(&thumbnail.body).unwrap();
    assert_eq!((small.width(), small.height()), (480, 270));
    for path in ["", "/content", "/thumbnail"] {
        let path = format!("{at}{path}");
        let there = site.get(&eve, &path).await;
        there.refused(404, "not_found");
        // The same answer as for a file that never was.
        let never = site.get(&eve, &path.replace(id, &"0".repeat(32))).await;
        assert_eq!((never.status, &never.body), (there.status, &there.body));
        site.ask(None, "GET", &path, &[], b"").await.refused(401, "unauthenticated");
    }
    site.ask(Some(&eve), "POST", &format!("{at}/link"), &[("Content-Type", "application/json")], b"{}")
        .await
        .refused(404, "not_found");

    // After it is recalled it is its uploader's alone again.
    peer.execute(Command::Recall { conversation, seq }).await.unwrap();
    site.get(&bob, &format!("{at}/content")).await.refused(404, "not_found");
    assert_eq!(site.get(&ada, &format!("{at}/content")).await.status, 200);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_left_reads_what_was_sent_before_and_who_came_later_what_was_sent_after() {
    let site = Site::start().await;
    let (ada, bob, cleo) =
        (site.server.person("ada").await, site.server.person("bob").await, site.server.person("cleo").await);
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let group = group(&mut peer, &[&bob]).await;
    let (before, after) = (site.file(&ada, b"before").await, site.file(&ada, b"after").await);
    send(&mut peer, Target::Conversation(group), attach(&before, MediaKind::File)).await;
    peer.execute(Command::RemoveMember { conversation: group, user: bob.id.clone() }).await.unwrap();
    peer.execute(Command::AddMembers { conversation: group, users: vec![cleo.id.clone()] }).await.unwrap();
    send(&mut peer, Target::Conversation(group), attach(&after, MediaKind::File)).await;
    let at = |id: &str| format!("/api/v1/media/{id}/content");
    assert_eq!(site.get(&bob, &at(&before)).await.body, b"before");
    site.get(&bob, &at(&after)).await.refused(404, "not_found");
    assert_eq!(site.get(&cleo, &at(&after)).await.body, b"after");
    site.get(&cleo, &at(&before)).await.refused(404, "not_found");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_app_and_another_uploader_get_nothing() {
    let site = Site::start().await;
    let (ada, bob) = (site.server.person("ada").await, site.server.person("bob").await);
    let create = SystemCommand::CreateApp { name: Name::new("other").unwrap(), settings: AppSettings::default() };
    let created = site.server.engine.execute(auth::operator(), None, create.into()).await.unwrap().result;
    let CommandResult::App { app } = created else { panic!("{created:?}") };
    let stranger = site.server.person_of(app, "ada").await;
    let id = site.file(&ada, b"hello").await;
    site.get(&stranger, &format!("/api/v1/media/{id}")).await.refused(404, "not_found");
    // Only who uploaded a file can send it.
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &bob.token).await;
    let to = Target::User(ada.id.clone());
    let refused = peer.execute(Command::Send { to, content: attach(&id, MediaKind::File) }).await.unwrap_err();
    assert_eq!(refused.code, tidings::model::Code::NotFound);
    // And only as what it is.
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let to = Target::User(bob.id.clone());
    let refused = peer.execute(Command::Send { to, content: attach(&id, MediaKind::Image) }).await.unwrap_err();
    assert_eq!(refused.code, tidings::model::Code::Invalid);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_after_a_cut_and_after_a_restart() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let eve = site.server.person("eve").await;
    let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    let announce = json!({ "name": "film.bin", "bytes": bytes.len() }).to_string();
    let json = ("Content-Type", "application/json");
    let begun = site.ask(Some(&ada), "POST", "/api/v1/uploads", &[json], announce.as_bytes()).await;
    assert_eq!(begun.status, 201, "{begun:?}");
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let at = format!("/api/v1/uploads/{id}");
    assert_eq!((begun.header("location"), begun.header("upload-offset")), (Some(at.as_str()), Some("0")));

    // A request that breaks off in the middle of its body.
    let mut stream = tcp(site.server.http).await;
    let head = format!(
        "PATCH {at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nUpload-Offset: 0\r\nContent-Length: {}\r\n\r\n",
        ada.token.reveal(),
        bytes.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes[..100_000]).await.unwrap();
    let part = site.data.join("media/incoming").join(format!("{id}.part"));
    soon("the bytes arrive", || std::fs::metadata(&part).is_ok_and(|part| part.len() == 100_000)).await;
    drop(stream);

    let site = site.restart().await;
    let offset = site.ask(Some(&ada), "HEAD", &at, &[], b"").await;
    assert_eq!((offset.status, offset.header("upload-offset")), (200, Some("100000")), "{offset:?}");
    assert_eq!(offset.header("upload-length"), Some("300000"));
    site.ask(Some(&eve), "GET", &at, &[], b"").await.refused(404, "not_found");
    site.ask(Some(&eve), "PATCH", &at, &[("Upload-Offset", "100000")], b"x").await.refused(404, "not_found");
    site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "99999")], b"x").await.refused(409, "conflict");
    site.ask(Some(&ada), "PATCH", &at, &[], b"x").await.refused(400, "invalid");
    let more = site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "100000")], &bytes[100_000..200_000]).await;
    assert_eq!((more.status, more.header("upload-offset")), (200, Some("200000")), "{more:?}");
    assert_eq!(more.json()["media"], Value::Null);
    let too_long = [&bytes[200_000..], b"x"].concat();
    site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "200000")], &too_long).await.refused(413, "too_large");
    let last = site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "200000")], &bytes[200_000..]).await;
    assert_eq!((last.status, last.header("upload-offset")), (200, Some("300000")), "{last:?}");
    let info = last.json()["media"].clone();
    assert_eq!((&info["media"], &info["name"]), (&json!(id), &json!("film.bin")));
    // Whoever missed that answer asks again.
    assert_eq!(site.get(&ada, &at).await.json()["media"], info);
    site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "300000")], b"x").await.refused(409, "conflict");
    let content = site.get(&ada, &format!("/api/v1/media/{id}/content")).await;
    assert_eq!((content.status, content.body == bytes), (200, true));
    assert_eq!(
        content.header("content-disposition"),
        Some("attachment; filename=\"film.bin\"; filename*=utf-8''film.bin")
    );
    assert_eq!(site.files().len(), 1, "nothing is left of the upload");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_given_up_by_its_owner_or_after_a_day() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let json = ("Content-Type", "application/json");
    let (json, announce) = ([json], br#"{"name":"a","bytes":10}"#);
    let begin = || site.ask(Some(&ada), "POST", "/api/v1/uploads", &json, announce);
    let id = begin().await.json()["id"].as_str().unwrap().to_owned();
    let at = format!("/api/v1/uploads/{id}");
    assert_eq!(site.ask(Some(&ada), "DELETE", &at, &[], b"").await.status, 204);
    site.get(&ada, &at).await.refused(404, "not_found");
    site.ask(Some(&ada), "DELETE", &at, &[], b"").await.refused(404, "not_found");
    assert_eq!(site.files(), Vec::<PathBuf>::new());

    for _ in 0..tidings::media::OPEN_PER_USER_MAX {
        assert_eq!(begin().await.status, 201);
    }
    begin().await.refused(409, "full");
    site.clock.advance(DAY + Duration::from_secs(1));
    assert_eq!(site.server.media.sweep().await.uploads, tidings::media::OPEN_PER_USER_MAX as u64);
    assert_eq!(site.files(), Vec::<PathBuf>::new());
    assert_eq!(begin().await.status, 201);
    // The same at a start.
    site.clock.advance(DAY + Duration::from_secs(1));
    let site = site.restart().await;
    assert_eq!((site.files(), site.server.media.uploads()), (Vec::new(), 0));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_a_tag_and_a_head_are_answered_as_http_says() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 249) as u8).collect();
    let id = site.file(&ada, &bytes).await;
    let at = format!("/api/v1/media/{id}/content");
    let whole = site.get(&ada, &at).await;
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    let tag = whole.header("etag").unwrap().to_owned();
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("content-length", "200000"),
        ("content-type", "application/octet-stream"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(whole.header(name), Some(value), "{name}");
    }
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-70000", 100, 70_001),
        ("bytes=-5", 199_995, 200_000),
        ("bytes=199999-", 199_999, 200_000),
    ] {
        let part = site.ask(Some(&ada), "GET", &at, &[("Range", range)], b"").await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.body, &bytes[from..to], "{range}");
        assert_eq!(part.header("content-range"), Some(format!("bytes {from}-{}/200000", to - 1).as_str()));
    }
    let beyond = site.ask(Some(&ada), "GET", &at, &[("Range", "bytes=200000-")], b"").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */200000")));
    assert!(beyond.body.is_empty());
    let several = site.ask(Some(&ada), "GET", &at, &[("Range", "bytes=0-1,5-6")], b"").await;
    assert_eq!((several.status, several.body.len()), (200, 200_000));
    let known = site.ask(Some(&ada), "GET", &at, &[("If-None-Match", &tag)], b"").await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let changed = site.ask(Some(&ada), "GET", &at, &[("Range", "bytes=0-0"), ("If-Range", "\"other\"")], b"").await;
    assert_eq!(changed.status, 200);
    let head = site.ask(Some(&ada), "HEAD", &at, &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("200000"), 0));
    site.get(&ada, &format!("/api/v1/media/{id}/thumbnail")).await.refused(404, "not_found");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_loads_without_a_header_for_ten_minutes_and_not_after_its_right_has_ended() {
    let site = Site::start().await;
    let (ada, bob) = (site.server.person("ada").await, site.server.person("bob").await);
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let id = site.file(&ada, &picture(20, 20)).await;
    let (conversation, seq) = send(&mut peer, Target::User(bob.id.clone()), attach(&id, MediaKind::Image)).await;
    let url = site.link(&bob, &id, "{}").await;
    let small = site.link(&bob, &id, r#"{"variant":"thumbnail"}"#).await;
    let shown = site.bare(url.clone()).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/png")));
    assert_eq!(shown.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    assert!(shown.header("cache-control").unwrap().starts_with("private, max-age="));
    let part = site.ask(None, "GET", &url, &[("Range", "bytes=0-3")], b"").await;
    assert_eq!((part.status, part.body.as_slice()), (206, &b"\x89PNG"[..]));
    assert_eq!(site.bare(small.clone()).await.header("content-type"), Some("image/jpeg"));
    // Nothing in it can be changed.
    let other = site.file(&ada, b"another").await;
    for forged in [
        url.replace(&id, &other),
        small.replace("&v=thumbnail", ""),
        url.replace("e=1", "e=2"),
        url.replace(&format!("n={}", bob.session), &format!("n={}", ada.session)),
        url[..url.len() - 1].to_owned(),
        format!("/media/{id}"),
        format!("/media/{id}?e=x&n=y&s=z"),
        "/media/../../tidings.redb".to_owned(),
        "/media/%2e%2e%2f%2e%2e%2ftidings.redb?e=1&n=1&s=1".to_owned(),
    ] {
        site.bare(forged).await.refused(404, "not_found");
    }
    site.clock.advance(Duration::from_secs(599));
    assert_eq!(site.bare(url.clone()).await.status, 200);
    site.clock.advance(Duration::from_secs(1));
    site.bare(url).await.refused(404, "not_found");

    let url = site.link(&bob, &id, "{}").await;
    peer.execute(Command::Recall { conversation, seq }).await.unwrap_err();
    let (conversation, seq) = send(&mut peer, Target::User(bob.id.clone()), attach(&other, MediaKind::File)).await;
    let second = site.link(&bob, &other, "{}").await;
    assert_eq!(site.bare(second.clone()).await.status, 200);
    peer.execute(Command::Recall { conversation, seq }).await.unwrap();
    site.bare(second).await.refused(404, "not_found");
    // A link ends with the session it was given to.
    assert_eq!(site.bare(url.clone()).await.status, 200);
    let end = SystemCommand::EndSessions { user: bob.handle };
    site.server.engine.execute(auth::operator(), None, end.into()).await.unwrap();
    site.bare(url).await.refused(404, "not_found");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sizes_quotas_and_the_disk_are_kept_to_and_nothing_is_left_of_what_was_refused() {
    let site = Site::start().await;
    let (ada, bob) = (site.server.person("ada").await, site.server.person("bob").await);
    site.set(|settings| (settings.media_bytes_max, settings.media_quota_bytes) = (100_000, 150_000)).await;
    site.upload(&ada, "a", &vec![1; 100_001]).await.refused(413, "too_large");
    site.upload(&ada, "a", b"").await.refused(400, "invalid");
    let huge = [("Content-Length", "10737418240")];
    site.ask(Some(&ada), "POST", "/api/v1/media?name=a", &huge, b"x").await.refused(413, "too_large");
    assert_eq!(site.upload(&ada, "a", &vec![1; 100_000]).await.status, 201);
    site.upload(&ada, "a", &vec![1; 50_001]).await.refused(403, "quota_exceeded");
    let json = [("Content-Type", "application/json")];
    let announce = br#"{"name":"a","bytes":30000}"#;
    assert_eq!(site.ask(Some(&ada), "POST", "/api/v1/uploads", &json, announce).await.status, 201);
    // What was announced is taken already.
    site.upload(&ada, "a", &vec![1; 20_000]).await.refused(403, "quota_exceeded");
    assert_eq!(site.upload(&bob, "a", &vec![1; 20_000]).await.status, 201);
    let left = site.files();
    assert_eq!(left.iter().filter(|path| path.extension().is_none()).count(), 2, "{left:?}");
    assert_eq!(left.len(), 4, "two files, and one upload with its promise: {left:?}");

    // Shorter than announced: the body ends before its length.
    let mut stream = tcp(site.server.http).await;
    let head = format!(
        "POST /api/v1/media?name=a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 5000\r\n\r\nabc",
        bob.token.reveal()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    soon("the upload begins", || site.files().len() > 4).await;
    drop(stream);
    soon("it is given up", || site.files().len() == 4).await;
    // Without a length.
    let chunked = [("Content-Length", "3"), ("Transfer-Encoding", "chunked")];
    assert!(site.ask(Some(&bob), "POST", "/api/v1/media?name=a", &chunked[1..], b"0\r\n\r\n").await.status >= 400);
    assert_eq!(site.files().len(), 4);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let mut stream = tcp(site.server.http).await;
    let head = format!(
        "POST /api/v1/media?name=a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 5000\r\n\r\nabc",
        ada.token.reveal()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    drop(tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.expect("the server gives up"));
    reply(&answer).refused(408, "invalid");
    soon("nothing is left", || site.files().is_empty()).await;
    site.stop().await;
}

/// Files that look like something else, by what they are called and what they begin with.
fn hostile() -> Vec<(&'static str, &'static str, Vec<u8>, Option<&'static str>)> {
    let script = b"<script>alert(document.domain)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let gifar = [b"GIF89a/*".as_slice(), &[0; 20], b"*/=1;alert(1)//PK\x03\x04"].concat();
    let behind = |format, more: &[u8]| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(2, 2).write_to(&mut bytes, format).unwrap();
        [&bytes.into_inner(), more].concat()
    };
    vec![
        ("a.png", "image/png", script.to_vec(), None),
        ("a.html", "text/html", b"<!doctype html><body>".to_vec(), None),
        ("a.svg", "image/svg+xml", svg.to_vec(), None),
        ("a.xml", "text/xml", b"<?xml version=\"1.0\"?><x xmlns=\"http://www.w3.org/1999/xhtml\"/>".to_vec(), None),
        ("a.pdf", "application/pdf", b"%PDF-1.7 /JS (app.alert(1))".to_vec(), None),
        ("a.docx", "application/msword", b"PK\x03\x04[Content_Types].xml".to_vec(), None),
        ("a.js", "text/javascript", b"alert(1)".to_vec(), None),
        ("a.png", "image/png", [b"\x89PNG\r\n\x1a\n".as_slice(), script].concat(), None),
        ("a.jpg", "image/jpeg", [b"\xff\xd8\xff\xe0".as_slice(), script].concat(), None),
        ("a.gif", "image/gif", gifar, None),
        // A real picture with something behind it is a picture, and only that.
        ("a.html", "text/html", behind(image::ImageFormat::Png, script), Some("image/png")),
        ("a.jar", "application/java-archive", behind(image::ImageFormat::Gif, b"PK\x03\x04a.class"), Some("image/gif")),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_can_carry_a_program_is_ever_shown() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    for (name, declared, bytes, shown) in hostile() {
        let path = format!("/api/v1/media?name={name}");
        let reply = site.ask(Some(&ada), "POST", &path, &[("Content-Type", declared)], &bytes).await;
        assert_eq!(reply.status, 201, "{name}: {reply:?}");
        let id = reply.json()["media"].as_str().unwrap().to_owned();
        let content = site.get(&ada, &format!("/api/v1/media/{id}/content")).await;
        assert_eq!(content.body, bytes, "{name}: kept as it is");
        assert_eq!(
            content.header("content-type"),
            Some(shown.unwrap_or("application/octet-stream")),
            "{name} {declared}"
        );
        let disposition = content.header("content-disposition").unwrap();
        assert_eq!(disposition.starts_with("inline"), shown.is_some(), "{name}: {disposition}");
        assert_eq!(content.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(content.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_name_is_only_a_name() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let long = "x".repeat(4_096);
    for name in [
        "..%2F..%2Fx",
        "..%5C..%5Cx",
        "%2Fetc%2Fpasswd",
        "a%00b.png",
        "a%0D%0ASet-Cookie:%20x=y",
        "photo%E2%80%AEgpj.exe",
        "CON",
        "nul.txt",
        "a.png:stream",
        "%22%3E%3Cscript%3E",
        ".",
        "..",
        "",
        long.as_str(),
    ] {
        let reply = site.upload(&ada, name, b"hello").await;
        assert_eq!(reply.status, 201, "{name}: {reply:?}");
        let info = reply.json();
        let kept = info["name"].as_str().unwrap();
        assert!(!kept.is_empty() && kept.len() <= 255, "{kept}");
        assert!(!kept.contains(['/', '\\', '\0', '\r', '\n', '\u{202e}', '"', '<', ':']), "{name} became {kept}");
        let content = site.get(&ada, &format!("/api/v1/media/{}/content", info["media"].as_str().unwrap())).await;
        assert!(content.header("set-cookie").is_none());
        assert_eq!(content.status, 200);
    }
    for path in site.files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.len() == 32 && name.bytes().all(|c| c.is_ascii_hexdigit()), "{name}");
    }
    let beside: Vec<_> = std::fs::read_dir(&site.data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name == "x" || name == "passwd"), "{beside:?}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_is_the_same_file() {
    let site = Site::start().await;
    let (ada, bob) = (site.server.person("ada").await, site.server.person("bob").await);
    let key = fresh_key().to_string();
    let with_key = [("Idempotency-Key", key.as_str())];
    let first = site.ask(Some(&ada), "POST", "/api/v1/media?name=a", &with_key, b"hello").await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    let again = site.ask(Some(&ada), "POST", "/api/v1/media?name=a", &with_key, b"hello").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(again.json(), first.json());
    let other = site.ask(Some(&ada), "POST", "/api/v1/media?name=a", &with_key, b"hello, world").await;
    other.refused(422, "idempotency_conflict");
    let bobs = site.ask(Some(&bob), "POST", "/api/v1/media?name=a", &with_key, b"hello").await;
    assert_ne!(bobs.json()["media"], first.json()["media"], "keys are each user's own");
    assert_eq!(site.files().len(), 2);

    let key = fresh_key().to_string();
    let with_key = [("Idempotency-Key", key.as_str()), ("Content-Type", "application/json")];
    let announce = br#"{"name":"a","bytes":10}"#;
    let begun = site.ask(Some(&ada), "POST", "/api/v1/uploads", &with_key, announce).await.json();
    let at = format!("/api/v1/uploads/{}", begun["id"].as_str().unwrap());
    site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "0")], b"01234").await.json();
    let again = site.ask(Some(&ada), "POST", "/api/v1/uploads", &with_key, announce).await;
    assert_eq!((&again.json()["id"], &again.json()["offset"]), (&begun["id"], &json!(5)));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_do_not_write_into_one_upload() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let json = [("Content-Type", "application/json")];
    let begun = site.ask(Some(&ada), "POST", "/api/v1/uploads", &json, br#"{"name":"a","bytes":10}"#).await.json();
    let id = begun["id"].as_str().unwrap().to_owned();
    let at = format!("/api/v1/uploads/{id}");
    let mut stream = tcp(site.server.http).await;
    let head = format!(
        "PATCH {at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nUpload-Offset: 0\r\nContent-Length: 10\r\n\r\n01234",
        ada.token.reveal()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let part = site.data.join("media/incoming").join(format!("{id}.part"));
    soon("the bytes arrive", || std::fs::metadata(&part).is_ok_and(|part| part.len() == 5)).await;
    site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "5")], b"56789").await.refused(409, "conflict");
    site.ask(Some(&ada), "DELETE", &at, &[], b"").await.refused(409, "conflict");
    drop(stream);
    let deadline = tokio::time::Instant::now() + SOON;
    let last = loop {
        let reply = site.ask(Some(&ada), "PATCH", &at, &[("Upload-Offset", "5")], b"56789").await;
        if reply.status != 409 {
            break reply;
        }
        assert!(tokio::time::Instant::now() < deadline, "{reply:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(last.json()["media"]["bytes"], 10);
    assert_eq!(site.get(&ada, &format!("/api/v1/media/{id}/content")).await.body, b"0123456789");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_picture_of_a_group_is_seen_by_the_whole_app_while_it_is_that() {
    let site = Site::start().await;
    let (ada, eve) = (site.server.person("ada").await, site.server.person("eve").await);
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let conversation = group(&mut peer, &[]).await;
    let id = site.file(&ada, &picture(20, 20)).await;
    let at = format!("/api/v1/media/{id}/thumbnail");
    site.get(&eve, &at).await.refused(404, "not_found");
    let card = |avatar| Command::SetGroupCard { conversation, card: GroupCard { avatar, ..GroupCard::default() } };
    peer.execute(card(Some(id.parse().unwrap()))).await.unwrap();
    assert_eq!(site.get(&eve, &at).await.status, 200);
    site.clock.advance(DAY * 2);
    assert_eq!(site.server.media.sweep().await.forgotten, 0, "it is needed");
    peer.execute(card(None)).await.unwrap();
    site.get(&eve, &at).await.refused(404, "not_found");
    site.clock.advance(DAY);
    assert_eq!(site.server.media.sweep().await.forgotten, 1);
    site.stop().await;
}

/// A token of a user of the real binary, over HTTP.
async fn log_in(server: &crate::server::Server, user: &str) -> Person {
    let body = json!({ "user": user, "password": PASSWORD }).to_string();
    let json = [("Content-Type", "application/json")];
    let reply = ask(server.http, None, "POST", "/api/v1/sessions", &json, body.as_bytes()).await;
    let opened = reply.json();
    Person {
        id: UserId::new(user).unwrap(),
        handle: UserHandle(0),
        session: SessionId(opened["session"].as_u64().unwrap()),
        token: Secret::new(opened["token"].as_str().unwrap()),
    }
}

/// Bytes of memory that a process has in use.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// The smallest PNG, which claims to be 50,000 pixels wide and high: 7.5 GB when it is decoded.
fn bomb() -> Vec<u8> {
    let mut bomb = picture(1, 1);
    bomb[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
    let mut crc = u32::MAX;
    for byte in &bomb[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bomb
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_claims_to_be_huge_or_a_large_file_takes_no_memory_and_a_killed_server_goes_on() {
    let mut server = crate::server::Server::with(&[("TIDINGS_MEDIA_RESERVE_MIB", "0")]);
    server.add_user("ada");
    let ada = log_in(&server, "ada").await;
    let before = memory(server.pid());
    for _ in 0..3 {
        let reply = ask(server.http, Some(&ada), "POST", "/api/v1/media?name=bomb.png", &[], &bomb()).await;
        let info = reply.json();
        assert_eq!((&info["width"], &info["thumbnail"]), (&json!(50_000), &json!(false)), "{reply:?}");
    }
    let large: Vec<u8> = (0..64 * 1024 * 1024u32).map(|n| (n % 253) as u8).collect();
    let json = [("Content-Type", "application/json")];
    let announce = json!({ "name": "large.bin", "bytes": large.len() }).to_string();
    let begun = ask(server.http, Some(&ada), "POST", "/api/v1/uploads", &json, announce.as_bytes()).await.json();
    let at = format!("/api/v1/uploads/{}", begun["id"].as_str().unwrap());
    let half = large.len() / 2;
    let first = ask(server.http, Some(&ada), "PATCH", &at, &[("Upload-Offset", "0")], &large[..half]).await;
    assert_eq!(first.json()["offset"], half);
    let grown = memory(server.pid()).saturating_sub(before);
    assert!(grown < 24 * 1024 * 1024, "{grown} bytes more than before");

    // What was acknowledged is there after a crash.
    server.kill();
    server.restart();
    let offset = half.to_string();
    assert_eq!(
        ask(server.http, Some(&ada), "HEAD", &at, &[], b"").await.header("upload-offset"),
        Some(offset.as_str())
    );
    let last = ask(server.http, Some(&ada), "PATCH", &at, &[("Upload-Offset", &offset)], &large[half..]).await;
    let id = last.json()["media"]["media"].as_str().unwrap().to_owned();
    server.kill();
    server.restart();
    let content = ask(server.http, Some(&ada), "GET", &format!("/api/v1/media/{id}/content"), &[], b"").await;
    assert!(content.status == 200 && content.body == large);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_refers_to_for_a_day_goes_and_its_room_is_free_again() {
    let site = Site::start().await;
    let (ada, bob) = (site.server.person("ada").await, site.server.person("bob").await);
    site.set(|settings| settings.media_quota_bytes = 100_000).await;
    let (mut peer, _) = Peer::log_in(&site.server, JSON, &ada.token).await;
    let (kept, lost) = (site.file(&ada, &picture(30, 30)).await, site.file(&ada, &vec![7; 60_000]).await);
    let (conversation, seq) = send(&mut peer, Target::User(bob.id.clone()), attach(&kept, MediaKind::Image)).await;
    site.upload(&ada, "a", &vec![1; 60_000]).await.refused(403, "quota_exceeded");
    site.clock.advance(Duration::from_secs(24 * 3_600 - 1));
    assert_eq!(site.server.media.sweep().await.forgotten, 0);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.server.media.sweep().await.forgotten, 1);
    let at = |id: &str| format!("/api/v1/media/{id}/content");
    site.get(&ada, &at(&lost)).await.refused(404, "not_found");
    assert_eq!(site.get(&bob, &at(&kept)).await.status, 200);
    assert_eq!(site.files().len(), 2, "one file with its thumbnail: {:?}", site.files());
    assert_eq!(site.upload(&ada, "a", &vec![1; 60_000]).await.status, 201);
    // Recalled, it is unused from then on.
    site.set(|settings| settings.recall_window_ms = u64::MAX).await;
    peer.execute(Command::Recall { conversation, seq }).await.unwrap();
    assert_eq!(site.server.media.sweep().await.forgotten, 0);
    site.clock.advance(DAY);
    assert_eq!(site.server.media.sweep().await.forgotten, 2);
    assert_eq!(site.files(), Vec::<PathBuf>::new());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_removes_files_that_belong_to_nobody_and_keeps_all_others() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let id = site.file(&ada, b"kept").await;
    let folder = site.data.join("media/00/11");
    std::fs::create_dir_all(&folder).unwrap();
    let stray = folder.join(format!("0011{}", "2".repeat(28)));
    let strange = folder.join("notes.txt");
    let incoming = site.data.join("media/incoming").join(format!("{}.part", "3".repeat(32)));
    for path in [&stray, &strange, &incoming] {
        std::fs::write(path, b"x").unwrap();
    }
    let site = site.restart().await;
    let gone = |path: &Path| !path.exists();
    soon("strays go", || gone(&stray) && gone(&strange) && gone(&incoming)).await;
    assert_eq!(site.get(&ada, &format!("/api/v1/media/{id}/content")).await.body, b"kept");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_length_of_a_sound_is_told() {
    let site = Site::start().await;
    let ada = site.server.person("ada").await;
    let samples = 12_000u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + samples).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    wav.extend(samples.to_le_bytes());
    wav.resize(44 + samples as usize, 128);
    let info = site.upload(&ada, "voice.wav", &wav).await.json();
    assert_eq!((&info["content_type"], &info["duration_ms"]), (&json!("audio/wav"), &json!(1_500)));
    site.stop().await;
}
