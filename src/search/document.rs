//! What of an entry can be searched: its texts and what it has in it. The same for the index and for looking at what it found.

use crate::model::{Body, Entry, Has, MediaKind, Part};

/// The texts of a message in the order in which they are shown; `None` for what cannot be found at all. Custom messages belong to
/// the software that sent them.
pub fn parts(entry: &Entry) -> Option<Vec<(Part, &str)>> {
    match &entry.body {
        Body::Text(text) => Some(vec![(Part::Text, text.text.as_str())]),
        Body::Media(file) => {
            Some(vec![(Part::Caption, file.caption.text.as_str()), (Part::FileName, file.info.name.as_str())])
        }
        Body::Answer(answer) if answer.text.is_empty() => None,
        Body::Answer(answer) => Some(vec![(Part::Text, answer.text.as_str())]),
        Body::Buttons(buttons) => Some(vec![(Part::Text, buttons.text.text.as_str())]),
        Body::Post(post) => Some(post.words().into_iter().map(|words| (Part::Text, words)).collect()),
        Body::Custom(_)
        | Body::Recalled {}
        | Body::Edited { .. }
        | Body::RecalledEntry { .. }
        | Body::Reacted { .. }
        | Body::GroupCreated { .. }
        | Body::MembersAdded { .. }
        | Body::MemberRemoved { .. }
        | Body::MemberLeft {}
        | Body::Renamed { .. }
        | Body::Location(_)
        | Body::ContactCard(_)
        | Body::Sticker(_)
        | Body::EntryPinned { .. }
        | Body::RulesChanged { .. }
        | Body::CardChanged {}
        | Body::JoinRequested {}
        | Body::MemberJoined {}
        | Body::JoinAnswered { .. }
        | Body::InviteChanged { .. }
        | Body::ManagerChanged { .. }
        | Body::Transferred { .. }
        | Body::Dissolved {}
        | Body::GroupMuted { .. }
        | Body::MemberSilenced { .. }
        | Body::AliasChanged { .. }
        | Body::ContactRequested { .. }
        | Body::ContactAnswered { .. }
        | Body::ContactsChanged { .. }
        | Body::LabelsChanged {}
        | Body::Pressed { .. }
        | Body::Unreadable(_) => None,
    }
}

/// Whether an entry can be found at all.
pub fn is_searchable(entry: &Entry) -> bool {
    parts(entry).is_some()
}

/// What a message has in it.
pub fn has(entry: &Entry) -> Vec<Has> {
    let mut has = Vec::new();
    if let Body::Media(file) = &entry.body {
        has.push(match file.kind {
            MediaKind::Image => Has::Image,
            MediaKind::File => Has::File,
            MediaKind::Voice => Has::Voice,
            MediaKind::Video => Has::Video,
        });
    }
    let written = parts(entry).unwrap_or_default().into_iter().filter(|(part, _)| *part != Part::FileName);
    if written.into_iter().any(|(_, text)| has_link(text)) {
        has.push(Has::Link);
    }
    has
}

/// Whether there is the address of a page in a text.
fn has_link(text: &str) -> bool {
    let starts = |at: usize| {
        let rest = &text.as_bytes()[at..];
        let begins = |scheme: &[u8]| {
            rest.len() > scheme.len()
                && rest[..scheme.len()].eq_ignore_ascii_case(scheme)
                && !rest[scheme.len()].is_ascii_whitespace()
        };
        begins(b"http://") || begins(b"https://")
    };
    text.bytes().enumerate().any(|(at, byte)| matches!(byte, b'h' | b'H') && starts(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_address_with_something_in_it() {
        for (text, expected) in [
            ("see https://example.org/x", true),
            ("HTTP://EXAMPLE.ORG", true),
            ("这里https://例子.中国", true),
            ("https://", false),
            ("https:// x", false),
            ("the http protocol", false),
            ("", false),
        ] {
            assert_eq!(has_link(text), expected, "{text}");
        }
    }
}
