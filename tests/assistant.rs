//! Assistants through the doors people use, against a provider that speaks the real wire format.

mod chats;
mod doors;
mod faults;
mod groups;
mod latency;

use crate::support::crew::{Crew, user};
use crate::support::provider::Provider;
use std::time::Duration;
use tidings::model::{
    AnswerEnd, AppId, AssistantAnswer, AssistantSettings, Body, Command, CommandResult, Content, ConversationId, Entry,
    Seq, SystemCommand, Target, Text,
};
use tidings::protocol::ServerFrame;

/// People, a provider, and an assistant that asks it.
pub async fn start(names: &[&'static str]) -> (Crew, Provider) {
    let provider = Provider::start().await;
    let crew = Crew::start(names).await;
    set_up(&crew, "assistant", provider.settings()).await;
    (crew, provider)
}

pub async fn set_up(crew: &Crew, id: &str, settings: AssistantSettings) {
    let settings = Box::new(settings);
    let command = SystemCommand::SetAssistant { app: AppId::HOME, id: user(id), name: None, settings };
    crew.server.engine.execute(tidings::auth::operator(), None, command.into()).await.unwrap();
}

pub async fn opens(crew: &mut Crew, who: &str) -> ConversationId {
    match crew.does(who, Command::OpenAssistant { assistant: user("assistant"), title: None }).await {
        CommandResult::Conversation { conversation } => conversation,
        other => panic!("{other:?}"),
    }
}

pub fn question(chat: ConversationId, text: &str) -> Command {
    Command::Send { to: Target::Conversation(chat), content: Content::Text(Text::plain(text)) }
}

/// The next answer that somebody is told of in a conversation.
pub async fn answered(crew: &mut Crew, who: &str, chat: ConversationId) -> (Entry, AssistantAnswer) {
    crew.peer(who)
        .until(|frame| match frame {
            ServerFrame::Entry { conversation, entry } if *conversation == chat => match &entry.body {
                Body::Answer(answer) => Some((Entry::clone(entry), answer.clone())),
                _ => None,
            },
            _ => None,
        })
        .await
}

/// Asks and waits for the answer.
pub async fn asks(crew: &mut Crew, who: &str, chat: ConversationId, text: &str) -> (Seq, AssistantAnswer) {
    let seq = crew.appends(who, question(chat, text)).await;
    let (_, answer) = answered(crew, who, chat).await;
    assert_eq!(answer.question, seq);
    (seq, answer)
}

/// Pieces of drafts as they come, until one says that it is done.
pub async fn drafted(crew: &mut Crew, who: &str, chat: ConversationId) -> (u64, String) {
    let mut text = String::new();
    loop {
        let (draft, offset, piece, done) = crew
            .peer(who)
            .until(|frame| match frame {
                ServerFrame::Draft { conversation, draft, offset, text, done, .. } if *conversation == chat => {
                    Some((*draft, *offset, text.clone(), *done))
                }
                _ => None,
            })
            .await;
        assert_eq!(offset as usize, text.len(), "frames go on where the last one ended");
        text += &piece;
        if done {
            return (draft, text);
        }
    }
}

pub fn failed(answer: &AssistantAnswer) -> &str {
    assert_eq!(answer.end, AnswerEnd::Failed, "{answer:?}");
    answer.problem.as_ref().unwrap().as_str()
}

/// What the tests wait for.
pub const MOMENT: Duration = Duration::from_millis(200);
