//! How large entries are, estimated from above without encoding them.

use crate::model::{Body, Conversation, Entry, GroupView, Paragraph};

/// Bytes that a page of entries takes at most (besides its first entry), so that it fits a frame of the smallest default limit in
/// either encoding.
pub(super) const PAGE_BYTES_MAX: usize = 900 * 1024;
/// Bytes that the entries of one conversation take at most in a list of conversations (besides the first).
pub(super) const CONVERSATION_BYTES_MAX: usize = 256 * 1024;

/// Field names, numbers and the key of an entry and of its body in JSON.
const ENTRY_FRAME: usize = 448;
/// The same of a conversation with its inbox.
const CONVERSATION_FRAME: usize = 640;
/// The same of what only a group has.
const GROUP_FRAME: usize = 512;
/// A cursor of a member, besides the id.
const CURSOR_FRAME: usize = 80;

/// The bytes of an entry as it is stored, at most.
pub fn stored_bytes(entry: &Entry) -> usize {
    let reactions = |length: fn(&str) -> usize| reactions_bytes(entry, length);
    ENTRY_FRAME + entry.author.as_str().len() + body_bytes(&entry.body, str::len) + reactions(str::len)
}

/// The bytes of an entry as it is shown, at most, in the larger of the two encodings (JSON).
pub(super) fn shown_bytes(entry: &Entry) -> usize {
    ENTRY_FRAME + entry.author.as_str().len() + body_bytes(&entry.body, escaped) + reactions_bytes(entry, escaped)
}

/// The bytes of a conversation as it is shown, at most: what a page of conversations is measured by.
pub fn conversation_bytes(conversation: &Conversation) -> usize {
    let title = conversation.title.as_ref().map_or(0, |title| escaped(title.as_str()));
    let cursors: usize = conversation.cursors.iter().map(|cursor| CURSOR_FRAME + cursor.user.as_str().len()).sum();
    let group = conversation.group.as_deref().map_or(0, group_bytes);
    CONVERSATION_FRAME + title + group + cursors + conversation.entries.iter().map(shown_bytes).sum::<usize>()
}

fn group_bytes(group: &GroupView) -> usize {
    let card = &group.card;
    let paragraph = |text: &Option<Paragraph>| text.as_ref().map_or(0, |text| escaped(text.as_str()));
    let extra = card.extra.map().iter().map(|(key, value)| 6 + escaped(key) + escaped(value)).sum::<usize>();
    let alias = group.alias.as_ref().map_or(0, |alias| escaped(alias.as_str()));
    GROUP_FRAME + group.owner.as_str().len() + paragraph(&card.introduction) + paragraph(&card.notice) + extra + alias
}

/// The bytes of a string in JSON, without its quotes.
pub(super) fn escaped(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

fn reactions_bytes(entry: &Entry, length: fn(&str) -> usize) -> usize {
    let users = |users: &[crate::model::UserId]| users.iter().map(|user| user.as_str().len() + 3).sum::<usize>();
    entry.reactions.iter().map(|reaction| 32 + length(reaction.emoji.as_str()) + users(&reaction.users)).sum()
}

fn body_bytes(body: &Body, length: fn(&str) -> usize) -> usize {
    let ids = |ids: &[crate::model::UserId]| ids.iter().map(|id| id.as_str().len() + 3).sum::<usize>();
    match body {
        Body::Text(text) => length(&text.text) + ids(&text.mentions),
        Body::Answer(answer) => {
            let problem = answer.problem.as_ref().map_or(0, |line| length(line.as_str()));
            length(&answer.text) + length(answer.model.as_str()) + problem
        }
        Body::Custom(custom) => length(&custom.json) + custom.kind.len(),
        Body::GroupCreated { title, members } => length(title.as_str()) + ids(members),
        Body::MembersAdded { users } => ids(users),
        Body::MemberRemoved { user } => user.as_str().len(),
        Body::Renamed { title } => length(title.as_str()),
        Body::Reacted { emoji, .. } => length(emoji.as_str()),
        Body::Recalled {}
        | Body::Edited { .. }
        | Body::RecalledEntry { .. }
        | Body::MemberLeft {}
        | Body::Unreadable(_) => 0,
        // The others are rare or small, so they are simply written.
        other => serde_json::to_vec(other).map_or(0, |json| json.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Custom, Emoji, Key, Lsn, Ordinal, Reaction, Seq, Text, Timestamp, UserId};

    /// The highest number on the wire.
    const NUMBER: u64 = (1 << 53) - 1;

    #[test]
    fn an_estimate_is_never_below_what_is_written() {
        let id = |number: usize| UserId::new(format!("{number:064}")).unwrap();
        let text = |text: &str, mentions: usize| {
            Body::Text(Text {
                mentions: (0..mentions).map(id).collect(),
                reply_to: Some(Seq(NUMBER)),
                ..Text::plain(text)
            })
        };
        let bodies = [
            text("plain", 0),
            text("\u{0}\"\\\n\u{7f}é😀", 50),
            Body::Custom(Custom { kind: "k".repeat(64), json: r#"{"a":"\"\\"}"#.to_owned(), reply_to: Some(Seq(9)) }),
            Body::MembersAdded { users: (0..100).map(id).collect() },
            Body::Reacted { target: Seq(NUMBER), emoji: Emoji::new("👍").unwrap(), on: false },
            Body::MemberLeft {},
        ];
        for body in bodies {
            let users: Vec<_> = (0..3).map(id).collect();
            let entry = Entry {
                seq: Seq(NUMBER),
                lsn: Lsn(NUMBER),
                changed: Lsn(NUMBER),
                ordinal: Ordinal(NUMBER),
                at: Timestamp(NUMBER),
                author: id(1),
                key: Some(Key::new(Timestamp(1))),
                body,
                reactions: vec![Reaction { emoji: Emoji::new("👨‍👩‍👧‍👦").unwrap(), users }],
                edited_at: Some(Timestamp(NUMBER)),
                recalled_at: Some(Timestamp(NUMBER)),
                origin: None,
            };
            assert!(postcard::to_allocvec(&entry).unwrap().len() <= stored_bytes(&entry), "{entry:?}");
            assert!(serde_json::to_string(&entry).unwrap().len() <= shown_bytes(&entry), "{entry:?}");
        }
    }
}
