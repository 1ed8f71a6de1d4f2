//! The doors of administrators and of single devices: setting up, testing, tasks.

use super::{set_up, start};
use crate::support::crew::user;
use crate::support::http::Api;
use crate::support::provider::{Act, nobody, pieces};
use serde_json::{Value, json};
use tidings::model::{Command, SystemCommand};

async fn administrator(crew: &crate::support::crew::Crew, who: &str) -> Api {
    let person = &crew.people[who];
    let command = SystemCommand::SetAdministrator { user: person.handle, administrator: true };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    Api::with_token(crew.server.http, &person.token).patient()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_sets_up_tests_and_removes_an_assistant() {
    let (crew, provider) = start(&["ada", "bob"]).await;
    let ada = administrator(&crew, "ada").await;
    let bob = Api::with_token(crew.server.http, &crew.people["bob"].token);
    let settings = json!({"base_url": provider.base_url(), "model": "test-model", "temperature_hundredths": 30});
    let path = "/admin/assistants/helper";
    assert_eq!(bob.put(path, json!({"settings": settings})).await.problem().0, 403);
    let made = ada.put(path, json!({"name": "Helper", "settings": settings})).await.ok(200);
    assert_eq!((&made["name"], &made["settings"]["context_tokens"]), (&json!("Helper"), &json!(16_384)));
    assert_eq!(ada.get("/admin/assistants").await.ok(200)["assistants"].as_array().unwrap().len(), 2);
    let usable = bob.get("/assistants").await.ok(200);
    assert_eq!(usable["assistants"][1]["user"], "helper");
    assert!(usable.to_string().contains("test-model") && !usable.to_string().contains("base_url"));
    let check = ada.post(&format!("{path}/test"), json!({})).await.ok(200);
    assert_eq!(check["ok"], true, "{check}");
    let steps: Vec<_> = check["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["key", "address", "connect", "models", "answer"]);
    for (key, right) in [("PATH", false), ("OPENAI_API_KEY", true)] {
        let mut with = settings.clone();
        with["key"] = json!({"environment": key});
        let reply = ada.put(path, json!({"settings": with})).await;
        assert_eq!(reply.status == 200, right, "{key}");
    }
    for (user, code) in [("bob", 409), ("admin", 400), ("no spaces", 400)] {
        let reply =
            ada.put(&format!("/admin/assistants/{}", user.replace(' ', "%20")), json!({"settings": settings})).await;
        assert_eq!(reply.problem().0, code, "{user}");
    }
    assert_eq!(ada.post("/admin/users", json!({"user": "x", "kind": "assistant"})).await.problem().0, 400);
    assert_eq!(ada.delete(path).await.status, 204);
    assert_eq!(ada.delete(path).await.problem().0, 404);
    assert_eq!(bob.get("/assistants").await.ok(200)["assistants"].as_array().unwrap().len(), 1);
    ada.put(path, json!({"settings": settings})).await.ok(200);
    let audit = ada.get("/admin/audit").await.ok(200).to_string();
    assert!(audit.contains("assistant.set") && audit.contains("assistant.remove"));
    let presets = ada.get("/admin/assistant-presets").await.ok(200);
    assert_eq!(presets["presets"][0]["name"], "dashscope");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_which_step_failed_and_what_to_change() {
    let (crew, provider) = start(&["ada"]).await;
    let ada = administrator(&crew, "ada").await;
    let says = |words: &str| json!({"error": {"message": words}}).to_string();
    let dead = nobody().await;
    let base = |url: String| json!({"base_url": url, "model": "test-model"});
    let key =
        json!({"base_url": provider.base_url(), "model": "m", "key": {"environment": "NOBODY_SETS_THIS_API_KEY"}});
    let cases = [
        (key, None, "key", "NOBODY_SETS_THIS_API_KEY"),
        (base("http://127.0.0.1:25/v1".to_owned()), None, "address", "base_url"),
        (base(format!("http://{dead}/v1")), None, "connect", "Nobody answers"),
        (base("http://name.invalid/v1".to_owned()), None, "connect", "could not be resolved"),
        (base(provider.base_url()), Some(Act::Status(401, None, says("bad key"))), "answer", "does not accept the key"),
        (base(provider.base_url()), Some(Act::Status(404, None, says("no model"))), "answer", "no model `test-model`"),
        (
            base(provider.base_url()),
            Some(Act::Status(429, Some(("retry-after", "999".into())), says("quota"))),
            "answer",
            "quota",
        ),
        (base(provider.base_url()), Some(Act::Raw(b"hello\n\n".to_vec())), "answer", "no chat completion"),
    ];
    for (settings, act, step, words) in cases {
        if let Some(act) = act {
            provider.then(act);
        }
        let check = ada.post("/admin/assistants/any/test", json!({"settings": settings})).await.ok(200);
        let last = check["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["step"], &last["ok"], &check["ok"]), (&json!(step), &json!(false), &json!(false)), "{check}");
        assert!(last["detail"].as_str().unwrap().contains(words), "{check}");
    }
    crew.stop().await;
}

/// The data of the events of an answer, by their names.
fn events(body: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    text.split("\n\n")
        .filter_map(|block| {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            Some((field("event: ")?, serde_json::from_str(&field("data: ")?).unwrap()))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_summary_and_a_translation_go_to_the_device_that_asks_and_are_kept_nowhere() {
    let (mut crew, provider) = start(&["ada", "bob", "eve"]).await;
    let (chat, _) = crew.peer("bob").say(&user("ada"), "The meeting moves to noon.").await;
    let seq = crew.peer("bob").say(&user("ada"), "Bring cake.").await.1;
    let ada = Api::with_token(crew.server.http, &crew.people["ada"].token);
    provider.then(Act::Says(pieces(&["Noon, ", "with cake."])));
    let before = crew.server.engine.view().lsn();
    let reply = ada.post("/assistants/assistant/tasks", json!({"summarise": {"conversation": chat}})).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    let got = events(&reply.body);
    let text: String =
        got.iter().filter(|(name, _)| name == "piece").map(|(_, data)| data["text"].as_str().unwrap()).collect();
    assert_eq!(text, "Noon, with cake.");
    let (name, end) = got.last().unwrap();
    assert_eq!((name.as_str(), &end["end"], &end["usage"]["answer_tokens"]), ("end", &json!("complete"), &json!(5)));
    let asked = provider.question(1).await.messages();
    assert_eq!(asked[1].1, "bob: The meeting moves to noon.\nbob: Bring cake.");
    provider.then(Act::Status(500, None, String::new()));
    provider.then(Act::Status(500, None, String::new()));
    provider.then(Act::Status(500, None, String::new()));
    let translate = json!({"translate": {"conversation": chat, "seq": seq, "language": "German"}});
    let reply = ada.patient().post("/assistants/assistant/tasks", translate.clone()).await;
    assert_eq!(events(&reply.body).last().unwrap().1["end"], "failed");
    let asked = provider.question(2).await.messages();
    assert!(asked[0].1.contains("German"));
    assert_eq!(asked[1].1, "Bring cake.");
    // Some words of a message alone, when they are named; without any there is nothing to translate.
    provider.then(Act::Says(pieces(&["Kuchen"])));
    let mut part = translate.clone();
    part["translate"]["text"] = json!("cake");
    let reply = ada.post("/assistants/assistant/tasks", part.clone()).await;
    assert_eq!(events(&reply.body).last().unwrap().1["end"], "complete");
    assert_eq!(provider.question(5).await.messages()[1].1, "cake");
    part["translate"]["text"] = json!("  ");
    assert_eq!(ada.post("/assistants/assistant/tasks", part).await.problem().0, 404);
    // Nothing but what it cost was written.
    assert_eq!(crew.reads("ada", chat).await.len(), 2);
    assert!(crew.server.engine.view().lsn() > before);
    let left = ada.get("/assistants").await.ok(200);
    assert_eq!(left["assistants"][0]["questions_left"], 197);
    // Others get nothing of it.
    let eve = Api::with_token(crew.server.http, &crew.people["eve"].token);
    assert_eq!(eve.post("/assistants/assistant/tasks", translate).await.problem().0, 404);
    let none = eve.post("/assistants/nobody/tasks", json!({"summarise": {"conversation": chat}})).await;
    assert_eq!(none.problem().0, 404);
    let settings = tidings::model::AssistantSettings { questions_per_day: 3, ..provider.settings() };
    set_up(&crew, "assistant", settings).await;
    let reply = ada.post("/assistants/assistant/tasks", json!({"summarise": {"conversation": chat}})).await;
    assert_eq!(reply.problem(), (403, "quota_exceeded".to_owned()));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_given_to_a_model_that_takes_pictures_and_only_then() {
    let (mut crew, provider) = start(&["ada"]).await;
    let png: &[u8] = &crate::support::provider::PNG;
    let ada = Api::with_token(crew.server.http, &crew.people["ada"].token);
    let file = ada.raw("POST", "/media?name=dot.png", png).await.ok(201);
    let media = file["media"].as_str().unwrap().parse().unwrap();
    let chat = super::opens(&mut crew, "ada").await;
    let attach = || tidings::model::Attach {
        kind: tidings::model::MediaKind::Image,
        media,
        caption: tidings::model::Text::plain("What is this?"),
    };
    let send = || Command::Send {
        to: tidings::model::Target::Conversation(chat),
        content: tidings::model::Content::Media(attach()),
    };
    crew.appends("ada", send()).await;
    let first = provider.question(1).await.messages();
    assert_eq!(first[0].1, "(picture: dot.png) What is this?");
    super::answered(&mut crew, "ada", chat).await;
    set_up(&crew, "assistant", tidings::model::AssistantSettings { images: true, ..provider.settings() }).await;
    crew.appends("ada", send()).await;
    let second = provider.question(2).await;
    let url = &second.body["messages"][2]["content"][1]["image_url"]["url"];
    assert!(url.as_str().unwrap().starts_with("data:image/png;base64,iVBOR"), "{}", second.body);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_read_where_it_is_sent_to_the_provider_alone_and_shown_nowhere() {
    let (mut crew, provider) = start(&["ada"]).await;
    let keys = crew.folder.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    std::fs::write(keys.join("provider"), "sk-very-secret\n").unwrap();
    let ada = administrator(&crew, "ada").await;
    let settings = json!({"base_url": provider.base_url(), "model": "test-model", "key": {"file": "provider"}});
    let set = ada.put("/admin/assistants/assistant", json!({"settings": settings})).await;
    assert!(!String::from_utf8_lossy(&set.body).contains("sk-very"));
    let chat = super::opens(&mut crew, "ada").await;
    let (_, answer) = super::asks(&mut crew, "ada", chat, "hello").await;
    assert_eq!(answer.text, "Hello!");
    assert_eq!(provider.question(1).await.authorization.as_deref(), Some("Bearer sk-very-secret"));
    let says = json!({"error": {"message": "Incorrect API key provided: sk-very-secret."}}).to_string();
    provider.then(Act::Status(401, None, says.clone()));
    let (_, answer) = super::asks(&mut crew, "ada", chat, "hello").await;
    assert!(super::failed(&answer).contains("(the key)") && !format!("{answer:?}").contains("sk-very"));
    provider.then(Act::Status(401, None, says));
    let check = ada.post("/admin/assistants/assistant/test", json!({})).await;
    assert!(check.ok(200)["ok"] == false && !String::from_utf8_lossy(&check.body).contains("sk-very"));
    // Another key counts from the next question.
    std::fs::write(keys.join("provider"), "sk-other").unwrap();
    super::asks(&mut crew, "ada", chat, "hello").await;
    assert_eq!(provider.asked().last().unwrap().authorization.as_deref(), Some("Bearer sk-other"));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_assistants_of_another_app_are_not_there() {
    let (crew, provider) = start(&["ada"]).await;
    let app = crew.server.app("shop").await;
    let eve = crew.server.person_of(app, "eve").await;
    let settings = Box::new(provider.settings());
    let command = SystemCommand::SetAssistant { app, id: user("clerk"), name: None, settings };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    let (ada, eve) =
        (Api::with_token(crew.server.http, &crew.people["ada"].token), Api::with_token(crew.server.http, &eve.token));
    for (who, own, other) in [(&ada, "assistant", "clerk"), (&eve, "clerk", "assistant")] {
        let list = who.get("/assistants").await.ok(200);
        assert_eq!(list["assistants"].as_array().unwrap().len(), 1);
        assert_eq!(list["assistants"][0]["user"], own);
        let chat = |id: &str| format!("/assistants/{id}/conversations");
        assert_eq!(who.post(&chat(other), json!({})).await.problem().0, 404);
        who.post(&chat(own), json!({})).await.ok(201);
        let task = json!({"summarise": {"conversation": 1}});
        assert_eq!(who.post(&format!("/assistants/{other}/tasks"), task).await.problem().0, 404);
    }
    crew.stop().await;
}

/// The command line, with a server and without one, and the configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_sets_up_tests_and_removes_an_assistant() {
    let provider = crate::support::provider::Provider::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("tidings.toml"));
    let seed = format!(
        "[[assistant]]\nid = \"seeded\"\nbase_url = \"{}\"\nmodel = \"test-model\"\ntemperature = 0.5\n",
        provider.base_url()
    );
    std::fs::write(&file, seed).unwrap();
    let arguments = vec!["--config".to_owned(), file.to_str().unwrap().to_owned()];
    let mut server =
        crate::server::Server::on(&data, crate::server::Start { arguments, ..crate::server::Start::default() });
    assert!(server.command(&["assistant", "list"], "").ok().contains("seeded"));
    assert!(server.command(&["assistant", "show", "seeded"], "").ok().contains("temperature = 0.5"));
    assert!(server.command(&["assistant", "test", "seeded"], "").ok().contains("The assistant works."));
    let url = provider.base_url();
    let add = ["assistant", "add", "helper", "--base-url", &url, "--model", "test-model"];
    server.command(&add, "").ok();
    assert!(server.command(&add, "").fails_with(65).contains("tidings assistant set helper"));
    let set = ["assistant", "set", "helper", "--key", "env:NOBODY_SETS_THIS", "--access", "ada,bob", "--images", "yes"];
    let shown = server.command(&set, "").ok();
    assert!(shown.contains("key = env:NOBODY_SETS_THIS") && shown.contains("access = ada,bob"), "{shown}");
    let failed = server.command(&["assistant", "test", "helper"], "");
    assert_eq!(failed.code, Some(69));
    assert!(failed.out.contains("FAIL key") && failed.out.contains("NOBODY_SETS_THIS"), "{failed:?}");
    assert!(server.command(&["assistant", "add", "x", "--preset", "nobody"], "").fails_with(64).contains("dashscope"));
    assert!(server.command(&["assistant", "add", "admin", "--preset", "ollama"], "").fails_with(65).contains("kept"));
    server.command(&["assistant", "remove", "helper"], "").ok();
    server.command(&["assistant", "test", "helper"], "").fails_with(65);
    // Without a server the command line does the same by itself.
    assert!(server.stop().success());
    assert!(server.command(&["assistant", "test", "seeded"], "").ok().contains("The assistant works."));
    server.command(&["assistant", "set", "seeded", "--key", "none", "--temperature", "default"], "").ok();
    let listed = server.command(&["assistant", "list", "--json"], "").ok();
    let one: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!((&one["id"], &one["settings"]["temperature_hundredths"]), (&json!("seeded"), &Value::Null));
}
