//! What a message may contain.

use crate::ledger::Stop;
use crate::ledger::bots;
use crate::ledger::caller::Caller;
use crate::ledger::media;
use crate::ledger::refuse::refuse;
use crate::model::{Body, Buttons, Code, ContactCard, Content, Custom, Location, Text, limits};
use crate::store::Read;
use serde::de::IgnoredAny;

/// Longest kind of a custom message, in characters.
const KIND_CHARS_MAX: usize = 64;

/// Checks size and kind; `bytes_max` is the app's `message_bytes_max`.
pub(super) fn check(content: &Content, bytes_max: u32) -> Result<(), Stop> {
    match content {
        Content::Text(text) => check_text(text, bytes_max),
        Content::Custom(custom) => check_custom(custom, bytes_max),
        Content::Buttons(buttons) => check_buttons(buttons, bytes_max),
        Content::Media(attach) => check_caption(&attach.caption, bytes_max),
        Content::Location(location) => check_location(location),
        // Names and emoji are checked where they are parsed.
        Content::ContactCard(_) | Content::Sticker(_) => Ok(()),
    }
}

/// The body of a message: a file is looked up among the sender's own, a card among the users of their app.
pub(super) fn body(state: &impl Read, caller: &Caller<'_>, content: &Content) -> Result<Body, Stop> {
    Ok(match content {
        Content::Text(text) => Body::Text(text.clone()),
        Content::Custom(custom) => Body::Custom(custom.clone()),
        Content::Media(attach) => Body::Media(media::attachment(state, caller, attach)?),
        Content::Location(location) => Body::Location(location.clone()),
        Content::ContactCard(ContactCard { user, reply_to }) => {
            let (_, row) = caller.find_user(state, user)?;
            Body::ContactCard(ContactCard { user: row.id.clone(), reply_to: *reply_to })
        }
        Content::Sticker(sticker) => Body::Sticker(sticker.clone()),
        Content::Buttons(buttons) => {
            bots::check_may_have_buttons(caller)?;
            Body::Buttons(buttons.clone())
        }
    })
}

/// Refuses to pass on what is larger than messages may be here by now.
pub(super) fn check_body(body: &Body, bytes_max: u32) -> Result<(), Stop> {
    match body {
        Body::Text(text) => check_bytes("text", text.text.len(), bytes_max),
        Body::Media(attachment) => check_bytes("caption", attachment.caption.text.len(), bytes_max),
        Body::Custom(custom) => check_bytes("json", custom.json.len(), bytes_max),
        _ => Ok(()),
    }
}

fn check_location(location: &Location) -> Result<(), Stop> {
    for (field, value, most) in
        [("latitude_e6", location.latitude_e6, 90_000_000), ("longitude_e6", location.longitude_e6, 180_000_000)]
    {
        if value.unsigned_abs() > most {
            return refuse(
                Code::Invalid,
                format!("`{field}` is {value}, and goes from -{most} to {most}; correct it."),
            );
        }
    }
    Ok(())
}

fn check_text(text: &Text, bytes_max: u32) -> Result<(), Stop> {
    check_words(&text.text, bytes_max)?;
    check_mentions(text)
}

fn check_buttons(buttons: &Buttons, bytes_max: u32) -> Result<(), Stop> {
    check_text(&buttons.text, bytes_max)?;
    bots::check_rows(&buttons.rows)?;
    if buttons.rows.is_empty() {
        return refuse(Code::Invalid, "There is no button in `rows`; name some, or send a text.");
    }
    Ok(())
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
