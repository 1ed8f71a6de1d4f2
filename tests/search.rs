//! Full-text search through real sockets: what is found, what never is, and what happens to the index in bad times.

use crate::media::ask;
use crate::server;
use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, SOON, Way, password, text};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tidings::auth;
use tidings::model::{
    Answer, Attach, Code, Command, CommandResult, Content, ConversationId, GroupRules, Has, Hit, MediaId, MediaKind,
    Name, Part, Query, Search, Seq, SystemCommand, Target, Text, UserId,
};
use tidings::protocol::{Encoding, Refused};

const POSTCARD: Way = Way::Tcp(Encoding::Postcard);
const JSON: Way = Way::WebSocket(Encoding::Json);

async fn start() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    (folder, server)
}

fn line(q: &str) -> Search {
    Search { q: q.to_owned(), limit: 50, ..Search::default() }
}

struct Found {
    hits: Vec<Hit>,
    next: Option<String>,
    complete: bool,
}

impl Found {
    fn texts(&self) -> Vec<&str> {
        self.hits.iter().map(|hit| text(&hit.entry)).collect()
    }
}

async fn search(peer: &mut Peer, search: Search) -> Result<Found, Refused> {
    match peer.query(Query::Search(Box::new(search))).await? {
        Answer::Found { hits, next, complete, .. } => Ok(Found { hits, next, complete }),
        other => panic!("{other:?}"),
    }
}

/// What is found by a line, newest first.
async fn find(peer: &mut Peer, q: &str) -> Vec<String> {
    let found = search(peer, line(q)).await.unwrap();
    found.texts().into_iter().map(str::to_owned).collect()
}

/// The same once nothing is left out.
async fn find_all(peer: &mut Peer, q: &str) -> Vec<String> {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let found = search(peer, line(q)).await.unwrap();
        if found.complete {
            return found.texts().into_iter().map(str::to_owned).collect();
        }
        assert!(tokio::time::Instant::now() < deadline, "the index is complete in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the index has everything that was committed, so that nothing is read from the log any more.
async fn indexed(server: &Server) {
    let deadline = tokio::time::Instant::now() + SOON * 3;
    let lsn = server.engine.view().lsn();
    while !server.search.status().is_some_and(|status| status.complete && status.lsn >= lsn) {
        assert!(tokio::time::Instant::now() < deadline, "the index keeps up: {:?}", server.search.status());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn say_in(peer: &mut Peer, conversation: ConversationId, text: &str) -> Seq {
    let to = Target::Conversation(conversation);
    match peer.execute(Command::Send { to, content: Content::Text(Text::plain(text)) }).await.unwrap() {
        CommandResult::Appended { seq, .. } => seq,
        other => panic!("{other:?}"),
    }
}

async fn group(peer: &mut Peer, members: &[&Person]) -> ConversationId {
    let members = members.iter().map(|member| member.id.clone()).collect();
    let create = Command::CreateGroup { title: Name::new("group").unwrap(), members, rules: GroupRules::default() };
    match peer.execute(create).await.unwrap() {
        CommandResult::Conversation { conversation } => conversation,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_and_phrases_are_found_newest_first_at_once_and_when_they_are_indexed() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, JSON, &bob.token).await;
    for text in ["Good morning, Bob.", "The morning train is late", "It is a good train", "Das Café öffnet um 9"] {
        a.say(&bob.id, text).await;
    }
    b.say(&ada.id, "good, the MORNING is mine").await;
    for _ in ["from the log", "from the index"] {
        for peer in [&mut a, &mut b] {
            let all = ["good, the MORNING is mine", "The morning train is late", "Good morning, Bob."];
            assert_eq!(find(peer, "morning").await, all);
            assert_eq!(find(peer, "good morning").await, ["good, the MORNING is mine", "Good morning, Bob."]);
            assert_eq!(find(peer, "\"good morning\"").await, ["Good morning, Bob."]);
            assert_eq!(find(peer, "train good").await, ["It is a good train"]);
            assert_eq!(find(peer, "CAFE\u{301}").await, ["Das Café öffnet um 9"]);
            assert_eq!(find(peer, "goo").await, Vec::<String>::new());
            assert_eq!(find(peer, "evening").await, Vec::<String>::new());
        }
        indexed(&server).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chinese_japanese_and_korean_phrases_are_found_inside_longer_text() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let texts = [
        "我们明天上午十点在北京大学东门见面吧",
        "昨日、東京タワーの近くでiPhone手机ケースを買いました。",
        "오늘은 한국어를 공부했습니다",
        "พรุ่งนี้เจอกันที่สถานีรถไฟ",
        "京北不是北京",
    ];
    for text in texts {
        a.say(&bob.id, text).await;
    }
    for _ in ["from the log", "from the index"] {
        for (q, expected) in [
            ("北京大学", vec![texts[0]]),
            ("大学东门", vec![texts[0]]),
            ("北京", vec![texts[4], texts[0]]),
            ("京北", vec![texts[4]]),
            ("吧", vec![texts[0]]),
            ("東京タワー", vec![texts[1]]),
            ("ﾀﾜｰ", vec![texts[1]]),
            ("iPhone手机", vec![texts[1]]),
            ("買", vec![texts[1]]),
            ("买", vec![]),
            ("한국어", vec![texts[2]]),
            ("สถานี", vec![texts[3]]),
            ("北京 见面", vec![texts[0]]),
            ("北京见面", vec![]),
        ] {
            assert_eq!(find(&mut a, q).await, expected, "{q}");
        }
        indexed(&server).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn highlights_say_where_the_words_are_in_the_text() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    for (text, q, expected) in [
        ("Zwölf Boxkämpfer jagen Viktor", "viktor ZWÖLF", vec!["Zwölf", "Viktor"]),
        ("我们明天去北京，北京见", "北京", vec!["北京", "北京"]),
        ("e\u{301}te\u{301} à la mer", "été", vec!["e\u{301}te\u{301}"]),
    ] {
        a.say(&bob.id, text).await;
        let found = search(&mut a, line(q)).await.unwrap();
        let letters: Vec<char> = text.chars().collect();
        let shown = found.hits[0].highlights.iter().map(|place| {
            assert_eq!(place.part, Part::Text);
            letters[place.start as usize..place.end as usize].iter().collect::<String>()
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{q}");
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_narrow_a_search_down() {
    let (_folder, server) = start().await;
    let (ada, bob, cy) = (server.person("ada").await, server.person("bob").await, server.person("Cy").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, POSTCARD, &bob.token).await;
    let (mut c, _) = Peer::log_in(&server, POSTCARD, &cy.token).await;
    let (with_bob, _) = a.say(&bob.id, "plan one").await;
    b.say(&ada.id, "plan two, see https://example.org").await;
    let (with_cy, _) = c.say(&ada.id, "plan three").await;
    let all = ["plan three", "plan two, see https://example.org", "plan one"];
    for _ in ["from the log", "from the index"] {
        for (q, expected) in [
            ("plan".to_owned(), &all[..]),
            ("plan from:bob".to_owned(), &all[1..2]),
            ("plan from:cY".to_owned(), &all[..1]),
            ("plan from:nobody".to_owned(), &[]),
            (format!("plan in:{with_bob}"), &all[1..]),
            (format!("in:{with_cy}"), &all[..1]),
            ("has:link".to_owned(), &all[1..2]),
            ("plan has:image".to_owned(), &[]),
            ("plan before:2020-01-01".to_owned(), &[]),
            ("plan after:2020-01-01".to_owned(), &all[..]),
            ("plan before:4102444800000 after:1000".to_owned(), &all[..]),
        ] {
            assert_eq!(find(&mut a, &q).await, expected, "{q}");
        }
        let beside = Search { from: Some(bob.id.clone()), has: Some(Has::Link), ..line("plan") };
        assert_eq!(search(&mut a, beside).await.unwrap().texts(), &all[1..2]);
        let at = search(&mut a, line("two")).await.unwrap().hits[0].entry.at;
        let before = Search { before: Some(at), ..line("plan") };
        assert!(search(&mut a, before).await.unwrap().texts().iter().all(|text| *text == all[2]));
        indexed(&server).await;
    }
    for q in ["", "from:a,b", "has:money", "in:there", "before:soon", "?!"] {
        assert_eq!(search(&mut a, line(q)).await.err().unwrap().code, Code::Invalid, "{q}");
    }
    let theirs = search(&mut b, line(&format!("plan in:{with_cy}"))).await.err().unwrap();
    assert_eq!(theirs.code, Code::NotFound);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_found_by_caption_name_and_kind() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    a.say(&bob.id, "a report in words").await;
    let path = "/api/v1/media?name=%E5%B9%B4%E5%BA%A6report_2026.txt";
    let uploaded = ask(server.http, Some(&ada), "POST", path, &[], b"some plain text").await.json();
    let media = uploaded["media"].as_str().unwrap().parse::<MediaId>().unwrap();
    let attach = Attach { kind: MediaKind::File, media, caption: Text::plain("the café bill, see http://x.org") };
    a.execute(Command::Send { to: Target::User(bob.id.clone()), content: Content::Media(attach) }).await.unwrap();
    for _ in ["from the log", "from the index"] {
        for (q, hits, parts) in [
            ("report", 2, vec![(Part::FileName, 2, 8)]),
            ("has:file", 1, vec![]),
            ("年度", 1, vec![(Part::FileName, 0, 2)]),
            ("CAFÉ report", 1, vec![(Part::Caption, 4, 8), (Part::FileName, 2, 8)]),
            ("2026 has:link has:file", 1, vec![(Part::FileName, 9, 13)]),
            ("has:image", 0, vec![]),
        ] {
            let found = search(&mut a, line(q)).await.unwrap();
            assert_eq!(found.hits.len(), hits, "{q}");
            let newest = found.hits.first().map_or(Vec::new(), |hit| hit.highlights.clone());
            let newest: Vec<_> = newest.iter().map(|place| (place.part, place.start, place.end)).collect();
            assert_eq!(newest, parts, "{q}");
        }
        indexed(&server).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rest_finds_the_same_as_the_socket() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (conversation, _) = a.say(&bob.id, "明天去北京 with the first train").await;
    a.say(&bob.id, "the second train").await;
    let get = async |path: &str| ask(server.http, Some(&ada), "GET", path, &[], b"").await;
    let first = get("/api/v1/search?q=train&limit=1").await;
    assert_eq!(first.status, 200, "{first:?}");
    let first = first.json();
    assert_eq!(first["hits"][0]["entry"]["body"]["text"]["text"], "the second train");
    assert_eq!(first["hits"][0]["highlights"][0], serde_json::json!({"part": "text", "start": 11, "end": 16}));
    let next = first["next"].as_str().unwrap();
    let second = get(&format!("/api/v1/search?q=train&limit=1&cursor={next}")).await.json();
    assert_eq!(second["hits"][0]["conversation"], conversation.0);
    assert_eq!((second["hits"][0]["entry"]["seq"].as_u64(), second.get("next")), (Some(1), None));
    let path = format!("/api/v1/search?q=%22%E5%8C%97%E4%BA%AC%22&conversation={conversation}&from=ada&has=link");
    assert_eq!(get(&path).await.json()["hits"], serde_json::json!([]));
    let path = path.replace("&has=link", "&after=1000&before=9000000000000");
    assert_eq!(get(&path).await.json()["hits"].as_array().unwrap().len(), 1);
    for (path, status) in [
        ("/api/v1/search", 400),
        ("/api/v1/search?q=", 400),
        ("/api/v1/search?q=x&has=money", 400),
        ("/api/v1/search?q=x&cursor=nonsense", 400),
        ("/api/v1/search?q=x&conversation=99999", 404),
    ] {
        assert_eq!(get(path).await.status, status, "{path}");
    }
    assert_eq!(ask(server.http, None, "GET", "/api/v1/search?q=x", &[], b"").await.status, 401);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_without_a_hole_or_a_repetition() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    for number in 0..30 {
        a.say(&bob.id, &format!("number {number}")).await;
    }
    indexed(&server).await;
    for number in 30..45 {
        a.say(&bob.id, &format!("number {number}")).await;
    }
    let expected: Vec<String> = (0..45).rev().map(|number| format!("number {number}")).collect();
    for limit in [1, 7, 45, 50] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let found = search(&mut a, Search { limit, cursor, ..line("number") }).await.unwrap();
            assert!(found.hits.len() <= limit as usize);
            seen.extend(found.texts().into_iter().map(str::to_owned));
            pages += 1;
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "pages of {limit}");
        assert!(pages <= 45_usize.div_ceil(limit as usize) + 1);
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_finds_what_others_said_to_each_other() {
    let (_folder, server) = start().await;
    let (ada, bob, eve) = (server.person("ada").await, server.person("bob").await, server.person("eve").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut e, _) = Peer::log_in(&server, POSTCARD, &eve.token).await;
    let (conversation, _) = a.say(&bob.id, "the secret word is xyzzy").await;
    a.say(&eve.id, "hello eve").await;
    for _ in ["from the log", "from the index"] {
        assert_eq!(find(&mut e, "xyzzy").await, Vec::<String>::new());
        assert_eq!(find(&mut e, "from:ada").await, ["hello eve"]);
        let there = search(&mut e, Search { conversation: Some(conversation), ..line("xyzzy") }).await.err().unwrap();
        let nowhere =
            search(&mut e, Search { conversation: Some(ConversationId(9_999)), ..line("xyzzy") }).await.err().unwrap();
        assert_eq!((there.code, &there.message), (Code::NotFound, &nowhere.message));
        assert_eq!(find(&mut a, "xyzzy").await, ["the secret word is xyzzy"]);
        indexed(&server).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_find_what_was_said_while_they_were_there() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (mut b, _) = Peer::log_in(&server, POSTCARD, &bob.token).await;
    let group = group(&mut a, &[]).await;
    say_in(&mut a, group, "note before").await;
    a.execute(Command::AddMembers { conversation: group, users: vec![bob.id.clone()] }).await.unwrap();
    say_in(&mut a, group, "note during").await;
    a.execute(Command::RemoveMember { conversation: group, user: bob.id.clone() }).await.unwrap();
    say_in(&mut a, group, "note after").await;
    for _ in ["from the log", "from the index"] {
        assert_eq!(find(&mut a, "note").await, ["note after", "note during", "note before"]);
        assert_eq!(find(&mut b, "note").await, ["note during"]);
        assert_eq!(find(&mut b, &format!("note in:{group}")).await, ["note during"]);
        indexed(&server).await;
    }
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edited_words_are_found_instead_of_the_old_ones_and_recalled_ones_not_at_all() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    for pause in [false, true] {
        let (conversation, edited) = a.say(&bob.id, "an apple a day").await;
        let (_, recalled) = a.say(&bob.id, "an apple that nobody may see").await;
        let (_, liked) = a.say(&bob.id, "a banana").await;
        if pause {
            indexed(&server).await;
        }
        a.execute(Command::Edit { conversation, seq: edited, text: "a pear a day".to_owned() }).await.unwrap();
        a.execute(Command::Recall { conversation, seq: recalled }).await.unwrap();
        let emoji = tidings::model::Emoji::new("👍").unwrap();
        a.execute(Command::React { conversation, seq: liked, emoji, on: true }).await.unwrap();
        for _ in ["from the log", "from the index"] {
            assert_eq!(find(&mut a, "apple").await, Vec::<String>::new());
            assert_eq!(find(&mut a, "nobody").await, Vec::<String>::new());
            assert_eq!(find(&mut a, "pear").await.len(), if pause { 2 } else { 1 });
            assert_eq!(find(&mut a, "banana").await.len(), if pause { 2 } else { 1 });
            indexed(&server).await;
        }
    }
    assert_eq!(server.search.status().unwrap().messages, 4, "two texts and two fruits of each round");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_retention_has_deleted_is_found_no_more_and_leaves_the_index() {
    let (_folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (conversation, _) = a.say(&bob.id, "sand one").await;
    a.say(&bob.id, "sand two").await;
    let (_, third) = a.say(&bob.id, "sand three").await;
    indexed(&server).await;
    // Only the newest is kept, so the other two may go.
    let keep = SystemCommand::SetRetention { conversation, keep_ms: None, keep_entries: Some(1), hold: false };
    server.engine.execute(auth::server(), None, keep.into()).await.unwrap();
    let trim = SystemCommand::Trim { conversation, first: third };
    server.engine.execute(auth::server(), None, trim.into()).await.unwrap();
    for _ in ["from the log", "from the index"] {
        assert_eq!(find(&mut a, "sand").await, ["sand three"]);
        indexed(&server).await;
    }
    assert_eq!(server.search.status().unwrap().messages, 1);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_goes_on_after_a_restart_and_is_made_anew_when_it_is_gone_or_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    let (conversation, seq) = a.say(&bob.id, "first leaf").await;
    a.say(&bob.id, "second leaf").await;
    a.execute(Command::Edit { conversation, seq, text: "first edited leaf".to_owned() }).await.unwrap();
    assert!(server.stop().await);
    let index = folder.path().join("search");
    type Harm = (&'static str, fn(&Path));
    let harm: [Harm; 4] = [
        ("nothing", |_| {}),
        ("it is gone", |index| std::fs::remove_dir_all(index).unwrap()),
        ("its beginning is gone", |index| std::fs::write(index.join("meta.json"), "{}").unwrap()),
        ("its files are gone", |index| {
            for file in std::fs::read_dir(index).unwrap() {
                let file = file.unwrap().path();
                if file.file_name().unwrap() != "meta.json" {
                    std::fs::remove_file(file).unwrap();
                }
            }
        }),
    ];
    let mut expected = vec!["second leaf".to_owned(), "first edited leaf".to_owned()];
    for (what, harm) in harm {
        harm(&index);
        let server = Server::start(folder.path(), quick()).await;
        let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
        assert_eq!(find_all(&mut a, "leaf").await, expected, "{what}");
        indexed(&server).await;
        assert_eq!(server.search.status().unwrap().messages, expected.len() as u64, "{what}");
        let more = format!("a leaf more after {what}");
        a.say(&bob.id, &more).await;
        expected.insert(0, more);
        assert_eq!(find(&mut a, "leaf").await, expected, "{what}");
        assert!(server.stop().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_of_a_folder_that_was_deleted_under_a_running_server_comes_back() {
    let (folder, server) = start().await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (mut a, _) = Peer::log_in(&server, POSTCARD, &ada.token).await;
    a.say(&bob.id, "one stone").await;
    indexed(&server).await;
    std::fs::remove_dir_all(folder.path().join("search")).unwrap();
    a.say(&bob.id, "two stones, one stone").await;
    assert_eq!(find(&mut a, "stone").await, ["two stones, one stone", "one stone"]);
    indexed(&server).await;
    assert_eq!(find(&mut a, "stone").await, ["two stones, one stone", "one stone"]);
    assert_eq!(server.search.status().unwrap().messages, 2);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_in_the_middle_lose_nothing_that_can_be_found() {
    let mut server = server::Server::start();
    server.add_user("ada");
    server.add_user("bob");
    let bob = UserId::new("bob").unwrap();
    let mut expected = Vec::new();
    let mut rounds = 0;
    while rounds < 3 {
        let mut a = Peer::connect(&server, POSTCARD).await;
        a.send(&crate::support::peer::hello(password("ada", server::PASSWORD), None)).await;
        a.frame().await;
        for number in 0..40 {
            let text = format!("pebble {rounds} {number}");
            a.say(&bob, &text).await;
            expected.insert(0, text);
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let found = search(&mut a, Search { cursor, ..line("pebble") }).await.unwrap();
            if !found.complete {
                assert!(tokio::time::Instant::now() < deadline, "the index is complete in time");
                tokio::time::sleep(Duration::from_millis(20)).await;
                (seen, cursor) = (Vec::new(), None);
                continue;
            }
            seen.extend(found.texts().into_iter().map(str::to_owned));
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected, "round {rounds}");
        // Sometimes before the index is committed, sometimes after it.
        tokio::time::sleep(Duration::from_millis(2_500 * rounds)).await;
        server.kill();
        server.restart();
        rounds += 1;
    }
}
