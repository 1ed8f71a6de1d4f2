//! What a device is told: a small document that the web client's service worker shows.

use super::seal::TEXT_BYTES_MAX;
use crate::model::{Body, ConversationId, MediaKind, Seq};
use serde::Serialize;

/// Characters of a message that are shown.
const WORDS_MAX: usize = 160;
/// Characters of a title.
const TITLE_MAX: usize = 80;

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message.
    Message,
    /// A message that names them.
    Mention,
    /// They asked for it, to see whether it works.
    Test,
}

/// The document, JSON. Names of fields are part of the protocol; see docs/protocol.md.
#[derive(Clone, Debug, Serialize)]
pub struct Payload {
    /// Version of this document.
    pub v: u8,
    /// Why.
    pub kind: Kind,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// How many messages it stands for.
    pub count: u32,
    /// Who writes, or the group's title.
    pub title: String,
    /// What is said; absent when the device does not want it shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Unread messages, all together; absent when they are too many to count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<u64>,
}

impl Payload {
    /// As bytes, short enough to be sealed.
    pub fn bytes(&self) -> Vec<u8> {
        let whole = serde_json::to_vec(self).unwrap_or_default();
        if whole.len() <= TEXT_BYTES_MAX {
            return whole;
        }
        // Characters that JSON writes as six bytes each.
        serde_json::to_vec(&Self { body: None, ..self.clone() }).unwrap_or_default()
    }
}

/// The beginning of a text, on one line.
pub fn short(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// The beginning of a title.
pub fn title(text: &str) -> String {
    short(text, TITLE_MAX)
}

/// What a message says, in a few words of no language but its own.
pub fn words(body: &Body) -> Option<String> {
    let with = |sign: &str, text: &str| short(&format!("{sign} {text}"), WORDS_MAX);
    Some(match body {
        Body::Text(text) => short(&text.text, WORDS_MAX),
        Body::Buttons(buttons) => short(&buttons.text.text, WORDS_MAX),
        Body::Answer(answer) if !answer.text.is_empty() => short(&answer.text, WORDS_MAX),
        Body::Answer(answer) => short(answer.problem.as_ref()?.as_str(), WORDS_MAX),
        Body::Media(file) => match file.kind {
            MediaKind::Image => with("🖼", &file.caption.text),
            MediaKind::Voice => with("🎤", &file.caption.text),
            MediaKind::Video => with("🎬", &file.caption.text),
            MediaKind::File if file.caption.text.is_empty() => with("📎", file.info.name.as_str()),
            MediaKind::File => with("📎", &file.caption.text),
        },
        Body::Location(place) => with("📍", place.name.as_ref().map_or("", |name| name.as_str())),
        Body::ContactCard(card) => with("👤", card.user.as_str()),
        Body::Post(post) => short(&post.words().join(" "), WORDS_MAX),
        Body::Sticker(sticker) if sticker.set.is_none() => sticker.name.as_str().to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_on_one_line_and_no_longer_than_it_may_be() {
        assert_eq!(short("  one\ntwo\t three ", 100), "one two three");
        assert_eq!(short("中文消息很长", 4), "中文消息…");
        assert_eq!(short("one two", 4), "one…");
    }

    #[test]
    fn a_payload_fits_whatever_it_says() {
        let body = Some("\u{1}".repeat(WORDS_MAX * 4));
        let payload = Payload {
            v: 1,
            kind: Kind::Message,
            conversation: Some(ConversationId(u64::MAX)),
            seq: Some(Seq(u64::MAX)),
            count: u32::MAX,
            title: "\u{1}".repeat(TITLE_MAX),
            body,
            badge: Some(u64::MAX),
        };
        assert!(payload.bytes().len() <= TEXT_BYTES_MAX);
        let short = Payload { body: Some("hello".into()), title: "Ada".into(), badge: None, ..payload };
        let json: serde_json::Value = serde_json::from_slice(&short.bytes()).unwrap();
        assert_eq!((&json["kind"], &json["body"], json.get("badge")), (&"message".into(), &"hello".into(), None));
    }
}
