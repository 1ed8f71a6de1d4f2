//! A chat with an assistant: a question streams an answer, and the end is one durable entry.

use super::{answered, asks, drafted, failed, opens, question, set_up, start};
use crate::support::crew::{Crew, named, user};
use crate::support::peer::{Peer, Way, soon};
use crate::support::provider::{Act, pieces};
use tidings::model::{
    Answer, AnswerEnd, AssistantAccess, AssistantSettings, Body, Code, Command, ConversationKind, Query, Seq, Target,
    TokenUsage, TurnState,
};
use tidings::protocol::{Encoding, ServerFrame};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_streams_an_answer_and_the_end_is_one_durable_entry() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Waits(pieces(&["It is ", "42", ", **of** course. é"])));
    let asked = crew.appends("ada", question(chat, "What is the answer?\nTell me.")).await;
    provider.question(1).await;
    provider.go_on();
    tokio::time::sleep(super::MOMENT).await;
    provider.go_on();
    let (draft, text) = drafted(&mut crew, "ada", chat).await;
    assert_eq!((draft, text.as_str()), (asked.0, "It is 42, **of** course. é"));
    let (entry, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((answer.text.as_str(), answer.end, answer.question), (text.as_str(), AnswerEnd::Complete, asked));
    assert_eq!(answer.usage, Some(TokenUsage { prompt_tokens: 20, answer_tokens: 5 }));
    assert_eq!((entry.author.as_str(), answer.model.as_str()), ("assistant", "test-model"));
    // Another device, and the list.
    let shown = crew.sees("ada", chat).await;
    assert_eq!((shown.kind, shown.peer.unwrap()), (ConversationKind::Assistant, user("assistant")));
    assert_eq!(shown.title.unwrap().as_str(), "What is the answer?");
    // An answer is a message like any other; that one has read what one sent is noted a moment later.
    while crew.sees("ada", chat).await.inbox.unread != 1 {
        tokio::time::sleep(super::MOMENT).await;
    }
    let kinds: Vec<_> = crew.reads("ada", chat).await.into_iter().map(|entry| entry.body).collect();
    assert!(matches!(&kinds[..], [Body::Text(_), Body::Renamed { .. }, Body::Answer(_)]), "{kinds:?}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_is_given_the_conversation_so_far_and_nothing_else() {
    let (mut crew, provider) = start(&["ada"]).await;
    let prompt = Some("Be brief.".parse().unwrap());
    set_up(&crew, "assistant", AssistantSettings { system_prompt: prompt, ..provider.settings() }).await;
    let (chat, other) = (opens(&mut crew, "ada").await, opens(&mut crew, "ada").await);
    asks(&mut crew, "ada", other, "a secret of the other chat").await;
    asks(&mut crew, "ada", chat, "one").await;
    let (second, _) = asks(&mut crew, "ada", chat, "two").await;
    let said = |text: &[(&str, &str)]| -> Vec<(String, String)> {
        text.iter().map(|(role, text)| ((*role).to_owned(), (*text).to_owned())).collect()
    };
    let last = provider.question(3).await;
    assert_eq!(
        last.messages(),
        said(&[("system", "Be brief."), ("user", "one"), ("assistant", "Hello!"), ("user", "two")])
    );
    assert_eq!((last.path.as_str(), &last.body["stream"]), ("/v1/chat/completions", &serde_json::json!(true)));
    // What was recalled is gone, and a cleared history is not there any more.
    crew.does("ada", Command::Recall { conversation: chat, seq: second }).await;
    asks(&mut crew, "ada", chat, "three").await;
    assert!(!provider.question(4).await.body.to_string().contains("two"));
    crew.does("ada", Command::ClearHistory { conversation: chat }).await;
    asks(&mut crew, "ada", chat, "four").await;
    assert_eq!(provider.question(5).await.messages(), said(&[("system", "Be brief."), ("user", "four")]));
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_is_cut_when_the_model_takes_no_more() {
    let (mut crew, provider) = start(&["ada"]).await;
    let settings = AssistantSettings { context_tokens: 1_024, reply_tokens: 256, ..provider.settings() };
    set_up(&crew, "assistant", settings).await;
    let chat = opens(&mut crew, "ada").await;
    asks(&mut crew, "ada", chat, &format!("first {}", "word ".repeat(300))).await;
    asks(&mut crew, "ada", chat, &format!("second {}", "word ".repeat(300))).await;
    asks(&mut crew, "ada", chat, "third").await;
    let messages = provider.question(3).await.messages();
    let whole = format!("{messages:?}");
    assert!(whole.contains("second") && whole.contains("third") && !whole.contains("first"), "{whole}");
    assert_eq!(provider.question(3).await.body["max_tokens"], 256);
    let (_, answer) = asks(&mut crew, "ada", chat, &"word ".repeat(2_000)).await;
    assert!(failed(&answer).contains("longer than this assistant takes"), "{answer:?}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_late_asks_what_is_written_so_far_and_goes_on_from_there() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Waits(pieces(&["abc", "def"])));
    let asked = crew.appends("ada", question(chat, "spell")).await;
    let waiting = crew.appends("ada", question(chat, "and then?")).await;
    crew.peer("ada")
        .until(|frame| match frame {
            ServerFrame::Draft { text, .. } if text == "abc" => Some(()),
            _ => None,
        })
        .await;
    let ada = crew.server.device("ada", crew.people["ada"].handle, "ada-phone").await;
    let (mut phone, _) = Peer::log_in(&crew.server, Way::WebSocket(Encoding::Json), &ada.token).await;
    let Answer::Drafts { drafts, .. } = phone.query(Query::Drafts { conversation: chat }).await.unwrap() else {
        panic!()
    };
    let [first, second] = &drafts[..] else { panic!("{drafts:?}") };
    assert_eq!((first.question, first.state, first.text.as_str()), (asked, TurnState::Answering, "abc"));
    assert_eq!((second.question, second.state, second.text.as_str()), (waiting, TurnState::Waiting, ""));
    assert_eq!((first.asker.as_str(), first.assistant.as_str()), ("ada", "assistant"));
    provider.go_on();
    let (offset, text) = phone
        .until(|frame| match frame {
            ServerFrame::Draft { offset, text, done: false, .. } if !text.is_empty() => Some((*offset, text.clone())),
            _ => None,
        })
        .await;
    assert_eq!((offset, text.as_str()), (3, "def"));
    answered(&mut crew, "ada", chat).await;
    let (_, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!(answer.question, waiting, "its turn came");
    let Answer::Drafts { drafts, .. } = phone.query(Query::Drafts { conversation: chat }).await.unwrap() else {
        panic!()
    };
    assert!(drafts.is_empty());
    drop(phone);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_a_question_that_waited_knows_the_answers_before_it() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Waits(pieces(&["first ", "answer"])));
    crew.appends("ada", question(chat, "one")).await;
    provider.question(1).await;
    crew.appends("ada", question(chat, "two")).await;
    crew.appends("ada", question(chat, "three")).await;
    provider.go_on();
    let texts = |asked: &crate::support::provider::Asked| -> Vec<String> {
        asked.messages().into_iter().map(|(_, text)| text).collect()
    };
    assert_eq!(texts(&provider.question(2).await), ["one", "first answer", "two"]);
    assert_eq!(texts(&provider.question(3).await), ["one", "first answer", "two", "Hello!", "three"]);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_keeps_what_came_and_says_so() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::HangsAfter(pieces(&["half of "])));
    crew.appends("ada", question(chat, "go on")).await;
    crew.peer("ada")
        .until(|frame| matches!(frame, ServerFrame::Draft { text, .. } if text == "half of ").then_some(()))
        .await;
    crew.does("ada", Command::StopAnswer { conversation: chat }).await;
    let (entry, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((answer.text.as_str(), answer.end, answer.problem), ("half of ", AnswerEnd::Stopped, None));
    // Nothing to stop is no error; and it can be written again, in its place.
    crew.does("ada", Command::StopAnswer { conversation: chat }).await;
    crew.does("ada", Command::Regenerate { conversation: chat, seq: entry.seq }).await;
    let (again, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((again.seq, answer.text.as_str(), answer.end), (entry.seq, "Hello!", AnswerEnd::Complete));
    assert!(again.edited_at.is_some() && again.lsn == entry.lsn);
    let last = crew.reads("ada", chat).await.pop().unwrap();
    assert_eq!(last.body, Body::Edited { target: entry.seq });
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_cannot_be_written_again_stays_and_says_why() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    crew.appends("ada", question(chat, "hello")).await;
    let (entry, _) = answered(&mut crew, "ada", chat).await;
    provider.then(Act::Status(400, None, r#"{"error":{"message":"no"}}"#.to_owned()));
    crew.does("ada", Command::Regenerate { conversation: chat, seq: entry.seq }).await;
    let (_, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((answer.text.as_str(), answer.end), ("Hello!", AnswerEnd::Complete));
    assert!(answer.problem.unwrap().as_str().contains("It says: no."));
    assert_eq!(provider.asked()[1].messages().len(), 1, "the answer that was there is not given");
    let wrong = crew.tries("ada", Command::Regenerate { conversation: chat, seq: Seq(1) }).await;
    assert_eq!(wrong.unwrap_err(), Code::Invalid);
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_can_be_renamed_and_deleting_it_takes_its_text_away() {
    let (mut crew, provider) = start(&["ada"]).await;
    set_up(&crew, "assistant", AssistantSettings { tokens_per_day: 100_000, ..provider.settings() }).await;
    let chat = opens(&mut crew, "ada").await;
    asks(&mut crew, "ada", chat, "a question to be forgotten").await;
    crew.does("ada", Command::Rename { conversation: chat, title: named("Mine") }).await;
    assert_eq!(crew.sees("ada", chat).await.title.unwrap().as_str(), "Mine");
    provider.then(Act::HangsAfter(pieces(&["never said"])));
    crew.appends("ada", question(chat, "and more")).await;
    provider.question(2).await;
    let before = tokens_left(&mut crew).await;
    crew.does("ada", Command::Leave { conversation: chat }).await;
    let shown = crew.sees("ada", chat).await;
    assert!(shown.inbox.gone && shown.inbox.hidden && shown.title.is_none() && shown.entries.is_empty());
    assert_eq!(crew.tries("ada", question(chat, "still there?")).await.unwrap_err(), Code::NotMember);
    let engine = crew.server.engine.clone();
    soon("its text is gone", || {
        let view = engine.view();
        tidings::store::Read::entries(&*view, chat, Seq(1), Seq(100), 100).is_ok_and(|entries| entries.is_empty())
    })
    .await;
    // What the answer on its way has cost is counted, although nobody will read it.
    for _ in 0..400 {
        if tokens_left(&mut crew).await < before {
            return crew.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("deleting the chat makes its answer free");
}

async fn tokens_left(crew: &mut Crew) -> u64 {
    let Answer::Assistants { assistants, .. } = crew.asks("ada", Query::Assistants {}).await.unwrap() else { panic!() };
    assistants[0].tokens_left.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_ask_and_how_much_is_decided_by_the_ledger() {
    let (mut crew, provider) = start(&["ada", "bob"]).await;
    let Answer::Assistants { assistants, .. } = crew.asks("bob", Query::Assistants {}).await.unwrap() else { panic!() };
    assert_eq!((assistants.len(), assistants[0].questions_left), (1, Some(200)));
    let bobs = opens(&mut crew, "bob").await;
    let access = AssistantAccess::Listed(vec![user("ADA")]);
    let settings = AssistantSettings { access, questions_per_day: 2, ..provider.settings() };
    set_up(&crew, "assistant", settings.clone()).await;
    let open = |id: &str| Command::OpenAssistant { assistant: user(id), title: None };
    assert_eq!(crew.tries("bob", open("assistant")).await.unwrap_err(), Code::Forbidden);
    assert_eq!(crew.tries("bob", question(bobs, "x")).await.unwrap_err(), Code::Forbidden);
    let Answer::Assistants { assistants, .. } = crew.asks("bob", Query::Assistants {}).await.unwrap() else { panic!() };
    assert!(assistants.is_empty());
    assert_eq!(crew.tries("ada", open("bob")).await.unwrap_err(), Code::Invalid);
    assert_eq!(crew.tries("ada", open("nobody")).await.unwrap_err(), Code::NotFound);
    let direct = Command::OpenDirect { user: user("assistant") };
    assert_eq!(crew.tries("ada", direct).await.unwrap_err(), Code::Unsupported);
    let chat = opens(&mut crew, "ada").await;
    assert_eq!(crew.tries("bob", question(chat, "x")).await.unwrap_err(), Code::NotFound, "it is hers");
    asks(&mut crew, "ada", chat, "one").await;
    asks(&mut crew, "ada", chat, "two").await;
    assert_eq!(crew.tries("ada", question(chat, "three")).await.unwrap_err(), Code::QuotaExceeded);
    crew.pass(std::time::Duration::from_hours(24));
    asks(&mut crew, "ada", chat, "three").await;
    set_up(&crew, "assistant", AssistantSettings { tokens_per_day: 25, ..settings }).await;
    assert_eq!(crew.tries("ada", question(chat, "four")).await.unwrap_err(), Code::QuotaExceeded, "25 tokens are used");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_found_and_forwarded_like_a_message() {
    let (mut crew, provider) = start(&["ada", "bob"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Says(pieces(&["The zebrafish is striped."])));
    crew.appends("ada", question(chat, "hello")).await;
    let (entry, _) = answered(&mut crew, "ada", chat).await;
    let search =
        || Query::Search(Box::new(serde_json::from_value(serde_json::json!({"q": "zebrafish", "limit": 10})).unwrap()));
    let Answer::Found { hits, .. } = crew.asks("ada", search()).await.unwrap() else { panic!() };
    assert_eq!(hits.len(), 1);
    let Answer::Found { hits, .. } = crew.asks("bob", search()).await.unwrap() else { panic!() };
    assert!(hits.is_empty());
    let to = Target::User(user("bob"));
    crew.does("ada", Command::Forward { from: chat, seq: entry.seq, to }).await;
    let (_, forwarded) = crew.peer("bob").entry().await;
    let Body::Text(text) = &forwarded.body else { panic!() };
    assert!(text.markdown && text.text == "The zebrafish is striped.");
    assert_eq!(forwarded.origin.unwrap().author.as_str(), "assistant");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chats_of_a_deleted_account_are_deleted_with_it() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    asks(&mut crew, "ada", chat, "a question to be forgotten").await;
    provider.then(Act::HangsAfter(pieces(&["never said"])));
    crew.appends("ada", question(chat, "and more")).await;
    provider.question(2).await;
    let command = tidings::model::SystemCommand::DeleteUser { user: crew.people["ada"].handle };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    let engine = crew.server.engine.clone();
    soon("its text is gone", || {
        let view = engine.view();
        tidings::store::Read::entries(&*view, chat, Seq(1), Seq(100), 100).is_ok_and(|entries| entries.is_empty())
    })
    .await;
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_that_was_recalled_is_not_asked_and_one_to_a_removed_assistant_says_so() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Waits(pieces(&["first ", "answer"])));
    crew.appends("ada", question(chat, "one")).await;
    provider.question(1).await;
    let second = crew.appends("ada", question(chat, "two, which is a mistake")).await;
    crew.appends("ada", question(chat, "three")).await;
    crew.does("ada", Command::Recall { conversation: chat, seq: second }).await;
    let mut assistant = None;
    let view = crew.server.engine.view();
    let rows = tidings::store::Read::range::<tidings::store::records::AssistantRow>(
        &*view,
        &(tidings::model::AppId::HOME, tidings::model::UserHandle(0)),
        &(tidings::model::AppId::HOME, tidings::model::UserHandle(u64::MAX)),
        9,
    );
    for ((_, user), _) in rows.unwrap() {
        assistant = Some(user);
    }
    let command = tidings::model::SystemCommand::RemoveAssistant { user: assistant.unwrap() };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
    provider.go_on();
    let (_, first) = answered(&mut crew, "ada", chat).await;
    assert_eq!((first.text.as_str(), first.end), ("first answer", AnswerEnd::Complete), "it was being written already");
    let (_, third) = answered(&mut crew, "ada", chat).await;
    assert!(failed(&third).contains("was removed") && third.question.0 > second.0);
    assert_eq!(provider.asked().len(), 1);
    assert_eq!(crew.tries("ada", question(chat, "four")).await.unwrap_err(), Code::Unsupported);
    let Answer::Drafts { drafts, .. } = crew.asks("ada", Query::Drafts { conversation: chat }).await.unwrap() else {
        panic!()
    };
    assert!(drafts.is_empty(), "{drafts:?}");
    crew.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_thinks_aloud_is_no_part_of_its_answer() {
    let (mut crew, provider) = start(&["ada"]).await;
    let chat = opens(&mut crew, "ada").await;
    provider.then(Act::Says(pieces(&["<thi", "nk>\nthe colour of the door</thi", "nk>\n\nIt is ", "<b>green</b>."])));
    crew.appends("ada", question(chat, "which?")).await;
    let (_, told) = drafted(&mut crew, "ada", chat).await;
    let (_, answer) = answered(&mut crew, "ada", chat).await;
    assert_eq!((told.as_str(), answer.text.as_str()), ("It is <b>green</b>.", "It is <b>green</b>."));
    assert_eq!((answer.end, answer.usage.is_some()), (AnswerEnd::Complete, true));
    provider.then(Act::Whole("<think>it is green</think> Green.".to_owned()));
    assert_eq!(asks(&mut crew, "ada", chat, "again?").await.1.text, "Green.");
    assert!(!provider.question(2).await.body.to_string().contains("door"), "nor is it given back to it");
    // Nothing but thoughts is no answer; what broke off in them says so.
    provider.then(Act::Says(pieces(&["<think>hm", " hm</think>"])));
    assert!(failed(&asks(&mut crew, "ada", chat, "well?").await.1).contains("empty answer"));
    provider.then(Act::BreaksOff(pieces(&["<think>hm", " hm"])));
    let (_, answer) = asks(&mut crew, "ada", chat, "well?").await;
    assert!(failed(&answer).contains("Try again") && answer.text.is_empty(), "{answer:?}");
    // What only looks like that is an answer.
    provider.then(Act::Says(pieces(&["<th"])));
    assert_eq!(asks(&mut crew, "ada", chat, "a mark?").await.1.text, "<th");
    crew.stop().await;
}
