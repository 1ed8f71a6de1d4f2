//! Providers that fail in every way there is: each leaves an entry that says so, and costs nobody else anything.

use super::{answered, asks, failed, opens, question, set_up, start};
use crate::support::http::Api;
use crate::support::provider::{Act, nobody, pieces};
use std::time::Duration;
use tidings::model::clock::monotonic;
use tidings::model::{AnswerEnd, AssistantSettings, Command, Line, limits};

fn says(words: &str) -> String {
    serde_json::json!({"error": {"message": words}}).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_provider_leaves_an_entry_in_words() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    let cases = [
        (Act::Status(401, None, says("Incorrect API key provided.")), "does not accept the assistant's key", ""),
        (Act::Status(404, None, says("no such model")), "does not know this address or model", ""),
        (Act::Status(400, None, says("too long")), "It says: too long.", ""),
        (Act::Status(429, Some(("retry-after", "3600".to_owned())), says("quota")), "takes no more questions", ""),
        (Act::Status(302, Some(("location", "http://127.0.0.1/".to_owned())), String::new()), "sends elsewhere", ""),
        (Act::Raw(b"<html>this is a page</html>".to_vec()), "can be read", ""),
        (Act::Raw(b"data: {\"choices\":[]}\n\ndata: rubbish\n\n".to_vec()), "can be read", ""),
        (Act::Raw(vec![b'x'; 2 * 1024 * 1024]), "can be read", ""),
        (Act::Raw(b"data: [DONE]\n\n".to_vec()), "empty answer", ""),
        (Act::HangsBefore, "no answer began in time", ""),
        (Act::HangsAfter(pieces(&["half "])), "stopped in the middle", "half "),
        (Act::BreaksOff(pieces(&["half "])), "broke off", "half "),
        (Act::Reports(pieces(&["half "]), "the GPU is on fire".to_owned()), "the GPU is on fire", "half "),
        (Act::Ends(pieces(&["half "]), "content_filter"), "withholds", "half "),
    ];
    for (act, words, kept) in cases {
        provider.then(act.clone());
        let (_, answer) = asks(&mut crew, "ada", chat, "hello?").await;
        assert!(failed(&answer).contains(words), "{act:?}: {answer:?}");
        assert_eq!(answer.text, kept, "{act:?}");
    }
    let (_, answer) = asks(&mut crew, "ada", chat, "better?").await;
    assert_eq!((answer.end, answer.text.as_str()), (AnswerEnd::Complete, "Hello!"), "and it goes on");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_at_the_address_is_said_and_asking_again_works_once_somebody_is_there() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    let base_url = Line::new(format!("http://{}/v1", nobody().await)).unwrap();
    set_up(&crew, "assistant", AssistantSettings { base_url, ..provider.settings() }).await;
    crew.appends("ada", question(chat, "anybody?")).await;
    let (entry, answer) = answered(&mut crew, "ada", chat).await;
    assert!(failed(&answer).contains("cannot be reached"), "{answer:?}");
    set_up(&crew, "assistant", provider.settings()).await;
    crew.does("ada", Command::Regenerate { conversation: chat, seq: entry.seq }).await;
    let (again, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((again.seq, answer.text.as_str(), answer.problem), (entry.seq, "Hello!", None));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_tried_again_before_the_first_byte_and_what_does_not_is_not() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Status(429, Some(("retry-after", "1".to_owned())), says("slow down")));
    provider.then(Act::Status(503, None, says("loading")));
    let began = monotonic();
    let (_, answer) = asks(&mut crew, "ada", chat, "hello").await;
    assert_eq!((answer.end, provider.asked().len()), (AnswerEnd::Complete, 3));
    assert!(began.elapsed() >= Duration::from_secs(1), "as long as the provider asked for");
    provider.then(Act::Status(401, None, says("no")));
    asks(&mut crew, "ada", chat, "hello").await;
    assert_eq!(provider.asked().len(), 4);
    // A provider that wants it said another way gets it so.
    provider.then(Act::Status(400, None, says("Unsupported parameter: use 'max_completion_tokens' instead.")));
    let (_, answer) = asks(&mut crew, "ada", chat, "hello").await;
    assert_eq!(answer.end, AnswerEnd::Complete);
    assert_eq!(provider.asked()[5].body["max_completion_tokens"], 2_048);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_an_end_is_cut() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Endless("ééé ".repeat(100)));
    let (_, answer) = asks(&mut crew, "ada", chat, "count to infinity").await;
    assert_eq!(answer.end, AnswerEnd::Limit);
    assert!(answer.text.len() <= limits::ANSWER_BYTES_MAX && answer.text.len() > limits::ANSWER_BYTES_MAX - 4);
    // Without any words it ends by its bytes.
    provider.then(Act::Endless(String::new()));
    let began = monotonic();
    let (_, answer) = asks(&mut crew, "ada", chat, "say nothing for ever").await;
    assert!(failed(&answer).contains("more than an answer can be") || failed(&answer).contains("longer than it may"));
    assert!(began.elapsed() < Duration::from_secs(30));
    provider.then(Act::Ends(pieces(&["as far as it goes"]), "length"));
    let (_, answer) = asks(&mut crew, "ada", chat, "a long one").await;
    assert_eq!((answer.end, answer.text.as_str()), (AnswerEnd::Limit, "as far as it goes"));
    provider.then(Act::Whole("not streamed".to_owned()));
    let (_, answer) = asks(&mut crew, "ada", chat, "at once").await;
    assert_eq!((answer.end, answer.text.as_str()), (AnswerEnd::Complete, "not streamed"));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_stop_in_mid_answer_keeps_what_came() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::HangsAfter(pieces(&["half of it"])));
    crew.appends("ada", question(chat, "go on")).await;
    provider.question(1).await;
    tokio::time::sleep(super::MOMENT).await;
    let engine = crew.server.engine.clone();
    crew.stop().await;
    let view = engine.view();
    let entries =
        tidings::store::Read::entries(&*view, chat, tidings::model::Seq(1), tidings::model::Seq(9), 9).unwrap();
    let tidings::model::Body::Answer(answer) = &entries.last().unwrap().body else { panic!("{entries:?}") };
    assert_eq!(answer.text, "half of it");
    assert!(failed(answer).contains("server was stopped"));
}

/// kill -9 in mid-answer: the question is answered by an entry that says so, and can be asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_mid_answer_leaves_an_entry_that_says_so() {
    let provider = crate::support::provider::Provider::start().await;
    let mut server = crate::server::Server::start();
    server.add_user("ada");
    let base_url = provider.base_url();
    let add = ["assistant", "add", "assistant", "--base-url", &base_url, "--model", "test-model"];
    server.command(&add, "").ok();
    let api = log_in(&server).await;
    let chat = api.post("/assistants/assistant/conversations", serde_json::json!({})).await.ok(201);
    let chat = chat["conversation"]["id"].as_u64().unwrap();
    provider.then(Act::HangsAfter(pieces(&["half of it"])));
    api.post(&format!("/conversations/{chat}/entries"), serde_json::json!({"text": {"text": "go on"}})).await.ok(201);
    api.post(&format!("/conversations/{chat}/entries"), serde_json::json!({"text": {"text": "wait"}})).await.ok(201);
    provider.question(1).await;
    tokio::time::sleep(super::MOMENT).await;
    let drafts = api.get(&format!("/conversations/{chat}/drafts")).await.ok(200);
    assert_eq!(drafts["drafts"][0]["text"], "half of it");
    server.kill();
    server.restart();
    let api = log_in(&server).await;
    let mut entries = Vec::new();
    for _ in 0..200 {
        let read = api.get(&format!("/conversations/{chat}/entries")).await.ok(200);
        entries = read["entries"].as_array().unwrap().clone();
        if entries.iter().filter(|entry| entry["body"].get("answer").is_some()).count() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answers: Vec<_> = entries.iter().filter_map(|entry| entry["body"].get("answer")).collect();
    assert_eq!(answers[0]["end"], "failed", "{entries:?}");
    assert!(answers[0]["problem"].as_str().unwrap().contains("restarted"));
    assert_eq!(
        (&answers[1]["end"], &answers[1]["text"]),
        (&"complete".into(), &"Hello!".into()),
        "the one that waited"
    );
    let seq = entries.iter().find(|entry| entry["body"].get("answer").is_some()).unwrap()["seq"].as_u64().unwrap();
    api.post(&format!("/conversations/{chat}/entries/{seq}/regenerate"), serde_json::json!({})).await.ok(202);
    let again = async {
        loop {
            let entry = api.get(&format!("/conversations/{chat}/entries/{seq}")).await.ok(200);
            if entry.to_string().contains("complete") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
}

async fn log_in(server: &crate::server::Server) -> Api {
    let body = serde_json::json!({"user": "ada", "password": crate::server::PASSWORD});
    let session = Api::at(server.http).patient().post("/sessions", body).await.ok(201);
    Api::with_token(server.http, &tidings::model::Secret::new(session["token"].as_str().unwrap()))
}
