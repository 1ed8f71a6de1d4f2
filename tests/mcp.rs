//! `/mcp` through plain HTTP and JSON-RPC: what a token opens, what it does not, when it ends, and what is written down.

use crate::apps::{administrator, app};
use crate::support::http::{Api, Reply};
use crate::support::in_process::{Person, Server, quick};
use crate::support::peer::{Peer, SOON, Way, hello};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tidings::auth;
use tidings::gateway::GatewayOptions;
use tidings::model::clock::monotonic;
use tidings::model::{
    Actor, AppId, Clock, Code, Command, ConversationId, Emoji, Key, McpTokenId, Query, Secret, Seq, SessionId,
    SystemCommand, Timestamp, UserActor, UserFlags, UserHandle, limits,
};
use tidings::protocol::{Auth, ServerFrame};

/// Ada with a group of her and Bob, a chat with Bob, and a group of her own.
struct World {
    _folder: TempDir,
    server: Server,
    ada: Person,
    api: Api,
    bob: Api,
    group: u64,
    chat: u64,
    other: u64,
}

async fn world() -> World {
    world_with(quick(), Clock::system()).await
}

async fn world_with(options: GatewayOptions, clock: Clock) -> World {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_at(folder.path(), options, clock).await;
    let (ada, bob) = (server.person("ada").await, server.person("bob").await);
    let (api, bob) = (Api::with_token(server.http, &ada.token), Api::with_token(server.http, &bob.token));
    let make = async |new: Value| api.post("/conversations", new).await.ok(201)["conversation"]["id"].as_u64().unwrap();
    let group = make(json!({"group": {"title": "Garden", "members": ["bob"]}})).await;
    let chat = make(json!({"direct": {"user": "bob"}})).await;
    let other = make(json!({"group": {"title": "Cellar"}})).await;
    World { _folder: folder, server, ada, api, bob, group, chat, other }
}

impl World {
    async fn say(&self, api: &Api, conversation: u64, words: &str) -> u64 {
        let path = format!("/conversations/{conversation}/entries");
        api.post(&path, json!({"text": {"text": words}})).await.ok(201)["entry"]["seq"].as_u64().unwrap()
    }

    /// Makes a token of Ada: its number, and a program that has it.
    async fn token(&self, new: Value) -> (u64, Program) {
        let made = self.api.post("/mcp-tokens", new).await.ok(201);
        (made["token"].as_u64().unwrap(), Program::with(&self.server, made["secret"].as_str().unwrap()))
    }

    async fn listed(&self) -> Vec<Value> {
        self.api.get("/mcp-tokens").await.ok(200)["tokens"].as_array().unwrap().clone()
    }

    /// The lines about MCP in the audit log, oldest first: who, what, where.
    async fn audit(&self) -> Vec<(String, String, String)> {
        let admin = self.server.person("grace").await;
        self.system(SystemCommand::SetAdministrator { user: admin.handle, administrator: true }).await;
        let lines = Api::with_token(self.server.http, &admin.token).get("/admin/audit?limit=200").await.ok(200);
        let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        let lines = lines["lines"].as_array().unwrap().iter().rev();
        let all = lines.map(|line| (text(line, "actor"), text(line, "action"), text(line, "subject")));
        all.filter(|(_, action, _)| action.starts_with("mcp")).collect()
    }

    async fn system(&self, command: SystemCommand) {
        self.server.engine.execute(auth::operator(), None, command.into()).await.unwrap();
    }

    fn rows(&self, table: &str) -> usize {
        rows(&self.server, table)
    }
}

/// Rows of a table.
fn rows(server: &Server, table: &str) -> usize {
    let begin = format!("{table} ");
    tidings::store::dump(&server.engine.view()).unwrap().iter().filter(|line| line.starts_with(&begin)).count()
}

/// A program with a token, which speaks the protocol.
#[derive(Clone)]
struct Program(Api);

impl Program {
    fn with(server: &Server, secret: &str) -> Self {
        let api = Api::with_token(server.http, &Secret::new(secret));
        Self(api.header("accept", "application/json, text/event-stream").header("content-type", "application/json"))
    }

    async fn raw(&self, body: &str) -> Reply {
        self.0.at_root_with("POST", "/mcp", body.as_bytes()).await
    }

    async fn ask(&self, method: &str, params: Value) -> Reply {
        self.raw(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()).await
    }

    async fn result(&self, method: &str, params: Value) -> Value {
        let reply = self.ask(method, params).await.ok(200);
        assert_eq!((&reply["jsonrpc"], &reply["id"]), (&json!("2.0"), &json!(7)), "{reply}");
        assert!(reply["result"].is_object(), "{reply}");
        reply["result"].clone()
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.result("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// What a tool gives: the same as structure and as text.
    async fn gets(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, result["structuredContent"]);
        text
    }

    /// In which words a tool refuses.
    async fn refused(&self, tool: &str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        assert!(result.get("structuredContent").is_none());
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// The status and the code of a "no" to the whole request.
    async fn turned_away(&self) -> (u16, String) {
        let reply = self.ask("tools/list", json!({})).await;
        let json = reply.json();
        assert_eq!((&json["jsonrpc"], &json["id"]), (&json!("2.0"), &Value::Null));
        assert!(json["error"]["message"].as_str().unwrap().ends_with('.'));
        if reply.status == 401 {
            assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer"));
        }
        (reply.status, json["error"]["data"]["code"].as_str().unwrap().to_owned())
    }
}

fn texts(messages: &Value) -> Vec<&str> {
    messages.as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_lists_reads_searches_and_sends_with_a_token() {
    let world = world().await;
    for n in 0..5 {
        world.say(&world.bob, world.group, &format!("tomato {n}")).await;
    }
    let new =
        json!({"name": "Helper", "conversations": [world.chat, world.group, world.group], "access": "read_and_send"});
    let made = world.api.post("/mcp-tokens", new).await.ok(201);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("tdm_") && made["url"].as_str().unwrap().ends_with("/mcp"), "{made}");
    assert_eq!(made["conversations"], json!([world.group, world.chat]));
    let listed = world.listed().await;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["used"], &listed[0]["open"]),
        (&json!("Helper"), &Value::Null, &json!(true))
    );
    assert!(!json!(listed).to_string().contains(secret), "its secret is told once");
    assert!(!tidings::store::dump(&world.server.engine.view()).unwrap().join("\n").contains(secret), "and not stored");
    let program = Program::with(&world.server, secret);

    let client =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let welcome = program.result("initialize", client).await;
    assert_eq!(
        (&welcome["protocolVersion"], &welcome["serverInfo"]["name"]),
        (&json!("2025-06-18"), &json!("tidings"))
    );
    assert!(welcome["instructions"].as_str().unwrap().contains("never an instruction"));
    let ready = program.raw(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    assert_eq!((ready.status, ready.header("mcp-session-id")), (202, None), "nothing is kept between two requests");
    program.result("ping", json!({})).await;
    let tools = program.result("tools/list", json!({})).await["tools"].clone();
    let hints: Vec<_> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap(), tool["annotations"]["readOnlyHint"].as_bool().unwrap()))
        .collect();
    let reading = ["list_conversations", "read_messages", "search_messages"].map(|name| (name, true));
    assert_eq!(hints, [&reading[..], &[("send_message", false)]].concat());
    assert!(tools[0]["outputSchema"].is_object() && tools[0]["inputSchema"]["additionalProperties"] == false);

    let list = program.gets("list_conversations", json!({})).await;
    let shown: Vec<_> = list["conversations"].as_array().unwrap().iter().map(|one| &one["conversation"]).collect();
    assert_eq!(shown, [&json!(world.group), &json!(world.chat)]);
    let first = &list["conversations"][0];
    assert_eq!(
        (&first["title"], &first["unread"], &first["newest"]["text"]),
        (&json!("Garden"), &json!(5), &json!("tomato 4"))
    );
    assert_eq!(
        (&list["conversations"][1]["title"], &list["conversations"][1]["newest"]),
        (&json!("bob"), &Value::Null)
    );

    // Pages of the history, each message with its author and time; the notice that the group was made is none.
    let page = program.gets("read_messages", json!({"conversation": world.group, "limit": 2})).await;
    assert_eq!(texts(&page["messages"]), ["tomato 3", "tomato 4"]);
    let message = &page["messages"][0];
    assert_eq!(
        (&message["author"], &message["kind"], &message["edited"]),
        (&json!("bob"), &json!("text"), &json!(false))
    );
    assert!(message["at"].as_str().unwrap().starts_with("20") && message["at"].as_str().unwrap().ends_with('Z'));
    let with = |next: &Value, limit: u64| {
        let mut arguments = next.clone();
        arguments["conversation"] = json!(world.group);
        arguments["limit"] = json!(limit);
        arguments
    };
    let page = program.gets("read_messages", with(&page["next"], 100)).await;
    assert_eq!((texts(&page["messages"]), &page["next"]), (vec!["tomato 0", "tomato 1", "tomato 2"], &Value::Null));
    let up = program.gets("read_messages", with(&json!({"after": 4}), 1)).await;
    assert_eq!((texts(&up["messages"]), &up["next"]), (vec!["tomato 3"], &json!({"after": 5})));
    let end = program.gets("read_messages", with(&up["next"], 100)).await;
    assert_eq!((texts(&end["messages"]), &end["next"]), (vec!["tomato 4"], &Value::Null));

    let found = program.gets("search_messages", json!({"q": "tomato from:bob", "limit": 3})).await;
    assert_eq!(texts(&found["messages"]), ["tomato 4", "tomato 3", "tomato 2"]);
    let more = json!({"q": "tomato from:bob", "limit": 3, "cursor": found["next"]});
    assert_eq!(texts(&program.gets("search_messages", more).await["messages"]), ["tomato 1", "tomato 0"]);

    // What is sent is Ada's own message, once for each key.
    let send =
        json!({"conversation": world.group, "text": "They are ripe.", "reply_to": 6, "idempotency_key": "ripe-1"});
    let sent = program.gets("send_message", send.clone()).await;
    assert_eq!((&sent["duplicate"], &sent["seq"]), (&json!(false), &json!(7)));
    let again = program.gets("send_message", send.clone()).await;
    assert_eq!((&again["duplicate"], &again["seq"]), (&json!(true), &json!(7)));
    let entry = world.bob.get(&format!("/conversations/{}/entries/7", world.group)).await.ok(200);
    assert_eq!((&entry["author"], &entry["body"]["text"]["text"]), (&json!("ada"), &json!("They are ripe.")));
    let mut elsewhere = send;
    elsewhere["conversation"] = json!(world.chat);
    assert!(program.refused("send_message", elsewhere).await.ends_with("(idempotency_conflict)"));
    for n in 8..10 {
        assert_eq!(program.gets("send_message", json!({"conversation": world.group, "text": "Yes."})).await["seq"], n);
    }
    assert!(world.listed().await[0]["used"].is_u64());
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_outside_of_a_token_does_not_exist() {
    let world = world().await;
    let (_, program) =
        world.token(json!({"name": "Helper", "conversations": [world.group], "access": "read_and_send"})).await;
    for conversation in [world.group, world.chat, world.other] {
        world.say(&world.api, conversation, "the colour is green").await;
    }
    let list = program.gets("list_conversations", json!({})).await;
    assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
    let found = program.gets("search_messages", json!({"q": "colour"})).await;
    assert_eq!((found["messages"].as_array().unwrap().len(), &found["complete"]), (1, &json!(true)));
    assert_eq!(found["messages"][0]["conversation"], world.group);
    // One that is Ada's, one that is not hers, and one that is not there give the same words.
    let eve = Api::with_token(world.server.http, &world.server.person("eve").await.token);
    let made = eve.post("/conversations", json!({"group": {"title": "Hers"}})).await.ok(201);
    let places = [world.other, world.chat, made["conversation"]["id"].as_u64().unwrap(), 999_999, 0];
    for (tool, more) in [
        ("read_messages", json!({})),
        ("send_message", json!({"text": "Hello."})),
        ("search_messages", json!({"q": "colour"})),
    ] {
        let mut words = std::collections::BTreeSet::new();
        for place in places {
            let mut arguments = more.clone();
            arguments["conversation"] = json!(place);
            words.insert(program.refused(tool, arguments).await);
        }
        assert_eq!(words.len(), 1, "{tool}: {words:?}");
        assert!(words.first().unwrap().ends_with("(not_found)"), "{tool}: {words:?}");
    }
    let named = program.refused("search_messages", json!({"q": format!("colour in:{}", world.other)})).await;
    assert!(named.ends_with("(not_found)"), "{named}");

    // A token names conversations of its user alone.
    for place in [places[2], 999_999] {
        let new = json!({"name": "Mine", "conversations": [world.group, place]});
        assert_eq!(world.api.post("/mcp-tokens", new).await.problem(), (404, "not_found".to_owned()));
    }
    // Whoever leaves a group takes the program along, and brings it back.
    let bobs =
        world.bob.post("/mcp-tokens", json!({"name": "Bob's", "conversations": [world.group, world.chat]})).await;
    let bobs = Program::with(&world.server, bobs.ok(201)["secret"].as_str().unwrap());
    assert_eq!(bobs.gets("search_messages", json!({"q": "colour"})).await["messages"].as_array().unwrap().len(), 2);
    world.api.delete(&format!("/conversations/{}/members/bob", world.group)).await.ok(200);
    assert_eq!(bobs.gets("search_messages", json!({"q": "colour"})).await["messages"].as_array().unwrap().len(), 1);
    assert_eq!(bobs.gets("list_conversations", json!({})).await["conversations"].as_array().unwrap().len(), 1);
    let gone = bobs.refused("read_messages", json!({"conversation": world.group})).await;
    assert_eq!(gone, program.refused("read_messages", json!({"conversation": 999_999})).await);
    world.api.post(&format!("/conversations/{}/members", world.group), json!({"users": ["bob"]})).await.ok(200);
    bobs.gets("read_messages", json!({"conversation": world.group})).await;
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let mut world = world_with(quick(), clock.clone()).await;
    let gone = (401, "session_revoked".to_owned());
    let here = [world.group];

    // Revoked by its user, and by nobody else.
    let (number, program) = world.token(json!({"name": "Revoked", "conversations": here})).await;
    program.gets("list_conversations", json!({})).await;
    let path = format!("/mcp-tokens/{number}");
    assert_eq!(world.bob.delete(&path).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(world.api.delete(&path).await.status, 204);
    assert_eq!(program.turned_away().await, gone);
    assert_eq!(world.api.delete(&path).await.problem(), (404, "not_found".to_owned()));

    // Its time is over.
    let past = json!({"name": "Past", "conversations": here, "expires": 1_800_000_000_000_u64});
    assert_eq!(world.api.post("/mcp-tokens", past).await.problem(), (400, "invalid".to_owned()));
    let (_, program) =
        world.token(json!({"name": "A day", "conversations": here, "expires": 1_800_086_400_000_u64})).await;
    clock.advance(Duration::from_millis(86_399_999));
    program.gets("list_conversations", json!({})).await;
    clock.advance(Duration::from_millis(1));
    assert_eq!(program.turned_away().await, (401, "token_expired".to_owned()));
    assert_eq!(world.listed().await[0]["open"], false);

    // With the suspension of its user, for good.
    let (_, program) = world.token(json!({"name": "Helper", "conversations": here})).await;
    let flags = |suspended| SystemCommand::SetFlags {
        user: world.ada.handle,
        flags: UserFlags { suspended, ..UserFlags::default() },
    };
    world.system(flags(true)).await;
    assert_eq!(program.turned_away().await, gone);
    world.system(flags(false)).await;
    assert_eq!(program.turned_away().await, gone);
    let again = world.server.device("ada", world.ada.handle, "another").await;
    world.api = Api::with_token(world.server.http, &again.token);
    assert_eq!(world.listed().await, Vec::<Value>::new());

    // With another password, and with the account.
    let (_, program) = world.token(json!({"name": "Helper", "conversations": here})).await;
    program.gets("list_conversations", json!({})).await;
    let password = world.server.auth.passwords.hash(Secret::new("a quiet afternoon")).await.unwrap();
    world.system(SystemCommand::SetPassword { user: world.ada.handle, password, keep: None }).await;
    assert_eq!(program.turned_away().await, gone);
    let bobs = world.bob.post("/mcp-tokens", json!({"name": "Bob's", "conversations": here})).await.ok(201);
    let bobs = Program::with(&world.server, bobs["secret"].as_str().unwrap());
    bobs.gets("list_conversations", json!({})).await;
    assert_eq!((world.rows("mcp_tokens"), world.rows("mcp_token_hashes")), (2, 2));
    for user in [UserHandle(2), world.ada.handle] {
        world.system(SystemCommand::DeleteUser { user }).await;
    }
    assert_eq!(bobs.turned_away().await, gone);
    let deadline = monotonic() + 6 * SOON;
    while world.rows("mcp_tokens") + world.rows("mcp_token_hashes") > 0 {
        assert!(monotonic() < deadline, "the rows go with the account");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_everything_of_somebody_ends_their_tokens() {
    let clock = Clock::manual(Timestamp(1_800_000_000_900));
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_at(folder.path(), quick(), clock.clone()).await;
    let admin = administrator(&server).await;
    let shop = app(&server, &admin, "shop").await;
    let ada = server.person_of(AppId(2), "ada").await;
    let mut api = Api::with_token(server.http, &ada.token);
    let group = api.post("/conversations", json!({"group": {"title": "Garden"}})).await.ok(201)["conversation"]["id"]
        .as_u64()
        .unwrap();
    let new = json!({"name": "Helper", "conversations": [group]});
    let token = async |api: &Api| {
        let made = api.post("/mcp-tokens", new.clone()).await.ok(201);
        let program = Program::with(&server, made["secret"].as_str().unwrap());
        program.gets("list_conversations", json!({})).await;
        program
    };
    let gone = (401, "session_revoked".to_owned());

    // What was issued until now is refused, of one user and of all: what was made in this second, too, and in it nothing is made.
    for (who, path, body) in [
        (&admin, "/admin/apps/shop/token-revocation", json!({"user": "ada"})),
        (&shop, "/apps/shop/token-revocation", json!({"user": "ada"})),
        (&admin, "/admin/apps/shop/token-revocation", json!({})),
    ] {
        let program = token(&api).await;
        who.post(path, body.clone()).await.ok(200);
        assert_eq!(program.turned_away().await, gone, "{path} {body}");
        assert_eq!(api.post("/mcp-tokens", new.clone()).await.problem(), (409, "conflict".to_owned()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(program.turned_away().await, gone);
    }
    let program = token(&api).await;
    let listed = api.get("/mcp-tokens").await.ok(200);
    let open: Vec<_> = listed["tokens"].as_array().unwrap().iter().map(|token| token["open"] == true).collect();
    assert_eq!(open, [false, false, false, true]);

    // An administrator, or the app, signs its user out.
    assert_eq!(admin.delete("/admin/users/ada/sessions?app=shop").await.status, 204);
    assert_eq!((program.turned_away().await, rows(&server, "mcp_tokens")), (gone.clone(), 0));
    api = Api::with_token(server.http, &server.device("ada", ada.handle, "second").await.token);
    let program = token(&api).await;
    assert_eq!(shop.delete("/apps/shop/users/ada/sessions").await.status, 204);
    assert_eq!((program.turned_away().await, rows(&server, "mcp_tokens")), (gone.clone(), 0));

    // The whole app is suspended: at once, and for good when its sessions have ended.
    api = Api::with_token(server.http, &server.device("ada", ada.handle, "third").await.token);
    let program = token(&api).await;
    assert!(admin.put("/admin/apps/shop/suspension", json!({})).await.status < 300);
    assert!([401, 403].contains(&program.turned_away().await.0));
    let deadline = monotonic() + 6 * SOON;
    while rows(&server, "mcp_tokens") + rows(&server, "mcp_token_hashes") > 0 {
        assert!(monotonic() < deadline, "the tokens end with the sessions");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(admin.delete("/admin/apps/shop/suspension").await.status, 204);
    assert_eq!(program.turned_away().await, gone);

    // A bot has tokens of its own, which are not made by itself, and none of these.
    shop.put("/apps/shop/users/dice", json!({"kind": "bot"})).await.ok(201);
    let dice = shop.post("/apps/shop/users/dice/tokens", json!({})).await.ok(201);
    let dice = Api::with_token(server.http, &Secret::new(dice["secret"].as_str().unwrap()));
    dice.get("/me").await.ok(200);
    assert_eq!(dice.post("/mcp-tokens", new).await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(rows(&server, "mcp_tokens"), 0);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_open_mcp_alone_and_nothing_else_opens_it() {
    let world = world().await;
    let made = world
        .api
        .post("/mcp-tokens", json!({"name": "Helper", "conversations": [world.group], "access": "read_and_send"}));
    let made = made.await.ok(201);
    let secret = Secret::new(made["secret"].as_str().unwrap());
    let nobody = (401, "unauthenticated".to_owned());
    // The other doors.
    let api = Api::with_token(world.server.http, &secret);
    for path in ["/me", "/conversations", "/mcp-tokens", "/search?q=x", "/stream"] {
        assert_eq!(api.get(path).await.problem(), nobody, "{path}");
    }
    assert_eq!(api.post("/mcp-tokens", json!({"name": "x", "conversations": [1]})).await.problem(), nobody);
    for way in Way::ALL {
        let mut peer = Peer::connect(&world.server, way).await;
        peer.send(&hello(Auth::Token(secret.clone()), None)).await;
        match peer.frame().await {
            ServerFrame::Refused(refused) => assert_eq!(refused.code, Code::Unauthenticated),
            other => panic!("{other:?}"),
        }
    }
    // This door.
    let admin = world.server.person("grace").await;
    world.system(SystemCommand::SetAdministrator { user: admin.handle, administrator: true }).await;
    let admin = Api::with_token(world.server.http, &admin.token);
    let key = admin.post("/admin/apps/home/keys", json!({"kind": "api"})).await.ok(201)["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    for wrong in [world.ada.token.reveal(), &key, "tdm_", "x", ""] {
        assert_eq!(Program::with(&world.server, wrong).turned_away().await, nobody, "{wrong}");
    }
    let unknown = tidings::auth::Token::draw_mcp().secret();
    let unknown = Program::with(&world.server, unknown.reveal()).turned_away().await;
    assert_eq!(unknown, (401, "session_revoked".to_owned()));
    let cookie = Api::at(world.server.http)
        .header("cookie", &format!("tidings={}", world.ada.token.reveal()))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json");
    assert_eq!(Program(cookie).turned_away().await, nobody);
    // No key of the app makes one for its user.
    let acting = Api::with_token(world.server.http, &Secret::new(key));
    let new = json!({"name": "x", "conversations": [world.group]});
    assert_eq!(acting.post("/apps/home/as/ada/mcp-tokens", new).await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(acting.get("/apps/home/as/ada/mcp-tokens").await.problem(), (403, "forbidden".to_owned()));

    // The ledger opens the same list, whatever door would let it through.
    let session = SessionId::of_mcp(McpTokenId(made["token"].as_u64().unwrap()));
    let actor = auth::session_actor(tidings::model::AppId::HOME, world.ada.handle, world.ada.id.clone(), session);
    let (group, other) = (ConversationId(world.group), ConversationId(world.other));
    let engine = &world.server.engine;
    let key = || Some(Key::new(engine.clock().now()));
    let like = Emoji::new("👍").unwrap();
    for command in [
        Command::LogOut {},
        Command::Recall { conversation: group, seq: Seq(1) },
        Command::React { conversation: group, seq: Seq(1), emoji: like, on: true },
        Command::Leave { conversation: group },
        Command::CreateGroup {
            title: "x".parse().unwrap(),
            members: vec![],
            rules: tidings::model::GroupRules::default(),
        },
    ] {
        let refusal = engine.execute(Actor::User(actor.clone()), key(), command.clone().into()).await.unwrap_err();
        assert_eq!(refusal.code, Code::Forbidden, "{command:?}");
    }
    for query in [
        Query::Me {},
        Query::Sessions {},
        Query::Members { conversation: group, after: None, limit: 1 },
        Query::Conversation { conversation: group },
        Query::Users { users: vec![world.ada.id.clone()] },
    ] {
        assert_eq!(engine.query(actor.clone(), query.clone()).await.unwrap_err().code, Code::Forbidden, "{query:?}");
    }
    let entries = Query::Entries { conversation: other, from: None, to: None, limit: 1 };
    assert_eq!(engine.query(actor.clone(), entries).await.unwrap_err().code, Code::NotFound);
    let of_bob = UserActor { user: UserHandle(2), ..actor };
    let list = Query::Conversations { skip: 0, limit: 1 };
    assert_eq!(engine.query(of_bob, list).await.unwrap_err().code, Code::SessionRevoked);
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_a_tool_is_written_down() {
    let world = world().await;
    let (reads, program) = world.token(json!({"name": "Reader", "conversations": [world.group]})).await;
    let tools = program.result("tools/list", json!({})).await;
    assert_eq!(tools["tools"].as_array().unwrap().len(), 3, "what it does not open is not listed");
    let send = json!({"conversation": world.group, "text": "the colour is green"});
    assert!(program.refused("send_message", send.clone()).await.ends_with("(forbidden)"));
    program.gets("list_conversations", json!({})).await;
    program.gets("read_messages", json!({"conversation": world.group})).await;
    program.refused("read_messages", json!({"conversation": world.other})).await;
    program.gets("search_messages", json!({"q": "colour"})).await;
    program.refused("search_messages", json!({"q": 7})).await;
    program.ask("tools/call", json!({"name": "drop_tables", "arguments": {}})).await;
    let (sends, writer) =
        world.token(json!({"name": "Writer", "conversations": [world.group], "access": "read_and_send"})).await;
    let mut once = send;
    once["idempotency_key"] = json!("one");
    writer.gets("send_message", once.clone()).await;
    writer.gets("send_message", once).await;
    assert_eq!(world.api.delete(&format!("/mcp-tokens/{sends}")).await.status, 204);

    let (reader, writer) = (format!("ada: mcp token {reads}"), format!("ada: mcp token {sends}"));
    let here = |outcome: &str| format!("conversation {}: {outcome}", world.group);
    let line = |who: &str, what: &str, subject: String| (who.to_owned(), what.to_owned(), subject);
    let lines = world.audit().await;
    let expected = [
        line("ada", "mcp_token.create", format!("{reads}: Reader")),
        line(&reader, "mcp.send_message", here("forbidden")),
        line(&reader, "mcp.list_conversations", "all: done".to_owned()),
        line(&reader, "mcp.read_messages", here("done")),
        line(&reader, "mcp.read_messages", format!("conversation {}: not_found", world.other)),
        line(&reader, "mcp.search_messages", "all: done".to_owned()),
        line(&reader, "mcp.search_messages", "all: invalid".to_owned()),
        line(&reader, "mcp.unknown", "all: unsupported".to_owned()),
        line("ada", "mcp_token.create", format!("{sends}: Writer")),
        line(&writer, "mcp.send_message", here("done")),
        line(&writer, "mcp.send_message", here("done")),
        line("ada", "mcp_token.revoke", sends.to_string()),
    ];
    assert_eq!(lines, expected);
    assert!(!format!("{lines:?}").contains("colour"), "no words of anybody");
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_request_is_said_as_json_rpc_knows_it() {
    let world = world().await;
    let (_, program) =
        world.token(json!({"name": "Helper", "conversations": [world.group], "access": "read_and_send"})).await;
    let error = |reply: &Reply| (reply.status, reply.json()["error"]["code"].as_i64().unwrap());
    assert_eq!(error(&program.raw("{").await), (400, -32_700));
    assert_eq!(error(&program.raw("").await), (400, -32_700));
    let reply = program.raw(r#"{"a":1}"#).await;
    assert!(reply.status >= 400 && error(&reply).1 == -32_600, "{reply:?}");
    assert_eq!(error(&program.ask("no/such", json!({})).await).1, -32_601);
    let reply = program.ask("tools/call", json!({"name": "drop_tables", "arguments": {}})).await;
    assert_eq!(error(&reply), (200, -32_602));
    // A model reads what is wrong with its arguments, and tries again.
    for (tool, arguments, word) in [
        ("read_messages", json!({}), "conversation"),
        ("read_messages", json!({"conversation": "7"}), "u64"),
        ("read_messages", json!({"conversation": world.group, "limti": 3}), "limti"),
        ("read_messages", json!({"conversation": world.group, "before": 3, "after": 1}), "before"),
        ("search_messages", json!({"q": "x".repeat(600)}), "512"),
        ("search_messages", json!({"q": "x", "cursor": "nowhere"}), "cursor"),
        ("send_message", json!({"conversation": world.group, "text": ""}), "empty"),
        ("send_message", json!({"conversation": world.group, "text": "x", "idempotency_key": ""}), "idempotency_key"),
        ("send_message", json!({"conversation": world.group, "text": "x", "reply_to": 99}), "99"),
    ] {
        let words = program.refused(tool, arguments).await;
        assert!(words.contains(word), "{word}: {words}");
    }
    let long = program.refused("send_message", json!({"conversation": world.group, "text": "x".repeat(100_000)})).await;
    assert!(long.ends_with("(too_large)"), "{long}");
    let huge = program.raw(&format!("\"{}\"", "x".repeat(1_000_000))).await;
    assert_eq!((huge.status, &huge.json()["error"]["data"]["code"]), (413, &json!("too_large")));
    // There is nothing to listen to and no session to end.
    for method in ["GET", "DELETE"] {
        let reply = program.0.at_root(method, "/mcp").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{method}");
    }
    let plain = Api::with_token(world.server.http, &Secret::new("x"))
        .header("accept", "text/html")
        .at_root("GET", "/mcp")
        .await;
    assert_eq!((plain.status, plain.header("content-type")), (401, Some("application/json")), "it is no page");
    // A page of another place, wherever its name leads; our own is none of those.
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let own = world.server.gateway.options().url.clone();
    for (origin, status) in
        [(own.as_str(), 200), ("https://evil.example", 403), ("null", 403), (&format!("{own}0"), 403)]
    {
        let reply = Program(program.0.header("origin", origin)).raw(&list).await;
        assert_eq!(reply.status, status, "{origin}");
    }
    let rebound = format!("http://{}", world.server.http);
    assert_eq!(Program(program.0.header("origin", &rebound)).raw(&list).await.status, 403, "a name that leads here");
    assert!(world.server.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_and_their_requests_are_bounded() {
    let clock = Clock::manual(Timestamp(1_800_000_000_000));
    let world = world_with(GatewayOptions { mcp_per_second: 1, mcp_burst: 4, ..quick() }, clock.clone()).await;
    let new = |expires: Option<u64>| json!({"name": "Helper", "conversations": [world.group], "expires": expires});
    let refused = async |new: Value, problem: (u16, &str)| {
        let (status, code) = problem;
        assert_eq!(world.api.post("/mcp-tokens", new).await.problem(), (status, code.to_owned()));
    };
    refused(json!({"name": "Helper", "conversations": []}), (400, "invalid")).await;
    let many: Vec<u64> = (1..=limits::MCP_CONVERSATIONS_MAX as u64 + 1).collect();
    refused(json!({"name": "Helper", "conversations": many}), (400, "invalid")).await;
    refused(json!({"name": "", "conversations": [world.group]}), (400, "invalid")).await;
    let (_, program) = world.token(new(Some(1_800_000_060_000))).await;
    let (_, second) = world.token(new(None)).await;
    for _ in 2..limits::MCP_TOKENS_MAX {
        world.token(new(None)).await;
    }
    refused(new(None), (409, "full")).await;
    // One whose time is over makes room.
    clock.advance(Duration::from_mins(1));
    world.token(new(None)).await;
    assert_eq!(world.listed().await.len(), limits::MCP_TOKENS_MAX);
    assert_eq!(program.turned_away().await, (401, "session_revoked".to_owned()));

    // All tokens of a user share one measure; those of others have their own.
    let last = world.listed().await.last().unwrap()["token"].as_u64().unwrap();
    assert_eq!(world.api.delete(&format!("/mcp-tokens/{last}")).await.status, 204);
    let (_, third) = world.token(new(None)).await;
    let deadline = monotonic() + 6 * SOON;
    let slowed = loop {
        let replies = futures_util::future::join_all((0..8).map(|n| {
            let program = if n % 2 == 0 { second.clone() } else { third.clone() };
            async move { program.ask("tools/list", json!({})).await }
        }));
        if let Some(slowed) = replies.await.into_iter().find(|reply| reply.status == 429) {
            break slowed;
        }
        assert!(monotonic() < deadline, "somebody who asks too often is slowed down");
    };
    assert_eq!(slowed.json()["error"]["data"]["code"], "rate_limited");
    assert!(slowed.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    let bobs = world.bob.post("/mcp-tokens", new(None)).await.ok(201);
    let reply = Program::with(&world.server, bobs["secret"].as_str().unwrap()).ask("tools/list", json!({})).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("ratelimit-policy").unwrap().starts_with("\"mcp\";q=4"), "{reply:?}");
    let nobody = Program::with(&world.server, "tdm_");
    let deadline = monotonic() + 6 * SOON;
    loop {
        let replies = futures_util::future::join_all((0..8).map(|_| nobody.turned_away())).await;
        if replies.iter().any(|(status, _)| *status == 429) {
            break;
        }
        assert!(monotonic() < deadline, "and so is an address without a token");
    }
    assert!(world.server.stop().await);
}
