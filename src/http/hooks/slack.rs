//! Slack's and Mattermost's incoming webhooks (`text`, `attachments`, `blocks`), as JSON or as the form field `payload`. What many
//! programs send that know neither of the two by name.

use super::emoji::drawn;
use super::words::{color, cut, icon, image_of, line, markdown, name, plain, said, seconds, url_of};
use super::{Incoming, list};
use crate::model::{Post, PostAttachment, PostBlock, PostButton, PostField};
use serde_json::Value;

/// Parts of one post; the rest is left out.
const BLOCKS_MAX: usize = 50;
/// Boxes of one post.
const ATTACHMENTS_MAX: usize = 20;
/// Fields of one box, elements of one part.
const FIELDS_MAX: usize = 20;

/// Whether a payload is of this dialect. Others have empty `attachments` beside their own words.
pub fn is(body: &Value) -> bool {
    let said = |member| match body.get(member) {
        None | Some(Value::Null) => false,
        Some(Value::Array(all)) => !all.is_empty(),
        Some(_) => true,
    };
    ["text", "attachments", "blocks"].into_iter().any(said)
}

/// What it says.
pub fn read(body: &Value) -> Vec<Incoming> {
    let mut post = Post {
        text: markdown(&said(body, "text")),
        username: name(&said(body, "username")),
        icon: icon(&said(body, "icon_emoji")),
        ..Post::default()
    };
    post.blocks = blocks(body.get("blocks"));
    for found in list(body.get("attachments")).take(ATTACHMENTS_MAX) {
        // Newer attachments are nothing but a coloured edge around blocks.
        let inner = blocks(found.get("blocks"));
        if inner.is_empty() {
            post.attachments.push(attachment(found));
        } else {
            let room = BLOCKS_MAX.saturating_sub(post.blocks.len());
            post.blocks.extend(inner.into_iter().take(room));
        }
    }
    // With blocks the text is for those who do not draw them.
    if !post.blocks.is_empty() && post.attachments.is_empty() {
        post.text = String::new();
    }
    vec![Incoming::alone(post)]
}

/// A text object: Slack's `mrkdwn` as Markdown, `plain_text` as it is.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => markdown(text),
        Some(object) if object.get("type").and_then(Value::as_str) == Some("plain_text") => {
            plain(&drawn(&said(object, "text")))
        }
        Some(object) => markdown(&said(object, "text")),
        None => String::new(),
    }
}

fn blocks(value: Option<&Value>) -> Vec<PostBlock> {
    list(value).filter_map(block).take(BLOCKS_MAX).collect()
}

fn block(value: &Value) -> Option<PostBlock> {
    match value.get("type")?.as_str()? {
        "header" => Some(PostBlock::Header { text: value.get("text").map(|text| drawn(&line(text, "text")))? }),
        "section" => {
            let accessory = value.get("accessory");
            let image = accessory.and_then(|image| image_of(image, "image_url", line(image, "alt_text")));
            let fields = list(value.get("fields")).take(FIELDS_MAX).map(|field| text(Some(field))).collect();
            Some(PostBlock::Section { text: text(value.get("text")), fields, image })
        }
        "divider" => Some(PostBlock::Divider {}),
        "image" => image_of(value, "image_url", line(value, "alt_text")).map(PostBlock::Image),
        "context" => {
            let elements = list(value.get("elements")).take(FIELDS_MAX);
            let elements: Vec<String> = elements
                .map(|element| {
                    if element.get("image_url").is_some() {
                        plain(&said(element, "alt_text"))
                    } else {
                        text(Some(element))
                    }
                })
                .filter(|words| !words.is_empty())
                .collect();
            (!elements.is_empty()).then_some(PostBlock::Context { elements })
        }
        "actions" => {
            let buttons: Vec<PostButton> = list(value.get("elements")).take(FIELDS_MAX).filter_map(button).collect();
            (!buttons.is_empty()).then_some(PostBlock::Buttons { buttons })
        }
        "rich_text" => {
            let words = list(value.get("elements")).take(FIELDS_MAX).map(rich).collect::<Vec<_>>().join("\n");
            (!words.is_empty()).then_some(PostBlock::Section { text: cut(&words), fields: Vec::new(), image: None })
        }
        // What only Slack can draw says at least what it says without drawing.
        _ => {
            let words = text(value.get("text"));
            (!words.is_empty()).then_some(PostBlock::Section { text: words, fields: Vec::new(), image: None })
        }
    }
}

/// A button that opens an address; others call back to Slack, and are left out.
fn button(value: &Value) -> Option<PostButton> {
    let label = match value.get("text") {
        Some(Value::Object(_)) => value.get("text").map(|text| drawn(&line(text, "text")))?,
        _ => drawn(&line(value, "text")),
    };
    let url = url_of(value, "url")?;
    (!label.is_empty()).then_some(PostButton { label, url })
}

/// Formatted text of Slack's newer editor.
fn rich(element: &Value) -> String {
    let inner = list(element.get("elements")).take(200);
    match element.get("type").and_then(Value::as_str) {
        Some("rich_text_list") => inner.map(|item| format!("- {}", rich(item))).collect::<Vec<_>>().join("\n"),
        Some("rich_text_quote") => format!("> {}", inner.map(rich).collect::<String>()),
        Some("rich_text_preformatted") => {
            format!("```\n{}\n```", inner.map(|item| said(item, "text")).collect::<String>())
        }
        Some("link") => {
            let words = Some(said(element, "text")).filter(|words| !words.is_empty());
            let address = url_of(element, "url").unwrap_or_default();
            words.map_or_else(|| address.clone(), |words| super::words::link(&words, &address))
        }
        Some("emoji") => drawn(&format!(":{}:", line(element, "name"))),
        Some("text") => {
            let words = plain(&said(element, "text"));
            let style = |name: &str| {
                element.get("style").and_then(|style| style.get(name)).and_then(Value::as_bool) == Some(true)
            };
            if style("code") {
                format!("`{}`", said(element, "text"))
            } else if style("bold") {
                format!("**{words}**")
            } else if style("italic") {
                format!("_{words}_")
            } else {
                words
            }
        }
        _ => inner.map(rich).collect(),
    }
}

fn attachment(value: &Value) -> PostAttachment {
    let fields = list(value.get("fields")).take(FIELDS_MAX).map(|field| PostField {
        title: drawn(&line(field, "title")),
        value: markdown(&said(field, "value")),
        short: field.get("short").is_some_and(|short| short.as_bool() == Some(true) || short.as_str() == Some("true")),
    });
    let mut found = PostAttachment {
        color: color(&said(value, "color")),
        pretext: markdown(&said(value, "pretext")),
        author: drawn(&line(value, "author_name")),
        author_url: url_of(value, "author_link"),
        title: drawn(&line(value, "title")),
        title_url: url_of(value, "title_link"),
        text: markdown(&said(value, "text")),
        fields: fields.collect(),
        image: image_of(value, "image_url", line(value, "fallback")),
        thumb: image_of(value, "thumb_url", String::new()),
        footer: drawn(&line(value, "footer")),
        at: seconds(value, "ts"),
        buttons: list(value.get("actions")).take(FIELDS_MAX).filter_map(button).collect(),
    };
    if found.text.is_empty() && found.title.is_empty() && found.fields.is_empty() && found.pretext.is_empty() {
        found.text = markdown(&said(value, "fallback"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn post(body: &Value) -> Post {
        assert!(is(body));
        read(body).pop().unwrap().post
    }

    #[test]
    fn the_example_of_slacks_page_is_drawn() {
        // https://api.slack.com/messaging/webhooks
        assert_eq!(post(&json!({"text": "Hello, world."})).text, "Hello, world.");
        let advanced = json!({
            "text": "Danny Torrence left a 1 star review for your property.",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "Danny Torrence left the following review for your property:"}},
                {"type": "section", "block_id": "section567",
                    "text": {"type": "mrkdwn", "text": "<https://example.com|Overlook Hotel> \n :star: \n Doors had too many axe holes."},
                    "accessory": {"type": "image", "image_url": "https://is5-ssl.mzstatic.com/image/x.png", "alt_text": "Haunted hotel image"}},
                {"type": "section", "block_id": "section789",
                    "fields": [{"type": "mrkdwn", "text": "*Average Rating*\n1.0"}]}
            ]
        });
        let found = post(&advanced);
        assert_eq!((found.text.as_str(), found.blocks.len()), ("", 3));
        let PostBlock::Section { text, image, .. } = &found.blocks[1] else { panic!("{found:?}") };
        assert!(text.starts_with("[Overlook Hotel](https://example.com) \n ⭐ \n"), "{text}");
        assert_eq!(image.as_ref().unwrap().alt, "Haunted hotel image");
        let PostBlock::Section { fields, .. } = &found.blocks[2] else { panic!("{found:?}") };
        assert_eq!(fields[0], "**Average Rating**\n1.0");
    }

    #[test]
    fn an_attachment_keeps_its_colour_fields_and_links() {
        let found = post(&json!({"username": "CI", "icon_emoji": ":robot:", "attachments": [{
            "fallback": "Plan a vacation", "color": "good", "author_name": "Owner: rdesoto", "title": "Plan a vacation",
            "title_link": "https://example.org/1", "text": "I've been *working* too hard", "ts": 1_600_000_000,
            "fields": [{"title": "Priority", "value": "High", "short": true}],
            "image_url": "https://example.org/x.png", "actions": [
                {"type": "button", "text": "Open", "url": "https://example.org/2"},
                {"type": "button", "text": "Call back", "name": "x"},
                {"type": "button", "text": "Bad", "url": "javascript:alert(1)"}]}]}));
        assert_eq!((found.username.unwrap().as_str(), found.icon.unwrap().as_str()), ("CI", "🤖"));
        let one = &found.attachments[0];
        assert_eq!((one.color.as_deref(), one.fields.len(), one.buttons.len()), (Some("#2eb886"), 1, 1));
        assert_eq!(one.text, "I've been **working** too hard");
        assert_eq!(one.at.unwrap().0, 1_600_000_000_000);
    }

    #[test]
    fn whatever_stands_there_nothing_breaks() {
        for body in [
            json!({"text": 5, "blocks": "x", "attachments": {"a": 1}}),
            json!({"attachments": [1, null, {"fields": 7, "ts": "x", "color": []}]}),
            json!({"blocks": [{"type": "section"}, {"type": 7}, {}, {"type": "actions", "elements": [{}]}]}),
        ] {
            read(&body);
        }
        let many = json!({"blocks": vec![json!({"type": "divider"}); 500]});
        assert_eq!(post(&many).blocks.len(), BLOCKS_MAX);
    }
}
