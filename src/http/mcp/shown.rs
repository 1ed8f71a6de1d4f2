//! What is told of conversations and messages: data, each message with its author and time.

use crate::assistant::context::words;
use crate::model::{Body, Conversation, ConversationId, ConversationKind, Entry, Seq, UserId};
use serde::Serialize;
use serde_json::{Value, json};

/// A message.
#[derive(Debug, Serialize)]
pub struct Message {
    conversation: ConversationId,
    seq: Seq,
    author: UserId,
    at: String,
    kind: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Seq>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_from: Option<UserId>,
    edited: bool,
}

impl Message {
    /// What is told of an entry; `None` when it is a notice.
    pub fn of(conversation: ConversationId, entry: &Entry) -> Option<Self> {
        entry.body.is_message().then(|| Self {
            conversation,
            seq: entry.seq,
            author: entry.author.clone(),
            at: entry.at.utc(),
            kind: entry.body.kind(),
            text: words(&entry.body),
            reply_to: reply_to(&entry.body),
            forwarded_from: entry.origin.as_ref().map(|origin| origin.author.clone()),
            edited: entry.edited_at.is_some(),
        })
    }
}

fn reply_to(body: &Body) -> Option<Seq> {
    match body {
        Body::Answer(answer) => Some(answer.question),
        Body::Custom(custom) => custom.reply_to,
        body => body.text().and_then(|text| text.reply_to),
    }
}

/// A conversation in the list.
pub fn conversation(shown: &Conversation) -> Value {
    let kind = match shown.kind {
        ConversationKind::Direct => "direct",
        ConversationKind::Group => "group",
        ConversationKind::Assistant => "assistant",
        ConversationKind::Feed => "feed",
    };
    let title = shown.title.as_ref().map(ToString::to_string);
    let title = title.or_else(|| shown.peer.as_ref().map(ToString::to_string)).unwrap_or_default();
    let newest = shown.entries.iter().rev().find_map(|entry| Message::of(shown.id, entry));
    json!({"conversation": shown.id, "kind": kind, "title": title, "unread": shown.inbox.unread, "newest": newest})
}

/// Of a page its last stretch without gaps: what stands before that was rewritten by a notice in it, and is asked for apart.
pub fn stretch(entries: &[Entry]) -> &[Entry] {
    let mut begin = entries.len().saturating_sub(1);
    while begin > 0 && entries[begin - 1].seq.next() == entries[begin].seq {
        begin -= 1;
    }
    &entries[begin..]
}
