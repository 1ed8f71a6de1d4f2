//! Bots: tokens in place of passwords, commands that they offer, buttons that call back.

use crate::support::crew::{Crew, named, user};
use crate::support::http::Api;
use crate::support::in_process::{Server, quick};
use crate::support::peer::{Peer, Way};
use serde_json::{Value, json};
use std::time::Duration;
use tidings::auth;
use tidings::model::{
    Answer, AppId, Body, BotCommand, Button, ButtonDoes, ButtonId, ButtonLabel, ButtonRow, ButtonStyle, ButtonUrl,
    Buttons, Code, Command, CommandName, CommandResult, Content, ConversationId, EndReason, Entry, GroupRules, Line,
    Query, Secret, Seq, SessionId, SystemCommand, Target, Text, UserFlags, UserHandle, UserKind, limits,
};
use tidings::protocol::{Encoding, Resume, ServerFrame};

const WAY: Way = Way::Tcp(Encoding::Postcard);

/// A bot with a token.
struct Bot {
    handle: UserHandle,
    token: Secret,
    session: SessionId,
}

async fn make(server: &Server, app: AppId, id: &str) -> Bot {
    let kind = UserKind::Bot;
    let command = SystemCommand::AddUser { app, id: user(id), name: None, password: None, administrator: false, kind };
    let made = server.engine.execute(auth::operator(), None, command.into()).await.unwrap().result;
    let CommandResult::User { user: handle } = made else { panic!("{made:?}") };
    let (token, session) = token(server, handle, None).await.unwrap();
    Bot { handle, token, session }
}

async fn token(
    server: &Server,
    user: UserHandle,
    replaces: Option<SessionId>,
) -> Result<(Secret, SessionId), tidings::model::Refusal> {
    let drawn = auth::Token::draw();
    let command = SystemCommand::CreateToken { user, name: named("a token"), token: drawn.hash(), replaces };
    match server.engine.execute(auth::operator(), None, command.into()).await?.result {
        CommandResult::Session { session } => Ok((drawn.secret(), session)),
        other => panic!("{other:?}"),
    }
}

fn offered(name: &str) -> BotCommand {
    let description = Line::new(format!("Does {name}")).unwrap();
    BotCommand { name: CommandName::new(name).unwrap(), description, hint: Line::new("<what>").ok() }
}

fn id(text: &str) -> ButtonId {
    ButtonId::new(text).unwrap()
}

fn button(text: &str) -> Button {
    Button { label: ButtonLabel::new(text).unwrap(), style: ButtonStyle::Plain, does: ButtonDoes::Press(id(text)) }
}

fn link() -> Button {
    let does = ButtonDoes::Open(ButtonUrl::new("https://example.org/4711").unwrap());
    Button { label: ButtonLabel::new("Look").unwrap(), style: ButtonStyle::Plain, does }
}

fn question() -> Buttons {
    let text = Text::plain("Shall it be deployed?");
    Buttons { text, rows: vec![ButtonRow(vec![button("yes"), button("no")]), ButtonRow(vec![link()])] }
}

async fn sends(peer: &mut Peer, to: Target, buttons: Buttons) -> Result<(ConversationId, Seq), Code> {
    match peer.execute(Command::Send { to, content: Content::Buttons(buttons) }).await {
        Ok(CommandResult::Appended { conversation, seq, .. }) => Ok((conversation, seq)),
        Ok(other) => panic!("{other:?}"),
        Err(refused) => Err(refused.code),
    }
}

/// The next press that a bot is told of: where, which message, which button, by whom.
async fn pressed(peer: &mut Peer) -> (ConversationId, Seq, String, String) {
    peer.until(|frame| match frame {
        ServerFrame::Entry { entry, .. } => press_in(entry),
        _ => None,
    })
    .await
}

fn press_in(entry: &Entry) -> Option<(ConversationId, Seq, String, String)> {
    let Body::Pressed { conversation, entry: seq, button } = &entry.body else { return None };
    Some((*conversation, *seq, button.to_string(), entry.author.to_string()))
}

/// The reason for which a connection was closed.
async fn ended(peer: &mut Peer) -> EndReason {
    peer.until(|frame| match frame {
        ServerFrame::Kicked { reason, .. } => Some(*reason),
        _ => None,
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_comes_with_a_token_that_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let grace = server.person("grace").await;
    let command = SystemCommand::SetAdministrator { user: grace.handle, administrator: true };
    server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    let admin = Api::with_token(server.http, &grace.token);
    let ada = Api::with_token(server.http, &server.person("ada").await.token);
    let password = json!({"user": "dice", "kind": "bot", "password": "a quiet afternoon"});
    assert_eq!(admin.post("/admin/users", password).await.problem(), (400, "invalid".to_owned()));
    let right = json!({"user": "dice", "kind": "bot", "administrator": true});
    assert_eq!(admin.post("/admin/users", right).await.problem(), (400, "invalid".to_owned()));
    assert_eq!(admin.post("/admin/users", json!({"user": "dice", "kind": "bot"})).await.ok(201)["kind"], "bot");
    // Made, told once, listed without it.
    let made = admin.post("/admin/users/dice/tokens", json!({"name": "on the server"})).await.ok(201);
    let secret = Secret::new(made["secret"].as_str().unwrap());
    let list = admin.get("/admin/users/dice/tokens").await.ok(200);
    assert_eq!((&list["tokens"][0]["token"], &list["tokens"][0]["name"]), (&made["token"], &json!("on the server")));
    assert!(!list.to_string().contains(secret.reveal()), "told once");
    // It opens both doors.
    let dice = Api::with_token(server.http, &secret);
    assert_eq!(dice.get("/me").await.ok(200)["profile"]["kind"], "bot");
    let (mut peer, _) = Peer::log_in(&server, WAY, &secret).await;
    let (chat, _) = peer.say(&user("ada"), "hello").await;
    let shown = ada.get(&format!("/conversations/{chat}/entries")).await.ok(200);
    assert_eq!(shown["entries"][0]["author"], "dice");
    // No password, whoever tries.
    let set = admin.put("/admin/users/dice/password", json!({"password": "a quiet afternoon"})).await;
    assert_eq!(set.problem(), (400, "invalid".to_owned()));
    assert_eq!(admin.post("/admin/users/dice/password-link", json!({})).await.problem().0, 400);
    assert_eq!(admin.put("/admin/users/dice/administrator", json!({"administrator": true})).await.problem().0, 400);
    let log_in = json!({"user": "dice", "password": "a quiet afternoon"});
    let refused = Api::at(server.http).post("/sessions", log_in).await.problem();
    assert_eq!(refused, (401, "unauthenticated".to_owned()));
    // A new one in place of the old one, whose connection is closed.
    let path = format!("/admin/users/dice/tokens/{}", made["token"]);
    let rotated = admin.post(&format!("{path}/rotation"), json!({})).await.ok(201);
    assert_eq!(ended(&mut peer).await, EndReason::Revoked);
    assert_eq!(dice.get("/me").await.problem(), (401, "session_revoked".to_owned()));
    let dice = Api::with_token(server.http, &Secret::new(rotated["secret"].as_str().unwrap()));
    dice.get("/me").await.ok(200);
    let list = admin.get("/admin/users/dice/tokens").await.ok(200);
    assert_eq!((list["tokens"].as_array().unwrap().len(), &list["tokens"][0]["name"]), (1, &json!("on the server")));
    // Two at once, then the first is revoked.
    let second = admin.post("/admin/users/dice/tokens", json!({})).await.ok(201);
    admin.delete(&format!("/admin/users/dice/tokens/{}", rotated["token"])).await;
    assert_eq!(dice.get("/me").await.problem().0, 401);
    Api::with_token(server.http, &Secret::new(second["secret"].as_str().unwrap())).get("/me").await.ok(200);
    assert_eq!(admin.delete(&path).await.problem(), (404, "not_found".to_owned()), "revoked once");
    for _ in 1..limits::BOT_TOKENS_MAX {
        admin.post("/admin/users/dice/tokens", json!({})).await.ok(201);
    }
    assert_eq!(admin.post("/admin/users/dice/tokens", json!({})).await.problem(), (409, "full".to_owned()));
    // People have none, and nobody's session is a token of a bot.
    assert_eq!(admin.post("/admin/users/ada/tokens", json!({})).await.problem(), (400, "invalid".to_owned()));
    let sessions = ada.get("/sessions").await.ok(200);
    let session = &sessions["sessions"][0]["session"];
    let wrong = admin.delete(&format!("/admin/users/dice/tokens/{session}")).await;
    assert_eq!(wrong.problem(), (404, "not_found".to_owned()));
    assert_eq!(ada.post("/admin/users/dice/tokens", json!({})).await.problem(), (403, "forbidden".to_owned()));
    // Who did what stands in the audit log, without the secret.
    let audit = admin.get("/admin/audit").await.ok(200).to_string();
    assert!(audit.contains("token.create") && audit.contains("token.rotate") && audit.contains("token.revoke"));
    assert!(!audit.contains("tds_"));
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_lasts_until_it_is_revoked() {
    let crew = Crew::start(&["ada"]).await;
    let bot = make(&crew.server, AppId::HOME, "dice").await;
    crew.pass(Duration::from_hours(24 * 400));
    let ada = crew.people["ada"].session;
    let command = SystemCommand::EndExpired { sessions: vec![bot.session, ada] };
    let ended = crew.server.engine.execute(auth::server(), None, command.into()).await.unwrap().result;
    assert_eq!(ended, CommandResult::Removed { count: 1, more: false });
    Api::with_token(crew.server.http, &bot.token).get("/me").await.ok(200);
    let (_peer, _) = Peer::log_in(&crew.server, WAY, &bot.token).await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_bot_is_gone_at_once_and_so_is_a_deleted_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let bot = make(&server, AppId::HOME, "dice").await;
    let (mut first, _) = Peer::log_in(&server, WAY, &bot.token).await;
    let (other, _) = token(&server, bot.handle, None).await.unwrap();
    let (mut second, _) = Peer::log_in(&server, Way::WebSocket(Encoding::Json), &other).await;
    let suspend = |suspended| SystemCommand::SetFlags {
        user: bot.handle,
        flags: UserFlags { suspended, ..UserFlags::default() },
    };
    server.engine.execute(auth::operator(), None, suspend(true).into()).await.unwrap();
    assert_eq!(ended(&mut first).await, EndReason::Suspended);
    assert_eq!(ended(&mut second).await, EndReason::Suspended);
    assert_eq!(Api::with_token(server.http, &bot.token).get("/me").await.problem().0, 401);
    assert_eq!(token(&server, bot.handle, None).await.unwrap_err().code, Code::Suspended);
    server.engine.execute(auth::operator(), None, suspend(false).into()).await.unwrap();
    let (again, _) = token(&server, bot.handle, None).await.unwrap();
    let (mut peer, _) = Peer::log_in(&server, WAY, &again).await;
    server.engine.execute(auth::operator(), None, SystemCommand::DeleteUser { user: bot.handle }.into()).await.unwrap();
    assert_eq!(ended(&mut peer).await, EndReason::AccountDeleted);
    assert_eq!(token(&server, bot.handle, None).await.unwrap_err().code, Code::NotFound);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_offered_where_the_bot_is_and_nowhere_else() {
    let mut crew = Crew::start(&["ada", "bob", "eve"]).await;
    let (dice, cook) = (make(&crew.server, AppId::HOME, "dice").await, make(&crew.server, AppId::HOME, "cook").await);
    let (mut dice_peer, _) = Peer::log_in(&crew.server, WAY, &dice.token).await;
    let (mut cook_peer, _) = Peer::log_in(&crew.server, WAY, &cook.token).await;
    dice_peer.execute(Command::SetCommands { commands: vec![offered("roll"), offered("help")] }).await.unwrap();
    cook_peer.execute(Command::SetCommands { commands: vec![offered("soup"), offered("help")] }).await.unwrap();
    let (chat, _) = crew.peer("ada").say(&user("dice"), "hello").await;
    let group = crew.creates("ada", &["bob", "dice", "cook"], GroupRules::default()).await;
    let mut names =
        async |who: &'static str, conversation| match crew.asks(who, Query::BotCommands { conversation }).await? {
            Answer::BotCommands { commands, more: false, .. } => {
                Ok(commands.iter().map(|one| format!("{}/{}", one.bot, one.command.name)).collect::<Vec<_>>())
            }
            other => panic!("{other:?}"),
        };
    assert_eq!(names("ada", chat).await.unwrap(), ["dice/help", "dice/roll"]);
    assert_eq!(names("bob", group).await.unwrap(), ["cook/help", "dice/help", "dice/roll", "cook/soup"]);
    assert_eq!(names("bob", chat).await, Err(Code::NotFound), "not theirs");
    assert_eq!(names("eve", group).await, Err(Code::NotFound));
    // Over HTTP, in the same shape.
    let http = Api::with_token(crew.server.http, &crew.people["ada"].token);
    let shown = http.get(&format!("/conversations/{chat}/commands")).await.ok(200);
    let first = json!({"bot": "dice", "command": {"name": "help", "description": "Does help", "hint": "<what>"}});
    assert_eq!(shown["commands"][0], first);
    // A bot that was removed, or offers nothing more, or is suspended, offers nothing.
    crew.does("ada", Command::RemoveMember { conversation: group, user: user("cook") }).await;
    dice_peer.execute(Command::SetCommands { commands: vec![offered("roll")] }).await.unwrap();
    let mut names =
        async |who: &'static str, conversation| match crew.asks(who, Query::BotCommands { conversation }).await {
            Ok(Answer::BotCommands { commands, .. }) => commands.len(),
            other => panic!("{other:?}"),
        };
    assert_eq!(names("bob", group).await, 1);
    dice_peer.execute(Command::SetCommands { commands: Vec::new() }).await.unwrap();
    assert_eq!(names("bob", group).await, 0);
    dice_peer.execute(Command::SetCommands { commands: vec![offered("roll")] }).await.unwrap();
    let flags = UserFlags { suspended: true, ..UserFlags::default() };
    let suspend = SystemCommand::SetFlags { user: dice.handle, flags };
    crew.server.engine.execute(auth::operator(), None, suspend.into()).await.unwrap();
    assert_eq!(crew_count(&mut crew, group).await, 0);
    // Who has left asks in vain; people and too many offer nothing.
    crew.does("bob", Command::Leave { conversation: group }).await;
    assert_eq!(crew.asks("bob", Query::BotCommands { conversation: group }).await.unwrap_err(), Code::NotMember);
    assert_eq!(crew.tries("ada", Command::SetCommands { commands: vec![offered("x")] }).await, Err(Code::Forbidden));
    let many = (0..=limits::BOT_COMMANDS_MAX).map(|n| offered(&format!("c{n}"))).collect();
    assert_eq!(cook_peer.execute(Command::SetCommands { commands: many }).await.unwrap_err().code, Code::TooLarge);
    let twice = vec![offered("soup"), offered("soup")];
    assert_eq!(cook_peer.execute(Command::SetCommands { commands: twice }).await.unwrap_err().code, Code::Invalid);
    drop((dice_peer, cook_peer));
    crew.stop().await;
}

async fn crew_count(crew: &mut Crew, conversation: ConversationId) -> usize {
    match crew.asks("ada", Query::BotCommands { conversation }).await {
        Ok(Answer::BotCommands { commands, .. }) => commands.len(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pressed_button_calls_back_and_the_bot_answers_where_it_stands() {
    let mut crew = Crew::start(&["ada", "bob", "eve"]).await;
    let bot = make(&crew.server, AppId::HOME, "dice").await;
    let (mut dice, _) = Peer::log_in(&crew.server, WAY, &bot.token).await;
    let group = crew.creates("ada", &["bob", "dice"], GroupRules::default()).await;
    let (_, seq) = sends(&mut dice, Target::Conversation(group), question()).await.unwrap();
    let entry = crew.hears("bob", group, &Body::Buttons(question())).await;
    assert_eq!(entry.seq, seq);
    let press = |button: &str| Command::Press { conversation: group, seq, button: id(button) };
    assert_eq!(crew.does("bob", press("yes")).await, CommandResult::Done {});
    assert_eq!(pressed(&mut dice).await, (group, seq, "yes".to_owned(), "bob".to_owned()));
    // Over HTTP.
    let ada = Api::with_token(crew.server.http, &crew.people["ada"].token);
    let path = format!("/conversations/{group}/entries/{seq}");
    let told = ada.post(&format!("{path}/presses"), json!({"button": "no"})).await.ok(200);
    assert!(told.get("entry").is_none(), "where it stands is the bot's own");
    assert_eq!(pressed(&mut dice).await, (group, seq, "no".to_owned(), "ada".to_owned()));
    // The bot answers in place, long after.
    crew.pass(Duration::from_hours(48));
    let rows = vec![ButtonRow(vec![button("undo")])];
    let edit =
        Command::EditButtons { conversation: group, seq, text: "Deployed by bob".to_owned(), rows: rows.clone() };
    dice.execute(edit.clone()).await.unwrap();
    let shown = crew.reads("ada", group).await;
    let now = shown.iter().find(|entry| entry.seq == seq).unwrap();
    assert_eq!(now.body, Body::Buttons(Buttons { text: Text::plain("Deployed by bob"), rows }));
    assert_eq!(crew.tries("bob", press("yes")).await, Err(Code::NotFound), "it has this button no more");
    crew.does("bob", press("undo")).await;
    let none = Command::EditButtons { conversation: group, seq, text: "Done".to_owned(), rows: Vec::new() };
    dice.execute(none).await.unwrap();
    assert_eq!(crew.tries("bob", press("undo")).await, Err(Code::NotFound));
    assert_eq!(crew.tries("ada", edit).await, Err(Code::Forbidden), "another's message");
    // Forwarded, it is words; it is found by them.
    let to = Target::User(user("eve"));
    let forwarded = crew.does("ada", Command::Forward { from: group, seq, to }).await;
    let CommandResult::Appended { conversation: eves, seq: there, .. } = forwarded else { panic!("{forwarded:?}") };
    let said = crew.reads("eve", eves).await.into_iter().find(|entry| entry.seq == there).unwrap();
    assert_eq!(said.body, Body::Text(Text::plain("Done")));
    drop(dice);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_was_away_learns_of_every_press_when_it_is_back() {
    let mut crew = Crew::start(&["ada", "bob"]).await;
    let bot = make(&crew.server, AppId::HOME, "dice").await;
    let (mut dice, welcome) = Peer::log_in(&crew.server, WAY, &bot.token).await;
    let group = crew.creates("ada", &["bob", "dice"], GroupRules::default()).await;
    let (_, seq) = sends(&mut dice, Target::Conversation(group), question()).await.unwrap();
    drop(dice);
    for who in ["ada", "bob", "ada"] {
        crew.does(who, Command::Press { conversation: group, seq, button: id("yes") }).await;
    }
    let resume = Resume { epoch: welcome.epoch, cursor: tidings::model::Lsn(0) };
    let (mut dice, _) = Peer::resume(&crew.server, WAY, &bot.token, Some(resume)).await;
    let mut found = Vec::new();
    while found.len() < 3 {
        let changes = dice
            .until(|frame| match frame {
                ServerFrame::Changes(changes) => Some(changes.clone()),
                _ => None,
            })
            .await;
        found.extend(changes.conversations.iter().flat_map(|one| one.entries.iter().filter_map(press_in)));
        assert!(changes.more || found.len() == 3, "all of them come with the changes");
    }
    let by: Vec<&str> = found.iter().map(|(_, _, _, by)| by.as_str()).collect();
    assert_eq!(by, ["ada", "bob", "ada"]);
    drop(dice);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_those_press_who_see_the_message_and_not_without_end() {
    let mut crew = Crew::start(&["ada", "bob", "eve", "cy"]).await;
    let bot = make(&crew.server, AppId::HOME, "dice").await;
    let (mut dice, _) = Peer::log_in(&crew.server, WAY, &bot.token).await;
    let group = crew.creates("ada", &["bob", "dice", "cy"], GroupRules::default()).await;
    let (_, seq) = sends(&mut dice, Target::Conversation(group), question()).await.unwrap();
    let words = crew.says("ada", group, "just words").await.unwrap();
    let press = |seq, button: &str| Command::Press { conversation: group, seq, button: id(button) };
    crew.does("cy", Command::Leave { conversation: group }).await;
    for (who, command, code) in [
        ("eve", press(seq, "yes"), Code::NotFound),
        ("cy", press(seq, "yes"), Code::NotMember),
        ("bob", press(seq, "maybe"), Code::NotFound),
        ("bob", press(seq, "Look"), Code::NotFound),
        ("bob", press(words, "yes"), Code::Invalid),
        ("bob", press(Seq(999), "yes"), Code::NotFound),
        ("bob", press(Seq(1), "yes"), Code::Invalid),
    ] {
        assert_eq!(crew.tries(who, command.clone()).await, Err(code), "{who}: {command:?}");
    }
    // People send no buttons, in no way.
    let content = Content::Buttons(question());
    let send = Command::Send { to: Target::Conversation(group), content };
    assert_eq!(crew.tries("ada", send).await, Err(Code::Forbidden));
    let edit = Command::EditButtons { conversation: group, seq: words, text: "x".to_owned(), rows: Vec::new() };
    assert_eq!(crew.tries("ada", edit).await, Err(Code::Forbidden));
    // Silenced and muted as for a reaction.
    crew.does("ada", Command::MuteGroup { conversation: group, on: true }).await;
    assert_eq!(crew.tries("bob", press(seq, "yes")).await, Err(Code::Muted));
    crew.does("ada", Command::MuteGroup { conversation: group, on: false }).await;
    // So many within a time.
    for _ in 0..limits::PRESSES_MAX {
        crew.does("bob", press(seq, "yes")).await;
    }
    let refused = crew.attempt("bob", press(seq, "yes")).await.unwrap_err();
    assert_eq!((refused.code, refused.retry_after_ms), (Code::QuotaExceeded, None), "all else goes on");
    crew.does("ada", press(seq, "yes")).await;
    crew.pass(Duration::from_millis(2 * limits::PRESSES_WINDOW_MS));
    crew.does("bob", press(seq, "yes")).await;
    // Recalled by a manager, or its bot gone: nobody would learn of it.
    let (_, second) = sends(&mut dice, Target::Conversation(group), question()).await.unwrap();
    crew.does("ada", Command::Recall { conversation: group, seq }).await;
    assert_eq!(crew.tries("bob", press(seq, "yes")).await, Err(Code::Conflict));
    crew.does("ada", Command::RemoveMember { conversation: group, user: user("dice") }).await;
    assert_eq!(crew.tries("bob", press(second, "yes")).await, Err(Code::NotMember));
    // In a direct chat, whoever the bot has blocked is not heard.
    let (chat, third) = sends(&mut dice, Target::User(user("ada")), question()).await.unwrap();
    let press = Command::Press { conversation: chat, seq: third, button: id("yes") };
    crew.does("ada", press.clone()).await;
    dice.execute(Command::Block { user: user("ada"), on: true }).await.unwrap();
    assert_eq!(crew.tries("ada", press.clone()).await, Err(Code::Blocked));
    dice.execute(Command::Block { user: user("ada"), on: false }).await.unwrap();
    crew.server
        .engine
        .execute(auth::operator(), None, SystemCommand::DeleteUser { user: bot.handle }.into())
        .await
        .unwrap();
    assert_eq!(crew.tries("ada", press).await, Err(Code::NotFound), "its bot is no more");
    drop(dice);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bot_sends_is_bounded_and_opens_nothing_but_web_pages() {
    let crew = Crew::start(&["ada"]).await;
    let bot = make(&crew.server, AppId::HOME, "dice").await;
    let api = Api::with_token(crew.server.http, &bot.token);
    let button = |n: usize| json!({"label": format!("b{n}"), "does": {"press": format!("b{n}")}});
    let rows = |rows: usize, each: usize| -> Value {
        (0..rows).map(|row| (0..each).map(|n| button(row * each + n)).collect::<Vec<_>>()).collect::<Vec<_>>().into()
    };
    let opens = |url: &str| json!([[{"label": "x", "does": {"open": url}}]]);
    let content = |rows: Value| json!({"buttons": {"text": {"text": "words"}, "rows": rows}});
    api.post("/users/ada/entries", content(rows(5, 5))).await.ok(201);
    api.post("/users/ada/entries", content(opens("https://example.org/x?y=z"))).await.ok(201);
    for bad in [
        json!([]),
        json!([[]]),
        rows(6, 1),
        rows(1, 6),
        json!([[button(1), button(1)]]),
        json!([[{"label": "", "does": {"press": "x"}}]]),
        json!([[{"label": "a\nb", "does": {"press": "x"}}]]),
        json!([[{"label": "\u{202e}x", "does": {"press": "x"}}]]),
        json!([[{"label": "x".repeat(129), "does": {"press": "x"}}]]),
        json!([[{"label": "x", "does": {"press": ""}}]]),
        json!([[{"label": "x", "does": {"press": "x".repeat(65)}}]]),
        json!([[{"label": "x", "does": {"run": "x"}}]]),
        json!([[{"label": "x"}]]),
        json!([[{"label": "x", "style": "blinking", "does": {"press": "x"}}]]),
        json!([{"label": "x", "does": {"press": "x"}}]),
        json!([vec![button(1); 2_000]]),
        opens("javascript:alert(1)"),
        opens("data:text/html,<script>alert(1)</script>"),
        opens("https://bank.example@evil.example/"),
        opens("https:///x"),
        opens(&format!("https://example.org/{}", "x".repeat(2_000))),
    ] {
        let reply = api.post("/users/ada/entries", content(bad.clone())).await;
        assert!(matches!(reply.problem().0, 400 | 413 | 422), "{bad}: {:?}", reply.problem());
    }
    let long = json!({"buttons": {"text": {"text": "x".repeat(70_000)}, "rows": rows(1, 1)}});
    assert_eq!(api.post("/users/ada/entries", long).await.problem().1, "too_large");
    for name in ["", "Roll", "/roll", "a b", "ü", "a\0", &"x".repeat(33)] {
        let reply = api.put("/me/commands", json!({"commands": [{"name": name, "description": "d"}]})).await;
        assert_eq!(reply.problem().1, "invalid", "{name:?}");
    }
    let long = json!({"commands": [{"name": "x", "description": "d".repeat(513)}]});
    assert_eq!(api.put("/me/commands", long).await.problem().1, "invalid");
    api.put("/me/commands", json!({"commands": [{"name": "x", "description": "<b>d</b>"}]})).await.ok(200);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_has_bots_of_its_own_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), quick()).await;
    let grace = server.person("grace").await;
    let command = SystemCommand::SetAdministrator { user: grace.handle, administrator: true };
    server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    let admin = Api::with_token(server.http, &grace.token);
    let mut systems = Vec::new();
    for name in ["shop", "other"] {
        admin.post("/admin/apps", json!({"name": name})).await.ok(201);
        let key = admin.post(&format!("/admin/apps/{name}/keys"), json!({"kind": "api"})).await.ok(201);
        systems.push(Api::with_token(server.http, &Secret::new(key["secret"].as_str().unwrap())));
    }
    let [shop, other] = &systems[..] else { panic!() };
    shop.put("/apps/shop/users/dice", json!({"kind": "bot"})).await.ok(201);
    shop.put("/apps/shop/users/ada", json!({})).await.ok(201);
    let made = shop.post("/apps/shop/users/dice/tokens", json!({"name": "one"})).await.ok(201);
    let dice = Api::with_token(server.http, &Secret::new(made["secret"].as_str().unwrap()));
    assert_eq!(dice.get("/me").await.ok(200)["profile"]["user"], "dice");
    assert_eq!(shop.get("/apps/shop/users/dice/tokens").await.ok(200)["tokens"][0]["name"], "one");
    assert_eq!(shop.post("/apps/shop/users/ada/tokens", json!({})).await.problem().0, 400);
    // Another app's key, and a bot of the same id there.
    other.put("/apps/other/users/dice", json!({"kind": "bot"})).await.ok(201);
    for path in ["/apps/shop/users/dice/tokens", "/apps/shop/users/nobody/tokens"] {
        assert_eq!(other.post(path, json!({})).await.problem(), (404, "not_found".to_owned()));
    }
    let token = &made["token"];
    assert_eq!(other.delete(&format!("/apps/other/users/dice/tokens/{token}")).await.problem().0, 404);
    assert_eq!(
        other.post(&format!("/apps/other/users/dice/tokens/{token}/rotation"), json!({})).await.problem().0,
        404
    );
    dice.get("/me").await.ok(200);
    // An app speaks with buttons for any of its users, and hears of presses in its events.
    let start = shop.get("/apps/shop/events").await.ok(200)["next"].as_str().unwrap().to_owned();
    let content =
        json!({"buttons": {"text": {"text": "Paid?"}, "rows": [[{"label": "Yes", "does": {"press": "paid"}}]]}});
    shop.put("/apps/shop/users/till", json!({})).await.ok(201);
    let sent = shop.post("/apps/shop/as/till/users/ada/entries", content).await.ok(201);
    let (chat, seq) = (&sent["entry"]["conversation"], &sent["entry"]["seq"]);
    let presses = format!("/apps/shop/as/ada/conversations/{chat}/entries/{seq}/presses");
    shop.post(&presses, json!({"button": "paid"})).await.ok(200);
    let events = shop.get(&format!("/apps/shop/events?after={start}&types=entry.pressed")).await.ok(200);
    let entry = &events["events"][0]["entry"];
    assert_eq!(entry["author"], "ada");
    assert_eq!(entry["body"], json!({"pressed": {"conversation": chat, "entry": seq, "button": "paid"}}));
    assert_eq!(events["events"][0]["conversation"]["users"], json!(["till"]));
    // Rotated and revoked by the app.
    let rotated = shop.post(&format!("/apps/shop/users/dice/tokens/{token}/rotation"), json!({})).await.ok(201);
    assert_eq!(dice.get("/me").await.problem().0, 401);
    let gone = shop.delete(&format!("/apps/shop/users/dice/tokens/{}", rotated["token"])).await;
    assert_eq!(gone.status, 204);
    assert_eq!(shop.get("/apps/shop/users/dice/tokens").await.ok(200)["tokens"], json!([]));
    assert!(server.stop().await);
}
