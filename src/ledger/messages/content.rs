//! What a message may contain.

use crate::ledger::Stop;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Code, Content, Custom, Text, limits};
use serde::de::IgnoredAny;

/// Longest kind of a custom message, in characters.
const KIND_CHARS_MAX: usize = 64;

/// Checks size and kind; `bytes_max` is the app's `message_bytes_max`.
pub(super) fn check(content: &Content, bytes_max: u32) -> Result<(), Stop> {
    match content {
        Content::Text(text) => check_text(text, bytes_max),
        Content::Custom(custom) => check_custom(custom, bytes_max),
        Content::Media(attach) => check_caption(&attach.caption, bytes_max),
        Content::Location(_) | Content::ContactCard(_) | Content::Sticker(_) => Ok(()),
    }
}

/// The body of a message.
pub(super) fn body(content: &Content) -> Result<Body, Stop> {
    content.body().map_or_else(|| refuse(Code::Invalid, "A file is sent by its id."), Ok)
}

fn check_text(text: &Text, bytes_max: u32) -> Result<(), Stop> {
    check_words(&text.text, bytes_max)?;
    check_mentions(text)
}

/// Words beside a file, of which there may be none.
fn check_caption(caption: &Text, bytes_max: u32) -> Result<(), Stop> {
    check_bytes("caption", caption.text.len(), bytes_max)?;
    check_mentions(caption)
}

fn check_mentions(text: &Text) -> Result<(), Stop> {
    if text.mentions.len() > limits::MENTIONS_MAX {
        let limit = limits::MENTIONS_MAX;
        return refuse(Code::TooLarge, format!("A message mentions at most {limit} users; name fewer in `mentions`."));
    }
    Ok(())
}

/// Checks the words of a text.
pub(super) fn check_words(words: &str, bytes_max: u32) -> Result<(), Stop> {
    if words.is_empty() {
        return refuse(Code::Invalid, "`text` is empty; write something.");
    }
    check_bytes("text", words.len(), bytes_max)
}

fn check_bytes(field: &str, bytes: usize, bytes_max: u32) -> Result<(), Stop> {
    if bytes > bytes_max as usize {
        return refuse(
            Code::TooLarge,
            format!("`{field}` has {bytes} bytes, and `message_bytes_max` is {bytes_max} here; send it in parts."),
        );
    }
    Ok(())
}

fn check_custom(custom: &Custom, bytes_max: u32) -> Result<(), Stop> {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-');
    if !(1..=KIND_CHARS_MAX).contains(&custom.kind.len()) || !custom.kind.bytes().all(allowed) {
        return refuse(Code::Invalid, "`kind` of a custom message has 1 to 64 characters out of a-z A-Z 0-9 _ . -");
    }
    check_bytes("json", custom.json.len(), bytes_max)?;
    if let Err(error) = serde_json::from_str::<IgnoredAny>(&custom.json) {
        return refuse(Code::Invalid, format!("`json` of a custom message is not valid JSON: {error}."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UserId;

    fn custom(kind: &str, json: &str) -> Content {
        Content::Custom(Custom { kind: kind.to_owned(), json: json.to_owned(), reply_to: None })
    }

    fn mentioning(count: usize) -> Content {
        let mentions = vec![UserId::new("ada").unwrap(); count];
        Content::Text(Text { mentions, ..Text::plain("hello") })
    }

    #[test]
    fn a_message_has_a_size_and_a_shape() {
        for (content, expected) in [
            (Content::Text(Text::plain("a")), None),
            (Content::Text(Text::plain("")), Some(Code::Invalid)),
            (Content::Text(Text::plain("0123456789")), None),
            (Content::Text(Text::plain("0123456789a")), Some(Code::TooLarge)),
            (Content::Text(Text::plain("éééééé")), Some(Code::TooLarge)),
            (mentioning(limits::MENTIONS_MAX), None),
            (mentioning(limits::MENTIONS_MAX + 1), Some(Code::TooLarge)),
            (custom("order.shipped", r#"{"id":7}"#), None),
            (custom("order", "7"), None),
            (custom("", "{}"), Some(Code::Invalid)),
            (custom("no spaces", "{}"), Some(Code::Invalid)),
            (custom(&"k".repeat(65), "{}"), Some(Code::Invalid)),
            (custom("order", ""), Some(Code::Invalid)),
            (custom("order", "{}{}"), Some(Code::Invalid)),
            (custom("order", r#"{"id":77777}"#), Some(Code::TooLarge)),
        ] {
            let got = match check(&content, 10) {
                Ok(()) => None,
                Err(Stop::Refused(refusal)) => Some(refusal.code),
                Err(Stop::Fault(fault)) => panic!("{fault}"),
            };
            assert_eq!(got, expected, "{content:?}");
        }
    }
}
