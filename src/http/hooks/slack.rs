//! Slack's and Mattermost's incoming webhooks (`text`, `attachments`, `blocks`), as JSON or as the form field `payload`. What many
//! programs send that know neither of the two by name.

use super::emoji::drawn;
use super::mrkdwn::{decoded, markdown};
use super::words::{color, icon, image_of, name, one_line, plain, said, seconds, url_of};
use super::{Incoming, list, rich};
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
    let as_it_is = body.get("mrkdwn").and_then(Value::as_bool) == Some(false);
    let words = said(body, "text");
    let mut post = Post {
        text: if as_it_is { plain(&drawn(&decoded(&words))) } else { markdown(&words) },
        username: name(&said(body, "username")),
        icon: icon(&said(body, "icon_emoji")),
        ..Post::default()
    };
    post.blocks = blocks(body.get("blocks"));
    // With blocks the text is for those who do not draw them: what they say in their own way is not said twice.
    if post.words().len() > 1 {
        post.text = String::new();
    }
    // Mattermost's are there, or in the `props` of its messages.
    let props = body.get("props");
    let found = [Some(body), props].into_iter().flatten().filter_map(|holder| holder.get("attachments"));
    for found in found.flat_map(|all| list(Some(all))).take(ATTACHMENTS_MAX) {
        // Newer attachments are nothing but a coloured edge around blocks.
        let inner = blocks(found.get("blocks"));
        let box_of_words = attachment(found, inner.is_empty());
        let room = BLOCKS_MAX.saturating_sub(post.blocks.len());
        let has_blocks = !inner.is_empty();
        post.blocks.extend(inner.into_iter().take(room));
        if !has_blocks && box_of_words != PostAttachment::default() || says_something(&box_of_words) {
            post.attachments.push(box_of_words);
        }
    }
    // What Mattermost shows beside the message.
    let card = props.map(|props| markdown(&said(props, "card"))).filter(|card| !card.is_empty());
    post.attachments.extend(card.map(|text| PostAttachment { text, ..PostAttachment::default() }));
    vec![Incoming::alone(post)]
}

/// One line of plain words.
fn line(value: &Value, member: &str) -> String {
    drawn(&one_line(&decoded(&said(value, member))))
}

/// A text object: Slack's `mrkdwn` as Markdown, `plain_text` as it is.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => markdown(text),
        Some(object) if object.get("type").and_then(Value::as_str) == Some("plain_text") => {
            plain(&drawn(&decoded(&said(object, "text"))))
        }
        Some(object) => markdown(&said(object, "text")),
        None => String::new(),
    }
}

fn blocks(value: Option<&Value>) -> Vec<PostBlock> {
    list(value).flat_map(block).take(BLOCKS_MAX).collect()
}

/// What one of Slack's parts is here; a button beside words stands below them.
fn block(value: &Value) -> Vec<PostBlock> {
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "header" => {
            let text = value.get("text").map(|text| line(text, "text")).filter(|text| !text.is_empty());
            text.map(|text| PostBlock::Header { text }).into_iter().collect()
        }
        "section" => section(value),
        "divider" => vec![PostBlock::Divider {}],
        "image" => picture(value),
        "context" => {
            let elements = list(value.get("elements")).take(FIELDS_MAX);
            let elements = elements.map(|element| match element.get("alt_text") {
                Some(_) => plain(&line(element, "alt_text")),
                None => text(Some(element)),
            });
            small(elements.collect())
        }
        "actions" => buttons(list(value.get("elements"))),
        "rich_text" => words(rich::markdown(value)),
        // What only Slack can draw says at least what it says without drawing.
        _ => words(text(value.get("text"))),
    }
}

fn section(value: &Value) -> Vec<PostBlock> {
    let accessory = value.get("accessory");
    let image = accessory.and_then(|image| image_of(image, "image_url", line(image, "alt_text")));
    let fields: Vec<String> = list(value.get("fields")).take(FIELDS_MAX).map(|field| text(Some(field))).collect();
    let text = text(value.get("text"));
    let empty = text.is_empty() && fields.is_empty() && image.is_none();
    let said = (!empty).then_some(PostBlock::Section { text, fields, image });
    said.into_iter().chain(buttons(accessory.into_iter())).collect()
}

/// A picture below its title; where its address is not one that can be opened, its words.
fn picture(value: &Value) -> Vec<PostBlock> {
    let title = value.get("title").map(|title| text(Some(title))).unwrap_or_default();
    let alt = line(value, "alt_text");
    match image_of(value, "image_url", alt.clone()) {
        Some(image) => small(vec![title]).into_iter().chain([PostBlock::Image(image)]).collect(),
        None => small(vec![title, plain(&alt)]),
    }
}

/// Small words; those that are none are left out.
fn small(mut elements: Vec<String>) -> Vec<PostBlock> {
    elements.retain(|words| !words.is_empty());
    if elements.is_empty() { Vec::new() } else { vec![PostBlock::Context { elements }] }
}

fn words(text: String) -> Vec<PostBlock> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![PostBlock::Section { text, fields: Vec::new(), image: None }]
}

fn buttons<'a>(elements: impl Iterator<Item = &'a Value>) -> Vec<PostBlock> {
    let buttons: Vec<PostButton> = elements.take(FIELDS_MAX).filter_map(button).collect();
    if buttons.is_empty() { Vec::new() } else { vec![PostBlock::Buttons { buttons }] }
}

/// A button that opens an address; others call back to Slack, and are left out.
fn button(value: &Value) -> Option<PostButton> {
    let label = match value.get("text") {
        Some(Value::Object(_)) => value.get("text").map(|text| line(text, "text"))?,
        _ => line(value, "text"),
    };
    let url = url_of(value, "url")?;
    (!label.is_empty()).then_some(PostButton { label, url })
}

/// A box; `alone` when nothing else says what it is about, so that its words for those who draw nothing count.
fn attachment(value: &Value, alone: bool) -> PostAttachment {
    let fields = list(value.get("fields")).take(FIELDS_MAX).map(|field| PostField {
        title: line(field, "title"),
        value: markdown(&said(field, "value")),
        short: field.get("short").is_some_and(|short| short.as_bool() == Some(true) || short.as_str() == Some("true")),
    });
    let mut found = PostAttachment {
        color: color(&said(value, "color")),
        pretext: markdown(&said(value, "pretext")),
        author: line(value, "author_name"),
        author_url: url_of(value, "author_link"),
        title: line(value, "title"),
        title_url: url_of(value, "title_link"),
        text: markdown(&said(value, "text")),
        fields: fields.collect(),
        image: image_of(value, "image_url", line(value, "fallback")),
        thumb: image_of(value, "thumb_url", String::new()),
        footer: line(value, "footer"),
        at: seconds(value, "ts"),
        buttons: list(value.get("actions")).take(FIELDS_MAX).filter_map(button).collect(),
    };
    if alone && !says_something(&found) {
        found.text = markdown(&said(value, "fallback"));
    }
    found
}

fn says_something(found: &PostAttachment) -> bool {
    !(found.text.is_empty() && found.title.is_empty() && found.fields.is_empty() && found.pretext.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PostImage;
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
    fn no_words_are_lost_where_blocks_stand_beside_them() {
        // https://api.slack.com/reference/messaging/attachments: words, and blocks behind a coloured edge.
        let block = json!({"type": "section", "text": {"type": "mrkdwn", "text": "*Build* <https://ci.example/7|#7>"}});
        let found = post(&json!({"text": "It failed.", "attachments": [{"color": "#f2c744", "blocks": [block]}]}));
        assert_eq!((found.text.as_str(), found.blocks.len(), found.attachments.len()), ("It failed.", 1, 0));
        let found = post(&json!({"text": "It failed.", "blocks": [{"type": "divider"}]}));
        assert_eq!(found.text, "It failed.", "a line says nothing");
        let found = post(&json!({"attachments": [{"text": "Words", "fallback": "all", "blocks": [block]}]}));
        assert_eq!((found.blocks.len(), found.attachments[0].text.as_str()), (1, "Words"));
        let found = post(&json!({"text": "as *it* is &amp; <x>", "mrkdwn": false}));
        assert_eq!(found.text, r"as \*it\* is \& \<x\>");
    }

    #[test]
    fn every_documented_block_says_what_it_says() {
        // https://api.slack.com/reference/block-kit/blocks
        let button = json!({"type": "button", "text": {"type": "plain_text", "text": "Open &amp; see"}, "url": "https://example.org/1"});
        let found = post(&json!({"text": "for those who do not draw", "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "R&amp;D &lt;now&gt;"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Ask <@U1> or <!here>"}, "accessory": button},
            {"type": "section", "fields": [{"type": "plain_text", "text": "a*b"}, {"type": "mrkdwn", "text": "*c*"}]},
            {"type": "image", "title": {"type": "plain_text", "text": "Please enjoy"}, "image_url": "https://example.org/x.png", "alt_text": "A kitten"},
            {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "Only in Slack"},
            {"type": "context", "elements": [{"type": "image", "image_url": "https://example.org/i.png", "alt_text": "icon"},
                {"type": "mrkdwn", "text": "Author: *T. M.*"}]},
            {"type": "actions", "elements": [button, {"type": "button", "text": {"type": "plain_text", "text": "Call"}, "value": "x"}]},
            {"type": "divider"}, {"type": "section"}
        ]}));
        let buttons = vec![PostButton { label: "Open & see".to_owned(), url: "https://example.org/1".to_owned() }];
        let small = |elements: &[&str]| PostBlock::Context {
            elements: elements.iter().map(|&words| words.to_owned()).collect(),
        };
        let section = |text: &str, fields: &[&str]| PostBlock::Section {
            text: text.to_owned(),
            fields: fields.iter().map(|&words| words.to_owned()).collect(),
            image: None,
        };
        let image = PostImage { url: "https://example.org/x.png".to_owned(), alt: "A kitten".to_owned() };
        assert_eq!(found.text, "");
        assert_eq!(
            found.blocks,
            [
                PostBlock::Header { text: "R&D <now>".to_owned() },
                section("Ask @U1 or @here", &[]),
                PostBlock::Buttons { buttons: buttons.clone() },
                section("", &[r"a\*b", "**c**"]),
                small(&["Please enjoy"]),
                PostBlock::Image(image),
                small(&["Only in Slack"]),
                small(&["icon", "Author: **T. M.**"]),
                PostBlock::Buttons { buttons },
                PostBlock::Divider {},
            ]
        );
    }

    #[test]
    fn mattermosts_documented_attachment_is_read_and_so_are_its_props() {
        // https://developers.mattermost.com/integrate/reference/message-attachments/
        let body = json!({"attachments": [{
            "fallback": "test", "color": "#FF8000", "pretext": "This is optional pretext that shows above the attachment.",
            "text": "This is the text of the attachment. It should appear just above an image of the Mattermost logo.",
            "author_name": "Mattermost", "author_link": "https://mattermost.org/", "title": "Example attachment",
            "title_link": "https://docs.mattermost.com/x.html", "footer": "the bot",
            "fields": [
                {"short": false, "title": "Long field", "value": "Testing with a very long piece of text."},
                {"short": true, "title": "Column one", "value": 12}, {"short": "true", "title": "Bool", "value": true}],
            "image_url": "https://mattermost.com/logo.png"}]});
        let one = post(&body).attachments.remove(0);
        assert_eq!((one.color.as_deref(), one.author.as_str()), (Some("#ff8000"), "Mattermost"));
        let values: Vec<(&str, bool)> = one.fields.iter().map(|field| (field.value.as_str(), field.short)).collect();
        assert_eq!(values, [("Testing with a very long piece of text.", false), ("12", true), ("true", true)]);
        let found =
            post(&json!({"text": "Summary", "props": {"card": "**Details**", "attachments": body["attachments"]}}));
        assert_eq!((found.text.as_str(), found.attachments.len()), ("Summary", 2));
        assert_eq!(found.attachments[1].text, "**Details**");
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
