//! What of an entry can be searched: its texts and what it has in it. The same for the index and for looking at what it found.

use crate::model::{Body, Entry, Has, Part};

/// The texts of a message in the order in which they are shown; none for what cannot be searched. Custom messages belong to the
/// software that sent them.
pub fn parts(entry: &Entry) -> Vec<(Part, &str)> {
    match &entry.body {
        Body::Text(text) => vec![(Part::Text, text.text.as_str())],
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
        | Body::Unreadable(_) => Vec::new(),
    }
}

/// Whether an entry can be found at all.
pub fn is_searchable(entry: &Entry) -> bool {
    match &entry.body {
        Body::Text(_) => true,
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
        | Body::Unreadable(_) => false,
    }
}

/// What a message has in it.
pub fn has(entry: &Entry) -> Vec<Has> {
    let linked = parts(entry).iter().any(|(_, text)| has_link(text));
    linked.then_some(Has::Link).into_iter().collect()
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
